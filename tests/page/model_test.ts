// The page's knowledge under anything that can come: a server that moves on, answers that come late,
// twice, or never, losses, pushes, the queue, several vehicles, time. After each message the state is
// held to what the page promises; a model of the server says what is true.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { left_ms } from "../../net/page/src/countdown";
import type { HoldName } from "../../net/page/src/countdown";
import type { Application, Frame, OfficeState, Request } from "../../net/page/src/protocol";
import { kErrorCodes } from "../../net/page/src/protocol";
import {
  due_request,
  initial_state,
  is_ready,
  kRoundTripMax,
  kRoundTripMin,
  reduce,
} from "../../net/page/src/reducer";
import type { Message, State } from "../../net/page/src/reducer";

const kVehicles = ["A", "B"];
const kHolds: HoldName[] = ["batch_ms", "shortlist_ms"];

// What a random run consists of. Numbers choose among what is possible at that moment.
type Deed =
  | { do: "wait"; ms: number }
  | { do: "open" | "lose" | "leave" | "admit" | "due" }
  | { do: "choose"; vehicle: number }
  | { do: "ask"; what: number }
  | { do: "answer"; which: number; refuse: number | null; stale: boolean }
  | { do: "move"; vehicle: number; what: number; push: boolean }
  | { do: "repeat"; vehicle: number; which: number }
  | { do: "office"; state: OfficeState };

const small = fc.nat(9);
const deeds: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(40_000) }) },
  fc.record({ do: fc.constantFrom("open", "lose", "leave", "admit") }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant("due" as const) }) },
  fc.record({ do: fc.constant("choose" as const), vehicle: small }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ask" as const), what: small }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: small,
      refuse: fc.option(fc.nat(kErrorCodes.length - 1), { freq: 3 }),
      stale: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      vehicle: small,
      what: small,
      push: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant("repeat" as const), vehicle: small, which: fc.nat(60) }),
  fc.record({
    do: fc.constant("office" as const),
    state: fc.constantFrom<OfficeState>("open", "closed", "paused", "maintenance"),
  }),
);

// The server's truth: what it has ever said of each vehicle, the latest last.
class Truth {
  readonly said = new Map<string, Application[]>();
  office_state: OfficeState = "open";

  constructor(now: number) {
    for (const vehicle of kVehicles) this.said.set(vehicle, [this.first(vehicle, now)]);
  }

  private first(vehicle: string, now: number): Application {
    return {
      vehicle,
      office: "粤B",
      office_name: "深圳车管所",
      class: "small",
      power: "electric",
      step: "pick",
      draws_left: 5,
      draw: 0,
      batch: null,
      shortlist: null,
      reservation: null,
      office_state: "open",
      terms: "1",
      blacklist_years: 2,
      at: now,
      version: 1,
    };
  }

  latest(vehicle: string): Application {
    const all = this.said.get(vehicle) ?? [];
    return all[all.length - 1] as Application;
  }

  // Something happens to `vehicle`; what it is matters less than that the version grows.
  move(vehicle: string, what: number, now: number): Application {
    const before = this.latest(vehicle);
    const plates = [`粤BD1234${what}`];
    const next: Application = {
      ...before,
      office_state: this.office_state,
      at: now,
      version: before.version + 1,
      draw: before.draw + (what % 2),
      batch: what % 3 === 0 ? null : { plates, expires_in_ms: 1_000 * what },
      shortlist: what % 4 === 0 ? null : { plates, expires_in_ms: 2_000 * what },
      step: what === 9 ? "done" : what === 8 ? "notice" : "pick",
    };
    this.said.get(vehicle)?.push(next);
    return next;
  }
}

// The page, the network and the server, moved by deeds.
class Run {
  state: State = initial_state("A");
  truth = new Truth(0);
  now = 0;
  private id = 0;
  private asked: { id: number; request: Request }[] = [];
  // The op whose answer is being told.
  private answering: Request["op"] | null = null;

  // A page that has come to its vehicle.
  constructor() {
    this.do({ do: "open" });
    this.do({ do: "due" });
    this.answer_last();
    assert.equal(is_ready(this.state), true);
  }

