// What the page knows after which messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { is_too_late, left_ms } from "../../net/page/src/countdown";
import type {
  Application,
  OfficeState,
  Place,
  Push,
  Refusal,
  Request,
} from "../../net/page/src/protocol";
import {
  due_request,
  initial_state,
  is_last_draw,
  is_ready,
  kEnterAgainMs,
  kOverdueMs,
  kSignOfLifeMs,
  reduce,
} from "../../net/page/src/reducer";
import type { Message, State, Waiting } from "../../net/page/src/reducer";
import { is_barred, is_short, just_before } from "../../net/page/src/standing";

const kVehicle = "RHRSL000000000007";
// The server's clock at the browser's 0.
const kServerAtZero = 1_790_000_000_000;

function application(at: number, changes: Partial<Application> = {}): Application {
  return {
    vehicle: kVehicle,
    office: "粤B",
    office_name: "深圳车管所",
    class: "small",
    power: "electric",
    step: "pick",
    draws_left: 3,
    draw: 2,
    batch: { plates: ["粤BD12345", "粤BD20666"], expires_in_ms: 90_000 },
    shortlist: null,
    reservation: null,
    office_state: "open",
    terms: "2026-01",
    blacklist_years: 2,
    at: kServerAtZero + at,
    version: 17,
    ...changes,
  };
}

function office(office: string, state: OfficeState): Push {
  return { event: "office", office, state, until: null };
}

// A page under the hands of a test: asks and answers in turn.
class Page {
  state: State;
  private id = 0;

  constructor(vehicle: string | null = kVehicle, waiting: Waiting | null = null) {
    this.state = initial_state(vehicle, waiting);
  }

  tell(message: Message): this {
    this.state = reduce(this.state, message);
    return this;
  }

  ask(request: Request, now = 0): this {
    this.id += 1;
    return this.tell({ type: "asked", id: this.id, request, now });
  }

  answer(ok: unknown, now = 0): this {
    return this.tell({
      type: "frame",
      frame: { kind: "answer", answer: { id: this.id, ok } },
      now,
    });
  }

  refuse(error: Refusal, now = 0): this {
    const answer = { id: this.id, error };
    return this.tell({ type: "frame", frame: { kind: "answer", answer }, now });
  }

  push(push: Push, now = 0): this {
    return this.tell({ type: "frame", frame: { kind: "push", push }, now });
  }
}

function entered(changes: Partial<Application> = {}): Page {
  return new Page()
    .tell({ type: "opened" })
    .ask({ op: "enter", vehicle: kVehicle })
    .answer(application(0, changes));
}

const draw: Request = { op: "draw", vehicle: kVehicle, draw: 3, without4: false };

test("a page without a vehicle asks for the list first", () => {
  const page = new Page(null);
  assert.equal(due_request(page.state, 0), null);
  page.tell({ type: "opened" });
  assert.deepEqual(due_request(page.state, 0), { op: "vehicles" });
});

test("further vehicles are added to the list", () => {
  const one = { class: "small", power: "electric", office: "粤B", plate: "粤B12345", step: "pick" };
  const page = new Page(null).tell({ type: "opened" }).ask({ op: "vehicles" });
  page.answer({ vehicles: [{ vehicle: "A", ...one }], next: "A" });
  page.ask({ op: "vehicles", after: "A" });
  page.answer({ vehicles: [{ vehicle: "B", ...one }], next: null });
  assert.deepEqual(
    page.state.vehicles?.map((each) => each.vehicle),
    ["A", "B"],
  );
  assert.equal(page.state.next, null);
});

test("asking changes nothing that is shown, only the answer does", () => {
  const page = entered();
  const before = page.state.application;
  page.ask(draw);
  assert.equal(page.state.application, before);
  assert.equal(is_ready(page.state), false);
  page.answer(application(5, { draw: 3, draws_left: 2, version: 18 }), 5);
  assert.equal(page.state.application?.draw, 3);
  assert.equal(is_ready(page.state), true);
});

