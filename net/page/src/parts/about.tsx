// What is known of the vehicle in view, and of the office that is to serve its owner.

import type { Application } from "../protocol";
import type { View } from "../view";
import { Facts } from "./facts";
import type { Fact } from "./facts";

// A plate with the dot after its office; anything else (a rehearsal's word) as it is.
export function dotted(plate: string): string {
  return plate.length >= 7 ? `${plate.slice(0, 2)}·${plate.slice(2)}` : plate;
}

export function office_text({ office, office_name }: Application): string {
  return office_name === "" || office_name === office ? office : `${office_name}（${office}）`;
}

// Whose vehicle it is, as far as that is known; masked, since somebody may look over their shoulder.
export function about_owner({ state, t }: View): Fact[] {
  return state.owner_name === "" ? [] : [[t.owner, state.owner_name]];
}

export function about_vehicle({ state, t }: View, application: Application): Fact[] {
  const { vehicle } = application;
  const known = state.present?.vehicle === vehicle ? state.present : null;
  const plate = (known ?? state.vehicles?.find((each) => each.vehicle === vehicle))?.plate ?? "";
  return [
    [t.vehicle, vehicle],
    ...(plate === "" ? [] : ([[t.present_plate, dotted(plate)]] as Fact[])),
    [t.plate_class, `${t.classes[application.class]} · ${t.powers[application.power]}`],
  ];
}

// Where the office is, how it is reached and when somebody is there; as far as it has said so.
export function about_office({ state, t }: View, application: Application): Fact[] {
  const notice = state.notice?.office === application.office ? state.notice : null;
  const facts: Fact[] = [[t.office, office_text(application)]];
  if (notice?.address) facts.push([t.address, notice.address]);
  if (notice?.telephone) {
    facts.push([t.telephone, <a href={`tel:${notice.telephone}`}>{notice.telephone}</a>]);
  }
  if (notice?.hours) facts.push([t.hours, notice.hours]);
  return facts;
}

export function OfficeFacts({ view, application }: { view: View; application: Application }) {
  return <Facts facts={about_office(view, application)} />;
}
