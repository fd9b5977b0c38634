// The facts of the waiting room: who waits, in which order, who was admitted and whose place ended.
// See events.h for what all events have in common. The order of a lobby is specified in DRAW.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/service_events.h"
#include "engine/settings.h"
#include "engine/types.h"

namespace plated {

// The settings of an office's waiting room, as they are from now on. With `working_max` 0 nobody
// waits any more: every place ends.
struct WaitingRoomSet {
  OfficeCode office;
  WaitingValues values;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("settings", s.values), f("actor", s.actor);
  }
};

// The SHA-256 of the secret that will order the lobbies of `office` in `period` is public from now
// on.
struct LobbyCommitted {
  OfficeCode office;
  Day period{};
  Commitment commitment{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("period", s.period), f("commitment", s.commitment);
  }
};

// What a lobby is ordered by: see lobby_order.h.
using LobbySeed = std::array<uint8_t, 32>;

// The owner has a place: in the lobby of the opening at `opening`, or (the epoch) the last of the
// queue.
struct Queued {
  OfficeCode office;
  std::string_view owner;
  CivilTime opening{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("owner", s.owner), f("opening", s.opening);
  }
};

// All who are in the lobby stand in the queue now, behind whoever stood there, in the order that
// `seed` makes of the order in which they came. `seed` follows from the secret of `period`.
struct LobbyOrdered {
  OfficeCode office;
  CivilTime opening{};
  Day period{};
  LobbySeed seed{};
  uint32_t places = 0;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("opening", s.opening), f("period", s.period), f("seed", s.seed);
    f("places", s.places);
  }
};

// The owner works from now on, and has until `until` to act; their place, if they had one, is over.
struct Admitted {
  OfficeCode office;
  std::string_view owner;
  OpenTick until{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("owner", s.owner), f("until", s.until);
  }
};

// It was the owner's turn and they were not connected: the place is kept until `until`.
struct PassedOver {
  OfficeCode office;
  std::string_view owner;
  OpenTick until{};
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("owner", s.owner), f("until", s.until);
  }
};

// Why a place, in the waiting room or in work, is over.
enum class PlaceEnd : uint8_t {
  given_up,
  lapsed,     // passed over, and not connected in time
  not_acted,  // admitted, and the time to act is over
  blacklisted,
  erased,
};

struct PlaceEnded {
  OfficeCode office;
  std::string_view owner;
  PlaceEnd why = PlaceEnd::given_up;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("owner", s.owner), f("why", s.why);
  }
  friend bool operator==(const PlaceEnded&, const PlaceEnded&) = default;
};

}  // namespace plated
