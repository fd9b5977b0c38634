// What every component is given: the state, the reader's words, and the few things that can be done.

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
}

const kBeatMs = 250;

// The browser's monotonic clock. Draws the component that asks again as time goes on.
export function use_now(): number {
  const [now, set_now] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => set_now(performance.now()), kBeatMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
