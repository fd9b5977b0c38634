// The one connection to the server: it opens, asks, listens, and comes back after a loss. It tells
// what happened as messages for the reducer and decides nothing about selections.

import { kLongestDelayMs, kLongestWhileHeldMs, reconnect_delay_ms } from "./backoff";
import { read_frame } from "./protocol";
import type { Request } from "./protocol";
import { due_request, initial_state, reduce } from "./reducer";
import type { Message, State } from "./reducer";
import { is_short } from "./standing";
import { remember_waiting, remembered_waiting } from "./waiting_memory";

// An answer that takes longer than this means that the connection is dead, whatever TCP thinks.
const kAnswerMs = 15_000;
// How often the page looks whether something of its own accord is due, and counts down.
const kBeatMs = 250;
// Between two beats the two clocks of a browser part by more than this only if it slept, or if
// somebody set its date.
const kSleptMs = 2_000;

export type Listener = (state: State) => void;

export class Connection {
  private state: State;
  private socket: WebSocket | null = null;
  private next_id = 1;
  private attempt = 0;
  private asked_delay_ms = 0;
  private answer_due = Infinity;
  private opened_this_time = false;
  private terms_in_flight = "";
  // For which office its notice was last asked for, and after which short draw (0: none).
  private notice_office = "";
  private notice_draw = 0;
  private clocks_apart = Date.now() - performance.now();
  // The user has left the page, which may stand in the browser's cache and come back.
  private away = false;

  constructor(
    private readonly path: string,
    vehicle: string | null,
    private readonly listener: Listener,
  ) {
    this.state = initial_state(vehicle, remembered_waiting(vehicle));
  }

