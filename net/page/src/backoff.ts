// When to try to connect again. Pure.

export const kFirstDelayMs = 500;
export const kLongestDelayMs = 30_000;

// Milliseconds before attempt number `attempt` (0 is the first after a loss). `asked_ms` is the
// `reconnect_in_ms` of a `bye`, or 0, and is never undercut. `chance` is uniform in [0, 1):
// spreading over the whole span keeps a city's browsers from returning all at once.
export function reconnect_delay_ms(attempt: number, asked_ms: number, chance: number): number {
  const span = Math.min(kLongestDelayMs, kFirstDelayMs * 2 ** Math.min(attempt, 10));
  return Math.max(0, asked_ms) + Math.round(span * (0.2 + 0.8 * chance));
}
