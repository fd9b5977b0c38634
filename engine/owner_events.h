// The facts about owners, their vehicles and applications: see events.h for what all events have in
// common.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/commands.h"
#include "engine/service_events.h"
#include "engine/types.h"

namespace plated {

enum class OwnerKind : uint8_t { person, organisation };
enum class NoticeKind : uint8_t { confirmed, reminder, lapsed, extended };

// Which application: the vehicle's `number`-th, under its owner (who decides the shard).
struct ApplicationRef {
  std::string_view owner;
  std::string_view vehicle;
  uint32_t number = 0;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("application", s.number);
  }
};

// Owners and vehicles.

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

// Owner r-N of a rehearsal, with one vehicle.
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

// The owner may not select until `until`; unfinished applications forfeit their holds.
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

// What applications of the owner show has changed: that of `vehicle`, or (`others`) those of all
// vehicles but this one (empty: of all). Each of their versions is one more.
struct OwnerVersionsRaised {
  std::string_view owner;
  std::string_view vehicle;
  bool others = true;
  static void fields(auto& s, auto&& f) {
    f("owner", s.owner), f("vehicle", s.vehicle), f("others", s.others);
  }
};

// The application.

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

// Nobody came for the plate: it returns at `returns_at`, and its owner is blacklisted until
// `blacklisted_until` (the epoch: not at all).
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

// A code left for the owner's phone; the code itself stands nowhere. `day` is the office's.
struct CodeSent {
  ApplicationRef application;
  CodePurpose purpose = CodePurpose::submit;
  Day day{};
  static void fields(auto& s, auto&& f) {
    f("application", s.application), f("for", s.purpose), f("day", s.day);
  }
};

// A wrong code was offered for the application, and the answer said so.
struct CodeMissed {
  ApplicationRef application;
  Day day{};
  static void fields(auto& s, auto&& f) { f("application", s.application), f("day", s.day); }
};

}  // namespace plated
