// The messages of /v1/select as the page knows them, and the one place where text from the server
// becomes a message. Their types are the AsyncAPI document's. Says nothing about what a message
// means; that is the reducer's.

import { kEveryErrorCode, kEveryEvent } from "./messages";
import type * as messages from "./messages";

export { kEveryErrorCode as kErrorCodes } from "./messages";
export type {
  Application,
  ErrorCode,
  Hold,
  LobbyPlace,
  OfficeState,
  Place,
  PlateClass,
  Power,
  Purpose,
  Push,
  QueuePlace,
  Reservation,
  Step,
  Vehicle,
} from "./messages";

// An instant in Unix milliseconds, or a day as YYYY-MM-DD.
export type When = messages.Instant | string;

// The answers of /v1/terms and /v1/offices, which are plain HTTP. What an office has not said is "".
export interface OfficeNotice {
  office: string;
  name: string;
  address: string;
  telephone: string;
  hours: string;
  batch_size: number;
}

export interface Terms {
  version: string;
  zh: string;
  en: string;
}

type Without<Message, Field extends string> = Message extends unknown
  ? Omit<Message, Field>
  : never;

// A request before the connection gives it its number.
export type Request = Without<messages.Request, "id">;

// What `Op` is answered when it is not refused.
export type Ok<Op extends Request["op"]> = Extract<messages.Answers[Op], { ok: unknown }>["ok"];

// A refusal without the server's sentence: the page has its own, in the reader's language.
export type Refusal = Omit<messages.Refusal, "message">;

export interface Answer {
  id: number | null;
  ok?: unknown;
  error?: Refusal;
}

export type Frame = { kind: "answer"; answer: Answer } | { kind: "push"; push: messages.Push };

const known_codes: ReadonlySet<string> = new Set(kEveryErrorCode);
const known_events: ReadonlySet<string> = new Set(kEveryEvent);

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
    const push = value as unknown as messages.Push;
    return known_events.has(value.event) ? { kind: "push", push } : null;
  }
  if (!("ok" in value) && !("error" in value)) return null;
  const answer = value as unknown as Answer;
  if (answer.error && !known_codes.has(answer.error.code)) {
    answer.error = { ...answer.error, code: "internal" };
  }
  return { kind: "answer", answer };
}
