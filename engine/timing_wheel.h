// A hierarchical timing wheel (Varghese & Lauck, SOSP 1987): finds what has become due, from 10 ms
// to any tick there is, in constant time and without memory of its own for a timer. Deterministic:
// the same calls give the same timers in the same order. Not thread-safe; the holder of the mutex
// around it is the only caller. It only tidies: whoever owns a timer compares deadlines.
//
// Level 0 has a slot for each 10 ms, each level above one for 64 slots of the level below. A timer
// stands on the level of the highest base-64 digit in which its slot differs from the wheel's, so
// on every level all that stands lies ahead of the wheel, and lower levels come before higher ones.
// When the wheel enters a slot of an upper level, that slot's timers move down, a bounded number a
// call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/types.h"

namespace plated {

struct TimerLink {
  TimerLink* prev = nullptr;
  TimerLink* next = nullptr;
};

// A deadline that a wheel can hold. Inherit from it or embed it. It neither moves nor dies while it
// is armed, unless its wheel dies first and neither is used again.
class Timer : private TimerLink {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  [[nodiscard]] bool armed() const { return next != nullptr; }
  // When it is due, or was when it last was armed.
  [[nodiscard]] Tick due() const { return due_; }

  // Asks the cache for what arming it again or cancelling it will touch.
  void prefetch() const {
    __builtin_prefetch(prev);
    __builtin_prefetch(next);
  }

  // The owner's own word, to tell timers apart; the wheel does not read it.
  uint8_t kind = 0;

 private:
  friend class TimingWheel;
  uint16_t slot_ = 0;  // where it stands: level * 64 + index
  Tick due_{};
};
static_assert(sizeof(Timer) <= 32);

// What expire() found. `more` is false only when nothing is due at all any more.
struct Expired {
  Timer* timer = nullptr;
  bool more = false;
};

class TimingWheel {
 public:
  static constexpr Millis kSlot{10};
  // The most timers that one call moves between levels.
  static constexpr std::size_t kMovesMax = 64;

  // Requires start >= Tick{} (as of every tick).
  explicit TimingWheel(Tick start);
  TimingWheel(const TimingWheel&) = delete;
  TimingWheel& operator=(const TimingWheel&) = delete;

  // Arms the timer, again if it is armed. A due that the wheel has passed fires at the next
  // expire().
  void arm(Timer& timer, Tick due);

  // Disarms the timer; nothing happens if it is not armed.
  void cancel(Timer& timer);

  // Detaches one timer that is due (due <= now, never early) and returns it with more = true. A
  // timer is found less than kSlot late. Without a timer: more = true says that the call has used
  // up its moves and must be repeated (let the mutex go first); more = false that nothing is due.
  // Slots come in ascending order. A `now` before an earlier one counts as the earlier one.
  [[nodiscard]] Expired expire(Tick now);

  // Before this tick expire() has nothing to return; Tick::max() when the wheel is empty. It may be
  // early by what an upper level does not tell, never late.
  [[nodiscard]] Tick next_due() const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr unsigned kDigitBits = 6;
  static constexpr unsigned kSlotsPerLevel = 1U << kDigitBits;
  static constexpr unsigned kLevels = 10;  // 60 bits: more than the slots of all ticks there are

  struct Place {
    unsigned level = 0;
    uint64_t start = 0;  // the first level-0 slot of it
  };

  void link(Timer& timer);
  void unlink(Timer& timer);
  [[nodiscard]] TimerLink& head(unsigned slot) { return heads_[slot]; }
  [[nodiscard]] Timer* first(unsigned slot);
  [[nodiscard]] Place first_place() const;
  [[nodiscard]] uint64_t passed() const;  // the last slot whose end is not after now_
  [[nodiscard]] uint64_t slot_of(Tick due) const;
  [[nodiscard]] bool move_down(std::size_t& moves);

  Tick now_{};           // the greatest tick told so far
  uint64_t at_ = 0;      // the level-0 slot up to which everything has been looked at
  unsigned moving_ = 0;  // the level whose slot at at_ is being moved down, 0 for none
  std::size_t size_ = 0;
  std::array<uint64_t, kLevels> occupied_{};  // per level, one bit a slot
  std::array<TimerLink, kLevels * kSlotsPerLevel> heads_;
};

}  // namespace plated
