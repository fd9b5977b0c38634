// Operators' writes about people: owners, vehicles, blacklist, and the counter's work on
// reservations.
#include "engine/all_shards.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/log_room.h"
#include "engine/plate.h"
#include "engine/transaction.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

constexpr int kBlacklistDefaultYears = 2;
// An operator's word about an owner is of no office whose zone could count the years.
constexpr std::chrono::hours kBlacklistDefaultOffset{8};

// Of number 7: `r-7` and `RHRSL000000000007`.
std::string rehearsal_owner_id(uint64_t number) { return "r-" + std::to_string(number); }
std::string rehearsal_vehicle_id(uint64_t number) {
  const std::string digits = std::to_string(number);
  return "RHRSL" + std::string(12 - digits.size(), '0') + digits;
}

}  // namespace

// Runs `change` on a known owner, under the operators' mutex and his shard's. It returns the event
// to record, or nothing when it is already so.
template <class Change>
Verdict Engine::on_owner(std::string_view owner, Change&& change) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  const uint32_t index = cell.shard.roster().find_owner(owner);
  if (index == kNoIndex) {
    return Verdict::refuse(Kind::not_found, "no such owner", "owner");
  }
  Verdict verdict;
  verdict.rests_on = sink_.last();
  const Now now = ticks_.now();
  if (const std::optional<Event> event = change(cell.shard.roster().owner(index), now)) {
    verdict.rests_on = record_event(now, *event);
    verdict.changed = true;
  }
  return verdict;
}

Verdict Engine::import_owner(std::string_view owner, OwnerKind kind, uint64_t key,
                             std::string_view sealed, Actor actor) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  Verdict verdict;
  verdict.rests_on = record_event(ticks_.now(), OwnerImported{owner, kind, key, sealed, actor});
  verdict.changed = true;
  return verdict;
}

Engine::Found Engine::find_vehicle(std::string_view vehicle) {
  for (const auto& cell : shards_) {
    const std::lock_guard lock(cell->mutex);
    const uint32_t index = cell->shard.roster().find_vehicle(vehicle);
    if (index != kNoIndex) {
      return {cell.get(), index};
    }
  }
  return {};
}

Verdict Engine::import_vehicle(const ImportVehicle& import, bool dry_run, Actor actor) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  if (office_of(import.pool.office) == nullptr) {
    return Verdict::refuse(Kind::bad_request, "no such office", "office");
  }
  if (!has_owner(import.owner)) {
    return Verdict::refuse(Kind::bad_request, "no such owner; import him first", "owner");
  }
  // The vehicle's place cannot change: that takes the operators' mutex.
  const Found found = find_vehicle(import.vehicle);
  const AllShards all(shards_);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  verdict.changed = true;
  const Now now = ticks_.now();
  if (found.cell == nullptr) {
    if (!dry_run) {
      verdict.rests_on = record_event(
          now, VehicleImported{import.owner, import.vehicle, import.pool, import.plate, actor});
    }
    return verdict;
  }
  const Roster& roster = found.cell->shard.roster();
  const Vehicle& v = roster.vehicle(found.vehicle);
  const Owner& owner = roster.owner(v.owner);
  const Step step = v.application.step;
  const bool moves = owner.id() != import.owner;
  const bool same_pool = v.pool == import.pool;
  if (!moves && same_pool && v.plate.view() == import.plate) {
    verdict.changed = false;
    return verdict;
  }
  if ((moves || !same_pool) && (step == Step::pick || step == Step::done)) {
    return Verdict::refuse(Kind::conflict,
                           "its application is being picked or done; void it or let it end first",
                           moves ? "owner" : "office");
  }
  if (!same_pool && !moves && step == Step::issued) {
    return Verdict::refuse(Kind::conflict, "its application is issued", "office");
  }
  if (dry_run) {
    return verdict;
  }
  if (moves) {
    const std::string from(owner.id());
    verdict.rests_on = record_event(
        now, VehicleMoved{import.owner, import.vehicle, from, import.pool, import.plate,
                          v.application.number + 1, v.application.version + 1, actor});
  } else {
    verdict.rests_on = record_event(
        now, VehicleImported{import.owner, import.vehicle, import.pool, import.plate, actor});
  }
  return verdict;
}

