// The facts: what a command or a timer has made true. The log holds nothing else, and applying them
// in order is the only way in which state changes, live and in recovery.
//
// Every event lists its members once, in `fields`; encoding, decoding, printing and hashing are
// made from that list. An event may be appended to, never reordered: its order is the order on
// disk. Text and lists are views: they point into the roster's, a transaction's or a log buffer's
// memory, which outlives the event.
//
// `EventSink` is the only way out of the engine.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "engine/calendar.h"
#include "engine/free_set.h"
#include "engine/types.h"

namespace plated {

enum class OwnerKind : uint8_t { person, organisation };
enum class NoticeKind : uint8_t { confirmed, reminder, lapsed };

// Which application: the vehicle's `number`-th, under its owner (who decides the shard).
struct ApplicationRef {
  std::string_view owner;
  std::string_view vehicle;
  uint32_t number = 0;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("application", s.number);
  }
};

// Who did it: the Unix user of the admin socket's peer. kNobody: plated itself.
struct Actor {
  uint32_t uid = 0xffffffff;
  static void fields(auto& s, auto&& f) { f("uid", s.uid); }
};
inline constexpr Actor kNobody{};

// --- The service -------------------------------------------------------------------------------

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

// --- Offices -----------------------------------------------------------------------------------

struct OfficeNamed {
  OfficeCode office;
  std::string_view name;
  std::string_view time_zone;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("name", s.name), f("time_zone", s.time_zone), f("actor", s.actor);
  }
};

// All settings of an office, as they are from now on. Holds and windows in milliseconds.
struct SettingsChanged {
  OfficeCode office;
  uint32_t draws = 5;
  uint32_t batch_size = 10;
  Millis batch_hold{90'000};
  Millis shortlist_hold{180'000};
  Millis verified_for{30 * 60'000};
  uint32_t validity_days = 3;
  uint32_t blacklist_years = 2;
  Millis return_window{24 * 3'600'000};
  Millis lapse_grace{24 * 3'600'000};
  uint32_t codes_per_phone = 20;
  uint32_t codes_per_organisation_phone = 500;
  std::string_view terms;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("office", s.office), f("draws", s.draws), f("batch_size", s.batch_size);
    f("batch_hold_ms", s.batch_hold), f("shortlist_hold_ms", s.shortlist_hold);
    f("verified_for_ms", s.verified_for), f("validity_days", s.validity_days);
    f("blacklist_years", s.blacklist_years), f("return_window_ms", s.return_window);
    f("lapse_grace_ms", s.lapse_grace), f("codes_per_phone", s.codes_per_phone);
    f("codes_per_organisation_phone", s.codes_per_organisation_phone), f("terms", s.terms);
    f("actor", s.actor);
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

// --- Pools -------------------------------------------------------------------------------------

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

// --- Owners and vehicles -----------------------------------------------------------------------

// `sealed` holds name, phone and identity number under the owner's key (`key`), opaque here.
struct OwnerImported {
  std::string_view owner;
  OwnerKind kind = OwnerKind::person;
  uint64_t key = 0;
  std::string_view sealed;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("kind", s.kind), f("key", s.key), f("sealed", s.sealed);
    f("actor", s.actor);
  }
};

struct OwnerErased {
  std::string_view owner;
  Actor actor;
  static void fields(auto& s, auto&& f) { f("owner", s.owner), f("actor", s.actor); }
};

// A new vehicle, or new facts about one of the same owner. Changes nothing of its application.
struct VehicleImported {
  std::string_view owner;
  std::string_view vehicle;
  PoolKey pool;
  std::string_view plate;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("pool", s.pool), f("plate", s.plate);
    f("actor", s.actor);
  }
};

// The vehicle has a new owner, and its next application begins, numbered `application`.
struct VehicleMoved {
  std::string_view owner;
  std::string_view vehicle;
  std::string_view from;
  PoolKey pool;
  std::string_view plate;
  uint32_t application = 0;
  uint32_t version = 0;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("from", s.from), f("pool", s.pool);
    f("plate", s.plate), f("application", s.application), f("version", s.version);
    f("actor", s.actor);
  }
};

// Owner r-N of a rehearsal, with his one vehicle.
struct RehearsalOwnerMade {
  std::string_view owner;
  std::string_view vehicle;
  PoolKey pool;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("pool", s.pool);
  }
};

