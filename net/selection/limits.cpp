#include "net/selection/limits.h"

namespace plated {

std::string_view name_of(Limit limit) {
  switch (limit) {
    case Limit::connections_per_address_max:
      return "connections_per_address_max";
    case Limit::upgrades_per_address:
      return "upgrades_per_address";
    case Limit::requests_per_connection:
      return "requests_per_connection";
    case Limit::interval_draw:
      return "interval_draw_ms";
    case Limit::interval_confirm:
      return "interval_confirm_ms";
    case Limit::codes_per_address:
      return "codes_per_address";
    case Limit::codes_per_second:
      return "codes_per_second";
    case Limit::bare_frames_per_connection:
      return "bare_frames_per_connection";
    case Limit::ignored:
      return "ignored";
    case Limit::code_interval:
      return "code_interval";
    case Limit::code_tries:
      return "code_tries";
  }
  return "unknown";
}

bool LimitBook::connection_opens(const Limits& limits, const PeerAddress& peer, Micros now) {
  if (addresses_.open(peer, limits.connections_per_address_max, now)) {
    return true;
  }
  count(Limit::connections_per_address_max);
  return false;
}

void LimitBook::connection_ended(const PeerAddress& peer, Micros now) {
  addresses_.close(peer, now);
}

std::optional<Millis> LimitBook::upgrade(const Limits& limits, const PeerAddress& peer,
                                         Micros now) {
  const auto wait =
      addresses_.take(peer, AddressQuota::Of::upgrades, limits.upgrades_per_address, now);
  if (wait) {
    count(Limit::upgrades_per_address);
  }
  return wait;
}

std::optional<LimitBook::Told> LimitBook::code(const Limits& limits, const PeerAddress& peer,
                                               Micros now) {
  const auto wait = addresses_.take(peer, AddressQuota::Of::codes, limits.codes_per_address, now);
  if (wait) {
    count(Limit::codes_per_address);
    return Told{Limit::codes_per_address, *wait};
  }
  std::optional<Millis> of_all;
  {
    const Hold codes(codes_);
    of_all = codes->take(limits.codes_per_second, now);
  }
  if (!of_all) {
    return std::nullopt;
  }
  addresses_.give_back(peer, AddressQuota::Of::codes, limits.codes_per_address);
  count(Limit::codes_per_second);
  return Told{Limit::codes_per_second, *of_all};
}

void LimitBook::code_not_sent(const Limits& limits, const PeerAddress& peer) {
  addresses_.give_back(peer, AddressQuota::Of::codes, limits.codes_per_address);
  const Hold codes(codes_);
  codes->give_back(limits.codes_per_second);
}

LimitCounts LimitBook::counts() const {
  LimitCounts counts{};
  for (std::size_t i = 0; i < kLimits; ++i) {
    counts[i] = refused_[i].load(std::memory_order_relaxed);
  }
  return counts;
}

}  // namespace plated
