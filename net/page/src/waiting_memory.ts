// Remembers for this tab what its owner waits for, so that a reload, or a browser that threw the
// page away while it slept, comes back to the same place in the queue by asking the same again. The
// server keeps the place; this keeps only the question. Nothing outlives the tab or the answer.

import type { Request } from "./protocol";
import type { Waiting } from "./reducer";

const kKey = "waiting";

// The waiting of an earlier visit to `vehicle` in this tab, ready to be asked again; or null.
export function remembered_waiting(vehicle: string | null): Waiting | null {
  try {
    const request = JSON.parse(sessionStorage.getItem(kKey) ?? "null") as Request | null;
    if (request === null || !("vehicle" in request) || request.vehicle !== vehicle) return null;
    if (!["draw", "verify", "send_code"].includes(request.op)) return null;
    return { request, place: null, admitted: true };
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
