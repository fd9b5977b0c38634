// What the page knows, and how a message changes it: (state, message) -> state, without clock,
// network or chance. What the page shows of a selection is always the last application that the
// server sent; no request changes it before its answer is here.

import { countdowns_of, is_frozen, kNoCountdowns, with_frozen } from "./countdown";
import type { Countdowns } from "./countdown";
import type {
  Application,
  ErrorCode,
  Frame,
  OfficeNotice,
  Ok,
  Place,
  Purpose,
  Push,
  Refusal,
  Request,
  Terms,
  Vehicle,
  When,
} from "./protocol";
import { just_before, plate_in_confirmation } from "./standing";

export type Link = "connecting" | "open" | "broken" | "no_ticket";

export interface Failure {
  op: Request["op"];
  code: ErrorCode;
  retry_at: number | null;
  until: When | null;
}

export interface SentCode {
  purpose: Purpose;
  sent_to: string;
  resend_at: number;
  expires_at: number;
  // For how long it was valid when it was sent.
  valid_minutes: number;
}

export interface Pending {
  id: number;
  request: Request;
  asked_at: number;
}

// A request that the waiting room keeps back. Once admitted it is asked again. Whether there is a
// place, the server says with every application.
export interface Waiting {
  request: Request;
  place: Place | null;
  admitted: boolean;
}

export interface State {
  link: Link;
  ever_open: boolean;
  reconnect_at: number | null;
  vehicles: Vehicle[] | null;
  next: string | null;
  // The vehicle in view, and whether this connection gets its changes.
  vehicle: string | null;
  entered: boolean;
  enter_at: number;
  application: Application | null;
  countdowns: Countdowns;
  office_until: When | null;
  // Browser's clock minus server's clock, as small as any message showed it: the delay of the
  // fastest message is closest to none.
  clock_offset: number | null;
  // How long a question and its answer take, lately.
  round_trip_ms: number;
  pending: Pending[];
  waiting: Waiting | null;
  failure: Failure | null;
  sent_code: SentCode | null;
  terms: Terms | null;
  terms_failed: boolean;
  // What the list of vehicles says of the one in view, once it was asked for that.
  present: Vehicle | null;
  // The owner's name, masked; "" where none is known.
  owner_name: string;
  // The office in view, as it describes itself.
  notice: OfficeNotice | null;
  // The shortlist's time ran out since its owner last asked for something.
  shortlist_lost: boolean;
  // The plate whose confirmation was in flight when the connection was lost: nobody here knows.
  unsure: string | null;
}

// `now` is milliseconds of the browser's monotonic clock.
export type Message =
  // `afresh`: as on a first visit, so that nobody is told of a loss.
  | { type: "connecting"; afresh?: boolean }
  | { type: "opened" }
  | { type: "closed"; reconnect_at: number }
  | { type: "no_ticket" }
  | { type: "asked"; id: number; request: Request; now: number }
  | { type: "frame"; frame: Frame; now: number }
  | { type: "chose"; vehicle: string }
  | { type: "left" }
  | { type: "terms"; terms: Terms | null }
  | { type: "notice"; notice: OfficeNotice };

// How long to wait before entering again when the server did not say.
export const kEnterAgainMs = 10_000;
// Whoever waits shows this often that their page runs: the server passes over those of whom it has
// heard nothing for two minutes, and a pong is no sign, since browsers answer pings for pages that
// they have put to sleep.
export const kSignOfLifeMs = 45_000;
// How long after the end of a countdown the server's word is awaited. Then it was lost on the way,
// or the connection is dead without knowing it; entering again shows which.
export const kOverdueMs = 3_000;

// Bounds of the round trip that is reckoned with: no network is faster than the eye, and whoever
// waits longer than the greatest has other worries.
export const kRoundTripMin = 100;
export const kRoundTripMax = 3_000;

// `waiting` is what an earlier visit in this tab was waiting for, if it was.
export function initial_state(vehicle: string | null, waiting: Waiting | null = null): State {
  return {
    link: "connecting",
    ever_open: false,
    reconnect_at: null,
    vehicles: null,
    next: null,
    vehicle,
    entered: false,
    enter_at: 0,
    application: null,
    countdowns: kNoCountdowns,
    office_until: null,
    clock_offset: null,
    round_trip_ms: kRoundTripMin,
    pending: [],
    waiting,
    failure: null,
    sent_code: null,
    terms: null,
    terms_failed: false,
    present: null,
    owner_name: "",
    notice: null,
    shortlist_lost: false,
    unsure: null,
  };
}

