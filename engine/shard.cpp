#include "engine/shard.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/check.h"
#include "engine/plate.h"

namespace plated {

Shard::Shard(uint32_t number, const Surroundings& surroundings, const EntropySeed& seed,
             LatestDay& codes_day, const WaitingRooms& rooms)
    : number_(number),
      surroundings_(surroundings),
      entropy_(seed, number),
      codes_day_(codes_day),
      standings_(rooms) {
  check(number != VehicleAt{}.shard, "a shard's number is not the one that stands for none");
}

ApplicationSite Shard::site(uint32_t vehicle, const Office& office, const Now& now) const {
  const Vehicle& v = roster_.vehicle(vehicle);
  check(v.owner != kNoIndex && v.index == vehicle, "an application's vehicle has an owner");
  check(v.pool.office == office.code, "an application is its office's");
  const Holds* holds = v.application.holds == kNoIndex ? nullptr : &roster_.holds(v.application);
  return {v,   roster_.owner(v.owner),        holds, roster_.reservation(v.application), office,
          now, surroundings_.lapses_suspended};
}

uint32_t Shard::owner_of(std::string_view id) const {
  const uint32_t owner = roster_.find_owner(id);
  check(owner != kNoIndex, "an event's owner is in the roster");
  return owner;
}

uint32_t Shard::index_of(const Timer& timer) const {
  check(timer.kind == kVehicleTimer, "only vehicles are looked up by timer");
  return static_cast<const Vehicle&>(timer).index;
}

// Owners and vehicles.

void Shard::apply(const OwnerImported& event) {
  check(!event.owner.empty(), "an owner has a name");
  Owner& owner = roster_.owner(roster_.add_owner(event.owner));
  check(owner.id() == event.owner, "an owner stands under the right identifier");
  owner.kind = event.kind;
  OwnerDetails& details = owner.make_details();
  details.key = event.key;
  details.sealed = event.sealed;
}

void Shard::apply(const OwnerErased& event) {
  Owner& owner = roster_.owner(owner_of(event.owner));
  OwnerDetails& details = owner.make_details();
  check(details.key != 0, "what is erased was known");
  details.key = 0;
  details.sealed.clear();
  end_places_of(owner_of(event.owner), PlaceEnd::erased);
}

// The version that is told stays what it is when the office is another.
void Shard::facts_of(Vehicle& vehicle, PoolKey pool, std::string_view plate, Editions editions) {
  check(!vehicle.id.view().empty(), "a vehicle has an identifier");
  vehicle.pool = pool;
  vehicle.application.version += editions.before - editions.now;
  vehicle.plate.assign(plate);
  vehicle.eligible = !plate.empty() && !parse_plate(plate).plate.has_value();
}

void Shard::apply(const VehicleImported& event, Editions editions) {
  uint32_t vehicle = roster_.find_vehicle(event.vehicle);
  if (vehicle == kNoIndex) {
    vehicle = roster_.add_vehicle(owner_of(event.owner), event.vehicle);
  } else if (roster_.vehicle(vehicle).pool != event.pool) {
    const Step step = roster_.vehicle(vehicle).application.step;
    check(step != Step::pick && step != Step::done, "what holds or has a plate keeps its pool");
    roster_.drop_holds(roster_.vehicle(vehicle).application);  // what it drew was another pool's
  }
  check(roster_.vehicle(vehicle).owner == owner_of(event.owner), "an import moves no vehicle");
  facts_of(roster_.vehicle(vehicle), event.pool, event.plate, editions);
}

void Shard::apply(const RehearsalOwnerMade& event, Editions editions) {
  check(surroundings_.rehearsal, "only a rehearsal makes owners");
  check(roster_.find_owner(event.owner) == kNoIndex, "a rehearsal makes an owner once");
  const uint32_t owner = roster_.add_owner(event.owner);
  const uint32_t vehicle = roster_.add_vehicle(owner, event.vehicle);
  facts_of(roster_.vehicle(vehicle), event.pool, "演练", editions);
}

void Shard::apply(const CountdownsLengthened& event) {
  check(event.times >= 1 && event.times <= kCountdownTimesMax, "countdowns have their limit");
  roster_.owner(owner_of(event.owner)).countdown_times = static_cast<uint8_t>(event.times);
}

void Shard::blacklist(uint32_t owner, CivilTime until, std::string_view reason) {
  check(until > CivilTime{}, "a blacklisting has an end");
  Owner& o = roster_.owner(owner);
  o.blacklisted_until = until;
  o.make_details().blacklist_reason = reason;
  end_places_of(owner, PlaceEnd::blacklisted);
  for (const uint32_t vehicle : roster_.vehicles_of(o)) {
    Application& application = roster_.vehicle(vehicle).application;
    if (application.holds != kNoIndex && roster_.holds(application).any()) {
      application.forfeit = true;
      rearm_.push_back(vehicle);
    }
  }
}

void Shard::apply(const Blacklisted& event) {
  check(event.until != roster_.owner(owner_of(event.owner)).blacklisted_until ||
            event.reason != roster_.owner(owner_of(event.owner)).details().blacklist_reason,
        "a blacklisting says something new");
  blacklist(owner_of(event.owner), event.until, event.reason);
}

void Shard::apply(const BlacklistLifted& event) {
  Owner& owner = roster_.owner(owner_of(event.owner));
  check(owner.blacklisted_until > CivilTime{}, "only who is on the blacklist is taken off");
  owner.blacklisted_until = {};
  owner.make_details().blacklist_reason.clear();
}

void Shard::apply(const OwnerVersionsRaised& event) {
  for (const uint32_t index : roster_.vehicles_of(roster_.owner(owner_of(event.owner)))) {
    Vehicle& vehicle = roster_.vehicle(index);
    check(vehicle.owner != kNoIndex, "an owner's vehicle is theirs");
    if ((vehicle.id.view() == event.vehicle) == event.others) {
      continue;
    }
    ++vehicle.application.version;
    if (vehicle.watched && !vehicle.owed) {
      vehicle.owed = true;
      rearm_.push_back(index);
    }
  }
}

void Shard::give_up(const VehicleMoved& event) {
  const uint32_t vehicle = roster_.find_vehicle(event.vehicle);
  check(vehicle != kNoIndex, "a vehicle moves from where it is");
  check(roster_.owner(roster_.vehicle(vehicle).owner).id() == event.from,
        "a vehicle moves from its owner");
  const Step step = roster_.vehicle(vehicle).application.step;
  check(step != Step::pick && step != Step::done, "what holds or has a plate does not move");
  wheel_.cancel(roster_.vehicle(vehicle));
  end_reservation(vehicle);
  roster_.drop_reservation(roster_.vehicle(vehicle).application);
  roster_.drop_holds(roster_.vehicle(vehicle).application);
  codes_.erase(vehicle);
  roster_.remove_vehicle(vehicle);
}

void Shard::take_over(const VehicleMoved& event, Editions editions) {
  const uint32_t vehicle = roster_.add_vehicle(owner_of(event.owner), event.vehicle);
  Vehicle& v = roster_.vehicle(vehicle);
  check(event.application > 1 && event.version > 1, "who moves takes its numbers along");
  v.application.number = event.application;
  v.application.version = event.version;
  facts_of(v, event.pool, event.plate, editions);
}

// Applications.

// Whoever is in `pick` is verified, and works.
void Shard::step_to(const Site& site, Step step) {
  const Vehicle& v = roster_.vehicle(site.vehicle);
  check(v.application.step != step, "a step leads somewhere");
  if (step == Step::pick) {
    standings_.verify(v.owner, v.pool.office);
  } else if (v.application.step == Step::pick) {
    standings_.unverify(v.owner, v.pool.office);
  }
  application_of(site).step = step;
}

void Shard::changed(const Site& site) {
  Application& application = application_of(site);
  check(application.version + site.office.edition < std::numeric_limits<uint32_t>::max(),
        "versions never begin again");
  ++application.version;
  schedule(site.vehicle, site.office, site.now);
}

void Shard::apply(const Submitted& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::submit, "only what was not submitted is submitted");
  check(event.draws > 0 && event.draws <= kDrawsMax, "an application has draws, up to a limit");
  application.step = Step::notice;
  application.draws_left = static_cast<uint16_t>(event.draws);
  changed(site);
}