test("an older version never replaces a newer one", () => {
  const page = entered({ version: 20 });
  page.push({ event: "application", application: application(9, { version: 19, draw: 1 }) }, 9);
  assert.equal(page.state.application?.version, 20);
});

test("another vehicle's application is not shown", () => {
  const page = entered();
  const other = application(1, { vehicle: "RHRSL000000000008", version: 99 });
  page.push({ event: "application", application: other }, 1);
  assert.equal(page.state.application?.version, 17);
});

test("a loss forgets what was in flight and enters the vehicle again", () => {
  const page = entered().ask(draw).tell({ type: "closed", reconnect_at: 700 });
  assert.equal(page.state.link, "broken");
  assert.deepEqual(page.state.pending, []);
  assert.equal(page.state.application?.draw, 2, "what was acknowledged is still shown");
  assert.equal(due_request(page.state, 700), null);
  page.tell({ type: "connecting" }).tell({ type: "opened" });
  assert.deepEqual(due_request(page.state, 800), { op: "enter", vehicle: kVehicle });
  assert.equal(is_ready(page.state), false, "nothing can be asked before the truth is here");
});

test("an answer to a request of before the loss is not believed", () => {
  const page = entered().ask(draw).tell({ type: "closed", reconnect_at: 700 });
  page.tell({ type: "opened" });
  page.answer(application(900, { draw: 3, version: 18 }), 900);
  assert.equal(page.state.application?.draw, 2);
});

test("countdowns count from the server's clock, not from when the message came", () => {
  const page = entered();
  page.push({ event: "application", application: application(1_000, { version: 18 }) }, 3_000);
  // Two seconds on the way are two seconds less.
  assert.equal(left_ms(page.state.countdowns, "batch_ms", 3_000), 88_000);
});

test("countdowns stand still while the office is paused", () => {
  const page = entered();
  page.push(office("粤B", "paused"), 10_000);
  assert.equal(left_ms(page.state.countdowns, "batch_ms", 50_000), 80_000);
  page.push(office("粤B", "open"), 60_000);
  assert.equal(left_ms(page.state.countdowns, "batch_ms", 61_000), 79_000);
});

test("another office's pause is none of ours", () => {
  const page = entered().push(office("粤A", "paused"), 10);
  assert.equal(page.state.application?.office_state, "open");
  page.push(office("*", "paused"), 20);
  assert.equal(page.state.application?.office_state, "paused");
});

test("a countdown that does not run has nothing left, one that is over has 0", () => {
  const page = entered();
  assert.equal(left_ms(page.state.countdowns, "shortlist_ms", 5), null);
  assert.equal(left_ms(page.state.countdowns, "batch_ms", 1_000_000), 0);
});

test("a countdown whose end nobody reports makes the page ask", () => {
  const page = entered();
  assert.equal(due_request(page.state, 90_000 + kOverdueMs - 1), null);
  assert.deepEqual(due_request(page.state, 90_000 + kOverdueMs), {
    op: "enter",
    vehicle: kVehicle,
  });
  const late = 90_000 + kOverdueMs;
  page.ask({ op: "enter", vehicle: kVehicle });
  page.answer(application(late, { batch: { plates: [], expires_in_ms: 0 } }), late);
  assert.equal(due_request(page.state, late + kOverdueMs), null, "but not without end");
  page.push(office("粤B", "paused"), late);
  assert.equal(due_request(page.state, 1e9), null, "nor while countdowns stand still");
});

// A place in the queue of the office of the vehicle in view, and in its lobby.
const place: Place = {
  office: "粤B",
  position: 12,
  ahead: 11,
  eta_low_ms: 3_000,
  eta_high_ms: 6_000,
  admitted_per_minute: 180,
};
const lobby: Place = { office: "粤B", opens_at: kServerAtZero + 60_000, lobby: 5 };
const admitted: Push = { event: "admitted", office: "粤B", act_within_ms: 120_000 };
const code: Request = { op: "send_code", vehicle: kVehicle, for: "verify" };
const enter: Request = { op: "enter", vehicle: kVehicle };

