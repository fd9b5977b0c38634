// What one connection, one owner, one address and all together may ask for. Limits is plain data,
// from the configuration; LimitBook is what all threads count in together, with bounded memory.
// What is refused is counted for each limit. OPERATORS.md has the table of them.
//
// Whoever is refused is told after how long to come again, and that costs neither the engine nor
// the log anything. What waits is counted by a monotonic clock that whoever asks reads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/guarded.h"
#include "engine/types.h"
#include "net/selection/address_quota.h"
#include "net/selection/peer_address.h"
#include "net/selection/token_bucket.h"

namespace plated {

// 0 or no span: no limit.
struct Limits {
  uint64_t connections_per_address_max = 0;
  Rate upgrades_per_address{};
  Rate requests_per_connection{};
  Millis interval_draw{};
  Millis interval_confirm{};
  Rate codes_per_address{0, std::chrono::hours(1)};
  Rate codes_per_second{};
  // What a connection may send that is no request: control frames, parts of messages.
  Rate bare_frames_per_connection{};
};

// What can be refused, and the label under which metrics count it.
enum class Limit : uint8_t {
  connections_per_address_max,
  upgrades_per_address,
  requests_per_connection,
  interval_draw,
  interval_confirm,
  codes_per_address,
  codes_per_second,
  bare_frames_per_connection,
  ignored,        // connections that were closed for it
  code_interval,  // codes to one phone, one after the other
  code_tries,     // codes tried too soon, or too often on one day
};
inline constexpr std::size_t kLimits = static_cast<std::size_t>(Limit::code_tries) + 1;
[[nodiscard]] std::string_view name_of(Limit limit);

using LimitCounts = std::array<uint64_t, kLimits>;

// Thread-safe; each call holds one short mutex at most.
class LimitBook {
 public:
  // Whether one more connection of the address may be open; if so, it is counted until it ended.
  [[nodiscard]] bool connection_opens(const Limits& limits, const PeerAddress& peer, Micros now);
  void connection_ended(const PeerAddress& peer, Micros now);

  // Each counts one. Nothing: it may be; else how long to wait.
  [[nodiscard]] std::optional<Millis> upgrade(const Limits& limits, const PeerAddress& peer,
                                              Micros now);
  struct Told {
    Limit limit;
    Millis wait;
  };
  [[nodiscard]] std::optional<Told> code(const Limits& limits, const PeerAddress& peer, Micros now);
  // The code that was counted last for this address was not sent.
  void code_not_sent(const Limits& limits, const PeerAddress& peer);

  void count(Limit limit) {
    refused_[static_cast<std::size_t>(limit)].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] LimitCounts counts() const;

 private:
  AddressQuota addresses_;
  Guarded<TokenBucket> codes_;  // of all together
  std::array<std::atomic<uint64_t>, kLimits> refused_{};
};

}  // namespace plated
