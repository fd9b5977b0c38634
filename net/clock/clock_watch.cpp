#include "net/clock/clock_watch.h"

#include <algorithm>
#include <cstdlib>

namespace plated {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

int64_t offset_of(const ClockReading& reading) {
  return (reading.wall.time_since_epoch() - reading.monotonic).count();
}

int64_t count_of(CivilTime time) { return time.time_since_epoch().count(); }

}  // namespace

ClockWatch::ClockWatch(Tick start, const Before& before, const ClockReading& first)
    : offset_(offset_of(first)),
      civil_min_(count_of(before.recorded.value_or(first.wall))),
      looked_(first.monotonic.count()),
      wall_offset_(offset_of(first)),
      tick_offset_((start.time_since_epoch() - first.monotonic).count()) {
  const bool long_outage = before.recorded && first.wall - *before.recorded > kOutageMax;
  if (before.expected) {
    const bool explained = std::chrono::abs(first.wall - *before.expected) <= kJumpMin;
    jumped_ = long_outage || !explained;
    if (!explained) {
      offset_ = offset_of({*before.expected, first.monotonic});
    }
  } else if (before.recorded && (long_outage || *before.recorded - first.wall > kJumpMin)) {
    jumped_ = true;
    offset_ = offset_of({*before.recorded, first.monotonic});
  }
}

Now ClockWatch::at(Millis monotonic) {
  const int64_t read = monotonic.count() + offset_.load(kRelaxed);
  // The greatest one wins, whichever thread returned it: relaxed order is enough, because the only
  // promise is about this one variable.
  int64_t least = civil_min_.load(kRelaxed);
  while (least < read && !civil_min_.compare_exchange_weak(least, read, kRelaxed)) {
  }
  return Now{Tick{Millis{monotonic.count() + tick_offset_}},
             CivilTime{Millis{std::max(least, read)}}};
}

CivilTime ClockWatch::believed(Millis monotonic) const {
  return CivilTime{Millis{monotonic.count() + offset_.load(kRelaxed)}};
}

bool ClockWatch::look_is_due(Millis monotonic) const {
  return monotonic.count() - looked_.load(kRelaxed) >= kLookEvery.count();
}

void ClockWatch::look(const ClockReading& reading) {
  const int64_t seen = offset_of(reading);
  const int64_t step = seen - wall_offset_.load(kRelaxed);
  looked_.store(reading.monotonic.count(), kRelaxed);
  wall_offset_.store(seen, kRelaxed);
  if (std::abs(step) > kJumpMin.count()) {
    jumped_.store(true);
  }
  if (!jumped_.load()) {
    offset_.store(seen, kRelaxed);
  }
}

bool ClockWatch::jumped() const { return jumped_.load(); }

Millis ClockWatch::wall_ahead() const {
  return Millis{wall_offset_.load(kRelaxed) - offset_.load(kRelaxed)};
}

void ClockWatch::accept_jump(const ClockReading& reading) {
  const int64_t seen = offset_of(reading);
  looked_.store(reading.monotonic.count(), kRelaxed);
  wall_offset_.store(seen, kRelaxed);
  offset_.store(seen, kRelaxed);
  jumped_.store(false);
}

}  // namespace plated
