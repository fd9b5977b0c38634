// Questions to the state. Each takes the locks of what it looks at, for as long as it looks; those
// about one plate may cost a search, those about everything go shard by shard.
#include <algorithm>

#include "engine/check.h"
#include "engine/engine.h"
#include "engine/plate.h"

namespace plated {

bool Engine::rehearsal() {
  const std::lock_guard lock(shards_[0]->mutex);
  return surroundings_.rehearsal;
}

bool Engine::founded() {
  const std::lock_guard lock(shards_[0]->mutex);
  return founded_;
}

std::vector<Office> Engine::offices() {
  const std::lock_guard lock(shards_[0]->mutex);
  std::vector<Office> copies;
  for (const auto& [code, office] : offices_) {
    copies.push_back(*office);
  }
  return copies;
}

std::optional<Office> Engine::office(OfficeCode code) {
  const std::lock_guard lock(shards_[0]->mutex);
  const Office* const office = office_of(code);
  return office == nullptr ? std::nullopt : std::optional(*office);
}

std::vector<PoolKey> Engine::pools() {
  const std::lock_guard lock(shards_[0]->mutex);
  std::vector<PoolKey> keys;
  for (const auto& [key, cell] : pools_) {
    keys.push_back(key);
  }
  return keys;
}

std::optional<PoolReport> Engine::pool(PoolKey key) {
  PoolCell* cell = nullptr;
  {
    const std::lock_guard lock(shards_[0]->mutex);
    cell = pool_cell(key);
  }
  if (cell == nullptr) {
    return std::nullopt;
  }
  const std::lock_guard pool_lock(cell->mutex);
  PoolReport report{key, cell->pool.counts(), {}, cell->pool.periods()};
  for (const Segment& segment : cell->pool.segments()) {
    report.segments.push_back({segment.number,
                               segment.from,
                               segment.to,
                               segment.all_zero,
                               segment.plates,
                               segment.release_at,
                               segment.loaded_at,
                               segment.released,
                               segment.note,
                               {}});
  }
  return report;
}

PlateReport Engine::plate(const Plate& plate) {
  PlateReport report;
  PoolCell* cell = nullptr;
  {
    const std::lock_guard lock(shards_[0]->mutex);
    cell = pool_cell(plate.pool);
  }
  if (cell == nullptr) {
    report.rests_on = sink_.last();
    return report;
  }
  std::optional<VehicleAt> holder;
  {
    const std::lock_guard pool_lock(cell->mutex);
    const Pool& pool = cell->pool;
    report.loaded = pool.loaded(plate.number);
    report.rests_on = sink_.last();
    if (!report.loaded) {
      return report;
    }
    if (const Pool::Taken* const taken = pool.taken(plate.number)) {
      report.state = taken->state;
      if (taken->state == PlateState::withheld) {
        report.why = taken->why;
        report.reason = taken->why == WithheldWhy::by_operator ? pool.reason(*taken) : "";
      } else {
        holder = taken->holder;
      }
    } else if (pool.place_of(plate.number)) {
      report.state = PlateState::free;
      return report;
    } else if (pool.unreleased(plate.number)) {
      report.state = PlateState::withheld;
      report.why = WithheldWhy::unreleased;
    } else {
      report.state = PlateState::held;
    }
  }
  if (report.state == PlateState::held) {
    find_holder(plate, report);
  } else if (holder) {
    const ShardCell& at = *shards_[holder->shard];
    const std::lock_guard lock(shards_[holder->shard]->mutex);
    const Vehicle& v = at.shard.roster().vehicle(holder->index);
    report.vehicle = v.id.view();
    report.owner = v.owner == kNoIndex ? "" : at.shard.roster().owner(v.owner).id();
  }
  return report;
}

// Looks through every application's holds. The plate may be let go meanwhile; then nobody is named.
void Engine::find_holder(const Plate& plate, PlateReport& report) {
  constexpr uint32_t kVehiclesPerHold = 4096;
  for (const auto& cell : shards_) {
    for (uint32_t next = 0, end = 1; next < end;) {
      const std::lock_guard lock(cell->mutex);
      const Roster& roster = cell->shard.roster();
      end = roster.vehicles();
      for (uint32_t stop = std::min(end, next + kVehiclesPerHold); next < stop; ++next) {
        const Vehicle& v = roster.vehicle(next);
        if (v.owner == kNoIndex || v.pool != plate.pool || v.application.holds == kNoIndex) {
          continue;
        }
        const Holds& holds = roster.holds(v.application);
        const bool has = (holds.batch_live && holds.batch.contains(plate.number)) ||
                         (holds.shortlist_live && holds.shortlist.contains(plate.number)) ||
                         (holds.fallback_held && holds.batch.front() == plate.number);
        if (has) {
          report.vehicle = v.id.view();
          report.owner = roster.owner(v.owner).id();
          report.rests_on = sink_.last();
          return;
        }
      }
    }
  }
}

std::optional<VehicleReport> Engine::vehicle(std::string_view vehicle) {
  const Found found = find_vehicle(vehicle);
  if (found.cell == nullptr) {
    return std::nullopt;
  }
  const std::lock_guard lock(found.cell->mutex);
  const Shard& shard = found.cell->shard;
  const Vehicle& v = shard.roster().vehicle(found.vehicle);
  if (v.owner == kNoIndex) {
    return std::nullopt;  // it moved in between
  }
  VehicleReport report;
  report.owner = shard.roster().owner(v.owner).id();
  report.plate = v.plate.view();
  report.eligible = v.eligible;
  report.confirmed_at = shard.roster().reservation(v.application).confirmed_at;
  show(shard.site(found.vehicle, office_at(v), ticks_.now()), report.application);
  report.rests_on = sink_.last();
  return report;
}

std::optional<OwnerReport> Engine::owner(std::string_view owner) {
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  const Roster& roster = cell.shard.roster();
  const uint32_t index = roster.find_owner(owner);
  if (index == kNoIndex) {
    return std::nullopt;
  }
  const Owner& o = roster.owner(index);
  OwnerReport report;
  report.kind = o.kind;
  report.countdown_times = o.countdown_times;
  if (o.blacklisted(ticks_.now().civil)) {
    report.blacklisted_until = o.blacklisted_until;
    report.blacklist_reason = o.details().blacklist_reason;
  }
  report.key = o.details().key;
  report.sealed = o.details().sealed;
  for (const uint32_t v : roster.vehicles_of(o)) {
    report.vehicles.emplace_back(roster.vehicle(v).id.view());
  }
  report.rests_on = sink_.last();
  return report;
}

std::optional<VoucherReport> Engine::voucher(const VoucherCode& code) {
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    const Roster& roster = cell->shard.roster();
    const uint32_t index = roster.find_voucher(code);
    if (index == kNoIndex) {
      continue;
    }
    const Vehicle& v = roster.vehicle(index);
    const Reservation& r = roster.reservation(v.application);
    return VoucherReport{{v.pool, r.plate},
                         std::string(v.id.view()),
                         std::string(roster.owner(v.owner).id()),
                         v.application.step,
                         r.deadline,
                         r.automatic,
                         r.confirmed_at,
                         r.sequence,
                         sink_.last()};
  }
  return std::nullopt;
}

