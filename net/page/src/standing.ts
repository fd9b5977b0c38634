// What a state says when it is asked: where its owner stands, beyond what stands in one field. Pure.

import type { Application } from "./protocol";
import type { State } from "./reducer";

// The plate whose confirmation is in flight, or null.
export function plate_in_confirmation(state: State): string | null {
  for (const { request } of state.pending) if (request.op === "confirm") return request.plate;
  return null;
}

// Whether the batch in view has fewer plates than its office says a batch has.
export function is_short({ application, notice }: State): boolean {
  const batch = application?.batch;
  if (!batch || notice === null || notice.office !== application?.office) return false;
  return batch.plates.length < notice.batch_size;
}

// Whether the owner may not select for now, though this application was begun before.
export function is_barred(application: Application): boolean {
  const unfinished = ["submit", "notice", "pick"].includes(application.step);
  return unfinished && application.blacklisted_until !== undefined;
}

// The greatest text below `vehicle` that a vehicle of the same length could be: asked for what comes
// after it, the list begins with `vehicle`.
export function just_before(vehicle: string): string {
  const last = vehicle.length - 1;
  return vehicle.slice(0, last) + String.fromCharCode(vehicle.charCodeAt(last) - 1);
}
