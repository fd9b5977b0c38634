// Questions to the state. Each takes the locks of what it looks at, for as long as it looks; those
// about one plate may cost a search, those about everything go shard by shard.
#include <algorithm>

#include "engine/check.h"
#include "engine/engine.h"
#include "engine/engine_parts.h"

namespace plated {
namespace {

// What the pool knows of a plate, into the report; who has it, when it is reserved or issued.
std::optional<VehicleAt> look_up(const Pool& pool, PlateNumber plate, PlateReport& report) {
  report.loaded = pool.loaded(plate);
  if (!report.loaded) {
    return std::nullopt;
  }
  if (const Pool::Taken* const taken = pool.taken(plate)) {
    report.state = taken->state;
    if (taken->state != PlateState::withheld) {
      return taken->holder;
    }
    report.why = taken->why;
    report.reason = taken->why == WithheldWhy::by_operator ? pool.reason(*taken) : "";
  } else if (pool.place_of(plate)) {
    report.state = PlateState::free;
  } else if (pool.unreleased(plate)) {
    report.state = PlateState::withheld;
    report.why = WithheldWhy::unreleased;
  } else {
    report.state = PlateState::held;
  }
  return std::nullopt;
}

bool holds_plate(const Holds& holds, PlateNumber plate) {
  return (holds.batch_live && holds.batch.contains(plate)) ||
         (holds.shortlist_live && holds.shortlist.contains(plate)) ||
         (holds.fallback_held && holds.batch.front() == plate);
}

// Looks through every application's holds. The plate may be let go meanwhile; then nobody is named.
void find_holder(Engine::Parts& parts, const Plate& plate, PlateReport& report) {
  constexpr uint32_t kVehiclesPerHold = 4096;
  for (const auto& guarded : parts.state.shards()) {
    for (uint32_t next = 0, end = 1; next < end;) {
      const Hold<Shard> shard(*guarded);
      const Roster& roster = shard->roster();
      end = roster.vehicles();
      for (uint32_t stop = std::min(end, next + kVehiclesPerHold); next < stop; ++next) {
        const Vehicle& v = roster.vehicle(next);
        if (v.owner != kNoIndex && v.pool == plate.pool && v.application.holds != kNoIndex &&
            holds_plate(roster.holds(v.application), plate.number)) {
          report.vehicle = v.id.view();
          report.owner = roster.owner(v.owner).id();
          report.rests_on = parts.sink.last();
          return;
        }
      }
    }
  }
}

}  // namespace

Sequence Engine::last_sequence() const { return parts_->sink.last(); }

bool Engine::rehearsal() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  return parts_->state.surroundings().rehearsal;
}

bool Engine::founded() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  return parts_->state.founded();
}

RecordedKeys Engine::recorded_keys() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  return parts_->state.keys();
}

std::vector<Office> Engine::offices() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  std::vector<Office> copies;
  for (const auto& [code, office] : parts_->state.offices()) {
    copies.push_back(*office);
  }
  return copies;
}

std::optional<Office> Engine::office(OfficeCode code) {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  const Office* const office = parts_->state.office(code);
  return office == nullptr ? std::nullopt : std::optional(*office);
}

std::vector<PoolKey> Engine::pools() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  std::vector<PoolKey> keys;
  for (const auto& [key, guarded] : parts_->state.pools()) {
    keys.push_back(key);
  }
  return keys;
}

uint64_t Engine::pool_changes() const { return parts_->pool_changes.load(); }