  do(deed: Deed): void {
    switch (deed.do) {
      case "wait":
        return this.wait(deed.ms);
      case "open":
        this.tell({ type: "connecting" });
        return this.tell({ type: "opened" });
      case "lose":
        // What was asked may still be answered by a server that does not know of the loss.
        return this.tell({ type: "closed", reconnect_at: this.now + 500 });
      case "leave":
        return this.tell({ type: "left" });
      case "choose":
        return this.tell({ type: "chose", vehicle: kVehicles[deed.vehicle % 2] as string });
      case "due":
        this.ask_due();
        return;
      case "ask":
        return this.ask_as_owner(deed.what);
      case "admit":
        return this.frame({ kind: "push", push: { event: "admitted", office: "粤B", act_within_ms: 120_000 } });
      case "answer":
        return this.answer(deed);
      case "move": {
        const application = this.truth.move(kVehicles[deed.vehicle % 2] as string, deed.what, this.now);
        if (!deed.push) return;
        return this.frame({ kind: "push", push: { event: "application", application } });
      }
      case "repeat": {
        // Something said long ago comes again.
        const said = this.truth.said.get(kVehicles[deed.vehicle % 2] as string) ?? [];
        const application = said[deed.which % said.length] as Application;
        return this.frame({ kind: "push", push: { event: "application", application } });
      }
      case "office":
        this.truth.office_state = deed.state;
        return this.frame({
          kind: "push",
          push: { event: "office", office: "粤B", state: deed.state, until: null },
        });
    }
  }

  // Time alone takes from countdowns, never gives, and takes nothing while they stand.
  private wait(ms: number): void {
    const left = (name: HoldName) => left_ms(this.state.countdowns, name, this.now);
    const before = kHolds.map(left);
    this.now += ms;
    kHolds.map(left).forEach((after, i) => {
      const was = before[i] ?? null;
      assert.equal(after === null, was === null);
      if (after === null || was === null) return;
      const lost = was - after;
      assert.equal(lost >= 0 && lost <= ms, true);
      if (this.state.countdowns.frozen) assert.equal(lost, 0);
    });
  }

  // Makes the request that the page makes of its own accord; says whether there was one.
  ask_due(): boolean {
    const request = due_request(this.state, this.now);
    if (request) this.ask(request);
    return request !== null;
  }

  private ask_as_owner(what: number): void {
    const { vehicle, application } = this.state;
    // The page offers its buttons only so.
    if (!is_ready(this.state) || vehicle === null || !application) return;
    const plate = `粤BD1234${what}`;
    const draw = application.draw + 1;
    if (what < 4) this.ask({ op: "draw", vehicle, draw, without4: what < 2 });
    else if (what < 7) this.ask({ op: "shortlist", vehicle, plate });
    else this.ask({ op: "confirm", vehicle, plate });
  }

  private ask(request: Request): void {
    this.id += 1;
    this.asked.push({ id: this.id, request });
    this.tell({ type: "asked", id: this.id, request, now: this.now });
  }

  // The server answers what was asked last.
  answer_last(): void {
    const which = this.asked.length - 1;
    if (which >= 0) this.answer({ do: "answer", which, refuse: null, stale: false });
  }

  private answer({ which, refuse, stale }: Extract<Deed, { do: "answer" }>): void {
    const asked = this.asked[which % Math.max(1, this.asked.length)];
    if (!asked) return;
    const { id, request } = asked;
    if (!stale) this.asked = this.asked.filter((each) => each !== asked);
    const code = refuse === null ? undefined : kErrorCodes[refuse];
    if (code !== undefined) {
      const error = { code, retry_in_ms: 500 };
      return this.frame({ kind: "answer", answer: { id, error } }, request.op);
    }
    if (request.op === "vehicles") {
      return this.frame({ kind: "answer", answer: { id, ok: { vehicles: [], next: null } } });
    }
    if (!("vehicle" in request)) return;
    const by_owner = request.op !== "enter" && request.op !== "leave";
    const ok = by_owner
      ? this.truth.move(request.vehicle, which, this.now)
      : { ...this.truth.latest(request.vehicle), at: this.now, office_state: this.truth.office_state };
    if (!by_owner) this.truth.said.get(request.vehicle)?.push(ok);
    this.frame({ kind: "answer", answer: { id, ok } }, request.op);
  }

