// The messages of /v1/select as types, and the one place where text from the server becomes a
// message. Says nothing about what a message means; that is the reducer's.

export type Step = "submit" | "notice" | "pick" | "done" | "issued" | "lapsed";
export type PlateClass = "small" | "large";
export type Power = "electric" | "hybrid";
export type OfficeState = "open" | "closed" | "paused" | "maintenance";
export type Purpose = "submit" | "verify";

export const kErrorCodes = [
  "bad_request",
  "unknown_op",
  "unauthorized",
  "not_your_vehicle",
  "not_eligible",
  "blacklisted",
  "not_open",
  "maintenance",
  "paused",
  "wrong_step",
  "wrong_code",
  "code_expired",
  "too_many_tries",
  "too_soon",
  "terms_outdated",
  "no_draws_left",
  "wrong_draw_number",
  "all_held",
  "pool_empty",
  "not_in_batch",
  "not_on_shortlist",
  "expired",
  "already_confirmed",
  "waiting",
  "overloaded",
  "shutting_down",
  "internal",
] as const;
export type ErrorCode = (typeof kErrorCodes)[number];

export interface Vehicle {
  vehicle: string;
  class: PlateClass;
  power: Power;
  office: string;
  plate: string;
  step: Step;
}

// Plates under one countdown, which counts from the application's `at`.
export interface Hold {
  plates: string[];
  expires_in_ms: number;
}

export interface Reservation {
  plate: string;
  deadline: string;
  auto: boolean;
  voucher: string;
  sequence: number;
}

// An instant in Unix milliseconds, or a day as YYYY-MM-DD.
export type When = number | string;

// The whole truth about one selection. Whoever shows the latest one needs to remember nothing.
export interface Application {
  vehicle: string;
  office: string;
  class: PlateClass;
  power: Power;
  step: Step;
  draws_left: number;
  draw: number;
  batch: Hold | null;
  shortlist: Hold | null;
  fallback?: string | null;
  reservation: Reservation | null;
  verified_in_ms?: number | null;
  blacklisted_until?: When | null;
  office_state: OfficeState;
  terms: string;
  at: number;
  version: number;
}

export interface Terms {
  version: string;
  zh: string;
  en: string;
}

export type Request =
  | { op: "vehicles"; after?: string }
  | { op: "enter"; vehicle: string }
  | { op: "leave"; vehicle: string }
  | { op: "send_code"; vehicle: string; for: Purpose }
  | { op: "submit"; vehicle: string; code: string; terms: string }
  | { op: "verify"; vehicle: string; code: string }
  | { op: "draw"; vehicle: string; draw: number; without4: boolean }
  | { op: "shortlist"; vehicle: string; plate: string }
  | { op: "confirm"; vehicle: string; plate: string };

export interface Refusal {
  code: ErrorCode;
  retry_in_ms?: number;
  until?: When;
  field?: string;
}

// Where somebody stands in the waiting room.
export interface Place {
  position: number;
  ahead: number;
  eta_ms: number;
  eta_low_ms?: number;
  eta_high_ms?: number;
  admitted_per_minute?: number;
}

export type Push =
  | { event: "application"; application: Application }
  | { event: "office"; office: string; state: OfficeState; until?: When | null }
  | ({ event: "waiting" } & Place)
  | { event: "admitted" }
  | { event: "bye"; reason: string; reconnect_in_ms: number };

export interface Answer {
  id: number | null;
  ok?: unknown;
  error?: Refusal;
}

export type Frame = { kind: "answer"; answer: Answer } | { kind: "push"; push: Push };

const known_codes: ReadonlySet<string> = new Set(kErrorCodes);
const known_events: ReadonlySet<string> = new Set([
  "application",
  "office",
  "waiting",
  "admitted",
  "bye",
]);

// The frame that `text` holds, or null for one that this page does not know: a newer server may say
// more than we understand. An unknown error code becomes `internal`, so that it still has words.
export function read_frame(text: string): Frame | null {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (value === null || typeof value !== "object") return null;
  if (typeof value.event === "string") {
    return known_events.has(value.event) ? { kind: "push", push: value as unknown as Push } : null;
  }
  if (!("ok" in value) && !("error" in value)) return null;
  const answer = value as unknown as Answer;
  if (answer.error && !known_codes.has(answer.error.code)) {
    answer.error = { ...answer.error, code: "internal" };
  }
  return { kind: "answer", answer };
}
