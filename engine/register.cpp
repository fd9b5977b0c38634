#include "engine/register.h"

#include <algorithm>
#include <array>
#include <concepts>
#include <functional>
#include <utility>

#include "engine/check.h"

namespace plated {
namespace {

template <class E>
concept OfApplication = requires(const E& event) {
  event.application.owner;
};

template <class E>
concept OfApplicationAndPool = OfApplication<E> && requires(const E& event) {
  event.pool;
};

// Events that must know their own place in the log; see Shard::keep_place.
template <class E>
concept KeepsPlace = std::same_as<E, Confirmed> || std::same_as<E, Reminded> ||
    std::same_as<E, Lapsed> || std::same_as<E, Extended>;

template <class E>
concept OfOffice = requires(Office& office, const E& event, const Now& now) {
  event.office;
  requires requires { office.apply(event); } || requires {
    office.apply(event, now);
  };
};

template <class E>
concept OfWaiting = requires(Shard& shard, const E& event, WaitingRoom& room) {
  shard.apply(event, room);
};

template <class E>
concept OfPool = requires(Pool& pool, const E& event) {
  pool.apply(event);
};

template <class E>
concept OfOwner = requires(Shard& shard, const E& event) {
  shard.apply(event);
};

// So many records are looked at before they are applied: the cache misses of all of them come
// together, and what they bring still fits the nearest cache.
constexpr std::size_t kForesight = 16;

}  // namespace

// Takes an event to the office, pool or shard that it is for.
struct Register::Applier {
  Register& all;
  const Now& now;

  [[nodiscard]] Office& office_of(OfficeCode code) const {
    const auto found = all.offices_.find(code);
    check(found != all.offices_.end(), "an event's office exists");
    return *found->second;
  }
  [[nodiscard]] WaitingRoom& room_of(OfficeCode office) const {
    return all.room(office).room.already_held();
  }
  [[nodiscard]] Shard& shard_of(const Waiter& waiter) const {
    check(waiter.shard < all.shards_.size(), "who waits stands on a shard");
    return all.shards_[waiter.shard]->already_held();
  }
  // What ends the places of those who leave a room all at once.
  [[nodiscard]] auto ends_place(OfficeCode office) const {
    return [this, office](const Waiter& waiter) {
      shard_of(waiter).place_is_over(waiter.owner, office);
    };
  }

  void operator()(const std::monostate&) { check(false, "a record holds an event"); }
  void operator()(const TimeRecorded&) {}
  void operator()(const OperatorActed&) {}
  void operator()(const TicketSpent& event) { all.tickets().already_held().apply(event, now); }
  void operator()(const TicketsRevoked& event) { all.tickets().already_held().apply(event, now); }

