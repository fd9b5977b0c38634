#include "engine/waiting_rules.h"

#include "engine/check.h"

namespace plated {
namespace {

// The time that a place is told to take is this range around what the last minute's rate gives.
// Wide enough for 9 of 10 places: see tests/engine/waiting_forecast_test.cpp.
constexpr double kEtaLow = 0.6;
constexpr double kEtaHigh = 1.6;
constexpr Millis kEtaSlack{10'000};

void forecast(PlaceView& view) {
  if (!view.admitted_per_minute || *view.admitted_per_minute == 0) {
    return;
  }
  const double minutes = (view.ahead + 1.0) / *view.admitted_per_minute;
  const double millis = minutes * 60'000;
  view.eta_low = Millis(static_cast<int64_t>(millis * kEtaLow));
  view.eta_high = Millis(static_cast<int64_t>(millis * kEtaHigh)) + kEtaSlack;
}

}  // namespace

Refusal door_refusal(const ApplicationSite& site, const Standing& standing) {
  const Refusal refusal = refusal_of(site, {.step = Step::notice, .open = true});
  const bool at_door = refusal == Refusal::none || refusal == Refusal::not_open;
  if (!at_door || site.office.settings.working_max == 0 || standing.works()) {
    return refusal;
  }
  const bool lobby = site.office.lobby_of(site.now.civil).has_value();
  return refusal == Refusal::none || lobby ? Refusal::waiting : refusal;
}

bool Door::lets_in() const {
  return office.state() == OfficeState::open && working < office.settings.working_max &&
         room.in_lobby() == 0 &&
         room.admissions().may_pass(now.tick, office.settings.admit_per_second);
}

std::optional<Event> decide_at_door(const Door& door, const Standing& standing,
                                    std::string_view owner) {
  check(!standing.works(), "who works waits for nobody");
  const Office& office = door.office;
  const auto admitted = [&] {
    return Admitted{office.code, owner,
                    office.open_time_at(door.now.tick) + office.settings.admitted_for};
  };
  if (standing.stage == Stage::queue) {
    const bool turn = door.lets_in() && door.room.next() == standing.place;
    return turn ? std::optional<Event>(admitted()) : std::nullopt;
  }
  if (standing.stage == Stage::lobby) {
    return std::nullopt;
  }
  if (door.lets_in() && !door.room.next()) {
    return admitted();
  }
  CivilTime opening{};
  if (const auto lobby = office.lobby_of(door.now.civil);
      lobby && office.waiting.lobby_drawn != lobby) {
    opening = *lobby;
  } else if (door.room.in_lobby() > 0) {
    opening = door.room.opening();  // the office is open, and its lobby about to be ordered
  }
  return Queued{office.code, owner, opening};
}

std::optional<Event> decide_turn(const Door& door, const Turn& turn) {
  const Office& office = door.office;
  if (office.state() != OfficeState::open) {
    return std::nullopt;
  }
  if (turn.blacklisted) {
    return PlaceEnded{office.code, turn.owner, PlaceEnd::blacklisted};
  }
  const OpenTick now = office.open_time_at(door.now.tick);
  const auto kept_until = door.room.kept_until(turn.place);
  if (kept_until && *kept_until <= now && !turn.connected) {
    return PlaceEnded{office.code, turn.owner, PlaceEnd::lapsed};
  }
  if (!door.lets_in() || door.room.next() != turn.place) {
    return std::nullopt;
  }
  if (turn.connected) {
    return Admitted{office.code, turn.owner, now + office.settings.admitted_for};
  }
  if (kept_until || turn.patient) {
    return std::nullopt;
  }
  return PassedOver{office.code, turn.owner, now + kPlaceKeptFor};
}

bool needs_no_place(const Office& office, const Standing& standing) {
  return standing.works() ||
         (office.settings.working_max == 0 && office.state() == OfficeState::open);
}

std::optional<Event> decide_lobby_order(const Office& office, const WaitingRoom& room) {
  if (room.in_lobby() == 0 || office.state() != OfficeState::open) {
    return std::nullopt;
  }
  const WaitingRoom::Secret* const secret = room.secret(office.today());
  if (secret == nullptr) {
    return std::nullopt;
  }
  return LobbyOrdered{office.code, room.opening(), secret->period,
                      lobby_seed(secret->bytes, office.code, room.opening()), room.in_lobby()};
}

LimitedBy limited_by(const Door& door) {
  const Settings& settings = door.office.settings;
  if (door.office.state() != OfficeState::open) {
    return LimitedBy::office;
  }
  if (settings.working_max > 0 && door.working >= settings.working_max) {
    return LimitedBy::working_max;
  }
  const bool paced = settings.admit_per_second > 0 && door.room.queue().waiting() > 0;
  return paced ? LimitedBy::admit_per_second : LimitedBy::nothing;
}

PlaceView view_of(const Door& door, const Standing& standing) {
  check(standing.waits(), "a place is in the lobby or in the queue");
  PlaceView view;
  view.office = door.office.code;
  view.lobby = standing.stage == Stage::lobby;
  if (view.lobby) {
    view.opens_at = door.office.opens_at().value_or(door.room.opening());
    view.in_lobby = door.room.in_lobby();
    return view;
  }
  view.ahead = door.room.queue().ahead_of(standing.place);
  view.admitted_per_minute = door.room.admissions().last_minute(door.now.tick);
  forecast(view);
  return view;
}

}  // namespace plated
