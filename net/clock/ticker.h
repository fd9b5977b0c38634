// The TickSource of a running server: the one place that reads the machine's clocks. Service time
// starts where recovery left it and follows the monotonic clock, which stands still while the
// machine sleeps; civil time follows the wall clock, but never back, and not over a jump that
// nobody has accepted (see clock_watch.h). Any thread may call anything here; `now` costs one
// reading of a clock without a system call and takes no lock.
#pragma once

#include <functional>
#include <mutex>

#include "engine/types.h"
#include "net/clock/clock_watch.h"

namespace plated {

class Ticker final : public TickSource {
 public:
  // The readings are the machine's unless a test passes its own.
  Ticker(Tick start, const ClockWatch::Before& before);
  Ticker(Tick start, const ClockWatch::Before& before, std::function<Millis()> read_monotonic,
         std::function<CivilTime()> read_wall);

  [[nodiscard]] Now now() override;

  // Whether the wall clock jumped and no operator has accepted it: lapses and blacklisting wait.
  [[nodiscard]] bool jumped() const;
  // By how much the wall clock differs from civil time; what an operator is about to accept.
  [[nodiscard]] Millis wall_ahead() const;
  // What the wall clock says, as far as it is believed (see clock_watch.h).
  [[nodiscard]] CivilTime believed_wall() const { return watch_.believed(read_monotonic_()); }
  // An operator says that the wall clock is right.
  void accept_jump();

 private:
  [[nodiscard]] ClockReading read() const;

  std::function<Millis()> read_monotonic_;
  std::function<CivilTime()> read_wall_;
  std::mutex look_mutex_;  // one look at a time; who finds it taken goes on without
  ClockWatch watch_;
};

}  // namespace plated
