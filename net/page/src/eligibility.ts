// Whether a vehicle may choose a plate online, as far as the list of vehicles shows: it carries an
// ordinary plate now, not a new-energy one, and not none. The server decides. Pure.

import type { Vehicle } from "./protocol";

// As the schema `plate` of the AsyncAPI document.
const kNewEnergyPlate =
  /^[^ -~][A-HJ-Z]([ABCDEFGHJK][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[ABCDEFGHJK])$/;

export function may_choose({ plate }: Vehicle): boolean {
  return plate !== "" && !kNewEnergyPlate.test(plate);
}
