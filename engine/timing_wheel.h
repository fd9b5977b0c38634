// A hierarchical timing wheel (Varghese & Lauck, SOSP 1987): finds what has become due, from 10 ms
// to any tick there is, in constant time. Deterministic: the same calls give the same timers in the
// same order. Not thread-safe; the holder of the mutex around it is the only caller. It only
// tidies: whoever owns a timer compares deadlines.
//
// Level 0 has a slot for each 10 ms, each level above one for 1,024 slots of the level below. A
// timer stands on the level of the highest digit (of ten bits) in which its slot differs from the
// wheel's. So on every level all that stands lies ahead of the wheel, and lower levels come before
// higher ones. When the wheel enters a slot of an upper level, that slot's timers move down, a
// bounded number a call.
//
// Two things keep it at the cost of one cache miss a timer. Arming an armed timer for later leaves
// it where it stands: found there, it moves on. And a slot is a chain of chunks that each point to
// a few timers: those that come next are on their way to the cache before they are needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/types.h"

namespace plated {

struct TimerChunk;

// A deadline that a wheel can hold. Inherit from it or embed it. It neither moves nor dies while it
// is armed, unless its wheel dies first and neither is used again.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  [[nodiscard]] bool armed() const { return chunk_ != kNoChunk; }
  // When it is due, or was when it last was armed.
  [[nodiscard]] Tick due() const { return due_; }

  // The owner's own word, to tell timers apart; the wheel does not read it.
  uint8_t kind = 0;

 private:
  friend class TimingWheel;
  static constexpr uint32_t kNoChunk = 0xffffffff;

  uint8_t place_ = 0;  // its place in its chunk
  uint16_t slot_ = 0;  // where it stands: level * 1024 + index
  uint32_t chunk_ = kNoChunk;
  Tick due_{};
};
static_assert(sizeof(Timer) == 16);

// What expire() found. `more` is false only when nothing is due at all any more.
struct Expired {
  Timer* timer = nullptr;
  bool more = false;
};

class TimingWheel {
 public:
  static constexpr Millis kSlot{10};
  // The most timers that one call moves between slots.
  static constexpr std::size_t kMovesMax = 64;

  // Requires start >= Tick{} (as of every tick).
  explicit TimingWheel(Tick start);
  ~TimingWheel();
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
  // early by what an upper level does not tell, and where a timer was armed again; never late.
  [[nodiscard]] Tick next_due() const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr unsigned kDigitBits = 10;
  static constexpr unsigned kSlotsPerLevel = 1U << kDigitBits;
  static constexpr unsigned kLevels = 6;  // 60 bits: more than the slots of all ticks there are
  static constexpr std::size_t kChunksPerBlock = 64;

  struct Place {
    unsigned level = 0;
    uint64_t start = 0;  // the first level-0 slot of it
  };
  // A chain of chunks, by number; first in, first out.
  struct Slot {
    uint32_t first = Timer::kNoChunk;
    uint32_t last = Timer::kNoChunk;
  };
  // Which slots of a level are occupied.
  struct Occupied {
    std::array<uint64_t, kSlotsPerLevel / 64> words{};
    uint64_t summary = 0;  // a bit for each word that is not zero

    void set(unsigned index);
    void clear(unsigned index);
    // The first occupied slot at or after `index`; kSlotsPerLevel when there is none.
    [[nodiscard]] unsigned first_from(unsigned index) const;
  };

  void link(Timer& timer, uint64_t slot);
  void unlink(Timer& timer);
  [[nodiscard]] Timer* first(unsigned slot);
  [[nodiscard]] TimerChunk& chunk_at(uint32_t number) const;
  [[nodiscard]] uint32_t take_chunk(unsigned slot);
  void drop_chunk(uint32_t number);
  [[nodiscard]] Place first_place() const;
  [[nodiscard]] uint64_t start_of(unsigned slot) const;
  [[nodiscard]] uint64_t passed() const;  // the last slot whose end is not after now_
  [[nodiscard]] uint64_t slot_of(Tick due) const;
  [[nodiscard]] bool move_down(std::size_t& moves);

  Tick now_{};           // the greatest that advance was given
  uint64_t at_ = 0;      // the level-0 slot up to which everything has been looked at
  unsigned moving_ = 0;  // the level whose slot at at_ is being moved down, 0 for none
  std::size_t size_ = 0;
  std::array<Occupied, kLevels> occupied_{};
  std::vector<Slot> slots_;            // of all levels
  uint32_t unused_ = Timer::kNoChunk;  // a chain through `next`
  std::vector<std::unique_ptr<TimerChunk[]>> blocks_;
};

}  // namespace plated
