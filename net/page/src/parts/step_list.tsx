// Where the owner is on the way to a plate.

import type { Step } from "../protocol";
import type { View } from "../view";

const kWay: Step[] = ["submit", "notice", "pick", "done"];

export function StepList({ view, step }: { view: View; step: Step }) {
  const { t } = view;
  const at = kWay.indexOf(step);
  if (at < 0) return null;
  return (
    <ol class="steps" aria-label={t.steps_label}>
      {kWay.map((each, index) => (
        <li
          key={each}
          class={index < at ? "past" : ""}
          {...(index === at && { "aria-current": "step" as const })}
        >
          {t.steps[each]}
        </li>
      ))}
    </ol>
  );
}
