// What happens by itself: expiries, auto-confirmations, lapses and returns from the shards' wheels,
// and what stands on the offices' calendars. Each becomes a fact by an append of its own.
#include <algorithm>

#include "engine/all_shards.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/log_room.h"
#include "engine/transaction.h"

namespace plated {

// Decides everything that is due of one application. Bounded: each kind of due thing ends itself.
void Engine::settle(Transaction& transaction) {
  for (std::size_t i = 0; i < kEventsPerAppend; ++i) {
    const Due due = due_of(transaction.site());
    if (due == Due::nothing) {
      return;
    }
    check(i + 1 < kEventsPerAppend, "settling leaves room for the command's own event");
    settle_once(transaction, due);
  }
}

// Where plates move, the pool is asked for before the event is added: that locks it.
void Engine::settle_once(Transaction& transaction, Due due) {
  const ApplicationSite site = transaction.site();
  const Application& application = site.application();
  const ApplicationRef reference = transaction.reference();
  const PoolKey pool = site.vehicle.pool;
  switch (due) {
    case Due::nothing:
      return;
    case Due::forfeit: {
      auto& released = transaction.list();
      list_holds(*site.holds, kNoPlate, released);
      (void)transaction.pool();
      transaction.add(
          HoldsForfeited{reference, pool, released, std::max<uint32_t>(application.draws_left, 1)});
      return;
    }
    case Due::batch_expiry: {
      auto& released = transaction.list();
      list_batch_expiry(application, *site.holds, released);
      (void)transaction.pool();
      transaction.add(BatchExpired{reference, pool, released});
      return;
    }
    case Due::shortlist_expiry: {
      auto& released = transaction.list();
      list_shortlist_expiry(application, *site.holds, released);
      (void)transaction.pool();
      transaction.add(ShortlistExpired{reference, pool, released});
      return;
    }
    case Due::auto_confirm:
      confirm_plate(transaction, site.holds->batch.front(), true);
      return;
    case Due::verification_end:
      transaction.add(VerificationEnded{reference});
      return;
    case Due::lapse: {
      const Millis wait = transaction.shard().entropy().up_to(site.office.settings.return_window);
      (void)transaction.pool();
      transaction.add(Lapsed{reference, pool, site.reservation.plate, site.office_now() + wait,
                             blacklisting_until(site)});
      return;
    }
    case Due::reminder:
      transaction.add(Reminded{reference, pool, site.reservation.plate, site.reservation.deadline});
      return;
    case Due::next_application:
      transaction.add(ApplicationBegan{reference});
      return;
  }
}

bool Engine::advance(Changes& changes) {
  bool more = advance_calendars(changes);
  for (const auto& cell : shards_) {
    more = advance_shard(*cell, changes) || more;
  }
  return more;
}

// One hold of one shard's mutex: at most kTimersPerHold timers. True: there is more.
bool Engine::advance_shard(ShardCell& cell, Changes& changes) {
  const std::lock_guard lock(cell.mutex);
  const Now now = ticks_.now();
  Shard& shard = cell.shard;
  for (std::size_t run = 0; run < kTimersPerHold; ++run) {
    const LogRoom room(sink_, EventSink::For::timer);
    if (!room.here()) {
      return false;  // the log is full; the next round tries again
    }
    if (const auto vehicle = shard.next_to_rearm()) {
      run_vehicle_timer(cell, *vehicle, now, changes);
      continue;
    }
    if (PlateReturn* const plate_return = shard.next_return_to_rearm()) {
      run_return_timer(cell, *plate_return, now);
      continue;
    }
    const Expired expired = shard.wheel().expire(now.tick);
    if (expired.timer == nullptr) {
      return expired.more;
    }
    if (expired.timer->kind == Shard::kReturnTimer) {
      run_return_timer(cell, static_cast<PlateReturn&>(*expired.timer), now);
    } else {
      run_vehicle_timer(cell, shard.index_of(*expired.timer), now, changes);
    }
  }
  return true;
}

void Engine::run_vehicle_timer(ShardCell& cell, uint32_t vehicle, const Now& now,
                               Changes& changes) {
  const Vehicle& v = cell.shard.roster().vehicle(vehicle);
  const Office& office = office_at(v);
  Transaction transaction(*this, cell, vehicle, office, pool_cell(v.pool), now);
  // A lapsed application whose owner may select again waits for him to come: see on_application.
  if (v.application.step != Step::lapsed) {
    settle(transaction);
  }
  if (transaction.empty()) {
    cell.shard.schedule(vehicle, office, now);
    return;
  }
  const Sequence rests_on = transaction.commit();
  if (v.watched) {
    auto& change = changes.applications.emplace_back();
    show(transaction.site(), change.application);
    change.rests_on = rests_on;
  }
}

void Engine::run_return_timer(ShardCell& cell, PlateReturn& plate_return, const Now& now) {
  const Office* const office = office_of(plate_return.pool.office);
  check(office != nullptr, "a returning plate's office exists");
  if (office->stands() || office->at(now.tick) < plate_return.at) {
    cell.shard.schedule(plate_return, *office, now);
    return;
  }
  PoolCell& pool = *pool_cell(plate_return.pool);
  const std::lock_guard pool_lock(pool.mutex);
  const std::string owner = plate_return.owner;  // the return ends with the event
  const Event event = PlateReturned{owner, plate_return.pool, plate_return.plate};
  sink_.append(now, std::span(&event, 1));
  cell.shard.apply(std::get<PlateReturned>(event), pool.pool);
  keep_times(now);
}

// Calendars.

// Looks under the operators' mutex alone: which offices and pools there are, and an office's
// calendar, change only under it. True: there is more.
bool Engine::advance_calendars(Changes& changes) {
  const std::lock_guard operators(operators_mutex_);
  const Now now = ticks_.now();
  for (const auto& [code, office] : offices_) {
    advance_office(*office, now, changes);
  }
  bool more = false;
  for (const auto& [key, cell] : pools_) {
    more = release_segment(*cell) || more;
  }
  return more;
}

void Engine::advance_office(Office& office, const Now& now, Changes& changes) {
  const bool schedule_due = office.schedule_changes && *office.schedule_changes <= now.civil;
  const Day day = office.day_at(now.civil);
  const bool day_due = day > office.today() && !surroundings_.lapses_suspended;
  if (!schedule_due && !day_due) {
    return;
  }
  const LogRoom room(sink_, EventSink::For::timer);
  if (!room.here()) {
    return;
  }
  const AllShards all(shards_);
  const Now locked_now = ticks_.now();
  if (schedule_due) {
    const OfficeState before = office.state();
    const bool open = open_at(office.schedule, locked_now.civil, office.utc_offset);
    const Sequence sequence =
        record_event(locked_now, OfficeOpened{office.code, open, {}, kNobody});
    if (office.state() != before) {
      note_change(office, sequence, changes);
    }
  }
  if (day_due) {
    advance_day(office, day, locked_now);
  }
}

// A new day of the office: it ends the day before for deadlines, and the secrets of its pools'
// draws. Requires all shards.
void Engine::advance_day(Office& office, Day day, const Now& now) {
  record_event(now, DayBegan{office.code, day});
  for (const auto& [key, cell] : pools_) {
    if (key.office != office.code) {
      continue;
    }
    const std::lock_guard pool_lock(cell->mutex);
    const Period* next = nullptr;
    for (const Period& period : cell->pool.periods()) {
      if (!period.began && period.day <= day) {
        next = &period;
      }
    }
    if (next != nullptr) {
      record_event(now, PeriodBegan{key, next->day});
    }
  }
}

// Releases at most one segment, so that a round's hold of the pool is short. True: it did, there
// may be another.
bool Engine::release_segment(PoolCell& cell) {
  const LogRoom room(sink_, EventSink::For::timer);
  if (!room.here()) {
    return false;
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  const std::lock_guard pool_lock(cell.mutex);
  const Now now = ticks_.now();
  for (const Segment& segment : cell.pool.segments()) {
    if (!segment.released && segment.release_at <= now.civil) {
      record_event(now, SegmentReleased{cell.pool.key(), segment.number});
      return true;
    }
  }
  return false;
}

void Engine::note_change(const Office& office, Sequence rests_on, Changes& changes) {
  const OfficeState state = office.state();
  std::optional<CivilTime> until;
  if (state == OfficeState::open) {
    until = office.schedule_changes;
  } else if (state == OfficeState::closed) {
    until = office.opens_at();
  }
  changes.offices.push_back({office.code, state, until, rests_on});
}

void Engine::record_time(Millis interval) {
  const Now now = ticks_.now();
  if (now.tick - last_now().tick < interval) {
    return;
  }
  bool running = false;
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    running = running || cell->shard.wheel().size() > 0;
  }
  const LogRoom room(sink_, EventSink::For::timer);
  if (!running || !room.here()) {
    return;
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  record_event(ticks_.now(), TimeRecorded{});
}

void Engine::suspend_clock(CivilTime expected) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::timer);
  const AllShards all(shards_);
  if (!surroundings_.lapses_suspended && room.here()) {
    record_event(ticks_.now(), ClockSuspended{expected});
  }
}

bool Engine::clock_suspended() {
  const std::lock_guard lock(shards_[0]->mutex);
  return surroundings_.lapses_suspended;
}

}  // namespace plated