std::vector<BlacklistEntry> Engine::blacklisted() {
  const CivilTime now = ticks_.now().civil;
  std::vector<BlacklistEntry> entries;
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    const Roster& roster = cell->shard.roster();
    for (uint32_t i = 0; i < roster.owners(); ++i) {
      const Owner& o = roster.owner(i);
      if (o.blacklisted(now)) {
        entries.push_back({std::string(o.id()), o.details().blacklist_reason, o.blacklisted_until});
      }
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.owner < b.owner; });
  return entries;
}

std::vector<PendingNotice> Engine::notices(Sequence after, std::size_t limit) {
  std::vector<PendingNotice> pending;
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    const auto& notices = cell->shard.notices();
    const Roster& roster = cell->shard.roster();
    std::size_t taken = 0;
    for (auto n = notices.upper_bound(after.value); n != notices.end() && taken < limit;
         ++n, ++taken) {
      const uint32_t owner = roster.find_owner(n->second.owner);
      check(owner != kNoIndex, "a notice's owner is in the roster");
      const Owner& o = roster.owner(owner);
      pending.push_back({Sequence{n->first}, n->second.kind, std::string(o.id()), n->second.vehicle,
                         n->second.plate, n->second.deadline, n->second.blacklisted_until,
                         n->second.at, o.details().key, o.details().sealed});
    }
  }
  std::sort(pending.begin(), pending.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  if (pending.size() > limit) {
    pending.resize(limit);
  }
  return pending;
}

std::optional<Terms> Engine::terms(std::string_view version) {
  const std::lock_guard lock(shards_[0]->mutex);
  const auto found = terms_.find(version);
  return found == terms_.end() ? std::nullopt : std::optional(found->second);
}

Totals Engine::totals() {
  Totals totals;
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    const ShardCounters& counters = cell->shard.counters();
    totals.owners += cell->shard.roster().owners();
    totals.vehicles += cell->shard.roster().vehicles();
    totals.timers += cell->shard.wheel().size();
    totals.draws += counters.draws;
    totals.shortlistings += counters.shortlistings;
    totals.confirmations += counters.confirmations;
    totals.auto_confirmations += counters.auto_confirmations;
    totals.expiries += counters.expiries;
    totals.lapses += counters.lapses;
  }
  return totals;
}

}  // namespace plated
