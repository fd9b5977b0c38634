// Operators' writes about people: owners, vehicles, blacklist, and the counter's work on
// reservations.
#include "engine/engine.h"
#include "engine/engine_parts.h"
#include "engine/operator_rules.h"
#include "engine/transaction.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

// Runs `decide` on a known owner, under the operators' mutex and that of the owner's shard.
template <class Decide>
Verdict on_owner(Engine::Parts& parts, std::string_view owner, Decide&& decide) {
  const std::lock_guard operators(parts.operators_mutex);
  const LogRoom room(parts.sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> shard(parts.state.shard_of(owner));
  const Roster& roster = shard->roster();
  const uint32_t index = roster.find_owner(owner);
  if (index == kNoIndex) {
    return Verdict::refuse(Kind::not_found, "no such owner", "owner");
  }
  check(roster.owner(index).id() == owner, "an owner stands under the right identifier");
  const Now now = parts.ticks.now();
  return parts.conclude(now, decide(roster.owner(index), now));
}

// Who has the plate, reserved or issued; else the refusal.
std::optional<VehicleAt> holder_of(const Pool& pool, PlateNumber plate, Verdict& refusal) {
  const Pool::Taken* const taken = pool.taken(plate);
  if (taken == nullptr && !pool.loaded(plate)) {
    refusal = Verdict::refuse(Kind::not_found, "no such plate is loaded", "plate");
    return std::nullopt;
  }
  if (taken == nullptr ||
      (taken->state != PlateState::reserved && taken->state != PlateState::issued)) {
    refusal = Verdict::refuse(Kind::conflict, "the plate is not reserved", "plate");
    return std::nullopt;
  }
  check(taken->holder.shard != VehicleAt{}.shard, "a reserved plate has its holder");
  return taken->holder;
}

// Decides on the reservation of `plate`, which the transaction's vehicle has, and records it.
template <class Decide>
Verdict conclude(Transaction& transaction, const Plate& plate, Changes& changes, bool watched,
                 Decide&& decide) {
  const uint32_t version = transaction.version();
  check(transaction.site().reservation.plate == plate.number, "the counter has the right plate");
  transaction.settle();
  OperatorDecision decision = transaction.site().reservation.plate == plate.number
                                  ? decide(transaction)
                                  : OperatorDecision{Verdict::refuse(
                                        Kind::conflict, "the reservation has lapsed", "plate")};
  if (decision.verdict.ok() && decision.event) {
    transaction.add_any(*decision.event);
  }
  Verdict& verdict = decision.verdict;
  verdict.rests_on = transaction.commit();
  check(verdict.rests_on.value > 0, "a verdict rests on something");
  const bool changed = transaction.version() != version;
  verdict.changed = verdict.ok() && changed;
  if (changed && watched) {
    auto& told = changes.applications.emplace_back();
    show(transaction.site(), told.application);
    told.rests_on = verdict.rests_on;
  }
  return verdict;
}

// Runs `decide` on the application that has the plate, found through the pool, under the operators'
// mutex, its shard's and the pool's.
template <class Decide>
Verdict on_reservation(Engine::Parts& parts, const Plate& plate, Changes& changes,
                       Decide&& decide) {
  const std::lock_guard operators(parts.operators_mutex);
  const LogRoom room(parts.sink, EventSink::For::command);
  Guarded<Pool>* const guarded = parts.state.pool(plate.pool);
  if (!room.here() || guarded == nullptr) {
    return room.here() ? Verdict::refuse(Kind::not_found, "no such pool", "plate")
                       : Verdict::overloaded();
  }
  for (;;) {
    Verdict refusal;
    std::optional<VehicleAt> holder;
    {
      const Hold<Pool> pool(*guarded);
      holder = holder_of(*pool, plate.number, refusal);
    }
    if (!holder) {
      return refusal;
    }
    check(holder->shard < parts.state.shards().size(), "a plate's holder stands on a shard");
    const Hold<Shard> shard(*parts.state.shards()[holder->shard]);
    const Vehicle& v = shard->roster().vehicle(holder->index);
    Transaction transaction(parts, shard, holder->index, parts.ticks.now());
    if (holder_of(transaction.pool(), plate.number, refusal) != holder) {
      continue;  // the holder changed in between
    }
    if (v.owner == kNoIndex || v.pool != plate.pool ||
        transaction.site().reservation.plate != plate.number) {
      return Verdict::refuse(Kind::conflict, "the plate was issued and its vehicle has moved on",
                             "plate");
    }
    return conclude(transaction, plate, changes, v.watched, decide);
  }
}

}  // namespace

Verdict Engine::import_owner(std::string_view owner, OwnerKind kind, uint64_t key,
                             std::string_view sealed, Actor actor) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  const Verdict verdict =
      parts_->conclude(parts_->ticks.now(), OwnerImported{owner, kind, key, sealed, actor});
  check(shard->roster().find_owner(owner) != kNoIndex, "who was imported is there");
  return verdict;
}

