// What every component is given: the state, the reader's words, and what can be done.

import { useEffect, useState } from "preact/hooks";
import type { Request } from "./protocol";
import type { State } from "./reducer";
import type { Language, Texts } from "./texts";

export type Mode = "demo" | "rehearsal" | "real";

// Where owners sign in; null where nobody configured it.
export interface Platform {
  name: string;
  url: string;
}

export interface View {
  state: State;
  mode: Mode;
  platform: Platform | null;
  language: Language;
  t: Texts;
  ask: (request: Request) => void;
  enter_now: () => void;
  reconnect_now: () => void;
  fetch_terms: (version: string) => void;
  other_language: () => void;
  // Gives up the ticket on this device; false when the server could not be told.
  sign_out: () => Promise<boolean>;
  // Whether the keys 1 to 0 choose plates.
  number_keys: boolean;
  toggle_number_keys: () => void;
}

// The pool notice in the reader's language, of the office in view if there is one.
export function pools_address({ state, language }: View): string {
  const office = state.application?.office;
  const of_office = office === undefined ? "" : `&office=${encodeURIComponent(office)}`;
  return `/pools?lang=${language}${of_office}`;
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