  private frame(frame: Frame, answering: Request["op"] | null = null): void {
    this.answering = answering;
    this.tell({ type: "frame", frame, now: this.now });
    this.answering = null;
  }

  private tell(message: Message): void {
    const before = this.state;
    this.state = reduce(before, message);
    this.hold_to_promises(before, message);
  }

  private hold_to_promises(before: State, message: Message): void {
    const { state, now, truth } = this;
    const { application } = state;
    if (application) {
      // Only what the server has said is shown, of the vehicle in view; the office's state aside.
      assert.equal(application.vehicle, state.vehicle);
      const said = truth.said.get(application.vehicle) ?? [];
      const same = said.some(
        (each) =>
          each.version === application.version &&
          each.batch === application.batch &&
          each.shortlist === application.shortlist &&
          each.step === application.step,
      );
      assert.equal(same, true, "an application that the server never said");
      const older = before.application && application.version < before.application.version;
      const same_vehicle = before.application?.vehicle === application.vehicle;
      if (older && same_vehicle) {
        assert.equal(this.answering, "enter", "nothing older replaces what is shown");
      }
    }
    // A request changes nothing that is shown.
    if (message.type === "asked") assert.equal(application, before.application);
    if (message.type === "closed") {
      assert.deepEqual(state.pending, []);
      assert.equal(application, before.application, "what was acknowledged stays in sight");
    }
    if (is_ready(state)) {
      assert.deepEqual([state.link, state.entered, state.pending.length], ["open", true, 0]);
    }
    for (const name of kHolds) {
      const left = left_ms(state.countdowns, name, now);
      if (left === null) continue;
      assert.equal(left >= 0 && left <= state.countdowns.whole[name], true, "a ring has an end");
    }
    const trip = state.round_trip_ms;
    assert.equal(trip >= kRoundTripMin && trip <= kRoundTripMax, true);
    this.hold_due_request_to_promises();
  }

  // Of its own accord the page looks, and repeats what was kept back; it never wishes.
  private hold_due_request_to_promises(): void {
    const request = due_request(this.state, this.now);
    if (request === null) return;
    assert.deepEqual([this.state.link, this.state.pending.length], ["open", 0]);
    if (request.op === "enter" || request.op === "vehicles") return;
    assert.equal(request, this.state.waiting?.request);
    assert.equal(this.state.waiting?.admitted, true);
    assert.equal(this.state.entered, true, "not before the truth is here");
  }
}

test("whatever comes, the page keeps its promises", () => {
  const seed = Number(process.env.PLATED_SEED ?? Date.now() % 2 ** 31);
  let told = 0;
  const numRuns = process.env.PLATED_LONG ? 50_000 : 3_000;
  fc.assert(
    fc.property(fc.array(deeds, { maxLength: 60, size: "max" }), (all) => {
      const run = new Run();
      for (const deed of all) run.do(deed);
      told += all.length;
    }),
    { numRuns, seed },
  );
  console.log(`seed ${seed}: ${numRuns} runs, ${told} deeds`);
});

test("once the network holds, the page comes to the server's truth by itself", () => {
  fc.assert(
    fc.property(fc.array(deeds, { maxLength: 40, size: "max" }), (all) => {
      const run = new Run();
      for (const deed of all) run.do(deed);
      if (run.state.link === "no_ticket" || run.state.vehicle === null) return;
      run.do({ do: "lose" });
      run.do({ do: "wait", ms: 30_000 });
      run.do({ do: "open" });
      // A wish that the queue kept back may be asked once, before or after looking.
      for (let i = 0; i < 4; ++i) {
        if (run.ask_due()) run.answer_last();
      }
      const { application, vehicle } = run.state;
      const latest = run.truth.latest(vehicle as string);
      assert.equal(application?.version, latest.version);
      assert.equal(application?.batch, latest.batch);
    }),
    { numRuns: 1_000 },
  );
});