// The application of whoever is about to verify, with or without a place.
function notice(at: number, changes: Partial<Application> = {}): Application {
  return application(at, { step: "notice", batch: null, ...changes });
}

// A page that asked for a code and was told to wait.
function waiting_page(): Page {
  const page = entered({ step: "notice", batch: null });
  page.ask({ op: "vehicles", after: just_before(kVehicle) }).answer({ vehicles: [], next: null });
  return page.ask(code).refuse({ code: "waiting", ...place });
}

test("what waits is asked again once admitted, and not before", () => {
  const page = waiting_page();
  assert.equal(page.state.failure, null);
  assert.deepEqual(page.state.waiting, { request: code, place, admitted: false });
  page.push({ event: "waiting", ...place, position: 3, ahead: 2 });
  assert.deepEqual(page.state.waiting?.place, { ...place, position: 3, ahead: 2 });
  page.push({ event: "waiting", ...place, office: "粤A", position: 9 });
  page.push({ ...admitted, office: "粤A" });
  assert.deepEqual(page.state.waiting?.place, { ...place, position: 3, ahead: 2 }, "of another office");
  assert.equal(due_request(page.state, 0), null);
  page.push(admitted);
  assert.deepEqual(due_request(page.state, 0), code);
  page.ask(code).answer({ sent_to: "138****1234", expires_in_ms: 300_000, resend_in_ms: 60_000 });
  assert.equal(page.state.waiting, null);
  assert.equal(due_request(page.state, 0), null);
});

test("a draw that waits is drawn once admitted", () => {
  const page = entered().ask(draw).refuse({ code: "waiting", ...place }).push(admitted);
  assert.deepEqual(due_request(page.state, 0), draw);
  page.ask(draw).answer(application(9, { draw: 3, version: 18 }), 9);
  assert.equal(page.state.waiting, null);
});

test("the lobby becomes the queue", () => {
  const page = entered({ step: "notice", batch: null, office_state: "closed" });
  page.ask(code).refuse({ code: "waiting", ...lobby });
  assert.deepEqual(page.state.waiting?.place, lobby);
  page.push({ event: "waiting", ...lobby, lobby: 6 });
  assert.deepEqual(page.state.waiting?.place, { ...lobby, lobby: 6 });
  page.push(office("粤B", "open")).push({ event: "waiting", ...place });
  assert.deepEqual(page.state.waiting?.place, place);
});

test("after a loss the server says whether the place is there, or they were admitted", () => {
  const lost = () => {
    const page = waiting_page().tell({ type: "closed", reconnect_at: 1 }).tell({ type: "opened" });
    assert.deepEqual(due_request(page.state, 2), enter);
    return page.ask(enter);
  };
  const there = lost().answer(notice(3, { place: { ...place, position: 2, ahead: 1 } }), 3);
  assert.deepEqual(there.state.waiting?.place, { ...place, position: 2, ahead: 1 });
  assert.equal(due_request(there.state, 4), null);
  const in_time = lost().answer(notice(3, { admitted_within_ms: 90_000 }), 3);
  assert.deepEqual(due_request(in_time.state, 4), code);
  const gone = lost().answer(notice(3), 3);
  assert.equal(gone.state.waiting, null, "it was given up on another device");
  assert.equal(due_request(gone.state, 4), null);
});

test("a place that another device took is shown, and leads on by a code", () => {
  const page = entered({ step: "notice", batch: null, place });
  assert.deepEqual(page.state.waiting, { request: code, place, admitted: false });
  const other = entered({ step: "submit", batch: null, place });
  assert.equal(other.state.waiting, null, "for another vehicle: this one is to be submitted first");
});

test("what was pushed may be older than the place, and ends no waiting", () => {
  const page = waiting_page();
  page.push({ event: "application", application: notice(5, { version: 18 }) }, 5);
  assert.deepEqual(page.state.waiting?.request, code);
  const done = application(6, { version: 19 });
  page.push({ event: "application", application: done }, 6);
  assert.equal(page.state.waiting, null, "another device has verified");
});

