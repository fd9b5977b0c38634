// Applying recorded events: which shard, pool or office each is for. Live commands append first and
// come here with the locks held; recovery comes here with the records of the log.
#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include "engine/check.h"
#include "engine/engine.h"

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
concept KeepsPlace =
    std::same_as<E, Confirmed> || std::same_as<E, Reminded> || std::same_as<E, Lapsed>;

// So many records are looked at before they are applied: the cache misses of all of them come
// together, and what they bring still fits the nearest cache.
constexpr std::size_t kForesight = 16;

template <class E>
concept OfOffice = requires(Office& office, const E& event, const Now& now) {
  event.office;
  requires requires { office.apply(event); } || requires {
    office.apply(event, now);
  };
};

template <class E>
concept OfPool = requires(Pool& pool, const E& event) {
  pool.apply(event);
};

}  // namespace

// Events of one application act where their vehicle is, as they did live.
template <class E>
void Engine::apply_at(const Found& found, const E& event, const Now& now) {
  Shard& shard = found.cell->shard;
  const Vehicle& v = std::as_const(shard).roster().vehicle(found.vehicle);
  PoolCell* const pool = pool_cell(v.pool);
  check(!OfApplicationAndPool<E> || pool != nullptr, "plates move in a pool that exists");
  shard.apply(event, Shard::Site{found.vehicle, office_at(v), pool ? &pool->pool : nullptr, now});
}

template <class E>
void Engine::apply_one(const E& event, const Now& now) {
  if constexpr (OfApplication<E>) {
    apply_at(whereabouts(event.application, {}), event, now);
  } else if constexpr (OfOffice<E>) {
    Office* const office = office_of(event.office);
    check(office != nullptr, "an event's office exists");
    if constexpr (requires { office->apply(event, now); }) {
      office->apply(event, now);
    } else {
      office->apply(event);
    }
    if constexpr (std::same_as<E, OverlayChanged> || std::same_as<E, DayBegan>) {
      for (const auto& cell : shards_) {
        if (std::same_as<E, DayBegan>) {
          cell->shard.day_began(*office);
        } else if (!office->stands()) {
          cell->shard.office_runs(*office);
        }
      }
    }
  } else if constexpr (OfPool<E>) {
    PoolCell* const pool = pool_cell(event.pool);
    check(pool != nullptr, "an event's pool exists");
    pool->pool.apply(event);
  } else {
    shard_of(event.owner).shard.apply(event);
  }
}

template <>
void Engine::apply_one(const std::monostate&, const Now&) {}

template <>
void Engine::apply_one(const TimeRecorded&, const Now&) {}

template <>
void Engine::apply_one(const OperatorActed&, const Now&) {}

template <>
void Engine::apply_one(const Founded& event, const Now&) {
  check(!founded_, "a data directory is founded once");
  founded_ = true;
  surroundings_.rehearsal = event.rehearsal;
}

template <>
void Engine::apply_one(const ClockSuspended&, const Now&) {
  surroundings_.lapses_suspended = true;
}

template <>
void Engine::apply_one(const ClockAccepted&, const Now&) {
  surroundings_.lapses_suspended = false;
  for (const auto& cell : shards_) {
    cell->shard.clock_accepted();
  }
}

template <>
void Engine::apply_one(const TermsPublished& event, const Now&) {
  terms_[std::string(event.version)] = Terms{std::string(event.zh), std::string(event.en)};
}

template <>
void Engine::apply_one(const OfficeNamed& event, const Now& now) {
  auto& office = offices_[event.office];
  if (!office) {
    office = std::make_unique<Office>();
  }
  office->apply(event, now);
}

template <>
void Engine::apply_one(const PoolMade& event, const Now&) {
  check(pool_cell(event.pool) == nullptr, "a pool is made once");
  pools_[event.pool] = std::make_unique<PoolCell>(event.pool);
}

