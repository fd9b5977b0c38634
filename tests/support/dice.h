// Random numbers for tests: the same everywhere for the same seed (SplitMix64).
#pragma once

#include <cstdint>
#include <iterator>

namespace plated {

class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  uint64_t word() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Uniform enough in [0, sides). Requires sides > 0.
  uint64_t roll(uint64_t sides) { return word() % sides; }
  // True in `percent` of a hundred.
  bool chance(uint64_t percent) { return roll(100) < percent; }
  template <class List>
  const auto& one_of(const List& list) {
    return *std::next(list.begin(), static_cast<std::ptrdiff_t>(roll(list.size())));
  }

 private:
  uint64_t state_;
};

}  // namespace plated