void Shard::apply(const Verified& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::notice, "verifying follows submitting");
  check(event.until > site.office.at(site.now.tick), "what is verified is so for a while");
  step_to(site, Step::pick);
  application.verified_until = event.until;
  changed(site);
}

void Shard::apply(const Drawn& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::pick && application.draws_left > 0 &&
            event.draw == application.draw + 1U,
        "a draw is the next of those left");
  Holds& holds = roster_.make_holds(application);
  check(!event.taken.empty() && event.taken.size() + event.kept.size() <= kBatchSizeMax,
        "a batch has its limit, and something new");
  check(site.pool != nullptr && site.pool->key() == event.pool, "a draw is from its own pool");
  check(!holds.shortlist_live || event.shortlist_deadline >= event.batch_deadline,
        "a shortlist outlives its batch");
  site.pool->take(event.taken);
  site.pool->release(event.released);
  holds.batch.clear();
  for (const Pick& pick : event.taken) {
    holds.batch.push_back(pick.plate);
  }
  for (const PlateNumber plate : event.kept) {
    holds.batch.push_back(plate);
  }
  holds.batch_live = true;
  holds.picked = kNoPlate;
  holds.batch_deadline = event.batch_deadline;
  if (holds.shortlist_live) {
    holds.shortlist_deadline = event.shortlist_deadline;
  }
  application.draw = static_cast<uint16_t>(event.draw);
  --application.draws_left;
  application.verified_until = event.verified_until;
  ++counts_.draws;
  changed(site);
}