Verdict Engine::import_vehicle(const ImportVehicle& import, bool dry_run, Actor actor) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  if (parts_->state.office(import.pool.office) == nullptr) {
    return Verdict::refuse(Kind::bad_request, "no such office", "office");
  }
  if (!has_owner(import.owner)) {
    return Verdict::refuse(Kind::bad_request, "no such owner; import the owner first", "owner");
  }
  // The vehicle's place cannot change: that takes the operators' mutex.
  const Register::Place place = parts_->state.find_vehicle(import.vehicle);
  const AllShards all(parts_->state.shards());
  std::optional<KnownVehicle> known;
  if (place.shard != nullptr) {
    const Roster& roster = place.shard->already_held().roster();
    const Vehicle& vehicle = roster.vehicle(place.vehicle);
    check(vehicle.id.view() == import.vehicle && vehicle.owner != kNoIndex,
          "a vehicle stands where it was found");
    const uint32_t edition = parts_->state.office_of(vehicle).edition;
    known.emplace(KnownVehicle{vehicle, roster.owner(vehicle.owner).id(),
                               vehicle.application.version + edition});
  }
  const OperatorDecision decision = decide_vehicle(known, import, actor);
  if (!dry_run || !decision.verdict.ok()) {
    const Verdict verdict = parts_->conclude(parts_->ticks.now(), decision);
    const Roster& owners = parts_->state.shard_of(import.owner).already_held().roster();
    check(!verdict.ok() || owners.find_vehicle(import.vehicle) != kNoIndex,
          "an imported vehicle stands on its owner's shard");
    return verdict;
  }
  Verdict verdict = parts_->unchanged();
  verdict.changed = decision.event.has_value();
  return verdict;
}

Verdict Engine::make_rehearsal_owner(uint64_t number, OfficeCode office) {
  if (number >= kRehearsalOwnersEnd) {
    return Verdict::refuse(Kind::bad_request, "at most twelve digits", "owner");
  }
  const std::string owner = rehearsal_owner_id(number);
  const std::string vehicle = rehearsal_vehicle_id(number);
  check(vehicle.size() == kVehicleIdMax, "a rehearsal's vehicles look like vehicles");
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Register& state = parts_->state;
  const bool vehicle_known = state.find_vehicle(vehicle).shard != nullptr;
  const Hold<Shard> shard(state.shard_of(owner));
  const Verdict verdict = parts_->conclude(
      parts_->ticks.now(),
      decide_rehearsal_owner(
          {.rehearsal = state.surroundings().rehearsal,
           .office_known = state.office(office) != nullptr,
           .owner_known = shard->roster().find_owner(owner) != kNoIndex,
           .vehicle_known = vehicle_known},
          RehearsalOwnerMade{owner, vehicle, {office, PlateClass::small, Power::electric}}));
  check(!verdict.changed || (shard->roster().find_owner(owner) != kNoIndex &&
                             shard->roster().find_vehicle(vehicle) != kNoIndex),
        "an owner of a rehearsal is made with a vehicle");
  return verdict;
}

Verdict Engine::erase_owner(std::string_view owner, uint64_t key, Actor actor) {
  return on_owner(*parts_, owner,
                  [&](const Owner& o, const Now&) { return decide_erasure(o, key, actor); });
}

Verdict Engine::lengthen_countdowns(std::string_view owner, uint32_t times, std::string_view reason,
                                    Actor actor) {
  if (Verdict verdict = verdict_on_times(times); !verdict.ok()) {
    return verdict;
  }
  return on_owner(*parts_, owner, [&](const Owner& o, const Now&) {
    return decide_countdowns(o, times, reason, actor);
  });
}

Verdict Engine::blacklist(std::string_view owner, std::optional<CivilTime> until,
                          std::string_view reason, Actor actor) {
  return on_owner(*parts_, owner, [&](const Owner& o, const Now& now) {
    return decide_blacklisting(o, until, now, reason, actor);
  });
}

Verdict Engine::lift_blacklist(std::string_view owner, std::string_view reason, Actor actor) {
  return on_owner(*parts_, owner, [&](const Owner& o, const Now& now) {
    return decide_lifting(o, now, reason, actor);
  });
}

Verdict Engine::settle_notice(std::string_view owner, Sequence notice, bool sent) {
  const LogRoom room(parts_->sink, EventSink::For::timer);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  if (!shard->notices().contains(notice.value)) {
    return Verdict::refuse(Kind::not_found, "no such notice is pending");
  }
  const Verdict verdict = parts_->conclude(parts_->ticks.now(), NoticeSettled{owner, notice, sent});
  check(!shard->notices().contains(notice.value), "a notice is settled once");
  return verdict;
}

Verdict Engine::issue(const Plate& plate, std::optional<Day> date, Actor actor, Changes& changes) {
  return on_reservation(*parts_, plate, changes, [&](Transaction& transaction) {
    return decide_issue(transaction.site(), date, actor);
  });
}

Verdict Engine::void_reservation(const Plate& plate, std::string_view reason, bool blacklist,
                                 Actor actor, Changes& changes) {
  return on_reservation(*parts_, plate, changes, [&](Transaction& transaction) {
    return decide_void(transaction.site(), reason, blacklist, actor, transaction.entropy());
  });
}

Verdict Engine::extend(const Plate& plate, Day deadline, std::string_view reason, Actor actor,
                       Changes& changes) {
  return on_reservation(*parts_, plate, changes, [&](Transaction& transaction) {
    return decide_extension(transaction.site(), deadline, reason, actor);
  });
}

}  // namespace plated
