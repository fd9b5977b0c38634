// What operators may ask of the engine, and what comes back. All of it is rare: text is text
// here, and lists are vectors. Every write names its actor and stands in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/pool.h"
#include "engine/types.h"

namespace plated {

// How an operator's request ended. `ok` with `changed` false: it was already so.
struct Verdict {
  enum class Kind : uint8_t { ok, bad_request, not_found, conflict, overloaded };
  Kind kind = Kind::ok;
  std::string field;    // of a bad request
  std::string message;  // of any refusal, for people
  bool changed = false;
  Sequence rests_on;

  [[nodiscard]] bool ok() const { return kind == Kind::ok; }
  // Requires a kind other than ok, and a sentence. `which` names the field of a bad request.
  static Verdict refuse(Kind why, std::string what, std::string which = {}) {
    return {why, std::move(which), std::move(what), false, {}};
  }
  // There is no room in the log.
  static Verdict overloaded() {
    return refuse(Kind::overloaded, "the log is behind or the disk is full; try again later");
  }
};

// Any part of an office; what is absent stays. Makes the office if there is none.
struct OfficePatch {
  OfficeCode office;
  std::optional<std::string> name{};
  std::optional<std::string> time_zone{};
  std::optional<Settings> settings{};      // complete: the present ones with the changes
  std::optional<OfficeContact> contact{};  // likewise
  std::optional<std::vector<ScheduleRow>> schedule{};
  std::optional<std::vector<Day>> holidays{};
  std::optional<std::vector<Day>> workdays{};
};

// A range (both ends included), or a list when `plates` is not empty.
struct PlateSelection {
  PoolKey pool;
  PlateNumber from = kNoPlate;
  PlateNumber to = kNoPlate;
  std::vector<PlateNumber> plates{};
};

// All tickets of an owner that were not issued after `before`, or the one of a jti: one of the two
// is empty. `until`: when the last of them runs out by itself. Where nobody said so, it is as late
// as any ticket runs, and a jti that is barred for as long already is not barred anew.
struct RevokeTickets {
  std::string_view owner{};
  std::string_view jti{};
  CivilTime before{};
  CivilTime until{};
  std::string_view reason{};
  bool until_is_said = true;
};

struct LoadSegment {
  PlateSelection plates;
  bool all_zero = false;
  std::optional<CivilTime> release_at{};  // absent or past: at once
  std::string note{};
  bool dry_run = false;
};

struct RefusedPlate {
  PlateNumber plate;
  std::string_view why;  // a literal
};

// All or nothing: with anything refused, nothing was done. At most kRefusedMax are listed.
struct PlatesReport {
  static constexpr std::size_t kRefusedMax = 10'000;
  Verdict verdict;
  uint64_t plates = 0;  // loaded, withheld or restored; for a dry run: would be
  std::vector<RefusedPlate> refused;
};

struct ImportVehicle {
  std::string_view owner;
  std::string_view vehicle;
  PoolKey pool;
  std::string_view plate;  // the ordinary plate that it carries
};

struct PoolReport {
  PoolKey pool;
  PoolCounts counts;
  std::vector<Segment> segments;
  std::vector<Period> periods;
};

// What limits how fast people are admitted; nothing: no limit does.
enum class LimitedBy : uint8_t { nothing, working_max, admit_per_second, office };

// A waiting room in numbers. `queue` counts those who were passed over, too.
struct WaitingReport {
  uint32_t lobby = 0;
  uint32_t queue = 0;
  uint32_t working = 0;
  uint32_t working_max = 0;
  std::optional<uint32_t> admitted_per_minute;
  LimitedBy limited_by = LimitedBy::nothing;
  std::vector<Period> periods;  // of the lobbies' secrets
};

struct PlateReport {
  bool loaded = false;
  PlateState state = PlateState::free;
  std::optional<WithheldWhy> why;
  std::string reason;
  std::string vehicle;
  std::string owner;
  Sequence rests_on;
};

struct VehicleReport {
  std::string owner;
  std::string plate;
  bool eligible = true;
  ApplicationView application;
  CivilTime confirmed_at{};
  Sequence rests_on;
};

struct OwnerReport {
  OwnerKind kind = OwnerKind::person;
  uint32_t countdown_times = 1;
  std::optional<CivilTime> blacklisted_until;
  std::string blacklist_reason;
  uint64_t key = 0;
  std::string sealed;
  std::vector<std::string> vehicles;
  Sequence rests_on;
};

struct VoucherReport {
  Plate plate;
  std::string vehicle;
  std::string owner;
  Step step = Step::done;
  Day deadline{};
  bool automatic = false;
  CivilTime confirmed_at{};
  Sequence sequence;
  Sequence rests_on;
};

struct BlacklistEntry {
  std::string owner;
  std::string reason;
  CivilTime until{};
};

struct PendingNotice {
  Sequence id;
  NoticeKind kind = NoticeKind::confirmed;
  std::string owner;
  VehicleId vehicle;
  Plate plate;
  Day deadline{};
  CivilTime blacklisted_until{};
  CivilTime at{};
  uint64_t key = 0;
  std::string sealed;
};

struct Terms {
  std::string zh;
  std::string en;
};
using TermsByVersion = std::map<std::string, Terms, std::less<>>;

// Events per kind since the start, replayed ones too, for statistics; not part of the state.
struct EventCounts {
  uint64_t draws = 0;
  uint64_t shortlistings = 0;
  uint64_t confirmations = 0;  // by owners
  uint64_t auto_confirmations = 0;
  uint64_t expiries = 0;  // of batches and of shortlists
  uint64_t lapses = 0;

  EventCounts& operator+=(const EventCounts& more) {
    draws += more.draws;
    shortlistings += more.shortlistings;
    confirmations += more.confirmations;
    auto_confirmations += more.auto_confirmations;
    expiries += more.expiries;
    lapses += more.lapses;
    return *this;
  }
};

// The service in numbers, over all shards.
struct Totals : EventCounts {
  uint64_t owners = 0;
  uint64_t vehicles = 0;
  uint64_t timers = 0;  // armed
};

}  // namespace plated
