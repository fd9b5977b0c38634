// The waiting room: taking a place, giving it up, whose turn it is, and what ends by itself.

#include <algorithm>
#include <utility>

#include "engine/engine.h"
#include "engine/engine_parts.h"
#include "engine/pool_rules.h"
#include "engine/waiting_rules.h"

namespace plated {
namespace {

Door door_of(const Office& office, const RoomOfOffice& at, const WaitingRoom& room,
             const Now& now) {
  return {office, room, at.working.load(std::memory_order_relaxed), now};
}

void note_admission(const RoomOfOffice& at, WaitingRoom& room, const Office& office,
                    const Now& now) {
  check(office.state() == OfficeState::open, "nobody is admitted while the office is not open");
  const uint32_t working = at.working.load(std::memory_order_relaxed);
  check(working <= office.settings.working_max, "no more are admitted than may work");
  room.admissions().passed(now.tick, office.settings.admit_per_second,
                           working == office.settings.working_max);
}

// A place that is looked at, and who has it.
struct Candidate {
  PlaceNumber place = 0;
  Waiter waiter;
};

// The place whose turn it is, or that has lapsed.
std::optional<Candidate> candidate_of(Engine::Parts& parts, const Office& office) {
  RoomOfOffice& at = parts.state.room(office.code);
  const Hold<Shard> first_shard(parts.state.first_shard());
  const Hold<WaitingRoom> room(at.room);
  if (office.state() != OfficeState::open || room->queue().size() == 0) {
    return std::nullopt;
  }
  const Now now = parts.ticks.now();
  std::optional<PlaceNumber> place = room->lapsed(office.open_time_at(now.tick));
  if (!place && door_of(office, at, *room, now).lets_in()) {
    place = room->next();
  }
  check(!place || room->queue().at(*place).shard < parts.state.shards().size(),
        "a place is somebody's");
  return place ? std::optional(Candidate{*place, room->queue().at(*place)}) : std::nullopt;
}

// Does what is to be done about the candidate's place. True: look for another one.
bool serve(Engine::Parts& parts, const Office& office, const Candidate& candidate, bool patient,
           Changes& changes) {
  const LogRoom log(parts.sink, EventSink::For::timer);
  if (!log.here()) {
    return false;
  }
  check(candidate.waiter.shard < parts.state.shards().size(), "who waits stands on a shard");
  RoomOfOffice& at = parts.state.room(office.code);
  const Hold<Shard> shard(*parts.state.shards()[candidate.waiter.shard]);
  const Hold<WaitingRoom> room(at.room);
  const Now now = parts.ticks.now();
  const Owner& owner = shard->roster().owner(candidate.waiter.owner);
  const Standing standing = shard->standings().find(candidate.waiter.owner, office.code);
  if (standing.stage != Stage::queue || standing.place != candidate.place) {
    return true;  // it went in between
  }
  const bool connected = Standings::connected(standing, now.tick);
  const Door door = door_of(office, at, *room, now);
  const auto event = decide_turn(door, {.owner = owner.id(),
                                        .place = candidate.place,
                                        .connected = connected,
                                        .blacklisted = owner.blacklisted(now.civil),
                                        .patient = patient});
  if (!event) {
    const bool away = standing.back && !connected;
    if (away) {
      room->is_away(candidate.place);
      shard->standings().is_back(candidate.waiter.owner, office.code, false);
    }
    return away;
  }
  const Sequence rests_on = parts.record(now, *event);
  check(shard->standings().find(candidate.waiter.owner, office.code).stage != Stage::queue ||
            std::holds_alternative<PassedOver>(*event),
        "a place that was served is over, unless it was passed over");
  if (const auto* admitted = std::get_if<Admitted>(&*event)) {
    note_admission(at, *room, office, now);
    changes.admitted.push_back({std::string(owner.id()), office.code,
                                admitted->until - office.open_time_at(now.tick), rests_on});
  }
  return true;
}

// The place of an owner in the office's waiting room now, or what is left of their time to act.
StandingView view_standing(Engine::Parts& parts, const Hold<Shard>& shard, uint32_t owner,
                           const Office& office, const Now& now) {
  StandingView view;
  const Standing standing = shard->standings().find(owner, office.code);
  if (standing.waits()) {
    check(office.waiting.set_up, "who waits does so in a room that was set up");
    RoomOfOffice& at = parts.state.room(office.code);
    const Hold<WaitingRoom> room(at.room);
    view.place = view_of(door_of(office, at, *room, now), standing);
    view.rests_on = parts.sink.last();
    return view;
  }
  if (standing.stage == Stage::admitted) {
    view.act_within =
        shard->standings().acts_until(owner, office.code) - office.open_time_at(now.tick);
  }
  view.rests_on = parts.sink.last();
  check(!view.place, "who waits was told above");
  return view;
}

}  // namespace

void show_place(Engine::Parts& parts, const Hold<Shard>& shard, const ApplicationSite& site,
                ApplicationView& view, Sequence& rests_on) {
  if (site.office.settings.working_max == 0 ||
      (view.step != Step::submit && view.step != Step::notice)) {
    return;
  }
  check(site.office.waiting.set_up, "a waiting room of so many was set up");
  const StandingView standing =
      view_standing(parts, shard, site.vehicle.owner, site.office, site.now);
  view.place = standing.place;
  view.admitted_within = standing.act_within;
  if (view.place) {
    // Others may have moved since the application was looked at.
    rests_on = std::max(rests_on, standing.rests_on);
  }
}

void note_sign_of_life(Engine::Parts& parts, const Hold<Shard>& shard, uint32_t owner, Tick now) {
  if (!shard->standings().anybody_waits()) [[likely]] {
    return;
  }
  const Roster& roster = shard->roster();
  std::optional<OfficeCode> last;  // as a rule they are all of one office
  for (const uint32_t vehicle : roster.vehicles_of(roster.owner(owner))) {
    const OfficeCode office = roster.vehicle(vehicle).pool.office;
    if (std::exchange(last, office) == office) {
      continue;
    }
    const Standing standing = shard->standings().saw(owner, office, now);
    if (standing.passed_over && !standing.back) {
      const Hold<WaitingRoom> room(parts.state.room(office).room);
      check(room->kept_until(standing.place).has_value(), "who is back was passed over");
      room->is_back(standing.place);
      shard->standings().is_back(owner, office, true);
    }
  }
}

AtDoor knock(Engine::Parts& parts, const Who& who) {
  const LogRoom log(parts.sink, EventSink::For::command);
  if (!log.here()) {
    return {Refusal::overloaded, {}, parts.sink.last()};
  }
  const Hold<Shard> shard(parts.state.shard_of(who.owner));
  const Roster& roster = shard->roster();
  const uint32_t vehicle = roster.find_vehicle(who.vehicle, who.hint);
  if (vehicle == kNoIndex || roster.owner(roster.vehicle(vehicle).owner).id() != who.owner) {
    return {Refusal::not_your_vehicle, {}, parts.sink.last()};
  }
  const Now now = parts.ticks.now();
  const Office& office = parts.state.office_of(roster.vehicle(vehicle));
  const uint32_t owner = roster.vehicle(vehicle).owner;
  Standing standing = shard->standings().find(owner, office.code);
  const Refusal refusal = door_refusal(shard->site(vehicle, office, now), standing);
  if (refusal != Refusal::waiting) {
    return {refusal, {}, parts.sink.last()};
  }
  RoomOfOffice& at = parts.state.room(office.code);
  const Hold<WaitingRoom> room(at.room);
  check(!standing.works(), "who works is not told to wait");
  AtDoor out{Refusal::waiting, {}, parts.sink.last()};
  if (const auto event = decide_at_door(door_of(office, at, *room, now), standing, who.owner)) {
    out.rests_on = parts.record(now, *event);
    if (std::holds_alternative<Admitted>(*event)) {
      note_admission(at, *room, office, now);
      out.refusal = Refusal::none;
      return out;
    }
    standing = shard->standings().saw(owner, office.code, now.tick);
  }
  check(standing.waits(), "who is told to wait has a place");
  out.place = view_of(door_of(office, at, *room, now), standing);
  return out;
}

bool lobby_is_due(Engine::Parts& parts, const Office& office) {
  if (!office.waiting.set_up) {
    return false;
  }
  const Hold<Shard> first_shard(parts.state.first_shard());
  const Hold<WaitingRoom> room(parts.state.room(office.code).room);
  return decide_lobby_order(office, *room).has_value();
}

void order_lobby(Engine::Parts& parts, const Office& office, const Now& now) {
  const Hold<WaitingRoom> room(parts.state.room(office.code).room);
  if (const auto event = decide_lobby_order(office, *room)) {
    parts.record(now, *event);
    check(room->in_lobby() == 0, "a lobby is ordered whole");
  }
}

bool advance_queue(Engine::Parts& parts, const Office& office, Changes& changes) {
  const Now now = parts.ticks.now();
  check(!parts.first_advance || *parts.first_advance <= now.tick, "ticks never go back");
  parts.first_advance = parts.first_advance.value_or(now.tick);
  const bool patient = now.tick - *parts.first_advance < kPatientFor;
  if (!office.waiting.set_up) {
    return false;
  }
  for (std::size_t served = 0; served < kTimersPerHold; ++served) {
    const auto candidate = candidate_of(parts, office);
    check(!candidate || candidate->waiter.owner != kNoIndex, "a place is somebody's");
    if (!candidate || !serve(parts, office, *candidate, patient, changes)) {
      return false;
    }
  }
  return true;
}

bool end_places(Engine::Parts& parts, const Hold<Shard>& shard, const Now& now) {
  if (const auto ending = shard->next_ending()) {
    const Hold<WaitingRoom> room(parts.state.room(ending->office).room);
    parts.record(now, *ending);
    check(shard->next_ending() != ending, "a place ends once");
    return true;
  }
  if (!shard->standings().anybody_acts()) [[likely]] {
    return false;
  }
  for (const auto& [code, office] : parts.state.offices()) {
    if (!office->waiting.set_up || office->state() != OfficeState::open) {
      continue;
    }
    const OpenTick open_now = office->open_time_at(now.tick);
    if (const auto owner = shard->standings().overdue(code, open_now)) {
      parts.record(now, PlaceEnded{code, shard->roster().owner(*owner).id(), PlaceEnd::not_acted});
      check(shard->standings().overdue(code, open_now) != owner, "the time to act ends once");
      return true;
    }
  }
  return false;
}

Verdict Engine::give_up(std::string_view owner, OfficeCode office) {
  const LogRoom log(parts_->sink, EventSink::For::command);
  if (!log.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  const uint32_t index = shard->roster().find_owner(owner);
  if (index == kNoIndex) {
    return parts_->unchanged();
  }
  note_sign_of_life(*parts_, shard, index, parts_->ticks.now().tick);
  if (!shard->standings().find(index, office).waits()) {
    return parts_->unchanged();
  }
  check(parts_->state.office(office) != nullptr, "who waits does so in an office");
  const Hold<WaitingRoom> room(parts_->state.room(office).room);
  const Verdict verdict =
      parts_->conclude(parts_->ticks.now(), PlaceEnded{office, owner, PlaceEnd::given_up});
  check(!shard->standings().find(index, office).waits(), "a place that was given up is gone");
  return verdict;
}

StandingView Engine::standing(std::string_view owner, OfficeCode code) {
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  const uint32_t index = shard->roster().find_owner(owner);
  const Office* const office = parts_->state.office(code);
  if (index == kNoIndex || office == nullptr) {
    return {parts_->sink.last(), {}, {}};
  }
  StandingView view = view_standing(*parts_, shard, index, *office, parts_->ticks.now());
  if (!view.place && !view.act_within &&
      needs_no_place(*office, shard->standings().find(index, code))) {
    view.act_within = office->settings.admitted_for;
  }
  check(!view.place || !view.act_within, "who waits may not pass");
  return view;
}

void Engine::heard_of(std::string_view owner) {
  const Hold<Shard> shard(parts_->state.shard_of(owner));
  const uint32_t index = shard->roster().find_owner(owner);
  if (index != kNoIndex) {
    note_sign_of_life(*parts_, shard, index, parts_->ticks.now().tick);
  }
}

std::optional<WaitingReport> Engine::waiting(OfficeCode code) {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  const Office* const office = parts_->state.office(code);
  if (office == nullptr) {
    return std::nullopt;
  }
  RoomOfOffice& at = parts_->state.room(code);
  const Hold<WaitingRoom> room(at.room);
  const Now now = parts_->ticks.now();
  const Door door = door_of(*office, at, *room, now);
  check(room->queue().waiting() <= room->queue().size(), "who waits stands in the queue");
  return WaitingReport{room->in_lobby(),
                       room->queue().size(),
                       door.working,
                       office->settings.working_max,
                       room->admissions().last_minute(now.tick),
                       limited_by(door),
                       room->periods()};
}

Verdict Engine::commit_lobby(OfficeCode code, Day period, const DrawSecret& secret) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom log(parts_->sink, EventSink::For::command);
  if (!log.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> first_shard(parts_->state.first_shard());
  if (parts_->state.office(code) == nullptr) {
    return Verdict::refuse(Verdict::Kind::not_found, "no such office", "office");
  }
  const Hold<WaitingRoom> room(parts_->state.room(code).room);
  if (Verdict refusal = verdict_on_secret(room->periods(), period); !refusal.ok()) {
    return refusal;
  }
  const Verdict verdict =
      parts_->conclude(parts_->ticks.now(), LobbyCommitted{code, period, commitment_of(secret)});
  const bool kept = room->provide(period, secret);
  check(kept, "what was committed to is kept");
  return verdict;
}

std::vector<std::pair<OfficeCode, Period>> Engine::lobby_secrets_wanted() {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  std::vector<std::pair<OfficeCode, Period>> wanted;
  for (const auto& [code, office] : parts_->state.offices()) {
    check(office->code == code, "an office stands under its code");
    const Hold<WaitingRoom> room(parts_->state.room(code).room);
    for (const Period& period : room->secrets_wanted(office->today())) {
      wanted.emplace_back(code, period);
    }
  }
  return wanted;
}

bool Engine::provide_lobby_secret(OfficeCode code, Day period, const DrawSecret& secret) {
  const Hold<Shard> first_shard(parts_->state.first_shard());
  if (parts_->state.office(code) == nullptr) {
    return false;
  }
  const Hold<WaitingRoom> room(parts_->state.room(code).room);
  const bool provided = room->provide(period, secret);
  check(!provided || !room->periods().empty(), "only what was committed to is kept");
  return provided;
}

}  // namespace plated
