#include "tools/plateload/errands.h"

#include <utility>

#include "engine/check.h"

namespace plated::load {

Errands::Errands(const LoadOptions& options) : options_(options), count_(options.owners) {
  if (!options.profile.empty()) {
    for (uint32_t thread = 0; thread < options.threads; ++thread) {
      arrivals_.emplace_back(options.profile, options.seed, thread, options.threads);
    }
  }
}

Errands::Errands(const LoadOptions& options, std::map<std::string, OwnerOracle> known)
    : options_(options), known_(std::move(known)), count_(known_.size()) {}

uint64_t Errands::count() const {
  const std::lock_guard lock(mutex_);
  return arrivals_.empty() ? count_ : given_;
}

Errand Errands::errand_of(uint64_t index) const {
  const uint64_t number = options_.first + index;
  Errand errand;
  errand.owner = "r-" + std::to_string(number);
  errand.vehicle = rehearsal_vehicle(errand.owner);
  errand.plan = make_plan(options_.shares, options_.seed, number);
  errand.plan.resume = options_.resume;
  errand.plan.until_empty = options_.until_empty;
  errand.plan.think = options_.think;
  if (options_.prepare) {
    errand.plan = {};
    errand.plan.prepare_only = true;
    errand.plan.resume = true;
    errand.plan.draws = options_.mix.has(Op::repeat) || options_.mix.has(Op::shortlist) ? 1 : 0;
    errand.plan.seed = options_.seed + number;
  }
  return errand;
}

std::optional<Errand> Errands::next(std::size_t thread) {
  const std::lock_guard lock(mutex_);
  if (!arrivals_.empty()) {
    const auto arrival = arrivals_.at(thread).next();
    if (!arrival) {
      return std::nullopt;
    }
    ++given_;
    Errand errand = errand_of(arrival->index);
    errand.due_ns = arrival->due_ns;
    return errand;
  }
  if (given_ == count_) {
    return std::nullopt;
  }
  ++given_;
  return options_.verify.empty() ? errand_of(given_ - 1) : known_errand();
}

Errand Errands::known_errand() {
  auto known = known_.extract(known_.begin());
  Errand errand;
  errand.owner = std::move(known.key());
  errand.oracle = std::move(known.mapped());
  check(errand.oracle.known().has_value(), "an owner of a journal was told something");
  errand.vehicle = errand.oracle.known()->vehicle;
  errand.plan.look_only = true;
  errand.plan.repeat_draw = errand.oracle.known()->draw;
  return errand;
}

}  // namespace plated::load