Verdict Engine::make_rehearsal_owner(uint64_t number, OfficeCode office) {
  constexpr uint64_t kNumbersEnd = 1'000'000'000'000;  // twelve digits
  if (number >= kNumbersEnd) {
    return Verdict::refuse(Kind::bad_request, "at most twelve digits", "owner");
  }
  const std::string owner = rehearsal_owner_id(number);
  const std::string vehicle = rehearsal_vehicle_id(number);
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  if (!surroundings_.rehearsal) {
    return Verdict::refuse(Kind::conflict, "only a rehearsal makes owners");
  }
  if (office_of(office) == nullptr) {
    return Verdict::refuse(Kind::conflict, "the rehearsal's office does not exist");
  }
  if (find_vehicle(vehicle).cell != nullptr && !has_owner(owner)) {
    return Verdict::refuse(Kind::conflict, "his vehicle is somebody else's");
  }
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  if (cell.shard.roster().find_owner(owner) == kNoIndex) {
    verdict.rests_on = record_event(
        ticks_.now(),
        RehearsalOwnerMade{owner, vehicle, {office, PlateClass::small, Power::electric}});
    verdict.changed = true;
  }
  return verdict;
}

Verdict Engine::erase_owner(std::string_view owner, Actor actor) {
  return on_owner(owner, [&](const Owner& o, const Now&) -> std::optional<Event> {
    if (o.details().key == 0) {
      return std::nullopt;
    }
    return OwnerErased{owner, actor};
  });
}

Verdict Engine::lengthen_countdowns(std::string_view owner, uint32_t times, std::string_view reason,
                                    Actor actor) {
  if (times < 1 || times > 10) {
    return Verdict::refuse(Kind::bad_request, "from 2 to 10, or 1 to end it", "times");
  }
  return on_owner(owner, [&](const Owner& o, const Now&) -> std::optional<Event> {
    if (o.countdown_times == times) {
      return std::nullopt;
    }
    return CountdownsLengthened{owner, times, reason, actor};
  });
}

Verdict Engine::blacklist(std::string_view owner, std::optional<CivilTime> until,
                          std::string_view reason, Actor actor) {
  bool past = false;
  Verdict verdict = on_owner(owner, [&](const Owner& o, const Now& now) -> std::optional<Event> {
    const CivilTime end =
        until.value_or(add_years(now.civil, kBlacklistDefaultYears, kBlacklistDefaultOffset));
    past = end <= now.civil;
    if (past || (o.blacklisted_until == end && o.details().blacklist_reason == reason)) {
      return std::nullopt;
    }
    return Blacklisted{owner, end, reason, actor};
  });
  return past ? Verdict::refuse(Kind::bad_request, "a moment still to come", "until") : verdict;
}

Verdict Engine::lift_blacklist(std::string_view owner, std::string_view reason, Actor actor) {
  return on_owner(owner, [&](const Owner& o, const Now& now) -> std::optional<Event> {
    if (!o.blacklisted(now.civil)) {
      return std::nullopt;
    }
    return BlacklistLifted{owner, reason, actor};
  });
}

Verdict Engine::settle_notice(std::string_view owner, Sequence notice, bool sent) {
  const LogRoom room(sink_, EventSink::For::timer);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  ShardCell& cell = shard_of(owner);
  const std::lock_guard lock(cell.mutex);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  if (!cell.shard.notices().contains(notice.value)) {
    return Verdict::refuse(Kind::not_found, "no such notice is pending");
  }
  verdict.rests_on = record_event(ticks_.now(), NoticeSettled{owner, notice, sent});
  verdict.changed = true;
  return verdict;
}

// Reservations: the counter's work.