test("a place is given up, and nothing is asked again", () => {
  const page = waiting_page();
  page.ask(enter).answer(notice(2, { place }), 2);
  const give_up: Request = { op: "give_up", office: "粤B" };
  page.ask(give_up).refuse({ code: "overloaded" }, 3);
  assert.deepEqual(page.state.waiting?.request, code, "it was not");
  page.ask(give_up).answer({}, 4);
  assert.equal(page.state.waiting, null);
  assert.equal(page.state.application?.place, undefined);
  page.push({ event: "waiting", ...place }).push(admitted);
  assert.equal(due_request(page.state, 5), null);
});

test("whoever waits shows that the page runs, at least once a minute", () => {
  const page = waiting_page();
  assert.equal(due_request(page.state, kSignOfLifeMs - 1), null);
  assert.deepEqual(due_request(page.state, kSignOfLifeMs), enter);
  page.ask(enter, kSignOfLifeMs).answer(notice(kSignOfLifeMs, { place }), kSignOfLifeMs);
  assert.deepEqual(page.state.waiting?.request, code, "and goes on waiting");
  assert.deepEqual(due_request(page.state, 2 * kSignOfLifeMs), enter, "again and again");
  page.ask(enter).refuse({ code: "overloaded", retry_in_ms: 1_000 }, 2 * kSignOfLifeMs);
  assert.deepEqual(page.state.waiting?.request, code, "a busy server takes no place away");
  assert.equal(kSignOfLifeMs < 60_000, true);
});

test("a refusal is shown until the next wish, with when to retry", () => {
  const page = entered().ask(draw).refuse({ code: "all_held", retry_in_ms: 4_000 }, 100);
  assert.deepEqual(page.state.failure, {
    op: "draw",
    code: "all_held",
    retry_at: 4_100,
    until: null,
  });
  assert.equal(is_ready(page.state), true);
  page.ask(draw);
  assert.equal(page.state.failure, null);
});

test("a refusal that shows the picture to be old brings a new one", () => {
  const page = entered().ask(draw).refuse({ code: "wrong_draw_number" });
  assert.deepEqual(due_request(page.state, 0), { op: "enter", vehicle: kVehicle });
  page.ask({ op: "enter", vehicle: kVehicle }).answer(application(5, { draw: 3 }), 5);
  assert.equal(page.state.application?.draw, 3);
  assert.equal(page.state.failure?.code, "wrong_draw_number", "the words stay");
});

test("entering is tried again when the server says, but not for the blacklisted", () => {
  const page = new Page().tell({ type: "opened" }).ask({ op: "enter", vehicle: kVehicle });
  page.refuse({ code: "maintenance" }, 50);
  assert.equal(due_request(page.state, 49 + kEnterAgainMs), null);
  assert.notEqual(due_request(page.state, 50 + kEnterAgainMs), null);
  page.ask({ op: "enter", vehicle: kVehicle }).refuse({ code: "blacklisted", until: 7 }, 60);
  assert.equal(due_request(page.state, 1e12), null);
  assert.equal(page.state.failure?.until, 7);
});

test("a code that was sent is known until the step is over", () => {
  const page = entered({ step: "submit", batch: null });
  page.ask({ op: "send_code", vehicle: kVehicle, for: "submit" });
  page.answer({ sent_to: "138****1234", expires_in_ms: 300_000, resend_in_ms: 60_000 }, 1_000);
  assert.equal(page.state.sent_code?.resend_at, 61_000);
  page.ask({ op: "submit", vehicle: kVehicle, code: "000000", terms: "2026-01" });
  page.answer(application(2_000, { step: "notice", batch: null, version: 18 }), 2_000);
  assert.equal(page.state.sent_code, null);
});

