// A table in parts, each behind a mutex of its own, so that threads which ask for different entries
// rarely wait for each other. Thread-safe as far as whoever has a part holds its mutex (guarded.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/guarded.h"

namespace plated {

template <class Stripe, std::size_t kStripes>
class Striped {
 public:
  // The part in which an entry with this hash is. Two hashes may share a part.
  [[nodiscard]] Guarded<Stripe>& of(uint64_t hash) const { return stripes_[hash % kStripes]; }

  // The sum of what `count` says of each part. One after the other, so that entries which come and
  // go meanwhile may be in it or not.
  template <class Count>
  [[nodiscard]] std::size_t sum(Count&& count) const {
    std::size_t all = 0;
    for (Guarded<Stripe>& guarded : stripes_) {
      const Hold stripe(guarded);
      all += count(*stripe);
    }
    return all;
  }

 private:
  mutable std::array<Guarded<Stripe>, kStripes> stripes_;
};

}  // namespace plated
