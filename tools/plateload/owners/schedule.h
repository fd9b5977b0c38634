// When arrivals are due: a profile of rates over time, and the moments that follow from it. An
// arrival is an owner who comes on a visit, or a request of a steady load. Moments depend on the
// profile and the seed alone, never on what the server does: that is what makes a loop open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plated::load {

// A stretch of time over which the rate goes from one value to another, in a straight line or as an
// exponential.
struct Stage {
  double seconds = 0;
  double from = 0;  // arrivals a second
  double to = 0;
  bool decays = false;
  friend bool operator==(const Stage&, const Stage&) = default;
};

struct Profile {
  std::vector<Stage> stages;
  bool random = false;  // a Poisson process instead of even distances

  [[nodiscard]] bool empty() const { return stages.empty(); }
  [[nodiscard]] double seconds() const;
  // Arrivals expected in all.
  [[nodiscard]] double arrivals() const;
};

// A release day: `owners` in `seconds`, of whom the share `surge` comes evenly in the first
// `surge_seconds`; from there the rate decays exponentially. Nullopt when no decay gives that many:
// what is left would have to come faster than the surge.
[[nodiscard]] std::optional<Profile> release_day(double owners, double seconds, double surge,
                                                 double surge_seconds);

struct Arrival {
  uint64_t index = 0;  // 0 for the first
  int64_t due_ns = 0;  // after the start
};

// The arrivals of a profile, one after another; of every `stride`, that which is `turn`, so that
// threads share them without a word.
class Arrivals {
 public:
  Arrivals(Profile profile, uint64_t seed, uint64_t turn, uint64_t stride);

  // Nullopt: all have come.
  [[nodiscard]] std::optional<Arrival> next();

 private:
  [[nodiscard]] std::optional<int64_t> step();
  // When the expected count reaches `wanted`, never asked for less than before.
  [[nodiscard]] std::optional<double> moment_of(double wanted);

  Profile profile_;
  uint64_t random_state_;
  uint64_t turn_;
  uint64_t stride_;
  uint64_t index_ = 0;
  double wanted_ = 0;  // expected count at the next arrival
  std::size_t stage_ = 0;
  double before_count_ = 0;  // expected in the stages before
  double before_seconds_ = 0;
};

// SplitMix64: small, and good enough for loads, which only have to differ.
[[nodiscard]] uint64_t random_number(uint64_t& state);
// Evenly from [0, 1).
[[nodiscard]] double random_share(uint64_t& state);

}  // namespace plated::load
