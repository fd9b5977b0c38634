#include "tests/linearizability/service_clock.h"

#include <algorithm>

namespace plated::linearizability {
namespace {

// Countdowns are told in whole milliseconds, and both ends of one are rounded.
constexpr Micros kRounding = 2'000;

bool is_endless(Micros at) { return at == kForever || at == kLongAgo; }

Micros overlap(Micros from, Micros until, Micros at) {
  return std::max<Micros>(0, std::min(until, at) - from);
}

}  // namespace

Micros ServiceClock::most(Micros at) const {
  if (is_endless(at)) {
    return at;
  }
  Micros stood = 0;
  for (const Outage& outage : outages_) {
    stood += overlap(outage.dead_at, outage.started_at, at);
  }
  return at - stood;
}

Micros ServiceClock::least(Micros at) const {
  if (is_endless(at)) {
    return at;
  }
  Micros stood = 0;
  for (const Outage& outage : outages_) {
    if (outage.killed_at <= at) {
      stood += overlap(outage.killed_at, outage.ready_at, at) + given_back_;
    }
  }
  return at - stood;
}

Micros ServiceClock::greatest_least(Window window) const {
  Micros greatest = least(window.until);
  for (const Outage& outage : outages_) {
    if (outage.killed_at > window.from && outage.killed_at <= window.until) {
      greatest = std::max(greatest, least(outage.killed_at - 1));
    }
  }
  return greatest;
}

Micros ServiceClock::smallest_least(Window window) const {
  Micros smallest = least(window.from);
  for (const Outage& outage : outages_) {
    if (outage.killed_at > window.from && outage.killed_at <= window.until) {
      smallest = std::min(smallest, least(outage.ready_at));
    }
  }
  return smallest;
}

Countdown Countdown::of(const ServiceClock& clock, Window window, Micros left) {
  const Micros earliest = clock.most(window.from);
  const Micros latest = clock.greatest_least(window);
  return {is_endless(earliest) ? earliest : earliest + left,
          is_endless(latest) ? latest : latest + left};
}

bool Countdown::may_be_over(const ServiceClock& clock, Window window) const {
  const Micros most = clock.most(window.until);
  return most == kForever || most + kRounding >= earliest;
}

bool Countdown::may_run(const ServiceClock& clock, Window window) const {
  const Micros least = clock.smallest_least(window);
  return least == kLongAgo || least - kRounding < latest;
}

bool Countdown::agree(const ServiceClock& clock, Window window, Micros left) {
  const Micros most = clock.most(window.until);
  const Micros least = clock.smallest_least(window);
  const bool shortened = most != kForever && most + left + kRounding < earliest;
  const bool lengthened = least != kLongAgo && least + left - kRounding > latest;
  if (shortened || lengthened) {
    return false;
  }
  const Countdown read = of(clock, window, left);
  earliest = std::max(earliest, read.earliest);
  latest = std::min(latest, read.latest);
  return true;
}

}  // namespace plated::linearizability
