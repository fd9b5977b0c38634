#include "net/clock/ticker.h"

#include <utility>

namespace plated {
namespace {

Millis read_steady_clock() {
  return std::chrono::floor<Millis>(std::chrono::steady_clock::now().time_since_epoch());
}

CivilTime read_system_clock() {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

}  // namespace

Ticker::Ticker(Tick start, const ClockWatch::Before& before)
    : Ticker(start, before, read_steady_clock, read_system_clock) {}

Ticker::Ticker(Tick start, const ClockWatch::Before& before, std::function<Millis()> read_monotonic,
               std::function<CivilTime()> read_wall)
    : read_monotonic_(std::move(read_monotonic)),
      read_wall_(std::move(read_wall)),
      watch_(start, before, read()) {}

ClockReading Ticker::read() const {
  const CivilTime wall = read_wall_();
  return {wall, read_monotonic_()};
}

Now Ticker::now() {
  const Millis monotonic = read_monotonic_();
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
