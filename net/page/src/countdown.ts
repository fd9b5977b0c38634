// Countdowns as the page sees them. The server decides when a hold ends; this only says what to
// show meanwhile. All instants here are milliseconds of the browser's monotonic clock, which no
// change of the device's date can move. Pure functions.

import type { Application, OfficeState } from "./protocol";

// What was left of each countdown at the instant `as_of`; null where nothing runs. While `frozen`,
// nothing is used up. `whole` is how long each hold was at its beginning, as far as is known here.
export interface Countdowns {
  batch_ms: number | null;
  shortlist_ms: number | null;
  verified_ms: number | null;
  as_of: number;
  frozen: boolean;
  whole: Record<HoldName, number>;
}

export type HoldName = "batch_ms" | "shortlist_ms";
export type CountdownName = HoldName | "verified_ms";

// What an office gives unless it says otherwise. A page that comes in the middle of a hold cannot
// know better how long the whole was.
const kUsualHold: Record<HoldName, number> = { batch_ms: 90_000, shortlist_ms: 180_000 };

export const kNoCountdowns: Countdowns = {
  batch_ms: null,
  shortlist_ms: null,
  verified_ms: null,
  as_of: 0,
  frozen: false,
  whole: kUsualHold,
};

export function is_frozen(state: OfficeState): boolean {
  return state === "paused" || state === "maintenance";
}

// The countdowns of `application`, whose `at` was `as_of` on the browser's clock. `before` are
// the countdowns of the same application as shown so far, or null.
export function countdowns_of(
  application: Application,
  as_of: number,
  before: Countdowns | null,
): Countdowns {
  const batch_ms = application.batch?.expires_in_ms ?? null;
  const shortlist_ms = application.shortlist?.expires_in_ms ?? null;
  return {
    batch_ms,
    shortlist_ms,
    verified_ms: application.verified_in_ms ?? null,
    as_of,
    frozen: is_frozen(application.office_state),
    whole: {
      batch_ms: whole_of("batch_ms", batch_ms, as_of, before),
      shortlist_ms: whole_of("shortlist_ms", shortlist_ms, as_of, before),
    },
  };
}

// A hold that has just begun under our eyes is whole: none ran before, or more is left than was.
function whole_of(
  name: HoldName,
  left: number | null,
  as_of: number,
  before: Countdowns | null,
): number {
  if (left === null || before === null) return Math.max(kUsualHold[name], left ?? 0);
  const left_before = left_ms(before, name, as_of);
  const begun = left_before === null || left > left_before + kBeginMs;
  return begun ? left : Math.max(before.whole[name], left);
}

// Two messages about one hold may differ by this much through their way here alone.
const kBeginMs = 400;

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
    whole: countdowns.whole,
  };
}

// Whether a wish for what this countdown holds would reach the server too late, or just so: what is
// left is less than a question and its answer take. The server decides; this only keeps an owner
// from hoping. False where nothing runs.
export function is_too_late(
  countdowns: Countdowns,
  name: CountdownName,
  round_trip_ms: number,
  now: number,
): boolean {
  const left = left_ms(countdowns, name, now);
  return left !== null && !countdowns.frozen && left <= round_trip_ms;
}

// Whole seconds, rounded up, so that 0 means over.
export function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

const two_digits = (n: number) => String(n).padStart(2, "0");

// 95 seconds are "1:35", an hour more is "1:01:35".
export function clock_text(ms: number): string {
  const total = seconds(ms);
  const minutes = Math.floor(total / 60);
  const rest = two_digits(total % 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${two_digits(minutes % 60)}:${rest}`;
}

// The seconds before an end at which a screen reader is told, and for how many seconds the words
// stay, so that a reader who is slow to look finds them.
export const kSaidSeconds = [60, 30, 10];
const kSaidForSeconds = 3;

// Which of them is said at `now`, or null.
export function said_seconds(
  countdowns: Countdowns,
  name: CountdownName,
  now: number,
): number | null {
  const left = left_ms(countdowns, name, now);
  if (left === null || countdowns.frozen) return null;
  const s = seconds(left);
  return kSaidSeconds.find((each) => s <= each && s > each - kSaidForSeconds) ?? null;
}
