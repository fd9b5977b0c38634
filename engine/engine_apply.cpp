// Applying recorded events: which shard, pool or office each is for. Live commands append first and
// come here with the locks held; recovery comes here with the records of the log.
#include <algorithm>
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

// Events of one application find their vehicle by name, then act as they did live.
template <class E>
void Engine::apply_one(const E& event, const Now& now) {
  if constexpr (OfApplication<E>) {
    ShardCell& cell = shard_of(event.application.owner);
    const uint32_t vehicle = cell.shard.roster().find_vehicle(event.application.vehicle);
    check(vehicle != kNoIndex, "an event's vehicle is in the roster");
    const Vehicle& v = cell.shard.roster().vehicle(vehicle);
    PoolCell* const pool = pool_cell(v.pool);
    check(!OfApplicationAndPool<E> || pool != nullptr, "plates move in a pool that exists");
    cell.shard.apply(event, Shard::Site{vehicle, office_at(v), pool ? &pool->pool : nullptr, now});
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

void Engine::apply(const Record& record) {
  check(record.sequence.value == applied_.value + 1, "records are applied in order, none left out");
  apply_event(record.event, record.now);
  std::visit(
      [&](const auto& e) {
        if constexpr (OfApplication<std::decay_t<decltype(e)>>) {
          Shard& shard = shard_of(e.application.owner).shard;
          const uint32_t vehicle = shard.roster().find_vehicle(e.application.vehicle);
          shard.keep_place(record.event, vehicle,
                           std::as_const(shard.roster())
                               .reservation(shard.roster().vehicle(vehicle).application)
                               .deadline,
                           record.sequence, record.now);
        }
      },
      record.event);
  applied_ = record.sequence;
  keep_times(
      {std::max(last_now().tick, record.now.tick), std::max(last_now().civil, record.now.civil)});
}

}  // namespace plated