void Shard::apply(const Shortlisted& event, const Site& site) {
  Application& application = application_of(site);
  Holds& holds = roster_.holds(application);
  check(holds.batch_live && holds.batch.contains(event.plate),
        "a shortlisted plate is of the batch");
  check(event.shortlist_deadline >= holds.batch_deadline, "a shortlist outlives its batch");
  if (!holds.shortlist_live) {
    holds.shortlist.clear();
  } else if (event.instead_of != kNoPlate) {
    holds.shortlist.erase(event.instead_of);
  }
  holds.shortlist.push_back(event.plate);
  holds.shortlist_live = true;
  holds.picked = event.plate;
  holds.shortlist_deadline = event.shortlist_deadline;
  application.verified_until = event.verified_until;
  ++counts_.shortlistings;
  changed(site);
}

void Shard::apply(const BatchExpired& event, const Site& site) {
  Application& application = application_of(site);
  Holds& holds = roster_.holds(application);
  check(holds.batch_live, "what expires was live");
  check(site.office.at(site.now.tick) >= holds.batch_deadline, "nothing expires early");
  site.pool->release(event.released);
  holds.batch_live = false;
  holds.fallback_held =
      application.draws_left == 0 && !(holds.shortlist_live && holds.picked == holds.batch.front());
  ++counts_.expiries;
  changed(site);
}

void Shard::apply(const ShortlistExpired& event, const Site& site) {
  Application& application = application_of(site);
  Holds& holds = roster_.holds(application);
  check(holds.shortlist_live && !holds.batch_live, "what expires was live");
  check(site.office.at(site.now.tick) >= holds.shortlist_deadline, "nothing expires early");
  site.pool->release(event.released);
  holds.shortlist_live = false;
  holds.fallback_held = application.draws_left == 0;
  ++counts_.expiries;
  changed(site);
}

void Shard::apply(const HoldsForfeited& event, const Site& site) {
  Application& application = application_of(site);
  Holds& holds = roster_.holds(application);
  check(application.forfeit && holds.any(), "only a blacklisted owner's holds are forfeited");
  check(event.draws_left > 0, "who forfeits keeps a draw");
  site.pool->release(event.released);
  holds.batch_live = false;
  holds.shortlist_live = false;
  holds.fallback_held = false;
  application.forfeit = false;
  application.draws_left = static_cast<uint16_t>(event.draws_left);
  changed(site);
}

void Shard::apply(const VerificationEnded&, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::pick, "only what was verified runs out");
  check(application.holds == kNoIndex || !roster_.holds(application).any(),
        "verification never runs out while a hold is live");
  check(site.office.at(site.now.tick) >= application.verified_until, "nothing runs out early");
  step_to(site, Step::notice);
  changed(site);
}