test("too soon for a code says when it is not", () => {
  const page = entered({ step: "submit", batch: null });
  page.ask({ op: "send_code", vehicle: kVehicle, for: "submit" });
  page.refuse({ code: "too_soon", retry_in_ms: 30_000 }, 1_000);
  assert.equal(page.state.sent_code?.resend_at, 31_000);
});

test("without a ticket the page rests", () => {
  const page = entered().ask(draw).refuse({ code: "unauthorized" });
  assert.equal(page.state.link, "no_ticket");
  page.tell({ type: "closed", reconnect_at: 500 });
  assert.equal(page.state.link, "no_ticket");
  assert.equal(page.state.reconnect_at, null);
});

test("going back to the list forgets the vehicle and asks for the list anew", () => {
  const page = entered().tell({ type: "left" });
  assert.equal(page.state.application, null);
  assert.deepEqual(due_request(page.state, 0), { op: "vehicles" });
});

test("a void begins the next application, whatever its fields", () => {
  const page = entered({ step: "done", batch: null });
  const next = application(9, { step: "submit", batch: null, draw: 0, draws_left: 0, version: 18 });
  page.push({ event: "application", application: next }, 9);
  assert.equal(page.state.application?.step, "submit");
});

test("only the draw after which none is left is the last", () => {
  assert.equal(is_last_draw(application(0, { draws_left: 1 })), true);
  assert.equal(is_last_draw(application(0, { draws_left: 0 })), false);
});

test("words about the office's state go when that state does", () => {
  const page = entered().ask(draw).refuse({ code: "not_open" });
  const code = () => page.state.failure?.code;
  assert.equal(code(), "not_open");
  page.push({ event: "office", office: "粤B", state: "open", until: null }, 10);
  assert.equal(code(), undefined);
  page.ask(draw).refuse({ code: "all_held" });
  page.push({ event: "office", office: "粤B", state: "paused", until: null }, 20);
  assert.equal(code(), "all_held", "other words stay");
});

test("a plate is offered until a wish for it would come too late", () => {
  const page = entered();
  page.ask(draw, 1_000).refuse({ code: "all_held" }, 1_800);
  const { countdowns, round_trip_ms } = page.state;
  assert.equal(round_trip_ms, 800, "an answer took so long");
  assert.equal(is_too_late(countdowns, "batch_ms", round_trip_ms, 89_100), false);
  assert.equal(is_too_late(countdowns, "batch_ms", round_trip_ms, 89_300), true);
  assert.equal(is_too_late(countdowns, "shortlist_ms", round_trip_ms, 89_300), false);
});

test("a hold that begins under our eyes is whole, one found running is taken for a usual one", () => {
  const found = entered({ batch: { plates: ["粤BD12345"], expires_in_ms: 30_000 } });
  assert.equal(found.state.countdowns.whole.batch_ms, 90_000);
  const batch = { plates: ["粤BD20666"], expires_in_ms: 45_000 };
  found.ask(draw).answer(application(10_000, { draw: 3, version: 18, batch }), 10_000);
  assert.equal(found.state.countdowns.whole.batch_ms, 45_000);
  const later = { ...batch, expires_in_ms: 35_000 };
  const pushed = application(20_000, { draw: 3, version: 19, batch: later });
  found.push({ event: "application", application: pushed }, 20_000);
  assert.equal(found.state.countdowns.whole.batch_ms, 45_000, "it is the same hold");
});

test("what an earlier visit waited for is asked again once admitted, if it is still to be done", () => {
  const waiting = { request: code, place: null, admitted: false };
  const found = (changes: Partial<Application>) => {
    const page = new Page(kVehicle, waiting).tell({ type: "opened" });
    return page.ask(enter).answer(notice(0, changes));
  };
  assert.deepEqual(found({ place }).state.waiting, { request: code, place, admitted: false });
  assert.deepEqual(due_request(found({ admitted_within_ms: 60_000 }).state, 1), code);
  assert.equal(found({}).state.waiting, null);
  assert.equal(found({ step: "pick", admitted_within_ms: 60_000 }).state.waiting, null);
});

