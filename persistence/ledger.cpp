#include "persistence/ledger.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "engine/plate.h"

namespace plated {
namespace {

std::string_view name_of_entry(unsigned is) {
  constexpr std::string_view kNames[] = {"free",   "held",     "reserved",
                                         "issued", "withheld", "returning"};
  return kNames[is];
}

}  // namespace

uint64_t Ledger::holder_of(std::string_view vehicle) {
  return XXH3_64bits(vehicle.data(), vehicle.size());
}

void Ledger::move(PoolKey pool, PlateNumber plate, Entry from, Entry to) {
  Page& page = pages_[pool];
  const auto found = page.find(plate.value);
  const Entry is = found == page.end() ? Entry{} : found->second;
  if ((is.is != from.is || is.holder != from.holder) && problems_.size() < kProblemsMax) {
    const bool named = plate.value < plates_of(pool.plate_class);
    problems_.push_back(fmt::format(
        "record {}: plate {} should be {} before it, but is {}{}", at_.value,
        named ? std::string(text_of(Plate{pool, plate}).view()) : std::to_string(plate.value),
        name_of_entry(static_cast<unsigned>(from.is)), name_of_entry(static_cast<unsigned>(is.is)),
        is.is == from.is ? " by another vehicle" : ""));
  }
  if (to.is == Is::free) {
    page.erase(plate.value);
  } else {
    page.insert_or_assign(plate.value, to);
  }
}

void Ledger::move_all(PoolKey pool, std::span<const PlateNumber> plates, Entry from, Entry to) {
  for (const PlateNumber plate : plates) {
    move(pool, plate, from, to);
  }
}

void Ledger::open(const StateItem& item) {
  if (const auto* vehicle = std::get_if<VehicleState>(&item)) {
    Page& page = pages_[vehicle->pool];
    const Entry held{Is::held, holder_of(vehicle->vehicle)};
    const HoldsState& holds = vehicle->holds;
    const auto enter_all = [&](std::span<const PlateNumber> plates) {
      for (const PlateNumber plate : plates) {
        page.insert_or_assign(plate.value, held);
      }
    };
    enter_all(holds.batch_live ? holds.batch : std::span<const PlateNumber>());
    enter_all(holds.shortlist_live ? holds.shortlist : std::span<const PlateNumber>());
    enter_all(holds.fallback_held ? holds.batch.first(1) : std::span<const PlateNumber>());
  } else if (const auto* taken = std::get_if<TakenState>(&item)) {
    Entry entry{Is::withheld, 0};
    if (taken->state == PlateState::reserved || taken->state == PlateState::issued) {
      entry = {taken->state == PlateState::reserved ? Is::reserved : Is::issued,
               holder_of(taken->vehicle)};
    } else if (taken->why == WithheldWhy::returning) {
      entry.is = Is::returning;
    }
    pages_[taken->pool].insert_or_assign(taken->plate.value, entry);
  }
}

void Ledger::enter(const Record& record) {
  at_ = record.sequence;
  std::visit(
      [this]<class E>(const E& event) {
        if constexpr (requires { this->on(event); }) {
          on(event);
        }
      },
      record.event);
}

void Ledger::on(const PlatesWithheld& event) {
  for (const Pick& pick : event.plates) {
    move(event.pool, pick.plate, {}, {Is::withheld, 0});
  }
}

void Ledger::on(const PlatesRestored& event) {
  move_all(event.pool, event.plates, {Is::withheld, 0}, {});
}

void Ledger::on(const Drawn& event) {
  const Entry held{Is::held, holder_of(event.application.vehicle)};
  for (const Pick& pick : event.taken) {
    move(event.pool, pick.plate, {}, held);
  }
  for (const PlateNumber plate : event.kept) {
    require(event.pool, plate, held);
  }
  move_all(event.pool, event.released, held, {});
}

void Ledger::on(const Shortlisted& event) {
  require(event.pool, event.plate, {Is::held, holder_of(event.application.vehicle)});
}

void Ledger::on(const BatchExpired& event) {
  move_all(event.pool, event.released, {Is::held, holder_of(event.application.vehicle)}, {});
}

void Ledger::on(const ShortlistExpired& event) {
  move_all(event.pool, event.released, {Is::held, holder_of(event.application.vehicle)}, {});
}

void Ledger::on(const HoldsForfeited& event) {
  move_all(event.pool, event.released, {Is::held, holder_of(event.application.vehicle)}, {});
}

void Ledger::on(const Confirmed& event) {
  const uint64_t holder = holder_of(event.application.vehicle);
  move(event.pool, event.plate, {Is::held, holder}, {Is::reserved, holder});
  move_all(event.pool, event.released, {Is::held, holder}, {});
}

void Ledger::on(const Lapsed& event) {
  move(event.pool, event.plate, {Is::reserved, holder_of(event.application.vehicle)},
       {Is::returning, 0});
}

void Ledger::on(const Voided& event) {
  move(event.pool, event.plate, {Is::reserved, holder_of(event.application.vehicle)},
       {Is::returning, 0});
}

void Ledger::on(const PlateReturned& event) {
  move(event.pool, event.plate, {Is::returning, 0}, {});
}

void Ledger::on(const Issued& event) {
  const uint64_t holder = holder_of(event.application.vehicle);
  move(event.pool, event.plate, {Is::reserved, holder}, {Is::issued, holder});
}

void Ledger::on(const Extended& event) {
  require(event.pool, event.plate, {Is::reserved, holder_of(event.application.vehicle)});
}

Ledger::Counts Ledger::counts(PoolKey pool) const {
  Counts counts;
  const auto page = pages_.find(pool);
  if (page == pages_.end()) {
    return counts;
  }
  for (const auto& [plate, entry] : page->second) {
    switch (entry.is) {
      case Is::free:
        break;
      case Is::held:
        ++counts.held;
        break;
      case Is::reserved:
        ++counts.reserved;
        break;
      case Is::issued:
        ++counts.issued;
        break;
      case Is::withheld:
        ++counts.withheld;
        break;
      case Is::returning:
        ++counts.returning;
        break;
    }
  }
  return counts;
}

}  // namespace plated