export function reduce(state: State, message: Message): State {
  switch (message.type) {
    case "connecting":
      return {
        ...state,
        link: "connecting",
        ever_open: state.ever_open && message.afresh !== true,
        reconnect_at: null,
      };
    case "opened":
      return opened(state);
    case "closed":
      // Without a ticket there is nothing to come back with.
      if (state.link === "no_ticket") return state;
      // Nobody knows what became of the requests in flight. Entering again tells it.
      return {
        ...state,
        link: "broken",
        reconnect_at: message.reconnect_at,
        entered: false,
        pending: [],
        unsure: plate_in_confirmation(state) ?? state.unsure,
      };
    case "no_ticket":
      return without_ticket(state);
    case "asked":
      return asked(state, {
        id: message.id,
        request: message.request,
        asked_at: message.now,
      });
    case "frame":
      return message.frame.kind === "push"
        ? pushed(state, message.frame.push, message.now)
        : answered(state, message.frame.answer, message.now);
    case "chose":
      return { ...without_application(state), vehicle: message.vehicle };
    case "left":
      return { ...without_application(state), vehicles: null, next: null, vehicle: null };
    case "terms":
      return { ...state, terms: message.terms, terms_failed: message.terms === null };
    case "notice":
      return { ...state, notice: message.notice };
  }
}

// The request that the page makes of its own accord now, or null. At most one is in flight at a
// time, so calling this again after each answer walks through all that is due.
export function due_request(state: State, now: number): Request | null {
  if (state.link !== "open" || state.pending.length > 0) return null;
  if (state.vehicle === null) {
    const ask = state.vehicles === null && now >= state.enter_at;
    return ask ? { op: "vehicles" } : null;
  }
  if (!state.entered) {
    return now >= state.enter_at ? { op: "enter", vehicle: state.vehicle } : null;
  }
  if (state.waiting?.admitted) return state.waiting.request;
  if (state.present?.vehicle !== state.vehicle && is_before_pick(state)) {
    return { op: "vehicles", after: just_before(state.vehicle) };
  }
  const signs = state.waiting !== null && now >= state.enter_at + (kSignOfLifeMs - kEnterAgainMs);
  const ask_again = signs || (is_overdue(state.countdowns, now) && now >= state.enter_at);
  return ask_again ? { op: "enter", vehicle: state.vehicle } : null;
}

// The steps at which the owner looks over what is known of the vehicle.
function is_before_pick({ application }: State): boolean {
  return application?.step === "submit" || application?.step === "notice";
}

// Whether a hold should be over for long enough that the server should have said so.
function is_overdue(countdowns: Countdowns, now: number): boolean {
  const { batch_ms, shortlist_ms, as_of, frozen } = countdowns;
  const first_end = as_of + Math.min(batch_ms ?? Infinity, shortlist_ms ?? Infinity);
  return !frozen && now >= first_end + kOverdueMs;
}

// Whether anything may be sent now. One request at a time keeps it plain to see what an answer
// belongs to.
export function can_ask(state: State): boolean {
  return state.link === "open" && state.entered && state.pending.length === 0;
}

// Whether the owner may ask for something now: as above, and they do not wait.
export function is_ready(state: State): boolean {
  return can_ask(state) && state.waiting === null;
}

// Whether requests that change the application would be refused for the office's state.
export function is_halted(application: Application): boolean {
  return is_frozen(application.office_state);
}

// Whether the next draw is the one whose first plate will be confirmed by itself.
export function is_last_draw(application: Application): boolean {
  return application.draws_left === 1;
}

function opened(state: State): State {
  return {
    ...state,
    link: "open",
    ever_open: true,
    reconnect_at: null,
    entered: false,
    enter_at: 0,
    // Another server may answer now, with another clock.
    clock_offset: null,
    pending: [],
  };
}

function without_ticket(state: State): State {
  return { ...state, link: "no_ticket", reconnect_at: null, entered: false, pending: [] };
}

function without_application(state: State): State {
  return {
    ...state,
    entered: false,
    enter_at: 0,
    application: null,
    countdowns: kNoCountdowns,
    office_until: null,
    waiting: null,
    failure: null,
    sent_code: null,
    shortlist_lost: false,
    unsure: null,
  };
}

function asked(state: State, pending: Pending): State {
  const by_itself = pending.request.op === "enter" || pending.request.op === "vehicles";
  return {
    ...state,
    pending: [...state.pending, pending],
    failure: by_itself ? state.failure : null,
    shortlist_lost: by_itself && state.shortlist_lost,
  };
}

function answered(
  state: State,
  answer: { id: number | null; ok?: unknown; error?: Refusal },
  now: number,
): State {
  const pending = state.pending.find((each) => each.id === answer.id);
  if (!pending) return state;
  const rest = {
    ...state,
    pending: state.pending.filter((each) => each !== pending),
    round_trip_ms: round_trip_ms(state, now - pending.asked_at),
  };
  return answer.error
    ? refused(rest, pending.request, answer.error, now)
    : accepted(rest, pending.request, answer.ok, now);
}