std::optional<PoolReport> Engine::pool(PoolKey key) {
  Guarded<Pool>* guarded = nullptr;
  {
    const Hold<Shard> first_shard(parts_->state.first_shard());
    guarded = parts_->state.pool(key);
  }
  if (guarded == nullptr) {
    return std::nullopt;
  }
  const Hold<Pool> pool(*guarded);
  PoolReport report{key, pool->counts(), {}, pool->periods()};
  for (const Segment& segment : pool->segments()) {
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

std::vector<PlateNumber> Engine::reserved(PoolKey key) {
  Guarded<Pool>* guarded = nullptr;
  {
    const Hold<Shard> first_shard(parts_->state.first_shard());
    guarded = parts_->state.pool(key);
  }
  if (guarded == nullptr) {
    return {};
  }
  const Hold<Pool> pool(*guarded);
  return pool->taken_as(PlateState::reserved);
}

PlateReport Engine::plate(const Plate& plate) {
  PlateReport report;
  report.rests_on = parts_->sink.last();
  Guarded<Pool>* guarded = nullptr;
  {
    const Hold<Shard> first_shard(parts_->state.first_shard());
    guarded = parts_->state.pool(plate.pool);
  }
  if (guarded == nullptr) {
    return report;
  }
  std::optional<VehicleAt> holder;
  {
    const Hold<Pool> pool(*guarded);
    report.rests_on = parts_->sink.last();
    holder = look_up(*pool, plate.number, report);
  }
  if (report.loaded && report.state == PlateState::held) {
    find_holder(*parts_, plate, report);
  } else if (holder) {
    const Hold<Shard> shard(*parts_->state.shards()[holder->shard]);
    const Roster& roster = shard->roster();
    const Vehicle& v = roster.vehicle(holder->index);
    report.vehicle = v.id.view();
    report.owner = v.owner == kNoIndex ? "" : roster.owner(v.owner).id();
  }
  return report;
}

std::optional<VehicleReport> Engine::vehicle(std::string_view vehicle) {
  const Register::Place place = parts_->state.find_vehicle(vehicle);
  if (place.shard == nullptr) {
    return std::nullopt;
  }
  const Hold<Shard> shard(*place.shard);
  const Roster& roster = shard->roster();
  const Vehicle& v = roster.vehicle(place.vehicle);
  if (v.owner == kNoIndex) {
    return std::nullopt;  // it moved in between
  }
  VehicleReport report;
  report.owner = roster.owner(v.owner).id();
  report.plate = v.plate.view();
  report.eligible = v.eligible;
  report.confirmed_at = roster.reservation(v.application).confirmed_at;
  const ApplicationSite site =
      shard->site(place.vehicle, parts_->state.office_of(v), parts_->ticks.now());
  show(site, report.application);
  report.rests_on = parts_->sink.last();
  show_place(*parts_, shard, site, report.application, report.rests_on);
  return report;
}

std::optional<OwnerReport> Engine::owner(std::string_view owner) {
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  const Roster& roster = shard->roster();
  const uint32_t index = roster.find_owner(owner);
  if (index == kNoIndex) {
    return std::nullopt;
  }
  const Owner& o = roster.owner(index);
  OwnerReport report;
  report.kind = o.kind;
  report.countdown_times = o.countdown_times;
  if (o.blacklisted(parts_->ticks.now().civil)) {
    report.blacklisted_until = o.blacklisted_until;
    report.blacklist_reason = o.details().blacklist_reason;
  }
  report.key = o.details().key;
  report.sealed = o.details().sealed;
  for (const uint32_t v : roster.vehicles_of(o)) {
    report.vehicles.emplace_back(roster.vehicle(v).id.view());
  }
  report.rests_on = parts_->sink.last();
  return report;
}

std::optional<VoucherReport> Engine::voucher(const VoucherCode& code) {
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    const Roster& roster = shard->roster();
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
                         parts_->sink.last()};
  }
  return std::nullopt;
}

std::vector<BlacklistEntry> Engine::blacklisted() {
  const CivilTime now = parts_->ticks.now().civil;
  std::vector<BlacklistEntry> entries;
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    const Roster& roster = shard->roster();
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
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    const auto& notices = shard->notices();
    const Roster& roster = shard->roster();
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
  const Hold<Shard> first_shard(parts_->state.first_shard());
  const auto found = parts_->state.terms().find(version);
  return found == parts_->state.terms().end() ? std::nullopt : std::optional(found->second);
}

TicketStanding Engine::ticket_standing(const TicketUse& ticket) {
  const Hold<BarredTickets> tickets(parts_->state.tickets());
  return tickets->standing(ticket, parts_->ticks.now().civil);
}

std::optional<CivilTime> Engine::tickets_barred_until(std::string_view owner,
                                                      std::string_view jti) {
  const Hold<BarredTickets> tickets(parts_->state.tickets());
  return tickets->barred_until(owner, jti, parts_->ticks.now().civil);
}

Totals Engine::totals() {
  Totals totals;
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    totals.owners += shard->roster().owners();
    totals.vehicles += shard->roster().vehicles();
    totals.timers += shard->wheel().size();
    totals += shard->counts();
  }
  return totals;
}

}  // namespace plated
