// Remembers for this tab what its owner waits for, so that a reload, or a browser that threw the
// page away while it slept, goes on with the same question once they are admitted. The server keeps
// the place and says so with the application; this keeps only the question. Nothing outlives the tab
// or the answer.

import type { Request } from "./protocol";
import type { Waiting } from "./reducer";

const kKey = "waiting";

// What an earlier visit to `vehicle` in this tab waited for, or null.
export function remembered_waiting(vehicle: string | null): Waiting | null {
  try {
    const request = JSON.parse(sessionStorage.getItem(kKey) ?? "null") as Request | null;
    if (request === null || !("vehicle" in request) || request.vehicle !== vehicle) return null;
    if (!["draw", "verify", "send_code"].includes(request.op)) return null;
    return { request, place: null, admitted: false };
  } catch {
    return null;
  }
}

export function remember_waiting(waiting: Waiting | null): void {
  try {
    if (waiting === null) sessionStorage.removeItem(kKey);
    else sessionStorage.setItem(kKey, JSON.stringify(waiting.request));
  } catch {
    // A browser that keeps nothing: a reload then comes back to the step, and nothing is lost.
  }
}