  void operator()(const Founded& event) {
    check(!all.founded_, "a data directory is founded once");
    all.founded_ = true;
    all.surroundings_.rehearsal = event.rehearsal;
  }
  void operator()(const ClockSuspended&) {
    check(!all.surroundings_.lapses_suspended, "a clock that is suspended is not suspended again");
    all.surroundings_.lapses_suspended = true;
  }
  void operator()(const ClockAccepted&) {
    check(all.surroundings_.lapses_suspended, "only a suspended clock is accepted");
    all.surroundings_.lapses_suspended = false;
    for (const auto& shard : all.shards_) {
      shard->already_held().clock_accepted();
    }
  }
  void operator()(const TermsPublished& event) {
    const bool added = all.terms_
                           .try_emplace(std::string(event.version),
                                        Terms{std::string(event.zh), std::string(event.en)})
                           .second;
    check(added, "a version of the terms is published once");
  }
  void operator()(const KeysMade& event) { all.keys_.apply({0, event.mark}); }
  void operator()(const KeyDestroyed& event) {
    check(event.key > 0, "a key that was destroyed has a number");
    all.keys_.apply({event.key, event.mark});
  }
  void operator()(const OfficeNamed& event) {
    auto& office = all.offices_[event.office];
    if (!office) {
      office = std::make_unique<Office>();
      all.rooms_[event.office] = std::make_unique<RoomOfOffice>();
    }
    office->apply(event, now);
    check(office->code == event.office, "an office stands under its code");
  }
  void operator()(const PoolMade& event) {
    check(all.office(event.pool.office) != nullptr, "a pool's office exists");
    auto& pool = all.pools_[event.pool];
    check(pool == nullptr, "a pool is made once");
    pool = std::make_unique<Guarded<Pool>>(event.pool);
  }
  void operator()(const SegmentLoaded& event) { pool_of(event.pool).apply(event, now); }
  void operator()(const VehicleImported& event) {
    Shard& shard = shard_of(event.owner);
    const uint32_t known = shard.roster().find_vehicle(event.vehicle);
    check(!event.vehicle.empty(), "a vehicle has an identifier");
    const uint32_t before =
        known == kNoIndex ? 0 : all.office_of(shard.roster().vehicle(known)).edition;
    shard.apply(event, {before, office_of(event.pool.office).edition});
  }
  void operator()(const RehearsalOwnerMade& event) {
    shard_of(event.owner).apply(event, {0, office_of(event.pool.office).edition});
  }
  void operator()(const VehicleMoved& event) {
    check(event.from != event.owner, "a vehicle moves to somebody else");
    shard_of(event.from).give_up(event);
    shard_of(event.owner).take_over(event, {0, office_of(event.pool.office).edition});
  }
  void operator()(const WaitingRoomSet& event) {
    office_of(event.office).apply(event, now);
    if (event.values.working_max == 0) {
      room_of(event.office).clear_all(ends_place(event.office));
      check(room_of(event.office).queue().size() == 0 && room_of(event.office).in_lobby() == 0,
            "nobody waits without a waiting room");
    }
  }
  void operator()(const LobbyCommitted& event) {
    WaitingRoom& room = room_of(event.office);
    room.apply(event);
    check(room.periods().back().day == event.period, "the latest secret is of the latest day");
  }
  void operator()(const LobbyOrdered& event) {
    WaitingRoom& room = room_of(event.office);
    check(room.in_lobby() == event.places && room.opening() == event.opening,
          "what is ordered is who is in the lobby");
    office_of(event.office).apply(event);
    room.order(event.seed, [&](const Waiter& waiter, PlaceNumber place) {
      shard_of(waiter).standings().move_to_queue(waiter.owner, event.office, place);
    });
    check(room.in_lobby() == 0, "a lobby is ordered whole");
  }
  void operator()(const OfficeOpened& event) { by_schedule(event, event.actor.uid == kNobody.uid); }
  void operator()(const ScheduleChanged& event) { by_schedule(event, true); }
  // Where the schedule closes the office its queue ends.
  template <class E>
  void by_schedule(const E& event, bool schedule) {
    Office& office = office_of(event.office);
    check(office.code == event.office, "an office stands under its code");
    const bool was_open = office.open;
    office.apply(event, now);
    if (schedule && was_open && !office.open) {
      room_of(event.office).clear_queue(ends_place(event.office));
      check(room_of(event.office).queue().size() == 0, "the schedule ends the queue");
    }
  }
  template <OfWaiting E>
  void operator()(const E& event) {
    shard_of(event.owner).apply(event, room_of(event.office));
  }
  void operator()(const PlateReturned& event) {
    shard_of(event.owner).apply(event, pool_of(event.pool));
  }

  template <OfApplication E>
  void operator()(const E& event) {
    at(all.whereabouts(event.application, {}), event);
  }
  template <OfOffice E>
  void operator()(const E& event) {
    Office& office = office_of(event.office);
    if constexpr (requires { office.apply(event, now); }) {
      office.apply(event, now);
    } else {
      office.apply(event);
    }
    if constexpr (std::same_as<E, OverlayChanged> || std::same_as<E, DayBegan>) {
      tell_shards(office, std::same_as<E, DayBegan>);
    }
  }
  template <OfPool E>
  void operator()(const E& event) {
    pool_of(event.pool).apply(event);
  }
  template <OfOwner E>
  void operator()(const E& event) {
    shard_of(event.owner).apply(event);
  }

