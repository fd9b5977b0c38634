// Where the owner is on the way to a plate.

import type { Step } from "../protocol";
import type { View } from "../view";
import { Icon } from "./icon";

const kWay: Step[] = ["submit", "notice", "pick", "done"];

export function StepList({ view, step }: { view: View; step: Step }) {
  const { t } = view;
  const at = kWay.indexOf(step);
  if (at < 0) return null;
  return (
    <ol class="steps" aria-label={t.steps_label}>
      {kWay.map((each, index) => {
        const past = index < at || step === "done";
        return (
          <li
            key={each}
            class={past ? "past" : ""}
            {...(index === at && { "aria-current": "step" as const })}
          >
            <span class="dot" aria-hidden="true">
              {past ? <Icon name="check" /> : index + 1}
            </span>
            {t.way[each]}
            {past && <span class="heard"> {t.step_past}</span>}
          </li>
        );
      })}
    </ol>
  );
}
