// What happens by itself: expiries, auto-confirmations, lapses and returns from the shards' wheels,
// and what stands on the offices' calendars. Each becomes a fact by an append of its own.
#include <algorithm>

#include "engine/engine.h"
#include "engine/engine_parts.h"
#include "engine/operator_rules.h"
#include "engine/pool_rules.h"
#include "engine/transaction.h"

namespace plated {
namespace {

void run_vehicle_timer(Engine::Parts& parts, const Hold<Shard>& shard, uint32_t vehicle,
                       const Now& now, Changes& changes) {
  const Vehicle& v = shard->roster().vehicle(vehicle);
  const bool owed = shard->take_owed(vehicle);
  Transaction transaction(parts, shard, vehicle, now);
  if (!waits_for_owner(transaction.site()) || owed) {
    transaction.settle();
  }
  const bool settled = !transaction.empty();
  if (!settled) {
    shard->schedule(vehicle, parts.state.office_of(v), now);
  }
  const Sequence rests_on = transaction.commit();
  check(!settled || due_of(transaction.site()) == Due::nothing, "what was due is settled");
  if (owed || (settled && v.watched)) {
    auto& change = changes.applications.emplace_back();
    show(transaction.site(), change.application);
    change.rests_on = rests_on;
    show_place(parts, shard, transaction.site(), change.application, change.rests_on);
  }
}

void run_return_timer(Engine::Parts& parts, const Hold<Shard>& shard, PlateReturn& plate_return,
                      const Now& now) {
  const Office* const office = parts.state.office(plate_return.pool.office);
  Guarded<Pool>* const guarded = parts.state.pool(plate_return.pool);
  check(office != nullptr && guarded != nullptr, "a returning plate's office and pool exist");
  if (!return_is_due(*office, plate_return.at, now)) {
    shard->schedule(plate_return, *office, now);
    return;
  }
  const Hold<Pool> pool(*guarded);
  const std::string owner = plate_return.owner;  // the return ends with the event
  const uint64_t loaded = pool->counts().loaded;
  parts.record(now, PlateReturned{owner, plate_return.pool, plate_return.plate});
  check(pool->counts().loaded == loaded, "a return changes no pool's size");
}

// One hold of one shard's mutex: at most kTimersPerHold timers. True: there is more.
bool advance_shard(Engine::Parts& parts, Guarded<Shard>& guarded, Changes& changes) {
  const Hold<Shard> shard(guarded);
  const Now now = parts.ticks.now();
  for (std::size_t run = 0; run < kTimersPerHold; ++run) {
    const LogRoom room(parts.sink, EventSink::For::timer);
    if (!room.here()) {
      return false;  // the log is full; the next round tries again
    }
    if (const auto vehicle = shard->next_to_rearm()) {
      run_vehicle_timer(parts, shard, *vehicle, now, changes);
      continue;
    }
    if (PlateReturn* const plate_return = shard->next_return_to_rearm()) {
      run_return_timer(parts, shard, *plate_return, now);
      continue;
    }
    if (end_places(parts, shard, now)) {
      continue;
    }
    const Expired expired = shard->wheel().expire(now.tick);
    check(expired.timer == nullptr || expired.timer->due() <= now.tick, "nothing fires early");
    if (expired.timer == nullptr) {
      return expired.more;
    }
    if (expired.timer->kind == Shard::kReturnTimer) {
      run_return_timer(parts, shard, static_cast<PlateReturn&>(*expired.timer), now);
    } else {
      run_vehicle_timer(parts, shard, shard->index_of(*expired.timer), now, changes);
    }
  }
  return true;
}

// A new day of the office: it ends the day before for deadlines, and the secrets of its pools'
// draws. Requires all shards.
void begin_day(Engine::Parts& parts, const Office& office, const Now& now) {
  check(office.today() <= office.day_at(now.civil), "a day begins when it has come");
  for (const auto& [key, guarded] : parts.state.pools()) {
    if (key.office == office.code) {
      const Hold<Pool> pool(*guarded);
      parts.conclude(now, decide_period(*pool, office.today()));
    }
  }
}

// Looks under the operators' mutex alone: which offices and pools there are, and an office's
// calendar, change only under it.
void advance_office(Engine::Parts& parts, const Office& office, const Now& now, Changes& changes) {
  const bool suspended = parts.state.surroundings().lapses_suspended;
  if (!decide_schedule(office, now) && !decide_day(office, now, suspended) &&
      !lobby_is_due(parts, office)) {
    return;
  }
  const LogRoom room(parts.sink, EventSink::For::timer);
  if (!room.here()) {
    return;
  }
  const AllShards all(parts.state.shards());
  const Now locked_now = parts.ticks.now();
  const OfficeState before = office.state();
  const Verdict schedule = parts.conclude(locked_now, decide_schedule(office, locked_now));
  if (office.state() != before) {
    note_change(office, schedule.rests_on, changes);
  }
  // The day that was found due, although the clock may have reached the next one meanwhile.
  if (const auto day = decide_day(office, now, suspended)) {
    parts.record(locked_now, *day);
    check(!decide_day(office, now, suspended), "a day begins once");
    begin_day(parts, office, locked_now);
  }
  order_lobby(parts, office, locked_now);
}

// Releases at most one segment, so that a round's hold of the pool is short. True: it did, there
// may be another.
bool release_segment(Engine::Parts& parts, Guarded<Pool>& guarded) {
  const LogRoom room(parts.sink, EventSink::For::timer);
  if (!room.here()) {
    return false;
  }
  const Hold<Shard> first_shard(parts.state.first_shard());
  const Hold<Pool> pool(guarded);
  const Now now = parts.ticks.now();
  const bool released = parts.conclude(now, decide_release(*pool, now)).changed;
  const PoolCounts counts = pool->counts();
  check(counts.free_without4 <= counts.free && counts.free <= counts.loaded,
        "what is free was loaded");
  return released;
}

// True: there is more.
bool advance_calendars(Engine::Parts& parts, Changes& changes) {
  const std::lock_guard operators(parts.operators_mutex);
  const Now now = parts.ticks.now();
  bool more = false;
  for (const auto& [code, office] : parts.state.offices()) {
    advance_office(parts, *office, now, changes);
    more = advance_queue(parts, *office, changes) || more;
  }
  for (const auto& [key, pool] : parts.state.pools()) {
    more = release_segment(parts, *pool) || more;
  }
  return more;
}

}  // namespace

std::optional<CivilTime> lasts_until(const Office& office) {
  return office.state() == OfficeState::open ? office.schedule_changes : office.opens_at();
}

void note_change(const Office& office, Sequence rests_on, Changes& changes) {
  check(rests_on.value > 0, "a change that watchers are owed is a fact");
  changes.offices.push_back({office.code, office.state(), lasts_until(office), rests_on});
}

bool Engine::advance(Changes& changes) {
  bool more = advance_calendars(*parts_, changes);
  for (const auto& shard : parts_->state.shards()) {
    more = advance_shard(*parts_, *shard, changes) || more;
  }
  return more;
}

void Engine::record_time(Millis interval) {
  check(interval >= Millis{0}, "an interval is a span of time");
  const Now now = parts_->ticks.now();
  if (now.tick - last_now().tick < interval) {
    return;
  }
  bool running = false;
  for (const auto& guarded : parts_->state.shards()) {
    const Hold<Shard> shard(*guarded);
    running = running || shard->wheel().size() > 0 || !shard->standings().empty();
  }
  const LogRoom room(parts_->sink, EventSink::For::timer);
  if (!running || !room.here()) {
    return;
  }
  const Hold<Shard> first_shard(parts_->state.first_shard());
  parts_->record(parts_->ticks.now(), TimeRecorded{});
}

void Engine::suspend_clock(CivilTime expected) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::timer);
  const AllShards all(parts_->state.shards());
  if (!parts_->state.surroundings().lapses_suspended && room.here()) {
    parts_->record(parts_->ticks.now(), ClockSuspended{expected});
    check(parts_->state.surroundings().lapses_suspended, "nothing lapses until it is accepted");
  }
}

Verdict Engine::accept_clock(Actor actor) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(parts_->state.shards());
  std::optional<Event> accepted;
  if (parts_->state.surroundings().lapses_suspended) {
    accepted = ClockAccepted{actor};
  }
  const Verdict verdict = parts_->conclude(parts_->ticks.now(), accepted);
  check(!parts_->state.surroundings().lapses_suspended, "an accepted clock is believed");
  return verdict;
}

bool Engine::clock_suspended() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  return parts_->state.surroundings().lapses_suspended;
}

}  // namespace plated
