// A server for tests of the page: it speaks the protocol to browsers from a world of its own, in
// memory, with countdowns as short as a test likes. It knows only what the page can observe; the
// rules themselves are tested where they are kept. Listens on the loopback only.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const kPage = fileURLToPath(new URL("../../net/page/", import.meta.url));
const { WebSocketServer } = createRequire(join(kPage, "package.json"))("ws");

const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const kTerms = {
  version: "2026-01",
  zh: "一、本系统供机动车所有人预选号牌。\n\n".repeat(12) + "二、逾期不办理的，号牌收回。",
  en: "1. Owners choose plates here.\n\n".repeat(12) + "2. Collect them in time.",
};

const kSettings = {
  draws: 5,
  batch_size: 10,
  batch_hold_ms: 90_000,
  shortlist_hold_ms: 180_000,
  blacklist_years: 2,
};
const kVerifiedForMs = 1_800_000;
const kBeatMs = 25;

class Refusal extends Error {
  constructor(code, fields = {}) {
    super(code);
    this.answer = { code, message: code, ...fields };
  }
}

// The owners' vehicles and selections, and the office's clock, which a pause stops.
class World {
  settings = { ...kSettings };
  // The day by which whatever is confirmed has to be fetched, and when a closed office opens.
  deadline = "2026-12-02";
  opens_at = null;
  // What every vehicle carries now.
  present_plate = "粤B12345";
  owner_name = "张*";
  // How long answers are under way, and connections until they are there.
  delay_ms = 0;
  upgrade_delay_ms = 0;
  // What the office says about itself.
  notice = {
    office: "粤B",
    name: "深圳车管所",
    address: "龙井路 1 号",
    telephone: "0755-83333333",
    hours: "周一至周五 9:00–17:00",
    batch_size: kSettings.batch_size,
  };
  office_state = "open";
  // Refusals to give to the next requests of an op, instead of an answer: [op, code, fields].
  next_refusals = [];
  // While true, requests take effect and their answers are lost.
  answers_are_lost = false;
  leaves_fail = false;
  applications = new Map();
  #stopped_at = null;
  #stopped_ms = 0;
  #plates = 10_000;

