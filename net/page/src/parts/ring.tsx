// A countdown as the owner sees it: a ring that empties, with the digits in it. Counts from the
// server's time. Only the server ends a hold; at 0 this says that it is awaited.

import { clock_text, is_too_late, left_ms } from "../countdown";
import type { HoldName } from "../countdown";
import type { View } from "../view";
import { use_now } from "../view";

const kUrgentMs = 15_000;
// From here on the digits no longer fit into the ring, and stand beside it.
const kLongMs = 600_000;

const kRadius = 20;
const kRound = 2 * Math.PI * kRadius;

interface RingProps {
  view: View;
  name: HoldName;
  label: string;
}

export function Ring({ view, name, label }: RingProps) {
  const { t } = view;
  const { countdowns, round_trip_ms } = view.state;
  const now = use_now();
  const left = left_ms(countdowns, name, now);
  if (left === null) return null;
  const { frozen } = countdowns;
  const late = is_too_late(countdowns, name, round_trip_ms, now);
  const urgent = left <= kUrgentMs && !frozen;
  const kind = frozen ? "frozen" : late ? "late" : urgent ? "urgent" : "";
  const words = frozen ? t.frozen : late ? t.time_over : urgent ? t.ending : t.expires;
  const shown = Math.min(1, left / countdowns.whole[name]);
  return (
    <div class={`ring ${kind} ${left >= kLongMs ? "long" : ""}`}>
      <span class="words">{words}</span>
      <svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
        <circle class="track" cx={24} cy={24} r={kRadius} />
        <circle
          class="left"
          cx={24}
          cy={24}
          r={kRadius}
          transform="rotate(-90 24 24)"
          stroke-dasharray={kRound.toFixed(2)}
          stroke-dashoffset={(kRound * (1 - shown)).toFixed(2)}
        />
      </svg>
      <b role="timer" aria-live="off" aria-label={label}>
        {clock_text(left)}
      </b>
    </div>
  );
}