// Follows a slower network at once and a faster one slowly.
function round_trip_ms(state: State, latest: number): number {
  const followed = Math.max(latest, state.round_trip_ms * 0.75 + latest * 0.25);
  return Math.min(kRoundTripMax, Math.max(kRoundTripMin, followed));
}

function accepted(state: State, request: Request, ok: unknown, now: number): State {
  switch (request.op) {
    case "vehicles": {
      const page = ok as Ok<"vehicles">;
      const owner_name = page.owner_name ?? "";
      if (state.vehicle !== null) {
        if (request.after !== just_before(state.vehicle)) return state;
        const found = page.vehicles.find((each) => each.vehicle === state.vehicle);
        const unknown = { vehicle: state.vehicle, plate: "" } as Vehicle;
        return { ...state, owner_name, present: found ?? unknown };
      }
      // What continues a list that was left meanwhile.
      if (request.after !== undefined && state.vehicles === null) return state;
      const before = request.after === undefined ? [] : (state.vehicles ?? []);
      const vehicles = [...before, ...page.vehicles];
      return { ...state, owner_name, vehicles, next: page.next, failure: null };
    }
    case "leave":
      return state;
    case "give_up": {
      const { place: _, ...application } = state.application ?? ({} as Application);
      if (request.office !== application.office) return state;
      return { ...state, application, waiting: null };
    }
    case "send_code": {
      const sent = ok as Ok<"send_code">;
      const sent_code = {
        purpose: request.for,
        sent_to: sent.sent_to,
        resend_at: now + sent.resend_in_ms,
        expires_at: now + sent.expires_in_ms,
        valid_minutes: Math.round(sent.expires_in_ms / 60_000),
      };
      return request.vehicle === state.vehicle ? { ...state, sent_code, waiting: null } : state;
    }
    case "enter": {
      if (request.vehicle !== state.vehicle) return state;
      // Why entering was refused before is no longer so; other words stay until the next tap.
      const failure = state.failure?.op === "enter" ? null : state.failure;
      const enter_at = now + kEnterAgainMs;
      const next = { ...state, entered: true, enter_at, failure, unsure: null };
      return shown(next, ok as Application, now, true);
    }
    default:
      return shown({ ...state, waiting: null }, ok as Application, now);
  }
}

// Whether what waits is still the next thing to do: meanwhile another device may have done it.
function is_still_wanted(waiting: Waiting | null, application: Application): boolean {
  const request = waiting?.request;
  if (request?.op === "draw") {
    return application.step === "pick" && request.draw === application.draw + 1;
  }
  const verifies = request?.op === "verify" || (request?.op === "send_code" && request.for === "verify");
  return verifies && application.step === "notice";
}

// After these the page's picture of the application may be old, so it asks for a new one.
const kPictureIsOld: ReadonlySet<ErrorCode> = new Set([
  "wrong_step",
  "wrong_draw_number",
  "already_confirmed",
  "terms_outdated",
  "no_draws_left",
  "expired",
]);

// These will not go away by asking again.
const kFinal: ReadonlySet<ErrorCode> = new Set([
  "not_your_vehicle",
  "not_eligible",
  "blacklisted",
  "bad_request",
]);

// Whether the office's state was the reason: when it changes, the words are no longer true.
function is_of_office(failure: Failure | null): boolean {
  return failure !== null && ["not_open", "paused", "maintenance"].includes(failure.code);
}

// Whether the page tries by itself to enter again after this refusal.
export function comes_again(code: ErrorCode): boolean {
  return !kFinal.has(code);
}

// What is waited for once `application` is here, as the server tells it: a place, that they were
// admitted, or neither. What was pushed may be older than the place; what `entering` is answered is
// not, so there is none any more when it says none.
function waiting_after(state: State, application: Application, entering: boolean): Waiting | null {
  const waiting = is_still_wanted(state.waiting, application) ? state.waiting : null;
  const { place, step, vehicle } = application;
  if (place !== undefined) {
    if (waiting === null && step !== "notice") return null;
    const request = waiting?.request ?? { op: "send_code", vehicle, for: "verify" };
    return { request, place, admitted: false };
  }
  if (application.admitted_within_ms !== undefined) return waiting && { ...waiting, admitted: true };
  return entering ? null : waiting;
}