void Shard::apply(const Confirmed& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::pick, "a confirmation ends picking");
  const Holds& holds = roster_.holds(application);
  check((holds.shortlist_live && holds.shortlist.contains(event.plate)) ||
            (event.automatic && holds.fallback_held && holds.batch.front() == event.plate),
        "a confirmed plate was held");
  site.pool->release(event.released);
  site.pool->reserve(event.plate, VehicleAt{number_, site.vehicle});
  roster_.drop_holds(application);
  step_to(site, Step::done);
  roster_.make_reservation(application) = {
      event.plate, event.automatic, event.deadline, site.now.civil, {}, event.voucher};
  application.reminded = site.office.today() >= event.deadline - std::chrono::days(1);
  roster_.add_voucher(site.vehicle);
  ++(event.automatic ? counts_.auto_confirmations : counts_.confirmations);
  changed(site);
}

void Shard::apply(const Reminded&, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::done && !application.reminded, "a reservation is reminded once");
  application.reminded = true;
  schedule(site.vehicle, site.office, site.now);
}

void Shard::begin_return(uint32_t owner, const Site& site, PlateNumber plate, OfficeTick at) {
  check(at >= site.office.at(site.now.tick), "a plate returns later");
  site.pool->begin_return(plate);
  auto plate_return = std::make_unique<PlateReturn>();
  plate_return->kind = kReturnTimer;
  plate_return->owner = roster_.owner(owner).id();
  plate_return->pool = site.pool->key();
  plate_return->plate = plate;
  plate_return->at = at;
  schedule(*plate_return, site.office, site.now);
  const bool added =
      returns_.try_emplace(key_of(site.pool->key(), plate), std::move(plate_return)).second;
  check(added, "a plate returns once");
}

void Shard::end_reservation(uint32_t vehicle) {
  Application& application = roster_.vehicle(vehicle).application;
  if (std::as_const(roster_).reservation(application).plate != kNoPlate) {
    roster_.remove_voucher(vehicle);
    roster_.reservation(application).plate = kNoPlate;
  }
  check(std::as_const(roster_).reservation(application).plate == kNoPlate,
        "a reservation that has ended has no plate");
}

void Shard::begin_next(uint32_t vehicle) {
  Application& application = roster_.vehicle(vehicle).application;
  end_reservation(vehicle);
  roster_.drop_reservation(application);
  roster_.drop_holds(application);
  const Application last = application;
  application = Application{};
  application.number = last.number + 1;
  application.version = last.version;
  check(application.number > last.number, "numbers of applications never begin again");
}

void Shard::apply(const Lapsed& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::done &&
            std::as_const(roster_).reservation(application_of(site)).plate == event.plate,
        "a reservation lapses");
  const uint32_t owner = roster_.vehicle(site.vehicle).owner;
  begin_return(owner, site, event.plate, event.returns_at);
  end_reservation(site.vehicle);
  application.step = Step::lapsed;
  if (event.blacklisted_until > roster_.owner(owner).blacklisted_until) {
    blacklist(owner, event.blacklisted_until, "逾期");
  }
  ++counts_.lapses;
  changed(site);
}

void Shard::apply(const Issued& event, const Site& site) {
  check(application_of(site).step == Step::done &&
            std::as_const(roster_).reservation(application_of(site)).plate == event.plate,
        "what is issued was reserved");
  site.pool->issue(event.plate);
  application_of(site).step = Step::issued;
  changed(site);
}

void Shard::apply(const Voided& event, const Site& site) {
  check(std::as_const(roster_).reservation(application_of(site)).plate == event.plate,
        "what is voided was reserved");
  const uint32_t owner = roster_.vehicle(site.vehicle).owner;
  begin_return(owner, site, event.plate, event.returns_at);
  begin_next(site.vehicle);
  if (event.blacklisted_until > roster_.owner(owner).blacklisted_until) {
    blacklist(owner, event.blacklisted_until, event.reason);
  }
  changed(site);
}

void Shard::apply(const Extended& event, const Site& site) {
  Application& application = application_of(site);
  check(application.step == Step::done &&
            event.deadline > std::as_const(roster_).reservation(application).deadline,
        "a deadline moves away only");
  roster_.reservation(application).deadline = event.deadline;
  application.reminded = site.office.today() >= event.deadline - std::chrono::days(1);
  changed(site);
}

