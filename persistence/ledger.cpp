#include "persistence/ledger.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "engine/check.h"
#include "engine/plate.h"

namespace plated {
namespace {

std::string_view name_of_entry(unsigned is) {
  constexpr std::string_view kNames[] = {"free",   "held",     "reserved",
                                         "issued", "withheld", "returning"};
  check(is < std::size(kNames), "an entry is one of those with a name");
  return kNames[is];
}

}  // namespace

// Never 0, which stands for nobody.
uint64_t Ledger::holder_of(std::string_view vehicle) {
  return std::max<uint64_t>(XXH3_64bits(vehicle.data(), vehicle.size()), 1);
}

Ledger::Entry Ledger::Page::of(PlateNumber plate) const {
  const auto found = entries.find(plate.value);
  check(found == entries.end() || found->second.is != Is::free, "a free plate has no entry");
  return found == entries.end() ? Entry{} : found->second;
}

void Ledger::Page::set(PlateNumber plate, Entry to) {
  const bool has_holder = to.is == Is::held || to.is == Is::reserved || to.is == Is::issued;
  check((to.holder != 0) == has_holder, "who holds a plate is known, and nobody holds any other");
  const Is from = of(plate).is;
  if (from != Is::free) {
    check(counts[static_cast<unsigned>(from)] > 0, "what leaves a state was counted in it");
    --counts[static_cast<unsigned>(from)];
  }
  if (to.is == Is::free) {
    entries.erase(plate.value);
  } else {
    ++counts[static_cast<unsigned>(to.is)];
    entries.insert_or_assign(plate.value, to);
  }
}

void Ledger::move(PoolKey pool, PlateNumber plate, Entry from, Entry to) {
  Page& page = pages_[pool];
  const Entry is = page.of(plate);
  if ((is.is != from.is || is.holder != from.holder) && problems_.size() < kProblemsMax) {
    const bool named = plate.value < plates_of(pool.plate_class);
    problems_.push_back(fmt::format(
        "{}: plate {} should be {} before it, but is {}{}",
        at_.value == 0 ? "the snapshot" : fmt::format("record {}", at_.value),
        named ? std::string(text_of(Plate{pool, plate}).view()) : std::to_string(plate.value),
        name_of_entry(static_cast<unsigned>(from.is)), name_of_entry(static_cast<unsigned>(is.is)),
        is.is == from.is ? " by another vehicle" : ""));
  }
  page.set(plate, to);
  check(page.of(plate).is == to.is, "a plate is where it was entered");
}

void Ledger::move_all(PoolKey pool, std::span<const PlateNumber> plates, Entry from, Entry to) {
  check(from.is != to.is, "a plate moves to another state");
  for (const PlateNumber plate : plates) {
    move(pool, plate, from, to);
  }
}

// A shortlisted plate may stand in the batch as well.
void Ledger::open_held(PoolKey pool, std::span<const PlateNumber> plates, Entry held) {
  check(held.is == Is::held && held.holder != 0, "a batch and a shortlist are held");
  for (const PlateNumber plate : plates) {
    const Entry is = pages_[pool].of(plate);
    if (is.is != held.is || is.holder != held.holder) {
      move(pool, plate, {}, held);
    }
  }
}

void Ledger::open(const StateItem& item) {
  check(at_.value == 0, "the book is opened before the first record");
  if (const auto* vehicle = std::get_if<VehicleState>(&item)) {
    const Entry held{Is::held, holder_of(vehicle->vehicle)};
    const HoldsState& holds = vehicle->holds;
    if (holds.batch_live) {
      open_held(vehicle->pool, holds.batch, held);
    }
    if (holds.shortlist_live) {
      open_held(vehicle->pool, holds.shortlist, held);
    }
    if (holds.fallback_held) {
      open_held(vehicle->pool, holds.batch.first(1), held);
    }
  } else if (const auto* taken = std::get_if<TakenState>(&item)) {
    Entry entry{Is::withheld, 0};
    if (taken->state == PlateState::reserved || taken->state == PlateState::issued) {
      entry = {taken->state == PlateState::reserved ? Is::reserved : Is::issued,
               holder_of(taken->vehicle)};
    } else if (taken->why == WithheldWhy::returning) {
      entry.is = Is::returning;
    }
    move(taken->pool, taken->plate, {}, entry);
  }
}

void Ledger::enter(const Record& record) {
  check(record.sequence > at_, "records are entered in their order");
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

template <class E>
void Ledger::let_go(const E& event) {
  move_all(event.pool, event.released, {Is::held, holder_of(event.application.vehicle)}, {});
}

void Ledger::on(const Confirmed& event) {
  const uint64_t holder = holder_of(event.application.vehicle);
  move(event.pool, event.plate, {Is::held, holder}, {Is::reserved, holder});
  move_all(event.pool, event.released, {Is::held, holder}, {});
}

template <class E>
void Ledger::begin_return(const E& event) {
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
  const auto found = pages_.find(pool);
  if (found == pages_.end()) {
    return {};
  }
  const Page& page = found->second;
  std::array<uint64_t, std::tuple_size_v<decltype(page.counts)>> counted{};
  for (const auto& [plate, entry] : page.entries) {
    ++counted[static_cast<unsigned>(entry.is)];
  }
  check(counted == page.counts, "the sums of a page are those of its entries");
  const auto of = [&](Is is) { return counted[static_cast<unsigned>(is)]; };
  return {of(Is::held), of(Is::reserved), of(Is::issued), of(Is::withheld), of(Is::returning)};
}

}  // namespace plated