  service_now() {
    return (this.#stopped_at ?? Date.now()) - this.#stopped_ms;
  }

  set_office(state) {
    const stops = state === "paused" || state === "maintenance";
    if (stops) this.#stopped_at ??= Date.now();
    if (!stops && this.#stopped_at !== null) {
      this.#stopped_ms += Date.now() - this.#stopped_at;
      this.#stopped_at = null;
    }
    this.office_state = state;
  }

  application(vehicle) {
    if (!this.applications.has(vehicle)) {
      this.applications.set(vehicle, {
        vehicle,
        step: "submit",
        draws_left: 0,
        draw: 0,
        batch: null,
        shortlist: null,
        fallback: null,
        reservation: null,
        blacklisted_until: null,
        place: null,
        version: 1,
      });
    }
    return this.applications.get(vehicle);
  }

  // What the protocol calls an application.
  shown(mine) {
    const now = this.service_now();
    const hold = (it) => it && { plates: it.plates, expires_in_ms: Math.max(0, it.until - now) };
    return {
      vehicle: mine.vehicle,
      office: "粤B",
      office_name: "深圳车管所",
      class: "small",
      power: "electric",
      step: mine.step,
      draws_left: mine.draws_left,
      draw: mine.draw,
      batch: hold(mine.batch),
      shortlist: hold(mine.shortlist),
      reservation: mine.reservation,
      office_state: this.office_state,
      terms: kTerms.version,
      blacklist_years: this.settings.blacklist_years,
      at: Date.now(),
      version: mine.version,
      ...(mine.fallback && { fallback: mine.fallback }),
      ...(mine.step === "pick" && {
        verified_in_ms: kVerifiedForMs,
        deadline_if_confirmed: this.deadline,
      }),
      ...(this.office_state === "closed" && this.opens_at && { opens_at: this.opens_at }),
      ...(mine.place && { place: mine.place }),
      ...(mine.blacklisted_until && { blacklisted_until: mine.blacklisted_until }),
    };
  }

  // Ends what is over. Says whether anything was.
  settle(mine) {
    const now = this.service_now();
    const version = mine.version;
    for (const name of ["batch", "shortlist"]) {
      if (mine[name] && mine[name].until <= now) {
        mine[name] = null;
        mine.version += 1;
      }
    }
    if (mine.fallback && !mine.batch && !mine.shortlist) this.reserve(mine, mine.fallback, true);
    return mine.version !== version;
  }

  reserve(mine, plate, auto) {
    mine.step = "done";
    mine.batch = mine.shortlist = mine.fallback = null;
    mine.reservation = {
      plate,
      deadline: this.deadline,
      auto,
      voucher: "/v1/voucher/abcdefghijklmnop",
      sequence: 123456,
    };
    mine.version += 1;
  }

  draw(mine) {
    const { batch_size, batch_hold_ms, shortlist_hold_ms } = this.settings;
    const now = this.service_now();
    const plates = [];
    for (let i = 0; i < batch_size; ++i) {
      this.#plates = (this.#plates + 7_919) % 100_000;
      plates.push(`粤BD${String(this.#plates).padStart(5, "0")}`);
    }
    mine.draw += 1;
    mine.draws_left -= 1;
    mine.batch = { plates, until: now + batch_hold_ms };
    if (mine.shortlist) mine.shortlist.until = now + shortlist_hold_ms;
    if (mine.draws_left === 0) mine.fallback = plates[0];
    mine.version += 1;
  }

  shortlist(mine, plate) {
    if (!mine.batch?.plates.includes(plate)) throw new Refusal("not_in_batch");
    const kept = mine.shortlist?.plates ?? [];
    const others = kept.filter((each) => !mine.batch.plates.includes(each));
    const until = this.service_now() + this.settings.shortlist_hold_ms;
    mine.shortlist = { plates: [...others, plate], until };
    mine.version += 1;
  }
}

function require_code(code) {
  if (code !== "000000") throw new Refusal("wrong_code");
}

function require_step(mine, step) {
  if (mine.step !== step) throw new Refusal("wrong_step");
}

// The answer to one request of `owner`, as the protocol has it.
function answer_to(world, owner, request) {
  const planned = world.next_refusals.findIndex(([op]) => op === request.op);
  if (planned >= 0) {
    const [[, code, fields]] = world.next_refusals.splice(planned, 1);
    throw new Refusal(code, fields);
  }
  if (request.op === "vehicles") return vehicles_of(world, owner, request.after);
  if (request.op === "give_up") {
    for (const each of vehicle_numbers(owner)) world.application(vehicle_name(each)).place = null;
    return {};
  }
  const number = Number(/^RHRSL(\d{12})$/.exec(request.vehicle)?.[1] ?? NaN);
  if (!vehicle_numbers(owner).includes(number)) throw new Refusal("not_your_vehicle");
  const mine = world.application(request.vehicle);
  world.settle(mine);
  if (request.op === "leave") return {};
  if (request.op === "enter") return world.shown(mine);
  if (world.office_state === "paused") throw new Refusal("paused");
  act(world, mine, request);
  return request.op === "send_code"
    ? { sent_to: "138****1234", expires_in_ms: 300_000, resend_in_ms: 60_000 }
    : world.shown(mine);
}

function act(world, mine, request) {
  switch (request.op) {
    case "send_code":
      return;
    case "submit":
      require_step(mine, "submit");
      require_code(request.code);
      if (request.terms !== kTerms.version) throw new Refusal("terms_outdated");
      mine.step = "notice";
      mine.draws_left = world.settings.draws;
      mine.version += 1;
      return;
    case "verify":
      require_step(mine, "notice");
      require_code(request.code);
      mine.step = "pick";
      mine.version += 1;
      return;
    case "draw":
      require_step(mine, "pick");
      if (request.draw === mine.draw) return;
      if (request.draw !== mine.draw + 1) throw new Refusal("wrong_draw_number");
      if (mine.draws_left === 0) throw new Refusal("no_draws_left");
      return world.draw(mine);
    case "shortlist":
      require_step(mine, "pick");
      return world.shortlist(mine, request.plate);
    case "confirm":
      require_step(mine, "pick");
      if (!mine.shortlist?.plates.includes(request.plate)) throw new Refusal("not_on_shortlist");
      return world.reserve(mine, request.plate, false);
    default:
      throw new Refusal("unknown_op");
  }
}

// r-40 owns forty vehicles, everybody else one.
function vehicle_numbers(owner) {
  const number = Number(owner.slice(2));
  return number === 40 ? Array.from({ length: 40 }, (_, i) => 40_000 + i) : [number];
}

function vehicle_name(number) {
  return `RHRSL${String(number).padStart(12, "0")}`;
}

function vehicles_of(world, owner, after) {
  const all = vehicle_numbers(owner).map(vehicle_name);
  const rest = all.filter((each) => after === undefined || each > after);
  const vehicles = rest.slice(0, 30).map((vehicle) => ({
    vehicle,
    class: "small",
    power: "electric",
    office: "粤B",
    plate: world.present_plate,
    step: world.applications.get(vehicle)?.step ?? "submit",
  }));
  const named = world.owner_name && { owner_name: world.owner_name };
  return { vehicles, next: rest.length > 30 ? rest[29] : null, ...named };
}

function cookie_owner(request) {
  return /(?:^|; )ticket=(r-\d+)/.exec(request.headers.cookie ?? "")?.[1] ?? null;
}

// The built page in `dist`, served as plated serves it, on a free port. `mode` goes into the page.
export async function start_fake_server({
  dist = join(kPage, "dist"),
  mode = "demo",
  platform = { name: "", url: "" },
} = {}) {
  const world = new World();
  const manifest = JSON.parse(await readFile(join(dist, "manifest.json"), "utf8"));
  const sessions = new Set();

  async function http(request, response) {
    const url = new URL(request.url, "http://localhost");
    const reply = (status, type, body, fields = {}) =>
      response
        .writeHead(status, { "Content-Type": type, "Content-Security-Policy": kPolicy, ...fields })
        .end(body);
    if (url.pathname === "/login" && url.searchParams.has("owner")) {
      const ticket = url.searchParams.get("owner");
      return reply(303, "text/plain", "", { Location: `/enter?ticket=${ticket}` });
    }
    if (url.pathname === "/enter") {
      const cookie = `ticket=${url.searchParams.get("ticket")}; HttpOnly; SameSite=Strict; Path=/`;
      return reply(303, "text/plain", "", { Location: "/", "Set-Cookie": cookie });
    }
    if (url.pathname === "/leave" && request.method === "POST") {
      if (world.leaves_fail) return reply(503, "text/plain", "");
      return reply(303, "text/plain", "", { Location: "/", "Set-Cookie": "ticket=; Path=/; Max-Age=0" });
    }
    if (url.pathname === "/v1/select") {
      return reply(cookie_owner(request) ? 426 : 401, "text/plain", "");
    }
    if (url.pathname === `/v1/terms/${kTerms.version}`) {
      return reply(200, "application/json", JSON.stringify(kTerms));
    }
    if (url.pathname.startsWith("/v1/offices/")) {
      return reply(200, "application/json", JSON.stringify(world.notice));
    }
    if (url.pathname.startsWith("/v1/voucher/")) return reply(200, "text/html", "voucher");
    const asset = manifest.find((each) => each.path === url.pathname);
    if (!asset) return reply(404, "text/plain", "");
    const bytes = await readFile(join(dist, asset.file));
    const filled = () =>
      bytes
        .toString()
        .replace("{{mode}}", mode)
        .replace("{{platform_name}}", platform.name)
        .replace("{{platform_url}}", platform.url);
    const body = asset.template ? filled() : bytes;
    return reply(200, asset.type, body);
  }

  const server = createServer((request, response) => void http(request, response));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const owner = cookie_owner(request);
    if (owner === null) return socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
    const joined = (peer) => {
      const session = { peer, entered: new Set() };
      sessions.add(session);
      peer.on("close", () => sessions.delete(session));
      peer.on("message", (text) => received(session, owner, JSON.parse(text)));
    };
    const upgrade = () => sockets.handleUpgrade(request, socket, head, joined);
    if (world.upgrade_delay_ms > 0) setTimeout(upgrade, world.upgrade_delay_ms);
    else upgrade();
  });

  const send = (session, message) => session.peer.send(JSON.stringify(message));
  const push_all = (message) => sessions.forEach((session) => send(session, message));

  function received(session, owner, request) {
    if (request.op === "enter") session.entered.add(request.vehicle);
    let answer;
    try {
      answer = { id: request.id, ok: answer_to(world, owner, request) };
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      answer = { id: request.id, error: refusal.answer };
    }
    if (world.answers_are_lost) return;
    if (world.delay_ms > 0) setTimeout(() => send(session, answer), world.delay_ms);
    else send(session, answer);
  }

  function push_application(mine) {
    for (const session of sessions) {
      if (session.entered.has(mine.vehicle)) {
        send(session, { event: "application", application: world.shown(mine) });
      }
    }
  }

  const beat = setInterval(() => {
    for (const mine of world.applications.values()) {
      if (world.settle(mine)) push_application(mine);
    }
  }, kBeatMs);

  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    world,
    push_all,
    push_application,
    set_office(state) {
      world.set_office(state);
      const until = state === "closed" ? world.opens_at : null;
      push_all({ event: "office", office: "粤B", state, until });
    },
    connections: () => sessions.size,
    drop_all: () => sessions.forEach((session) => session.peer.terminate()),
    async close() {
      clearInterval(beat);
      sessions.forEach((session) => session.peer.terminate());
      server.closeAllConnections?.();
      await new Promise((closed) => server.close(closed));
    },
  };
}
