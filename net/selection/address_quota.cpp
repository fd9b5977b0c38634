#include "net/selection/address_quota.h"

#include <sodium.h>

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

// Whoever is unknown and finds no room comes again after so long. A table that is full is not
// looked through more often than that.
constexpr Millis kNoRoomWait{1000};

uint64_t mixed(uint64_t key) {  // the finaliser of SplitMix64
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9U;
  key = (key ^ (key >> 27)) * 0x94d049bb133111ebU;
  return key ^ (key >> 31);
}

uint64_t random_seed() {
  check(sodium_init() >= 0, "libsodium starts");
  uint64_t seed = 0;
  randombytes_buf(&seed, sizeof seed);
  return seed;
}

}  // namespace

uint64_t prefix_of(const PeerAddress& peer) {
  // No /64 that is given to anybody begins with these bytes.
  constexpr uint64_t kOfIpv4 = uint64_t{0xfffffffe} << 32;
  const std::size_t bytes = peer.family == PeerAddress::Family::v4 ? 4 : 8;
  uint64_t prefix = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    prefix = prefix << 8 | peer.ip[i];
  }
  return peer.family == PeerAddress::Family::v4 ? prefix | kOfIpv4 : prefix;
}

AddressQuota::AddressQuota(std::size_t addresses_max)
    : per_stripe_max_(std::max<std::size_t>(addresses_max / kStripes, 1)), seed_(random_seed()) {}

AddressQuota::Key AddressQuota::key_of(const PeerAddress& peer) const {
  return mixed(prefix_of(peer) ^ seed_);
}

AddressQuota::Address* AddressQuota::find_or_make(Stripe& stripe, Key key, Micros now) {
  const auto found = stripe.addresses.find(key);
  if (found != stripe.addresses.end()) {
    return &found->second;
  }
  const bool full = stripe.addresses.size() >= per_stripe_max_;
  if (full ? stripe.swept + kNoRoomWait <= now : stripe.sweep.is_due(stripe.addresses.size())) {
    stripe.swept = now;
    stripe.sweep.run(stripe.addresses, [now](const Address& one) { return one.is_idle(now); });
  }
  return stripe.addresses.size() < per_stripe_max_ ? &stripe.addresses[key] : nullptr;
}

bool AddressQuota::open(const PeerAddress& peer, uint64_t max, Micros now) {
  const Key key = key_of(peer);
  const Hold stripe(stripe_of(key));
  Address* const address = find_or_make(*stripe, key, now);
  if (address == nullptr || (max > 0 && address->open >= max)) {
    return false;
  }
  ++address->open;
  return true;
}

void AddressQuota::close(const PeerAddress& peer, Micros now) {
  const Key key = key_of(peer);
  const Hold stripe(stripe_of(key));
  const auto found = stripe->addresses.find(key);
  check(found != stripe->addresses.end() && found->second.open > 0, "what closes was counted");
  --found->second.open;
  if (found->second.is_idle(now)) {
    stripe->addresses.erase(found);
  }
}

std::optional<Millis> AddressQuota::take(const PeerAddress& peer, Of what, const Rate& rate,
                                         Micros now) {
  if (rate.tokens == 0) {
    return std::nullopt;
  }
  const Key key = key_of(peer);
  const Hold stripe(stripe_of(key));
  Address* const address = find_or_make(*stripe, key, now);
  if (address == nullptr) {
    return kNoRoomWait;
  }
  return address->buckets[static_cast<std::size_t>(what)].take(rate, now);
}

void AddressQuota::give_back(const PeerAddress& peer, Of what, const Rate& rate) {
  const Key key = key_of(peer);
  const Hold stripe(stripe_of(key));
  const auto found = stripe->addresses.find(key);
  if (found != stripe->addresses.end()) {
    found->second.buckets[static_cast<std::size_t>(what)].give_back(rate);
  }
}

std::size_t AddressQuota::entries() const {
  return stripes_.sum([](const Stripe& stripe) { return stripe.addresses.size(); });
}

}  // namespace plated
