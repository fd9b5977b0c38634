#include "tools/plateload/owners/schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace plated::load {
namespace {

// Rates that differ by less are the same: then both curves are a straight line.
constexpr double kSame = 1e-9;

bool is_flat(const Stage& stage) {
  return std::abs(stage.to - stage.from) <= kSame * std::max(stage.from, 1.0);
}

// How fast a decaying stage falls, a second.
double decay_of(const Stage& stage) { return std::log(stage.from / stage.to) / stage.seconds; }

double count_of(const Stage& stage) {
  if (stage.decays && !is_flat(stage)) {
    return (stage.from - stage.to) / decay_of(stage);
  }
  return stage.seconds * (stage.from + stage.to) / 2;
}

// Seconds into `stage` at which `count` of its own are expected to have come.
double moment_in(const Stage& stage, double count) {
  if (is_flat(stage)) {
    return count / stage.from;
  }
  if (stage.decays) {
    const double decay = decay_of(stage);
    return -std::log1p(-std::min(count * decay / stage.from, 1.0)) / decay;
  }
  // count = from t + slope t^2 / 2, in the form that is exact for a start at rate 0 as well.
  const double slope = (stage.to - stage.from) / stage.seconds;
  if (count <= 0) {
    return 0;  // a ramp from nothing has no rate to divide by
  }
  const double root = std::sqrt(std::max(0.0, stage.from * stage.from + 2 * slope * count));
  return 2 * count / (stage.from + root);
}

}  // namespace

uint64_t random_number(uint64_t& state) {
  state += 0x9E3779B97F4A7C15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

double random_share(uint64_t& state) {
  return static_cast<double>(random_number(state) >> 11) * 0x1.0p-53;
}

double Profile::seconds() const {
  double sum = 0;
  for (const Stage& stage : stages) {
    sum += stage.seconds;
  }
  return sum;
}

double Profile::arrivals() const {
  double sum = 0;
  for (const Stage& stage : stages) {
    sum += count_of(stage);
  }
  return sum;
}

std::optional<Profile> release_day(double owners, double seconds, double surge,
                                   double surge_seconds) {
  const double rate = owners * surge / surge_seconds;
  const double rest = owners * (1 - surge);
  Stage decay{seconds - surge_seconds, rate, rate, true};
  if (decay.seconds <= 0 || rest > count_of(decay)) {
    return std::nullopt;
  }
  // The rate at the end that leaves just the rest: the more it falls, the fewer come.
  double low = rate * 1e-12;
  double high = rate;
  for (int step = 0; step < 200; ++step) {
    decay.to = std::sqrt(low * high);
    (count_of(decay) < rest ? low : high) = decay.to;
  }
  Profile profile;
  profile.stages = {{surge_seconds, rate, rate, false}, decay};
  return profile;
}

Arrivals::Arrivals(Profile profile, uint64_t seed, uint64_t turn, uint64_t stride)
    : profile_(std::move(profile)), random_state_(seed), turn_(turn), stride_(stride) {}

std::optional<double> Arrivals::moment_of(double wanted) {
  while (stage_ < profile_.stages.size()) {
    const Stage& stage = profile_.stages[stage_];
    const double count = count_of(stage);
    if (wanted - before_count_ < count) {
      return before_seconds_ + std::min(moment_in(stage, wanted - before_count_), stage.seconds);
    }
    before_count_ += count;
    before_seconds_ += stage.seconds;
    ++stage_;
  }
  return std::nullopt;
}

std::optional<int64_t> Arrivals::step() {
  if (profile_.random) {
    wanted_ -= std::log1p(-random_share(random_state_));
  }
  const auto moment = moment_of(wanted_);
  if (!profile_.random) {
    wanted_ = static_cast<double>(index_ + 1);
  }
  ++index_;
  return moment ? std::optional(static_cast<int64_t>(*moment * 1e9)) : std::nullopt;
}

std::optional<Arrival> Arrivals::next() {
  while (true) {
    const uint64_t index = index_;
    const auto due = step();
    if (!due) {
      return std::nullopt;
    }
    if (index % stride_ == turn_) {
      return Arrival{index, *due};
    }
  }
}

}  // namespace plated::load
