// Countdowns as the page sees them. The server decides when a hold ends; this only says what to
// show meanwhile. All instants here are milliseconds of the browser's monotonic clock, which no
// change of the device's date can move. Pure functions.

import type { Application, OfficeState } from "./protocol";

// What was left of each countdown at the instant `as_of`; null where nothing runs. While `frozen`,
// nothing is used up.
export interface Countdowns {
  batch_ms: number | null;
  shortlist_ms: number | null;
  verified_ms: number | null;
  as_of: number;
  frozen: boolean;
}

export type CountdownName = "batch_ms" | "shortlist_ms" | "verified_ms";

export const kNoCountdowns: Countdowns = {
  batch_ms: null,
  shortlist_ms: null,
  verified_ms: null,
  as_of: 0,
  frozen: false,
};

export function is_frozen(state: OfficeState): boolean {
  return state === "paused" || state === "maintenance";
}

// The countdowns of `application`, whose `at` was `as_of` on the browser's clock.
export function countdowns_of(application: Application, as_of: number): Countdowns {
  return {
    batch_ms: application.batch?.expires_in_ms ?? null,
    shortlist_ms: application.shortlist?.expires_in_ms ?? null,
    verified_ms: application.verified_in_ms ?? null,
    as_of,
    frozen: is_frozen(application.office_state),
  };
}

// What is left of one countdown at `now`, never below 0; null if it does not run.
export function left_ms(countdowns: Countdowns, name: CountdownName, now: number): number | null {
  const left = countdowns[name];
  if (left === null) return null;
  const used = countdowns.frozen ? 0 : Math.max(0, now - countdowns.as_of);
  return Math.max(0, left - used);
}

// The same countdowns, stopped or running from `now` on.
export function with_frozen(countdowns: Countdowns, frozen: boolean, now: number): Countdowns {
  return {
    batch_ms: left_ms(countdowns, "batch_ms", now),
    shortlist_ms: left_ms(countdowns, "shortlist_ms", now),
    verified_ms: left_ms(countdowns, "verified_ms", now),
    as_of: now,
    frozen,
  };
}

// Whole seconds, rounded up, so that 0 means over.
export function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

// 95 seconds are "1:35".
export function clock_text(ms: number): string {
  const total = seconds(ms);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}
