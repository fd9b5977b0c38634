// How long a thread waits for mutexes and how long it holds them, by how many it holds already. The
// linker puts the meter between every caller in the program and the system's mutex (--wrap), so
// what is measured is the code as it is. A thread that has not begun a meter is not measured. Each
// mutex costs two looks at the clock more than without; what is waited for is measured only when
// the mutex is taken.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace plated {

class LockMeter {
 public:
  using Clock = std::chrono::steady_clock;
  // In a command that moves plates: the shard's mutex, then the pool's, then the log's.
  static constexpr std::size_t kDepths = 3;
  struct Depth {
    Clock::duration waited{};
    Clock::duration held{};
    Clock::duration held_longest{};
    uint64_t taken = 0;
  };

  // Measures this thread until its end. One at a time on a thread.
  LockMeter() { current = this; }
  LockMeter(const LockMeter&) = delete;
  LockMeter& operator=(const LockMeter&) = delete;
  ~LockMeter() { current = nullptr; }

  [[nodiscard]] const Depth& depth(std::size_t n) const { return depths_[n]; }

  // The meter of the calling thread; null when there is none.
  static inline thread_local LockMeter* current = nullptr;

  void waited(Clock::duration wait) {
    if (held_ < kDepths) {
      depths_[held_].waited += wait;
    }
  }
  void taken() {
    if (held_ < kDepths) {
      ++depths_[held_].taken;
      since_[held_] = Clock::now();
    }
    ++held_;
  }
  void released() {
    --held_;
    if (held_ < kDepths) {
      Depth& depth = depths_[held_];
      const Clock::duration held = Clock::now() - since_[held_];
      depth.held += held;
      depth.held_longest = std::max(depth.held_longest, held);
    }
  }

 private:
  std::array<Depth, kDepths> depths_;
  std::array<Clock::time_point, kDepths> since_{};
  std::size_t held_ = 0;
};

}  // namespace plated