void Shard::apply(const ApplicationBegan&, const Site& site) {
  check(application_of(site).step == Step::lapsed, "the next application follows a lapsed one");
  begin_next(site.vehicle);
  changed(site);
}

void Shard::apply(const PlateReturned& event, Pool& pool) {
  const auto found = returns_.find(key_of(event.pool, event.plate));
  check(found != returns_.end(), "what has returned was returning");
  check(pool.key() == event.pool, "a plate returns to its own pool");
  wheel_.cancel(*found->second);
  std::erase(rearm_returns_, found->second.get());
  pool.end_return(event.plate);
  returns_.erase(found);
}

// What was counted for the vehicle on that day, or on a later one.
Shard::Codes& Shard::codes_of(uint32_t vehicle, uint32_t application, Day day) {
  codes_day_.raise(day);
  if (codes_sweep_.is_due(codes_.size())) {
    codes_sweep_.run(codes_, [this](const Codes& codes) { return is_over(codes); });
  }
  Codes& codes = codes_[vehicle];
  if (codes.day < day) {
    codes = Codes{.day = day};
  }
  if (codes.application != application) {
    codes.application = application;
    codes.sent = {};
  }
  return codes;
}

void Shard::apply(const CodeSent& event, const Site& site) {
  check(event.application.number == application_of(site).number,
        "a code is sent for the application that there is");
  Codes& codes = codes_of(site.vehicle, event.application.number, event.day);
  check(codes.sent_in_all < kCodesCountedMax, "a day has so many codes at most");
  ++codes.sent[static_cast<std::size_t>(event.purpose)];
  ++codes.sent_in_all;
  if (event.purpose == CodePurpose::verify && site.office.waiting.set_up) {
    standings_.code_leaves(roster_.vehicle(site.vehicle).owner, site.office.code,
                           site.office.open_time_at(site.now.tick) + kCodeLife);
  }
}

void Shard::apply(const CodeMissed& event, const Site& site) {
  check(event.application.number == application_of(site).number,
        "a code is tried for the application that there is");
  Codes& codes = codes_of(site.vehicle, event.application.number, event.day);
  check(codes.misses < kCodesCountedMax, "a day has so many wrong codes at most");
  ++codes.misses;
}

void Shard::apply(const NoticeSettled& event) {
  const std::size_t erased = notices_.erase(event.notice.value);
  check(erased == 1, "a notice that is settled was owed");
}

void Shard::add_notice(NoticeKind kind, uint32_t vehicle, Day deadline, Sequence sequence,
                       const Now& now, PlateNumber plate, CivilTime until) {
  if (surroundings_.rehearsal) {
    return;
  }
  check(plate != kNoPlate, "a notice is about a plate");
  const Vehicle& v = roster_.vehicle(vehicle);
  const bool added =
      notices_
          .try_emplace(sequence.value, Notice{kind,
                                              std::string(roster_.owner(v.owner).id()),
                                              v.id,
                                              {v.pool, plate},
                                              deadline,
                                              until,
                                              now.civil})
          .second;
  check(added, "a record makes one notice");
}

void Shard::keep_place(const Event& event, uint32_t vehicle, Day deadline, Sequence sequence,
                       const Now& now) {
  check(sequence.value > 0, "an event's place is told once it has one");
  if (const auto* confirmed = std::get_if<Confirmed>(&event)) {
    roster_.reservation(roster_.vehicle(vehicle).application).sequence = sequence;
    add_notice(NoticeKind::confirmed, vehicle, deadline, sequence, now, confirmed->plate, {});
  } else if (const auto* reminded = std::get_if<Reminded>(&event)) {
    add_notice(NoticeKind::reminder, vehicle, deadline, sequence, now, reminded->plate, {});
  } else if (const auto* extended = std::get_if<Extended>(&event)) {
    add_notice(NoticeKind::extended, vehicle, deadline, sequence, now, extended->plate, {});
  } else if (const auto* lapsed = std::get_if<Lapsed>(&event)) {
    add_notice(NoticeKind::lapsed, vehicle, deadline, sequence, now, lapsed->plate,
               lapsed->blacklisted_until);
  }
}

}  // namespace plated
