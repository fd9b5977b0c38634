#include "tools/plated/descriptors.h"

#include <algorithm>

namespace plated {
namespace {

// Log files and those made in advance, a snapshot and the replay that it comes from, keys, the
// operators' connections (64), visitors while it starts.
constexpr std::size_t kKept = 96;
// Event loops and listeners.
constexpr std::size_t kKeptPerThread = 8;
constexpr std::size_t kPlainReserveMax = 64;

Limits asking_limits_of(const Options& options) {
  const auto ms = [](uint64_t value) { return Millis(static_cast<int64_t>(value)); };
  Limits limits;
  limits.connections_per_address_max = options.connections_per_address_max;
  limits.upgrades_per_address.tokens = options.upgrades_per_address;
  limits.requests_per_connection.tokens = options.requests_per_connection;
  limits.interval_draw = ms(options.interval_draw_ms);
  limits.interval_confirm = ms(options.interval_confirm_ms);
  limits.codes_per_address.tokens = options.codes_per_address;
  limits.codes_per_second.tokens = options.codes_per_second;
  limits.bare_frames_per_connection.tokens = options.bare_frames_per_connection;
  return limits;
}

}  // namespace

std::size_t connections_that_fit(std::size_t descriptors, const Options& options) {
  const std::size_t kept = kKept + kKeptPerThread * options.threads + options.sms_connections;
  // With very few, half of them is the best that can be done.
  return descriptors > 2 * kept ? descriptors - kept : descriptors / 2;
}

ConnectionLimits limits_of(const Options& options, std::size_t descriptors) {
  const std::size_t fit = connections_that_fit(descriptors, options);
  const bool cut = fit < options.connections_max;
  ConnectionLimits limits;
  limits.asking = asking_limits_of(options);
  limits.connections_max =
      std::max<std::size_t>(std::min<std::size_t>(options.connections_max, fit), 1);
  limits.plain_reserve = std::min(kPlainReserveMax, limits.connections_max / (cut ? 4 : 16));
  limits.connections_per_owner_max = options.connections_per_owner_max;
  limits.send_queue_max = options.send_queue_max;
  limits.handshake_timeout = Millis(static_cast<int64_t>(options.handshake_timeout_ms));
  limits.idle_timeout = Millis(static_cast<int64_t>(options.idle_timeout_ms));
  return limits;
}

}  // namespace plated
