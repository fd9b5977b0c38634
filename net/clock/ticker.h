// The TickSource of a running server, made of the machine's clocks or of those that a test moves.
// Service time starts where recovery left it and follows the monotonic clock, which stands still
// while the machine sleeps; civil time follows the wall clock, but never back, and not over a jump
// that nobody has accepted (see clock_watch.h). Any thread may call anything here; `now` costs one
// reading of a clock without a system call and takes no lock.
#pragma once

#include <mutex>

#include "engine/types.h"
#include "net/clock/clock_watch.h"
#include "net/clock/clocks.h"

namespace plated {

class Ticker final : public TickSource {
 public:
  Ticker(Tick start, const ClockWatch::Before& before, Clocks clocks);

  [[nodiscard]] Now now() override;

  // Whether the wall clock jumped and no operator has accepted it: lapses and blacklisting wait.
  [[nodiscard]] bool jumped() const;
  // By how much the wall clock differs from civil time; what an operator is about to accept.
  [[nodiscard]] Millis wall_ahead() const;
  // What the wall clock says, as far as it is believed (see clock_watch.h).
  [[nodiscard]] CivilTime believed_wall() const { return watch_.believed(clocks_.monotonic()); }
  // An operator says that the wall clock is right.
  void accept_jump();

 private:
  [[nodiscard]] ClockReading read() const;

  const Clocks clocks_;
  // One look at a time; whoever finds it taken goes on without. Not Guarded: what is read of
  // `watch_` is atomic and read without it.
  std::mutex look_mutex_;
  ClockWatch watch_;
};

}  // namespace plated
