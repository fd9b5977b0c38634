// A countdown as the owner sees it. Only the server ends a hold; at 0 this says that it is awaited.

import { clock_text, left_ms, seconds } from "../countdown";
import type { CountdownName } from "../countdown";
import type { View } from "../view";
import { use_now } from "../view";

const kUrgentMs = 15_000;
// When a screen reader is told.
const kSaidSeconds = [60, 30, 10];

interface ClockProps {
  view: View;
  name: CountdownName;
  label: string;
}

export function Clock({ view, name, label }: ClockProps) {
  const { t } = view;
  const countdowns = view.state.countdowns;
  const left = left_ms(countdowns, name, use_now());
  if (left === null) return null;
  const urgent = left <= kUrgentMs && !countdowns.frozen;
  const said = kSaidSeconds.find((each) => seconds(left) <= each && seconds(left) > each - 3);
  return (
    <p class={urgent ? "clock urgent" : "clock"}>
      <span class="quiet">
        {left === 0 ? t.time_over : countdowns.frozen ? t.frozen : t.expires}
      </span>{" "}
      {left > 0 && (
        <b role="timer" aria-live="off">
          {clock_text(left)}
        </b>
      )}
      <span class="heard" role="status">
        {said !== undefined && !countdowns.frozen && t.warn_left(label, said)}
      </span>
    </p>
  );
}
