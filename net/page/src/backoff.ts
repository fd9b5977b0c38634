// When to try to connect again. Pure.

export const kFirstDelayMs = 500;
export const kLongestDelayMs = 30_000;
// While plates are held: a hold of a minute and a half has to be worth coming back for.
export const kLongestWhileHeldMs = 8_000;

// Milliseconds before attempt number `attempt` (0 is the first after a loss), of at most
// `longest_ms`. `asked_ms` is the `reconnect_in_ms` of a `bye`, or 0, and is never undercut.
// `chance` is uniform in [0, 1): spreading over the whole span keeps a city's browsers from
// returning all at once.
export function reconnect_delay_ms(
  attempt: number,
  asked_ms: number,
  chance: number,
  longest_ms = kLongestDelayMs,
): number {
  const span = Math.min(longest_ms, kFirstDelayMs * 2 ** Math.min(attempt, 10));
  return Math.max(0, asked_ms) + Math.round(span * (0.2 + 0.8 * chance));
}
