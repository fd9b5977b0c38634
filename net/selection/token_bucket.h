// How often something may be done: a bucket of tokens that fills again, kept as one moment. Taking
// a token needs one; a bucket that was left alone is full. Nothing here reads a clock: whoever asks
// says when, by one monotonic clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "engine/types.h"

namespace plated {

using Micros = std::chrono::microseconds;

// `tokens` in each `span`, and as many at once. None: no limit.
struct Rate {
  uint64_t tokens = 0;
  Millis span{std::chrono::seconds(1)};

  [[nodiscard]] Micros step() const {
    return std::max(Micros(span) / static_cast<int64_t>(tokens), Micros(1));
  }
};

class TokenBucket {
 public:
  // Takes a token. Nothing: it was there; else how long it is until one is, at least a millisecond.
  [[nodiscard]] std::optional<Millis> take(const Rate& rate, Micros now) {
    if (rate.tokens == 0) {
      return std::nullopt;
    }
    const Micros step = rate.step();
    // A rate that was made smaller meanwhile leaves nobody waiting for longer than its own span.
    const Micros full_at = std::clamp(full_at_, now, now + Micros(rate.span)) + step;
    const Micros wait = full_at - now - std::max(Micros(rate.span), step);
    if (wait > Micros(0)) {
      return std::max(std::chrono::ceil<Millis>(wait), Millis(1));
    }
    full_at_ = full_at;
    return std::nullopt;
  }
  // What was taken for nothing.
  void give_back(const Rate& rate, uint64_t tokens = 1) {
    if (rate.tokens > 0) {
      full_at_ -= rate.step() * static_cast<int64_t>(tokens);
    }
  }
  [[nodiscard]] bool is_full(Micros now) const { return full_at_ <= now; }

 private:
  Micros full_at_{Micros::min() / 2};
};

}  // namespace plated
