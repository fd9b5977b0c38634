// The judgement behind the ticker: from readings of two clocks of the machine, the wall clock and
// the monotonic one, it makes service time and civil time, and notices when the wall clock jumps.
// It reads no clock itself, so a test can be both.
//
// `at` may be called by any thread at any time and takes no lock; `look` and `accept_jump` want one
// caller at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/types.h"

namespace plated {

// More than this much disagreement between two looks is a jump of the wall clock.
inline constexpr Millis kJumpMin = std::chrono::minutes(10);
// A start more than this much later than the last recorded moment is one too.
inline constexpr Millis kOutageMax = std::chrono::days(7);
// How often a look is due; between looks civil time runs by the monotonic clock.
inline constexpr Millis kLookEvery = std::chrono::seconds(1);

// Both clocks at one moment. The monotonic one counts from anywhere, but never back.
struct ClockReading {
  CivilTime wall{};
  Millis monotonic{};
};

class ClockWatch {
 public:
  // What is known at a start of the time before it.
  struct Before {
    // The last civil time known to have been used.
    std::optional<CivilTime> recorded;
    // What the wall clock should say by the machine's own count of time since it was last
    // believed; known where the machine has run on meanwhile.
    std::optional<CivilTime> expected;
  };

  // Service time goes on from `start`. The wall clock is believed, unless it is
  //   further than kJumpMin from `expected`: a jump, and civil time runs on from there;
  //   without `expected`, behind `recorded` by more than kJumpMin or ahead of it by more than
  //   kOutageMax: a jump, and civil time runs on from `recorded`.
  // An outage of more than kOutageMax is a jump even where `expected` explains it. Civil time is
  // never before `recorded`: it stands there until the wall clock has caught up.
  ClockWatch(Tick start, const Before& before, const ClockReading& first);

  // The time when the monotonic clock says `monotonic`. Ticks follow that clock alone; civil time
  // is never less than any call has returned before. Requires a reading not older than the first.
  [[nodiscard]] Now at(Millis monotonic);

  [[nodiscard]] bool look_is_due(Millis monotonic) const;

  // Compares the clocks. Small corrections are taken over; at a jump civil time goes on by the
  // monotonic clock from before it, until the jump is accepted.
  void look(const ClockReading& reading);

  // Whether civil time rests on a jump that nobody has accepted; dates must not decide meanwhile.
  [[nodiscard]] bool jumped() const;

  // By how much the wall clock was ahead of (or behind, below 0) civil time at the last look.
  [[nodiscard]] Millis wall_ahead() const;

  // What the wall clock says, as far as it is believed: at a jump, what it would say without. Goes
  // back where it was set back by less than a jump or an operator accepted that.
  [[nodiscard]] CivilTime believed(Millis monotonic) const;

  // Believes the wall clock from now on. If it is behind, civil time stands until it has caught up.
  void accept_jump(const ClockReading& reading);

 private:
  // Civil time less monotonic time, in milliseconds: what `at` adds.
  std::atomic<int64_t> offset_;
  std::atomic<int64_t> civil_min_;  // the greatest civil time ever returned
  std::atomic<int64_t> looked_;     // the monotonic time of the last look
  std::atomic<int64_t> wall_offset_;
  std::atomic<bool> jumped_{false};
  const int64_t tick_offset_;
};

}  // namespace plated