test("before picking, the page asks once what the list says of the vehicle in view", () => {
  const page = entered({ step: "submit", batch: null });
  const asked = due_request(page.state, 1);
  assert.deepEqual(asked, { op: "vehicles", after: "RHRSL000000000006" });
  page.ask(asked as Request);
  const listed = { class: "small", power: "electric", office: "粤B", plate: "粤B12345", step: "submit" };
  page.answer({ vehicles: [{ vehicle: kVehicle, ...listed }], next: null }, 2);
  assert.equal(page.state.present?.plate, "粤B12345");
  assert.equal(page.state.vehicles, null, "it is no list");
  assert.equal(due_request(page.state, 3), null);
  assert.equal(due_request(entered().state, 1), null, "nor while picking");
});

test("what lies before a vehicle is before it, and after all that are smaller", () => {
  assert.equal(just_before("LGXCE4CB6P0123456") < "LGXCE4CB6P0123456", true);
  assert.equal(just_before("LGXCE4CB6P0123456") >= "LGXCE4CB6P0123455", true);
});

test("a plate that the list does not tell is not asked for again", () => {
  const page = entered({ step: "submit", batch: null });
  page.ask({ op: "vehicles", after: just_before(kVehicle) }).refuse({ code: "overloaded" });
  assert.equal(page.state.failure, null, "only a plate is missing");
  assert.equal(due_request(page.state, 1), null);
});

test("a shortlist that is gone was lost, until the next wish", () => {
  const shortlist = { plates: ["粤BD20666"], expires_in_ms: 1_000 };
  const page = entered({ shortlist });
  page.push({ event: "application", application: application(1_000, { version: 18 }) }, 1_000);
  assert.equal(page.state.shortlist_lost, true);
  page.ask(draw);
  assert.equal(page.state.shortlist_lost, false);
  const other = entered({ shortlist }).tell({ type: "closed", reconnect_at: 9 }).tell({ type: "opened" });
  other.ask({ op: "enter", vehicle: kVehicle }).answer(application(2_000, { version: 18 }), 2_000);
  assert.equal(other.state.shortlist_lost, true, "also while nobody was connected");
});

test("a confirmation in flight at a loss is not known until the page has entered again", () => {
  const page = entered({ shortlist: { plates: ["粤BD20666"], expires_in_ms: 90_000 } });
  page.ask({ op: "confirm", vehicle: kVehicle, plate: "粤BD20666" });
  page.tell({ type: "closed", reconnect_at: 9 });
  assert.equal(page.state.unsure, "粤BD20666");
  page.tell({ type: "opened" }).ask({ op: "enter", vehicle: kVehicle }).answer(application(9), 9);
  assert.equal(page.state.unsure, null);
});

test("an office that closes says when it opens, and no more once it is open", () => {
  const page = entered();
  const opens_at = kServerAtZero + 3_600_000;
  page.push({ event: "office", office: "粤B", state: "closed", until: opens_at }, 10);
  assert.equal(page.state.application?.opens_at, opens_at);
  page.push({ event: "office", office: "粤B", state: "open", until: 7 }, 20);
  assert.equal(page.state.application?.opens_at, undefined);
});

test("a batch is short only against what its office says", () => {
  const page = entered();
  assert.equal(is_short(page.state), false, "nothing is known of the office");
  const said = { office: "粤B", name: "", address: "", telephone: "", hours: "", batch_size: 2 };
  assert.equal(is_short(page.tell({ type: "notice", notice: said }).state), false);
  assert.equal(is_short(page.tell({ type: "notice", notice: { ...said, batch_size: 3 } }).state), true);
});

test("only who has not finished is barred by the blacklist", () => {
  assert.equal(is_barred(application(0, { blacklisted_until: 7 })), true);
  assert.equal(is_barred(application(0)), false);
  assert.equal(is_barred(application(0, { step: "lapsed", blacklisted_until: 7 })), false);
});
