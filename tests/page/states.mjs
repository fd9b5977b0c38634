// Everything that the page can show beside the steps of the whole way: the office's states, refusals,
// losses, the queue, the ends. The scripted server brings them about one after the other; `look` is
// called at each with its name, and with {whole: false} where only what is in sight matters. Pictures
// and the search for what stands in anybody's way go through the same list.

import { vehicle_of } from "./walking.mjs";

const kMinuteMs = 60_000;
const kFarAway = 1_860_000_000_000;

export async function look_at_all_states(walker, server, number, look) {
  const mine = server.world.application(vehicle_of(number));
  await lists(walker, server, number, look);
  await queue(walker, server, look);
  await office(walker, server, look);
  await refusals(walker, server, look);
  await losses(walker, server, mine, look);
  await last_draw(walker, server, mine, look);
  await ends(walker, server, mine, look);
}

// What has to be loaded again to be seen.
async function reload_to(walker, landmark) {
  await walker.page.reload();
  await walker.page.locator(landmark).first().waitFor();
}

async function lists(walker, server, number, look) {
  const { world } = server;
  await walker.login(`r-${number}`);
  const plate = world.present_plate;
  world.present_plate = "粤BD12345";
  await reload_to(walker, ".barred");
  await look("not-eligible");
  world.present_plate = plate;
  world.next_refusals.push(["vehicles", "overloaded", { retry_in_ms: kMinuteMs }]);
  await reload_to(walker, "[data-code=overloaded]");
  await look("no-list");
  const mine = world.application(vehicle_of(number));
  Object.assign(mine, { step: "pick", draws_left: world.settings.draws });
  await reload_to(walker, ".vehicles a");
  await walker.page.locator(".vehicles a").first().click();
  await walker.heading(walker.words.pick_step).waitFor();
}

async function queue(walker, server, look) {
  server.world.next_refusals.push(["draw", "waiting", {}]);
  await walker.usable(walker.words.draw_first).click();
  await walker.page.locator(".queue").waitFor();
  await look("waiting-unknown");
  const place = { office: "粤B", position: 812, ahead: 811, admitted_per_minute: 600 };
  server.push_all({ event: "waiting", ...place, eta_low_ms: 60_000, eta_high_ms: 180_000 });
  await walker.text("812").waitFor();
  await look("waiting");
  server.push_all({ event: "waiting", office: "粤B", opens_at: Date.now() + 9 * kMinuteMs, lobby: 812 });
  await walker.text(/in the lobby|等候厅/).waitFor();
  await look("lobby");
  server.push_all({ event: "admitted", office: "粤B", act_within_ms: 120_000 });
  await walker.wait_for_batch(1);
  await walker.shortlist(1);
}

async function office(walker, server, look) {
  server.world.opens_at = Date.now() + 26 * 60 * kMinuteMs;
  for (const state of ["closed", "paused", "maintenance"]) {
    server.set_office(state);
    await walker.page.locator(`[data-office=${state}]`).waitFor();
    await look(state);
  }
  server.set_office("open");
  await walker.page.locator("[data-office]").waitFor({ state: "detached" });
}

async function refusals(walker, server, look) {
  server.world.next_refusals.push(["draw", "all_held", { retry_in_ms: 9_000 }]);
  await walker.usable(walker.words.draw_next).click();
  await walker.page.locator("[data-code=all_held]").waitFor();
  await look("refused", { whole: false });
}

async function losses(walker, server, mine, look) {
  const { world } = server;
  world.next_refusals.push(["enter", "overloaded", { retry_in_ms: 2_000 }]);
  await walker.page.evaluate(() => (Math.random = () => 0.99));
  server.drop_all();
  await walker.text(walker.words.lost).waitFor();
  await look("broken", { whole: false });
  await walker.usable(walker.words.confirm).first().waitFor();
  world.answers_are_lost = true;
  await walker.usable(walker.words.confirm).first().click();
  await look("confirm", { whole: false });
  await walker.usable(walker.words.confirm_yes).click();
  await walker.page.locator(".link .callout").waitFor();
  await look("confirming", { whole: false });
  await walker.context.setOffline(true);
  await walker.text(walker.words.offline).waitFor();
  await look("unsure", { whole: false });
  world.answers_are_lost = false;
  // The word of it never came to the server.
  Object.assign(mine, { step: "pick", reservation: null, draw: 1, draws_left: 4 });
  world.draw(mine);
  await walker.context.setOffline(false);
  await walker.wait_for_batch(2);
  world.settings.batch_hold_ms = world.settings.shortlist_hold_ms = 1_500;
  await walker.draw(3);
  await walker.shortlist(0);
  await walker.page.locator(".dock .callout").waitFor();
  await look("shortlist-lost", { whole: false });
  Object.assign(world.settings, { batch_hold_ms: 12_000, shortlist_hold_ms: 60_000, batch_size: 3 });
  await walker.draw(4);
  await walker.shortlist(1);
  await look("short-and-urgent", { whole: false });
  Object.assign(world.settings, { batch_hold_ms: 90_000, shortlist_hold_ms: 180_000, batch_size: 10 });
}

async function last_draw(walker, server, mine, look) {
  await walker.usable(walker.words.draw_next).click();
  await walker.usable(walker.words.last_draw).waitFor();
  await look("last-draw", { whole: false });
  await walker.usable(walker.words.last_draw).click();
  await walker.wait_for_batch(5);
  await look("fallback", { whole: false });
  mine.blacklisted_until = kFarAway;
  tell(server, mine);
  await walker.page.locator(".state.bad").waitFor();
  await look("barred");
  mine.blacklisted_until = null;
}

function tell(server, mine) {
  mine.version += 1;
  server.push_application(mine);
}

async function ends(walker, server, mine, look) {
  server.world.reserve(mine, "粤BD88866", true);
  server.push_application(mine);
  await walker.heading(walker.words.done).waitFor();
  await look("done-automatic");
  mine.step = "issued";
  tell(server, mine);
  await walker.page.locator(".deadline").waitFor({ state: "detached" });
  await look("issued");
  Object.assign(mine, { step: "lapsed", reservation: null, blacklisted_until: kFarAway });
  tell(server, mine);
  await walker.page.locator(".state.bad").waitFor();
  await look("lapsed");
  for (const [code, fields] of [
    ["blacklisted", { until: kFarAway }],
    ["maintenance", { retry_in_ms: kMinuteMs }],
    ["not_eligible", {}],
  ]) {
    server.world.next_refusals.push(["enter", code, fields]);
    await reload_to(walker, `[data-code=${code}]`);
    await look(`refused-${code}`);
  }
  await walker.context.clearCookies();
  await walker.page.goto(server.url);
  await walker.page.locator(".state.calm").waitFor();
  await look("no-ticket");
}