  // Events of one application act where their vehicle is.
  template <class E>
  void at(const Place& place, const E& event) {
    Shard& shard = place.shard->already_held();
    const Vehicle& v = std::as_const(shard).roster().vehicle(place.vehicle);
    Guarded<Pool>* const pool = all.pool(v.pool);
    if constexpr (OfApplicationAndPool<E>) {
      check(pool != nullptr, "plates move in a pool that exists");
      check(event.pool == v.pool, "plates move in the pool of their vehicle");
    }
    shard.apply(event, Shard::Site{place.vehicle, all.office_of(v),
                                   pool == nullptr ? nullptr : &pool->already_held(), now});
  }
  void tell_shards(const Office& office, bool day_began) {
    for (const auto& shard : all.shards_) {
      if (day_began) {
        shard->already_held().day_began(office);
      } else if (!office.stands()) {
        shard->already_held().office_runs(office);
      }
    }
  }
  [[nodiscard]] Shard& shard_of(std::string_view owner) const {
    return all.shard_of(owner).already_held();
  }
  [[nodiscard]] Pool& pool_of(PoolKey key) const {
    Guarded<Pool>* const pool = all.pool(key);
    check(pool != nullptr, "an event's pool exists");
    check(pool->already_held().key() == key, "a pool stands under its key");
    return pool->already_held();
  }
};

Register::Register(uint32_t shards, const EntropySeed& seed) {
  check(shards > 0 && (shards & (shards - 1)) == 0, "the number of shards is a power of two");
  for (uint32_t i = 0; i < shards; ++i) {
    shards_.push_back(std::make_unique<Guarded<Shard>>(i, surroundings_, seed, codes_day_, rooms_));
  }
}

Guarded<Shard>& Register::shard_of(std::string_view owner) const {
  // The high bits, which the indexes within a shard do not use.
  check(!shards_.empty(), "there is a shard for every owner");
  const std::size_t hash = std::hash<std::string_view>{}(owner) >> 32;
  return *shards_[hash & (shards_.size() - 1)];
}

Register::Place Register::find_vehicle(std::string_view vehicle) const {
  for (const auto& guarded : shards_) {
    const Hold<Shard> shard(*guarded);
    const uint32_t index = shard->roster().find_vehicle(vehicle);
    if (index != kNoIndex) {
      check(shard->roster().vehicle(index).id.view() == vehicle,
            "a vehicle is found by its identifier");
      return {guarded.get(), index};
    }
  }
  return {};
}

const Office* Register::office(OfficeCode code) const {
  const auto found = offices_.find(code);
  if (found == offices_.end()) {
    return nullptr;
  }
  check(found->second->code == code, "an office stands under its code");
  return found->second.get();
}

Guarded<Pool>* Register::pool(PoolKey key) const {
  const auto found = pools_.find(key);
  return found == pools_.end() ? nullptr : found->second.get();
}

const Office& Register::office_of(const Vehicle& vehicle) const {
  const Office* const found = office(vehicle.pool.office);
  check(found != nullptr, "a vehicle's office exists");
  return *found;
}

void Register::apply(const Event& event, const Now& now) { std::visit(Applier{*this, now}, event); }

// Where an application's vehicle is, by name; `hint` may say where it was a moment ago.
Register::Place Register::whereabouts(const ApplicationRef& application, const Place& hint) const {
  Guarded<Shard>& shard = hint.shard != nullptr ? *hint.shard : shard_of(application.owner);
  const uint32_t vehicle =
      shard.already_held().roster().find_vehicle(application.vehicle, hint.vehicle);
  check(vehicle != kNoIndex, "an event's vehicle is in the roster");
  check(shard.already_held().roster().vehicle(vehicle).id.view() == application.vehicle,
        "what was foreseen is the event's vehicle");
  return {&shard, vehicle};
}

// Finds out where a record that comes soon will act, if its vehicle is there yet, and asks the
// cache for the places of its plates.
Register::Place Register::foresee(const Record& record) const {
  Place place;
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (OfApplication<E>) {
          place.shard = &shard_of(e.application.owner);
          place.vehicle = place.shard->already_held().roster().find_vehicle(e.application.vehicle);
        }
        if constexpr (std::same_as<E, Drawn>) {
          if (Guarded<Pool>* const drawn_from = pool(e.pool)) {
            drawn_from->already_held().free().prefetch(e.taken);
          }
        }
      },
      record.event);
  return place;
}

void Register::apply_foreseen(const Record& record, const Place& foreseen) {
  check(record.sequence.value == applied_.value + 1, "records are applied in order, none left out");
  Applier applier{*this, record.now};
  std::visit(
      [&]<class E>(const E& e) {
        if constexpr (OfApplication<E>) {
          const Place place = whereabouts(e.application, foreseen);
          applier.at(place, e);
          if constexpr (KeepsPlace<E>) {
            Shard& shard = place.shard->already_held();
            const Roster& roster = std::as_const(shard).roster();
            const Day deadline =
                roster.reservation(roster.vehicle(place.vehicle).application).deadline;
            shard.keep_place(record.event, place.vehicle, deadline, record.sequence, record.now);
          }
        } else {
          applier(e);
        }
      },
      record.event);
  applied_ = record.sequence;
  keep_times(
      {std::max(last_now().tick, record.now.tick), std::max(last_now().civil, record.now.civil)});
}

void Register::apply(std::span<const Record> records) {
  std::array<Place, kForesight> places;
  while (!records.empty()) {
    const auto next = records.first(std::min(kForesight, records.size()));
    for (std::size_t i = 0; i < next.size(); ++i) {
      places[i] = foresee(next[i]);
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (places[i].vehicle != kNoIndex) {
        check(places[i].shard != nullptr, "a vehicle stands on a shard");
        const Roster& roster = std::as_const(places[i].shard->already_held()).roster();
        roster.prefetch(roster.vehicle(places[i].vehicle));
      }
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
      apply_foreseen(next[i], places[i]);
    }
    records = records.subspan(next.size());
  }
}

void Register::keep_times(const Now& now) {
  // Only what is new, so that threads do not take these two from each other at every command.
  const auto keep = [](std::atomic<int64_t>& last, int64_t time) {
    if (last.load(std::memory_order_relaxed) != time) {
      last.store(time, std::memory_order_relaxed);
    }
  };
  keep(last_tick_ms_, now.tick.time_since_epoch().count());
  keep(last_civil_ms_, now.civil.time_since_epoch().count());
}

Now Register::last_now() const {
  return {Tick(Millis(last_tick_ms_.load(std::memory_order_relaxed))),
          CivilTime(Millis(last_civil_ms_.load(std::memory_order_relaxed)))};
}

}  // namespace plated