// The place that a refusal tells of, or null.
function place_in(error: Refusal): Place | null {
  const { office, lobby, position } = error;
  if (office === undefined) return null;
  if (lobby !== undefined) return { office, opens_at: error.opens_at ?? null, lobby };
  if (position === undefined) return null;
  return {
    office,
    position,
    ahead: error.ahead ?? position - 1,
    eta_low_ms: error.eta_low_ms ?? null,
    eta_high_ms: error.eta_high_ms ?? null,
    admitted_per_minute: error.admitted_per_minute ?? null,
  };
}

function refused(state: State, request: Request, error: Refusal, now: number): State {
  if (error.code === "unauthorized") return without_ticket(state);
  if ("vehicle" in request && request.vehicle !== state.vehicle) return state;
  if (error.code === "waiting") {
    const place = place_in(error) ?? state.waiting?.place ?? null;
    return { ...state, waiting: { request, place, admitted: false } };
  }
  const failure: Failure = {
    op: request.op,
    code: error.code,
    retry_at: error.retry_in_ms === undefined ? null : now + error.retry_in_ms,
    until: error.until ?? null,
  };
  // What waits goes on waiting when only its sign of life, or its end, found the server busy.
  const waits_on = (request.op === "enter" || request.op === "give_up") && comes_again(error.code);
  const next = { ...state, failure, waiting: waits_on ? state.waiting : null };
  // Only a plate is missing on the page then.
  if (request.op === "vehicles" && state.vehicle !== null) {
    return { ...state, present: { vehicle: state.vehicle, plate: "" } as Vehicle };
  }
  if (request.op === "enter" || request.op === "vehicles") {
    const again = comes_again(error.code) ? now + (error.retry_in_ms ?? kEnterAgainMs) : Infinity;
    return { ...next, entered: false, enter_at: again };
  }
  if (request.op === "send_code" && error.code === "too_soon") {
    const known = state.sent_code?.purpose === request.for ? state.sent_code : null;
    const resend_at = failure.retry_at ?? now;
    const sent_code = known
      ? { ...known, resend_at }
      : { purpose: request.for, sent_to: "", resend_at, expires_at: now, valid_minutes: 0 };
    return { ...next, sent_code };
  }
  return kPictureIsOld.has(error.code) ? { ...next, entered: false, enter_at: 0 } : next;
}

function pushed(state: State, push: Push, now: number): State {
  switch (push.event) {
    case "application":
      return shown(state, push.application, now);
    case "office": {
      const application = state.application;
      const concerned = application?.office === push.office || push.office === "*";
      if (!application || !concerned) return state;
      return {
        ...state,
        failure: is_of_office(state.failure) ? null : state.failure,
        application: in_office_state(application, push.state, push.until ?? null),
        countdowns: with_frozen(state.countdowns, is_frozen(push.state), now),
        office_until: is_frozen(push.state) ? (push.until ?? null) : null,
      };
    }
    case "waiting": {
      if (!state.waiting || state.application?.office !== push.office) return state;
      const { event: _, ...place } = push;
      return { ...state, waiting: { ...state.waiting, place } };
    }
    case "admitted":
      if (!state.waiting || state.application?.office !== push.office) return state;
      return { ...state, waiting: { ...state.waiting, admitted: true } };
    case "bye":
      return state;
  }
}

// `application` after its office said that its state is now `office_state`, until `until`.
function in_office_state(
  application: Application,
  office_state: Application["office_state"],
  until: number | null,
): Application {
  const { opens_at: _, ...rest } = application;
  const opens = office_state === "closed" && until !== null ? { opens_at: until } : {};
  return { ...rest, office_state, ...opens };
}

// Whether a shortlist that `before` had is gone in `application` because its time was over.
function ran_out(before: Application | null, application: Application): boolean {
  const picking = before?.step === "pick" && application.step === "pick";
  return picking && before.shortlist !== null && application.shortlist === null;
}

// Shows `application` unless it is older than what is shown. What entering is answered with is true
// whatever was shown before, and does not take back why the page entered again.
function shown(state: State, application: Application, now: number, entering = false): State {
  if (application.vehicle !== state.vehicle) return state;
  const before = state.application;
  if (before && !entering && application.version < before.version) return state;
  const clock_offset = Math.min(state.clock_offset ?? Infinity, now - application.at);
  const moved = before !== null && !entering && before.step !== application.step;
  const same_office_state = before?.office_state === application.office_state;
  return {
    ...state,
    application,
    countdowns: countdowns_of(application, application.at + clock_offset, before && state.countdowns),
    clock_offset,
    office_until: same_office_state ? state.office_until : null,
    failure: moved || (!same_office_state && is_of_office(state.failure)) ? null : state.failure,
    waiting: waiting_after(state, application, entering),
    sent_code: moved ? null : state.sent_code,
    shortlist_lost:
      application.shortlist === null && (state.shortlist_lost || ran_out(before, application)),
  };
}