struct CountdownsLengthened {
  std::string_view owner;
  uint32_t times = 1;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("times", s.times), f("reason", s.reason), f("actor", s.actor);
  }
};

// The owner may not select until `until`; his unfinished applications forfeit their holds.
struct Blacklisted {
  std::string_view owner;
  CivilTime until{};
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("until", s.until), f("reason", s.reason), f("actor", s.actor);
  }
};

struct BlacklistLifted {
  std::string_view owner;
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("reason", s.reason), f("actor", s.actor);
  }
};

// --- The application ---------------------------------------------------------------------------

struct Submitted {
  ApplicationRef application;
  uint32_t draws = 0;
  std::string_view terms;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("draws", s.draws), f("terms", s.terms);
  }
};

struct Verified {
  ApplicationRef application;
  OfficeTick until{};
  static void fields(auto& s, auto&& f) { f("application", s.application), f("until", s.until); }
};

// The batch is `taken`, then `kept`: plates of the last batch that filled up a pool too empty.
// `released` are the last batch's others. `places` are relative: see DRAW.md.
struct Drawn {
  ApplicationRef application;
  PoolKey pool;
  Day period{};
  uint32_t draw = 0;
  bool without4 = false;
  std::span<const Pick> taken;
  std::span<const PlateNumber> kept;
  std::span<const PlateNumber> released;
  OfficeTick batch_deadline{};
  OfficeTick shortlist_deadline{};  // kNever when the shortlist is not live
  OfficeTick verified_until{};
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("period", s.period), f("draw", s.draw);
    f("without4", s.without4), f("taken", s.taken), f("kept", s.kept);
    f("released", s.released), f("batch_deadline", s.batch_deadline);
    f("shortlist_deadline", s.shortlist_deadline), f("verified_until", s.verified_until);
  }
};

// `plate` of the live batch is on the shortlist; `instead_of` went back into the batch for it.
struct Shortlisted {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  PlateNumber instead_of = kNoPlate;
  OfficeTick shortlist_deadline{};
  OfficeTick verified_until{};
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("instead_of", s.instead_of), f("shortlist_deadline", s.shortlist_deadline);
    f("verified_until", s.verified_until);
  }
};

struct BatchExpired {
  ApplicationRef application;
  PoolKey pool;
  std::span<const PlateNumber> released;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("released", s.released);
  }
};

struct ShortlistExpired {
  ApplicationRef application;
  PoolKey pool;
  std::span<const PlateNumber> released;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("released", s.released);
  }
};

// The owner is blacklisted: every hold of this application became free, and its draws left stay.
struct HoldsForfeited {
  ApplicationRef application;
  PoolKey pool;
  std::span<const PlateNumber> released;
  uint32_t draws_left = 0;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("released", s.released);
    f("draws_left", s.draws_left);
  }
};

struct VerificationEnded {
  ApplicationRef application;
  static void fields(auto& s, auto&& f) { f("application", s.application); }
};

// `plate` is reserved until the end of `deadline`; every other hold became free.
struct Confirmed {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  bool automatic = false;
  Day deadline{};
  VoucherCode voucher{};
  std::span<const PlateNumber> released;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("auto", s.automatic), f("deadline", s.deadline), f("voucher", s.voucher);
    f("released", s.released);
  }
};

// The reminder of the day before the deadline is due.
struct Reminded {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  Day deadline{};
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("deadline", s.deadline);
  }
};

