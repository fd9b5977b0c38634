// How fast a connection and its owner ask: what their limits are counted in, and whether whoever
// was told to wait does. Pace belongs to its connection's thread; OwnerPace is shared by all
// connections of an owner, over all threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/types.h"
#include "net/selection/limits.h"
#include "net/selection/token_bucket.h"

namespace plated {

// So many requests that come although their sender was told when to come, and that is enough.
inline constexpr uint32_t kIgnoredMax = 5;

class Pace {
 public:
  // Takes one request of what the connection may ask for.
  [[nodiscard]] std::optional<Millis> request(const Limits& limits, Micros now) {
    return requests_.take(limits.requests_per_connection, now);
  }
  // The sender is told to wait. Counts it against them if they were told before and did not.
  void told_to_wait(Limit limit, Millis wait, Micros now) {
    if (now - told_ > kForgotten) {
      ignored_ = 0;
    }
    if (limit == told_of_ && now < until_) {
      ++ignored_;
    }
    told_of_ = limit;
    told_ = now;
    until_ = now + wait;
  }
  [[nodiscard]] bool ignores_limits() const { return ignored_ >= kIgnoredMax; }

 private:
  static constexpr Micros kForgotten = std::chrono::minutes(1);

  TokenBucket requests_;
  Micros told_{Micros::min() / 2};
  Micros until_{Micros::min() / 2};
  Limit told_of_ = Limit::requests_per_connection;
  uint32_t ignored_ = 0;
};

// Something that one owner does at most once in each interval.
class Interval {
 public:
  // Takes the turn. Nothing: it was free; else how long until it is.
  [[nodiscard]] std::optional<Millis> take(Millis interval, Micros now) {
    int64_t free_at = free_at_.load(std::memory_order_relaxed);
    do {
      if (now.count() < free_at) {
        return std::chrono::ceil<Millis>(Micros(free_at) - now);
      }
    } while (!free_at_.compare_exchange_weak(free_at, (now + interval).count(),
                                             std::memory_order_relaxed));
    return std::nullopt;
  }
  // The turn that was taken at `now` was for nothing.
  void give_back(Millis interval, Micros now) {
    int64_t taken = (now + interval).count();
    free_at_.compare_exchange_strong(taken, now.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_free(Micros now) const {
    return free_at_.load(std::memory_order_relaxed) <= now.count();
  }

 private:
  std::atomic<int64_t> free_at_{0};
};

struct OwnerPace {
  Interval draws;
  Interval confirms;

  [[nodiscard]] bool is_idle(Micros now) const {
    return draws.is_free(now) && confirms.is_free(now);
  }
};

}  // namespace plated