// Runs `change` on the application that has the plate, found through the pool, under the operators'
// mutex, its shard's and the pool's. `change` refuses, or adds its event to the transaction.
template <class Change>
Verdict Engine::on_reservation(const Plate& plate, Changes& changes, Change&& change) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  PoolCell* const pool = pool_cell(plate.pool);
  if (!room.here() || pool == nullptr) {
    return room.here() ? Verdict::refuse(Kind::not_found, "no such pool", "plate")
                       : Verdict::overloaded();
  }
  for (;;) {
    std::optional<VehicleAt> holder;
    {
      const std::lock_guard pool_lock(pool->mutex);
      if (const Pool::Taken* const taken = pool->pool.taken(plate.number)) {
        if (taken->state == PlateState::reserved || taken->state == PlateState::issued) {
          holder = taken->holder;
        }
      } else if (!pool->pool.loaded(plate.number)) {
        return Verdict::refuse(Kind::not_found, "no such plate is loaded", "plate");
      }
    }
    if (!holder) {
      return Verdict::refuse(Kind::conflict, "the plate is not reserved", "plate");
    }
    ShardCell& cell = *shards_[holder->shard];
    const std::lock_guard lock(cell.mutex);
    const Vehicle& v = cell.shard.roster().vehicle(holder->index);
    Transaction transaction(*this, cell, holder->index, office_at(v), pool, ticks_.now());
    const Pool::Taken* const taken = transaction.pool().taken(plate.number);
    if (taken == nullptr || taken->holder != *holder) {
      continue;  // the holder changed in between
    }
    if (v.owner == kNoIndex || v.pool != plate.pool ||
        cell.shard.roster().reservation(v.application).plate != plate.number) {
      return Verdict::refuse(Kind::conflict, "the plate was issued and its vehicle has moved on",
                             "plate");
    }
    const uint32_t version = v.application.version;
    settle(transaction);
    Verdict verdict = transaction.site().reservation.plate == plate.number
                          ? change(transaction)
                          : Verdict::refuse(Kind::conflict, "the reservation has lapsed", "plate");
    const Sequence rests_on = transaction.commit();
    verdict.rests_on = rests_on;
    verdict.changed = verdict.ok() && v.application.version != version;
    if (v.application.version != version && v.watched) {
      auto& told = changes.applications.emplace_back();
      show(transaction.site(), told.application);
      told.rests_on = rests_on;
    }
    return verdict;
  }
}

Verdict Engine::issue(const Plate& plate, std::optional<Day> date, Actor actor, Changes& changes) {
  return on_reservation(plate, changes, [&](Transaction& transaction) {
    const ApplicationSite site = transaction.site();
    const Application& application = site.application();
    if (application.step == Step::issued) {
      return Verdict{};
    }
    const Day today = site.office.day_at(site.now.civil);
    const Day day = date.value_or(today);
    const Day confirmed = site.office.day_at(site.reservation.confirmed_at);
    if (day > today) {
      return Verdict::refuse(Kind::bad_request, "a day that has come", "date");
    }
    if (day < confirmed) {
      return Verdict::refuse(
          Kind::bad_request,
          "not before the day of confirmation, " + std::string(text_of(confirmed).view()), "date");
    }
    if (day > site.reservation.deadline) {
      return Verdict::refuse(
          Kind::conflict,
          "the deadline was " + std::string(text_of(site.reservation.deadline).view()), "date");
    }
    transaction.add(Issued{transaction.reference(), plate.pool, plate.number, day, actor});
    return Verdict{};
  });
}

Verdict Engine::void_reservation(const Plate& plate, std::string_view reason, bool blacklist,
                                 Actor actor, Changes& changes) {
  return on_reservation(plate, changes, [&](Transaction& transaction) {
    const ApplicationSite site = transaction.site();
    if (site.application().step != Step::done) {
      return Verdict::refuse(Kind::conflict, "the plate is issued", "plate");
    }
    const Settings& settings = site.office.settings;
    const CivilTime until = blacklist ? blacklisting_until(site) : CivilTime{};
    const Millis wait = transaction.shard().entropy().up_to(settings.return_window);
    transaction.add(Voided{transaction.reference(), plate.pool, plate.number,
                           site.office_now() + wait, until, reason, actor});
    return Verdict{};
  });
}

Verdict Engine::extend(const Plate& plate, Day deadline, std::string_view reason, Actor actor,
                       Changes& changes) {
  return on_reservation(plate, changes, [&](Transaction& transaction) {
    const ApplicationSite site = transaction.site();
    const Application& application = site.application();
    if (application.step != Step::done) {
      return Verdict::refuse(Kind::conflict, "the plate is issued", "plate");
    }
    if (deadline == site.reservation.deadline) {
      return Verdict{};
    }
    if (deadline < site.reservation.deadline) {
      return Verdict::refuse(
          Kind::bad_request,
          "after the present deadline, " + std::string(text_of(site.reservation.deadline).view()),
          "deadline");
    }
    if (deadline > site.office.day_at(site.now.civil) + std::chrono::days(366)) {
      return Verdict::refuse(Kind::bad_request, "at most a year ahead", "deadline");
    }
    transaction.add(
        Extended{transaction.reference(), plate.pool, plate.number, deadline, reason, actor});
    return Verdict{};
  });
}

}  // namespace plated