template <>
void Engine::apply_one(const SegmentLoaded& event, const Now& now) {
  PoolCell* const pool = pool_cell(event.pool);
  check(pool != nullptr, "an event's pool exists");
  pool->pool.apply(event, now);
}

template <>
void Engine::apply_one(const VehicleMoved& event, const Now&) {
  shard_of(event.from).shard.give_up(event);
  shard_of(event.owner).shard.take_over(event);
}

template <>
void Engine::apply_one(const PlateReturned& event, const Now&) {
  PoolCell* const pool = pool_cell(event.pool);
  check(pool != nullptr, "an event's pool exists");
  shard_of(event.owner).shard.apply(event, pool->pool);
}

void Engine::apply_event(const Event& event, const Now& now) {
  std::visit([&](const auto& e) { apply_one(e, now); }, event);
}

Sequence Engine::record_event(const Now& now, const Event& event) {
  const Sequence sequence = sink_.append(now, std::span(&event, 1));
  apply_event(event, now);
  keep_times(now);
  return sequence;
}

// Where an application's vehicle is, by name; `hint` may say where it was a moment ago.
Engine::Found Engine::whereabouts(const ApplicationRef& application, const Found& hint) {
  ShardCell& cell = hint.cell != nullptr ? *hint.cell : shard_of(application.owner);
  const uint32_t vehicle = cell.shard.roster().find_vehicle(application.vehicle, hint.vehicle);
  check(vehicle != kNoIndex, "an event's vehicle is in the roster");
  return {&cell, vehicle};
}

// Finds out where a record that comes soon will act, if its vehicle is there yet, and asks the
// cache for the places of its plates.
Engine::Found Engine::foresee(const Record& record) {
  Found found;
  std::visit(
      [&](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (OfApplication<E>) {
          found.cell = &shard_of(e.application.owner);
          const Roster& roster = found.cell->shard.roster();
          found.vehicle = roster.find_vehicle(e.application.vehicle);
        }
        if constexpr (std::same_as<E, Drawn>) {
          if (PoolCell* const pool = pool_cell(e.pool)) {
            pool->pool.free().prefetch(e.taken);
          }
        }
      },
      record.event);
  return found;
}

void Engine::apply_foreseen(const Record& record, const Found& foreseen) {
  check(record.sequence.value == applied_.value + 1, "records are applied in order, none left out");
  std::visit(
      [&](const auto& e) {
        using E = std::decay_t<decltype(e)>;
        if constexpr (OfApplication<E>) {
          const Found found = whereabouts(e.application, foreseen);
          apply_at(found, e, record.now);
          if constexpr (KeepsPlace<E>) {
            Shard& shard = found.cell->shard;
            const Roster& roster = std::as_const(shard).roster();
            const Day deadline =
                roster.reservation(roster.vehicle(found.vehicle).application).deadline;
            shard.keep_place(record.event, found.vehicle, deadline, record.sequence, record.now);
          }
        } else {
          apply_one(e, record.now);
        }
      },
      record.event);
  applied_ = record.sequence;
  keep_times(
      {std::max(last_now().tick, record.now.tick), std::max(last_now().civil, record.now.civil)});
}

void Engine::apply(std::span<const Record> records) {
  std::array<Found, kForesight> found;
  while (!records.empty()) {
    const auto next = records.first(std::min(kForesight, records.size()));
    for (std::size_t i = 0; i < next.size(); ++i) {
      found[i] = foresee(next[i]);
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
      if (found[i].vehicle != kNoIndex) {
        const Roster& roster = std::as_const(found[i].cell->shard).roster();
        roster.prefetch(roster.vehicle(found[i].vehicle));
      }
    }
    for (std::size_t i = 0; i < next.size(); ++i) {
      apply_foreseen(next[i], found[i]);
    }
    records = records.subspan(next.size());
  }
}

void Engine::apply(const Record& record) { apply(std::span(&record, 1)); }

}  // namespace plated
