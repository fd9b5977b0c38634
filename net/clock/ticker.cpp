#include "net/clock/ticker.h"

#include <utility>

namespace plated {

Ticker::Ticker(Tick start, const ClockWatch::Before& before, Clocks clocks)
    : clocks_(std::move(clocks)), watch_(start, before, read()) {}

ClockReading Ticker::read() const {
  const CivilTime wall = clocks_.wall();
  return {wall, clocks_.monotonic()};
}

Now Ticker::now() {
  const Millis monotonic = clocks_.monotonic();
  if (watch_.look_is_due(monotonic)) [[unlikely]] {
    const std::unique_lock lock(look_mutex_, std::try_to_lock);
    if (lock.owns_lock()) {
      watch_.look(read());
    }
  }
  return watch_.at(monotonic);
}

bool Ticker::jumped() const { return watch_.jumped(); }

Millis Ticker::wall_ahead() const { return watch_.wall_ahead(); }

void Ticker::accept_jump() {
  const std::lock_guard lock(look_mutex_);
  watch_.accept_jump(read());
}

}  // namespace plated
