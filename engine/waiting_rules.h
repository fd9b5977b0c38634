// The rules of the waiting room: who may pass, who waits, whose turn it is, and what those who wait
// are told. Pure functions, like selection_rules.h. Engine is the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/application.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/standings.h"
#include "engine/types.h"
#include "engine/waiting_room.h"

namespace plated {

// What only somebody who works may do (a code to verify, and verifying): `waiting` for whoever is
// to take a place first; the refusals of any request in `notice`, and not_open, for the others.
[[nodiscard]] Refusal door_refusal(const ApplicationSite& site, const Standing& standing);

// A waiting room with what its rules look at. `working`: how many owners do.
struct Door {
  const Office& office;
  const WaitingRoom& room;
  uint32_t working = 0;
  Now now;

  // Whether one more may be admitted now.
  [[nodiscard]] bool lets_in() const;
};

// What is recorded of an owner whom door_refusal tells to wait: they are admitted, or have a place
// from now on. Nothing: they have one already.
[[nodiscard]] std::optional<Event> decide_at_door(const Door& door, const Standing& standing,
                                                  std::string_view owner);

// What is known of whoever has the place that is looked at.
struct Turn {
  std::string_view owner;
  PlaceNumber place = 0;
  bool connected = false;
  bool blacklisted = false;
  bool patient = false;  // nobody is passed over, because the service has just started
};
// What becomes of a place in the queue: it has lapsed, or it is its owner's turn. Nothing: neither,
// or the queue waits for them.
[[nodiscard]] std::optional<Event> decide_turn(const Door& door, const Turn& turn);

// Whether an owner who has no place could do at once what others wait for.
[[nodiscard]] bool needs_no_place(const Office& office, const Standing& standing);

// The lobby's order, once the office is open and somebody is in it. Nothing too while its secret is
// not there.
[[nodiscard]] std::optional<Event> decide_lobby_order(const Office& office,
                                                      const WaitingRoom& room);

// What limits how fast people are admitted now.
[[nodiscard]] LimitedBy limited_by(const Door& door);

// A place as its owner is told of it. Requires a place in the lobby or the queue.
[[nodiscard]] PlaceView view_of(const Door& door, const Standing& standing);

// A place that was passed over is kept for so long, in open time.
inline constexpr Millis kPlaceKeptFor{30 * 60'000};
// After a start nobody is passed over for so long.
inline constexpr Millis kPatientFor{60'000};

}  // namespace plated