  // Connects, and stays for the life of the page.
  start(): void {
    setInterval(() => this.beat(), kBeatMs);
    window.addEventListener("offline", () => this.socket && this.lost(this.socket));
    window.addEventListener("online", () => this.reconnect_soon());
    window.addEventListener("pagehide", () => this.went_away());
    window.addEventListener("pageshow", (event) => event.persisted && this.came_back());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.woke();
    });
    this.connect();
  }

  // Sends `request` if the connection is open and no answer is awaited (a second tap is no second
  // wish); otherwise nothing happens and nothing is promised.
  ask(request: Request): void {
    if (this.state.link !== "open" || this.socket?.readyState !== WebSocket.OPEN) return;
    if (this.state.pending.length > 0 && request.op !== "leave") return;
    const id = this.next_id++;
    this.tell({ type: "asked", id, request, now: performance.now() });
    this.socket.send(JSON.stringify({ id, ...request }));
    this.answer_due = Math.min(this.answer_due, performance.now() + kAnswerMs);
  }

  choose(vehicle: string): void {
    if (vehicle === this.state.vehicle) return;
    this.tell({ type: "chose", vehicle });
    this.ask_due();
  }

  leave(): void {
    if (this.state.vehicle === null) return;
    const vehicle = this.state.vehicle;
    if (this.state.entered) this.ask({ op: "leave", vehicle });
    this.tell({ type: "left" });
    this.ask_due();
  }

  // The ticket goes, and the server closes what it opened. The page is loaded anew, so that whoever
  // uses this device next finds nothing of its owner's, by the way back neither.
  async sign_out(): Promise<boolean> {
    try {
      const answer = await fetch("/leave", { method: "POST" });
      if (!answer.ok) return false;
    } catch {
      return false;
    }
    this.tell({ type: "no_ticket" });
    remember_waiting(null);
    location.replace("/");
    return true;
  }

  // Enters again at once, instead of when the page would do so by itself.
  enter_now(): void {
    if (this.state.vehicle !== null) this.ask({ op: "enter", vehicle: this.state.vehicle });
  }

  // Connects again at once, instead of when the page would do so by itself.
  reconnect_now(): void {
    if (this.state.link === "broken") this.connect();
  }

  // Fetches the terms of `version`, unless they are here or on their way.
  async fetch_terms(version: string): Promise<void> {
    if (this.terms_in_flight === version || this.state.terms?.version === version) return;
    this.terms_in_flight = version;
    try {
      const answer = await fetch(`/v1/terms/${encodeURIComponent(version)}`);
      if (!answer.ok) throw new Error(String(answer.status));
      this.tell({ type: "terms", terms: await answer.json() });
    } catch {
      this.tell({ type: "terms", terms: null });
    } finally {
      this.terms_in_flight = "";
    }
  }

  private tell(message: Message): void {
    const waiting = this.state.waiting;
    this.state = reduce(this.state, message);
    if (this.state.waiting !== waiting) remember_waiting(this.state.waiting);
    this.listener(this.state);
    void this.fetch_notice();
  }

  // Fetches what the office in view says about itself, once; and again when a draw gave fewer plates
  // than a batch had when it said so, since settings change.
  private async fetch_notice(): Promise<void> {
    const { application } = this.state;
    if (application === null) return;
    const short_draw = is_short(this.state) ? application.draw : 0;
    const known = application.office === this.notice_office;
    if (known && (short_draw === 0 || short_draw === this.notice_draw)) return;
    this.notice_office = application.office;
    this.notice_draw = short_draw;
    try {
      const answer = await fetch(`/v1/offices/${encodeURIComponent(application.office)}`);
      if (answer.ok) this.tell({ type: "notice", notice: await answer.json() });
    } catch {
      // Only an address is missing then; the office's name is in the application.
    }
  }

  // The user goes elsewhere. A browser that keeps the page keeps its connection as well, answers pings
  // and delivers nothing: the server would take somebody for present who hears of nothing.
  private went_away(): void {
    this.away = true;
    const socket = this.socket;
    this.socket = null;
    this.answer_due = Infinity;
    socket?.close();
  }

  // The user comes back to the page as it was. What has happened meanwhile is asked for at once, also
  // whether they have signed in; nobody is told of a loss, since there was none.
  private came_back(): void {
    if (!this.away) return;
    this.away = false;
    this.tell({ type: "closed", reconnect_at: performance.now() });
    this.connect({ afresh: true });
  }

  private beat(): void {
    if (this.away) return;
    const clocks_apart = Date.now() - performance.now();
    if (Math.abs(clocks_apart - this.clocks_apart) > kSleptMs) this.woke();
    this.clocks_apart = clocks_apart;
    if (performance.now() >= this.answer_due) this.lost(this.socket);
    if (this.state.reconnect_at !== null && performance.now() >= this.state.reconnect_at) {
      this.connect();
    }
    this.ask_due();
  }

  // The page was out of sight or asleep, and its clock may have stood: the truth is asked for anew,
  // which also shows a connection that died meanwhile.
  private woke(): void {
    if (this.away) this.came_back();
    else if (this.state.link === "broken") this.reconnect_soon();
    else if (this.state.entered) this.enter_now();
  }

  private ask_due(): void {
    const request = due_request(this.state, performance.now());
    if (request) this.ask(request);
  }

  private reconnect_soon(): void {
    if (this.state.reconnect_at === null) return;
    // Everybody on one mobile cell comes back together, so not at once either.
    const reconnect_at = performance.now() + reconnect_delay_ms(1, 0, Math.random());
    this.tell({
      type: "closed",
      reconnect_at: Math.min(this.state.reconnect_at, reconnect_at),
    });
  }

  private connect({ afresh = false } = {}): void {
    this.tell({ type: "connecting", afresh });
    this.opened_this_time = false;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`, "plated.v1");
    this.socket = socket;
    // The upgrade counts as a question: a server that never answers it is gone, too.
    this.answer_due = performance.now() + kAnswerMs;
    socket.onopen = () => this.opened(socket);
    socket.onmessage = (event) => this.received(socket, event.data as string);
    socket.onclose = (event) => this.lost(socket, event.code);
  }

  private opened(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.opened_this_time = true;
    this.asked_delay_ms = 0;
    this.answer_due = Infinity;
    this.tell({ type: "opened" });
    this.ask_due();
  }

  private received(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    const frame = read_frame(text);
    if (!frame) return;
    this.attempt = 0;
    if (frame.kind === "push" && frame.push.event === "bye") {
      this.asked_delay_ms = frame.push.reconnect_in_ms;
    }
    const now = performance.now();
    this.tell({ type: "frame", frame, now });
    this.answer_due = this.state.pending.length > 0 ? now + kAnswerMs : Infinity;
    this.ask_due();
  }

  // `socket` is of no more use. Plans the next attempt, unless there is no ticket for it.
  private lost(socket: WebSocket | null, code = 0): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.answer_due = Infinity;
    socket?.close();
    if (this.state.link === "no_ticket") return;
    const { batch, shortlist } = this.state.application ?? {};
    const longest_ms = batch || shortlist ? kLongestWhileHeldMs : kLongestDelayMs;
    const chance = Math.random();
    const delay_ms = reconnect_delay_ms(this.attempt, this.asked_delay_ms, chance, longest_ms);
    this.attempt += 1;
    this.tell({ type: "closed", reconnect_at: performance.now() + delay_ms });
    const ticket_in_doubt = !this.opened_this_time || code === 1008;
    if (ticket_in_doubt) void this.probe_ticket();
  }

  // A browser does not tell a page why an upgrade was refused. The same address asked for without
  // an upgrade says whether it was for want of a ticket, with a status that can be read.
  private async probe_ticket(): Promise<void> {
    try {
      const answer = await fetch(this.path, { cache: "no-store" });
      if (answer.status === 401) this.tell({ type: "no_ticket" });
    } catch {
      // The server cannot be reached: the next attempt is planned already.
    }
  }
}
