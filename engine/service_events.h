// The facts about the service, its offices and its pools: see events.h for what all events have in
// common.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/recorded_keys.h"
#include "engine/settings.h"
#include "engine/types.h"

namespace plated {

// Who did it: the Unix user of the admin socket's peer. kNobody: plated itself.
struct Actor {
  uint32_t uid = 0xffffffff;
  static void fields(auto& s, auto&& f) { f("uid", s.uid); }
};
inline constexpr Actor kNobody{};

// The service.

// The first record of every log: what kind of data directory this is, for ever.
struct Founded {
  bool rehearsal = false;
  static void fields(auto& s, auto&& f) { f("rehearsal", s.rehearsal); }
};

// Nothing but the times of its record: so that a crash gives back at most a second of countdowns.
struct TimeRecorded {
  static void fields(auto&, auto&&) {}
};

// Civil time jumped: office days, and with them lapses, wait until an operator accepts it.
struct ClockSuspended {
  CivilTime expected{};
  static void fields(auto& s, auto&& f) { f("expected", s.expected); }
};
struct ClockAccepted {
  Actor actor;
  static void fields(auto& s, auto&& f) { f("actor", s.actor); }
};

struct TermsPublished {
  std::string_view version;
  std::string_view zh;
  std::string_view en;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("version", s.version), f("zh", s.zh), f("en", s.en), f("actor", s.actor);
  }
};

// Offices.

struct OfficeNamed {
  OfficeCode office;
  std::string_view name;
  std::string_view time_zone;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("name", s.name), f("time_zone", s.time_zone), f("actor", s.actor);
  }
};

// All settings of an office, as they are from now on.
struct SettingsChanged {
  OfficeCode office;
  SettingValues values;
  std::string_view terms;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("settings", s.values), f("terms", s.terms), f("actor", s.actor);
  }
};

struct ScheduleChanged {
  OfficeCode office;
  std::span<const ScheduleRow> schedule;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("schedule", s.schedule), f("actor", s.actor);
  }
};

struct HolidaysChanged {
  OfficeCode office;
  std::span<const Day> holidays;
  std::span<const Day> workdays;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("holidays", s.holidays), f("workdays", s.workdays);
    f("actor", s.actor);
  }
};

// The office opened or closed, by an operator or (kNobody, no reason) by its schedule.
struct OfficeOpened {
  OfficeCode office;
  bool open = false;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("open", s.open), f("reason", s.reason), f("actor", s.actor);
  }
};

// What lies over open and closed. Leaving `none` stops the office's service time.
enum class Overlay : uint8_t { none, paused, maintenance };
struct OverlayChanged {
  OfficeCode office;
  Overlay overlay = Overlay::none;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("overlay", s.overlay), f("reason", s.reason), f("actor", s.actor);
  }
};

// A day of the office's calendar began: the day before ended now, for deadlines and for secrets.
struct DayBegan {
  OfficeCode office;
  Day day{};
  static void fields(auto& s, auto&& f) { f("office", s.office), f("day", s.day); }
};

// Where people find the office, all of it as it is from now on: see OfficeContact.
struct OfficeDescribed {
  OfficeCode office;
  std::string_view address;
  std::string_view telephone;
  std::string_view hours;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("address", s.address), f("telephone", s.telephone);
    f("hours", s.hours), f("actor", s.actor);
  }
};

// What all applications of the office show has changed: each of their versions is one more.
struct OfficeVersionsRaised {
  OfficeCode office;
  static void fields(auto& s, auto&& f) { f("office", s.office); }
};

// Pools.

struct PoolMade {
  PoolKey pool;
  static void fields(auto& s, auto&& f) { f("pool", s.pool); }
};

// Some plates of a list that is being loaded; they count from SegmentLoaded on.
struct SegmentListed {
  PoolKey pool;
  uint32_t segment = 0;
  std::span<const PlateNumber> plates;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("segment", s.segment), f("plates", s.plates);
  }
};

// A segment is in the pool, withheld as unreleased. A range names its ends; a list has none
// (kNoPlate twice), its plates are those of the SegmentListed events of the same number.
struct SegmentLoaded {
  PoolKey pool;
  uint32_t segment = 0;
  PlateNumber from = kNoPlate;
  PlateNumber to = kNoPlate;
  bool all_zero = false;
  uint32_t plates = 0;
  CivilTime release_at{};
  std::string_view note;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("segment", s.segment), f("from", s.from), f("to", s.to);
    f("all_zero", s.all_zero), f("plates", s.plates), f("release_at", s.release_at);
    f("note", s.note), f("actor", s.actor);
  }
};

// All plates of the segment that no operator withholds became free, in ascending order.
struct SegmentReleased {
  PoolKey pool;
  uint32_t segment = 0;
  static void fields(auto& s, auto&& f) { f("pool", s.pool), f("segment", s.segment); }
};

// Free plates left their places, in this order; plates of an unreleased segment have no place.
inline constexpr uint32_t kNoPlace = 0xffffffff;
struct PlatesWithheld {
  PoolKey pool;
  std::span<const Pick> plates;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("picks", s.plates), f("reason", s.reason), f("actor", s.actor);
  }
};

struct PlatesRestored {
  PoolKey pool;
  std::span<const PlateNumber> plates;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("plates", s.plates), f("reason", s.reason), f("actor", s.actor);
  }
};

// The SHA-256 of the secret that will serve `pool` in `period` is public from now on.
struct SecretCommitted {
  PoolKey pool;
  Day period{};
  Commitment commitment{};
  static void fields(auto& s, auto&& f) {
    f("pool", s.pool), f("period", s.period), f("commitment", s.commitment);
  }
};

// Draws use the secret of `period` from now on; those of earlier periods may be revealed.
struct PeriodBegan {
  PoolKey pool;
  Day period{};
  static void fields(auto& s, auto&& f) { f("pool", s.pool), f("period", s.period); }
};

// The key store.

// Keys or secrets were added to the key store, which stands at `mark` since; the first such record
// says where it stood when this log met it. It comes before any record that uses one of them.
struct KeysMade {
  KeyStoreMark mark;
  static void fields(auto& s, auto&& f) { f("mark", s.mark); }
};

// A key was destroyed, whatever it had sealed.
struct KeyDestroyed {
  uint64_t key = 0;
  KeyStoreMark mark;
  static void fields(auto& s, auto&& f) { f("key", s.key), f("mark", s.mark); }
};

// An operator's action that leaves no other fact: a snapshot, a drain, a retried notice, a recount.
struct OperatorActed {
  std::string_view what;
  Actor actor;
  static void fields(auto& s, auto&& f) { f("what", s.what), f("actor", s.actor); }
};

// Tickets.

using TicketMark = std::array<uint8_t, 16>;

// A ticket that is good for one entrance was used. `session` is the hash of what the browser that
// entered shows beside it from now on; zeros: it was a connection's, and nothing enters with it.
struct TicketSpent {
  TicketMark mark{};  // see ticket_mark
  TicketMark session{};
  CivilTime until{};  // by then it has run out
  static void fields(auto& s, auto&& f) {
    f("mark", s.mark), f("session", s.session), f("until", s.until);
  }
};

// Tickets are worth nothing from now on: the one of a jti or, where that is empty, all of an owner
// that do not say that they were issued after `before`. By `until` all of them have run out.
struct TicketsRevoked {
  std::string_view owner;
  std::string_view jti;
  CivilTime before{};
  CivilTime until{};
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("jti", s.jti), f("before", s.before), f("until", s.until);
    f("reason", s.reason), f("actor", s.actor);
  }
};

}  // namespace plated