// Nobody came for the plate: it returns at `returns_at`, its owner is blacklisted until
// `blacklisted_until` (the epoch: he is not).
struct Lapsed {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  OfficeTick returns_at{};
  CivilTime blacklisted_until{};
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("returns_at", s.returns_at), f("blacklisted_until", s.blacklisted_until);
  }
};

struct PlateReturned {
  std::string_view owner;  // the last one who had it: says only which shard keeps the timer
  PoolKey pool;
  PlateNumber plate;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("pool", s.pool), f("plate", s.plate);
  }
};

struct Issued {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  Day date{};
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate), f("date", s.date);
    f("actor", s.actor);
  }
};

// The reservation is void and the vehicle's next application begins. `blacklisted_until`: as
// Lapsed.
struct Voided {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  OfficeTick returns_at{};
  CivilTime blacklisted_until{};
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("returns_at", s.returns_at), f("blacklisted_until", s.blacklisted_until);
    f("reason", s.reason), f("actor", s.actor);
  }
};

struct Extended {
  ApplicationRef application;
  PoolKey pool;
  PlateNumber plate;
  Day deadline{};
  std::string_view reason;
  Actor actor;
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("pool", s.pool), f("plate", s.plate);
    f("deadline", s.deadline), f("reason", s.reason), f("actor", s.actor);
  }
};

// The lapsed application's owner may select again: the vehicle's next application begins.
struct ApplicationBegan {
  ApplicationRef application;  // the lapsed one
  static void fields(auto& s, auto&& f) { f("application", s.application); }
};

// The notice of the record `notice` went out, or (not sent) can never go out and is dropped.
struct NoticeSettled {
  std::string_view owner;
  Sequence notice;
  bool sent = true;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("notice", s.notice), f("sent", s.sent);
  }
};

// An operator's action that leaves no other fact: a snapshot, a drain, a retried notice, a recount.
struct OperatorActed {
  std::string_view what;
  Actor actor;
  static void fields(auto& s, auto&& f) { f("what", s.what), f("actor", s.actor); }
};

// The order of the alternatives is the type number on disk, from 1: only ever add at the end.
using Event =
    std::variant<std::monostate, Founded, TimeRecorded, ClockSuspended, ClockAccepted,
                 TermsPublished, OfficeNamed, SettingsChanged, ScheduleChanged, HolidaysChanged,
                 OfficeOpened, OverlayChanged, DayBegan, PoolMade, SegmentListed, SegmentLoaded,
                 SegmentReleased, PlatesWithheld, PlatesRestored, SecretCommitted, PeriodBegan,
                 OwnerImported, OwnerErased, VehicleImported, VehicleMoved, RehearsalOwnerMade,
                 CountdownsLengthened, Blacklisted, BlacklistLifted, Submitted, Verified, Drawn,
                 Shortlisted, BatchExpired, ShortlistExpired, HoldsForfeited, VerificationEnded,
                 Confirmed, Reminded, Lapsed, PlateReturned, Issued, Voided, Extended,
                 ApplicationBegan, NoticeSettled, OperatorActed>;

// One event where it stands in the log.
struct Record {
  Sequence sequence;
  Now now;
  Event event;
};

// Where facts become durable. Called with every lock held that the events' state needs, so the
// order of appends is the order of state.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // Whose room: a command is refused when there is none; timers have a reserve of their own.
  enum class For : uint8_t { command, timer };

  // Sets room aside for one append of at most kEventsPerAppend events, before any lock is taken.
  // False: the log is behind or the disk full; refuse as overloaded. Every true is followed by one
  // release.
  [[nodiscard]] virtual bool reserve(For whose) = 0;
  virtual void release(For whose) = 0;

  // Appends in order, all in one batch, and returns the last event's sequence. Never fails: room
  // was reserved. Does not block on the disk.
  virtual Sequence append(const Now& now, std::span<const Event> events) = 0;

  // The last sequence appended, durable or not.
  [[nodiscard]] virtual Sequence last() const = 0;
};

}  // namespace plated
