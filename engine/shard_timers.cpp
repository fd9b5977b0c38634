// The shard's timers: one for each application, armed for whatever is next due, and one for each
// plate on its way back. A timer is set aside while its office stands, its day has not begun, or an
// operator has not accepted the clock. It is armed again when that has changed. An entry that has
// become pointless meanwhile does no harm: then nothing is due.

#include "engine/check.h"
#include "engine/shard.h"

namespace plated {

uint64_t Shard::key_of(PoolKey pool, PlateNumber plate) {
  check(plate != kNoPlate && pool.office.letter >= 'A', "a key is of a plate");
  const uint64_t office =
      uint64_t{pool.office.province} * 256 + static_cast<uint8_t>(pool.office.letter);
  const uint64_t kind =
      static_cast<uint64_t>(pool.plate_class) * 2 + static_cast<uint64_t>(pool.power);
  return (office * 4 + kind) << 32 | plate.value;
}

void Shard::schedule(uint32_t vehicle, const Office& office, const Now& now) {
  Vehicle& v = roster_.vehicle(vehicle);
  const ApplicationSite where = site(vehicle, office, now);
  const Waits waits = waits_of(where);
  check(!waits.for_day || v.application.step == Step::done, "only a reservation waits for a day");
  if (waits.for_day) {
    waiting_for_day_[{office.code, *waits.for_day}].push_back(vehicle);
  }
  if (waits.until == kNever) {
    wheel_.cancel(v);
  } else if (office.stands()) {
    wheel_.cancel(v);
    parked_[office.code].push_back(vehicle);
  } else if (surroundings_.lapses_suspended && v.application.step == Step::done &&
             waits.until <= office.at(now.tick)) {
    wheel_.cancel(v);
    waiting_for_clock_.push_back(vehicle);
  } else {
    wheel_.arm(v, office.when(waits.until));
  }
}

void Shard::schedule(PlateReturn& plate_return, const Office& office, const Now&) {
  check(plate_return.kind == kReturnTimer && plate_return.pool.office == office.code,
        "a plate returns by its office's time");
  if (office.stands()) {
    wheel_.cancel(plate_return);
    parked_returns_[office.code].push_back(&plate_return);
  } else {
    wheel_.arm(plate_return, office.when(plate_return.at));
  }
}

void Shard::office_runs(const Office& office) {
  check(!office.stands(), "timers go on when their office does");
  if (const auto parked = parked_.extract(office.code)) {
    rearm_.insert(rearm_.end(), parked.mapped().begin(), parked.mapped().end());
  }
  if (const auto parked = parked_returns_.extract(office.code)) {
    rearm_returns_.insert(rearm_returns_.end(), parked.mapped().begin(), parked.mapped().end());
  }
}

void Shard::day_began(const Office& office) {
  check(!office.days.empty(), "a day that began is kept");
  auto waiting = waiting_for_day_.lower_bound({office.code, Day::min()});
  while (waiting != waiting_for_day_.end() && waiting->first.first == office.code &&
         waiting->first.second <= office.today()) {
    rearm_.insert(rearm_.end(), waiting->second.begin(), waiting->second.end());
    waiting = waiting_for_day_.erase(waiting);
  }
}

void Shard::clock_accepted() {
  check(!surroundings_.lapses_suspended, "lapses go on when the clock was accepted");
  rearm_.insert(rearm_.end(), waiting_for_clock_.begin(), waiting_for_clock_.end());
  waiting_for_clock_.clear();
}

std::optional<uint32_t> Shard::next_to_rearm() {
  while (!rearm_.empty()) {
    const uint32_t vehicle = rearm_.front();
    rearm_.pop_front();
    check(vehicle < roster_.vehicles(), "a timer is of a vehicle in the roster");
    if (roster_.vehicle(vehicle).owner != kNoIndex) {
      return vehicle;
    }
  }
  return std::nullopt;
}

PlateReturn* Shard::next_return_to_rearm() {
  if (rearm_returns_.empty()) {
    return nullptr;
  }
  PlateReturn* const plate_return = rearm_returns_.front();
  rearm_returns_.pop_front();
  check(plate_return->kind == kReturnTimer, "what returns is a plate");
  return plate_return;
}

}  // namespace plated
