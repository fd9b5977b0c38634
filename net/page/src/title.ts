// The window's title: what is seen of the page while its owner looks at another tab. Pure.

import { clock_text, left_ms } from "./countdown";
import type { State } from "./reducer";
import type { Texts } from "./texts";

export function title_of(state: State, t: Texts, now: number): string {
  const { application, countdowns, waiting } = state;
  if (waiting) {
    const { place } = waiting;
    if (place && "lobby" in place) return t.lobby_title;
    return place ? `(${place.position}) ${t.waiting_title}` : t.waiting_title;
  }
  if (!application) return t.title;
  const left = ["batch_ms", "shortlist_ms"] as const;
  const running = left.flatMap((name) => left_ms(countdowns, name, now) ?? []);
  const step = `${t.steps[application.step]} · ${t.title}`;
  return running.length > 0 ? `${clock_text(Math.min(...running))} ${step}` : step;
}
