// What every component is given: the state, the reader's words, and what can be done.

import { useEffect, useState } from "preact/hooks";
import type { Request } from "./protocol";
import type { State } from "./reducer";
import type { Language, Texts } from "./texts";

export type Mode = "demo" | "rehearsal" | "real";

export interface View {
  state: State;
  mode: Mode;
  language: Language;
  t: Texts;
  ask: (request: Request) => void;
  enter_now: () => void;
  fetch_terms: (version: string) => void;
  other_language: () => void;
  // Whether the keys 1 to 0 choose plates.
  number_keys: boolean;
  toggle_number_keys: () => void;
}

const kBeatMs = 250;

// The browser's monotonic clock. Draws the component that asks again as time goes on.
export function use_now(): number {
  const [, set_beat] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => set_beat((beat) => beat + 1), kBeatMs);
    return () => clearInterval(timer);
  }, []);
  // Not the time of the last beat: a message that came since would seem to be of the future.
  return performance.now();
}
