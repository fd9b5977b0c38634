// What each address has open and has asked for, over all threads: an IPv4 address, or the /64 of an
// IPv6 one, which is what one household or one machine is given. Thread-safe: a call holds the
// mutex of one stripe.
//
// Memory is bounded: an address is forgotten when nothing of it is open and its buckets are full
// again; while as many are remembered as may be, those that are unknown are refused.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/hash_table.h"
#include "engine/types.h"
#include "net/selection/peer_address.h"
#include "net/selection/striped.h"
#include "net/selection/token_bucket.h"

namespace plated {

class AddressQuota {
 public:
  enum class Of : uint8_t { upgrades, codes };
  static constexpr std::size_t kAddressesMax = std::size_t{1} << 20;

  // `addresses_max` is a bound for tests.
  explicit AddressQuota(std::size_t addresses_max = kAddressesMax);

  // Counts one more connection; false, and nothing counted, if the address has `max` (0: as many as
  // it likes). Every true is followed by one close.
  [[nodiscard]] bool open(const PeerAddress& peer, uint64_t max, Micros now);
  void close(const PeerAddress& peer, Micros now);

  // Takes a token of the address's bucket, as TokenBucket::take.
  [[nodiscard]] std::optional<Millis> take(const PeerAddress& peer, Of what, const Rate& rate,
                                           Micros now);
  void give_back(const PeerAddress& peer, Of what, const Rate& rate);

  // Addresses remembered, for tests.
  [[nodiscard]] std::size_t entries() const;

 private:
  struct Address {
    uint32_t open = 0;
    std::array<TokenBucket, 2> buckets;

    [[nodiscard]] bool is_idle(Micros now) const {
      return open == 0 && buckets[0].is_full(now) && buckets[1].is_full(now);
    }
  };
  // An address, mixed with a seed, so that nobody can choose many that stand in one place.
  using Key = uint64_t;
  struct HashOfKey {
    using is_avalanching = void;  // it is mixed already
    std::size_t operator()(Key key) const { return key; }
  };
  struct Stripe {
    boost::unordered_flat_map<Key, Address, HashOfKey> addresses;
    TableSweep sweep;
    Micros swept{Micros::min() / 2};
  };
  static constexpr std::size_t kStripes = 16;

  [[nodiscard]] Key key_of(const PeerAddress& peer) const;
  // By bits that the table does not take first.
  [[nodiscard]] Guarded<Stripe>& stripe_of(Key key) const { return stripes_.of(key >> 16); }
  // Null: nothing is known of the address, and there is no room for it.
  [[nodiscard]] Address* find_or_make(Stripe& stripe, Key key, Micros now);

  const std::size_t per_stripe_max_;
  const uint64_t seed_;
  Striped<Stripe, kStripes> stripes_;
};

// What tells addresses apart here: the 32 bits of an IPv4 one, the first 64 of an IPv6 one.
[[nodiscard]] uint64_t prefix_of(const PeerAddress& peer);

}  // namespace plated
