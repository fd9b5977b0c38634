// What may be asked of the engine by citizens, and what it answers: requests, outcomes, the closed
// enum of refusals, and the application as the one document that every client shows.
//
// An outcome is reused from call to call by the thread that owns it, so that answering allocates
// nothing once its lists have grown.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/bounded_text.h"
#include "engine/types.h"

namespace plated {

// Why a request was refused. `none`: it was not.
enum class Refusal : uint8_t {
  none,
  not_your_vehicle,
  not_eligible,
  blacklisted,
  not_open,
  maintenance,
  paused,
  wrong_step,
  wrong_code,
  code_expired,
  too_many_tries,
  terms_outdated,
  no_draws_left,
  wrong_draw_number,
  all_held,
  pool_empty,
  not_in_batch,
  not_on_shortlist,
  expired,
  already_confirmed,
  too_soon,
  overloaded,
  waiting,
};

// With overloaded: when to ask again.
inline constexpr Millis kOverloadedRetry{1000};

// What comparing an SMS code said. It is compared before any mutex is taken; the command refuses it
// in the order of its refusals.
// `too_soon`: it was not compared, because there were too many wrong ones just now.
enum class CodeVerdict : uint8_t { right, wrong_code, code_expired, too_many_tries, too_soon };

enum class CodePurpose : uint8_t { submit, verify };
inline constexpr Millis kCodeLife{5 * 60'000};  // for so long a code is good

enum class Step : uint8_t { submit, notice, pick, done, issued, lapsed };

// What clients see of an office: the overlay, if there is one, else whether it is open.
enum class OfficeState : uint8_t { open, closed, paused, maintenance };

// Copies, so that they outlive the engine's locks.
inline constexpr std::size_t kTermsVersionMax = 31;
using VehicleId = BoundedText<kVehicleIdMax>;
using TermsVersion = BoundedText<kTermsVersionMax>;

// A place in an office's waiting room as it is at one moment.
struct PlaceView {
  OfficeCode office;
  bool lobby = false;                 // else in the queue
  std::optional<CivilTime> opens_at;  // in the lobby: when its office will open, if that is known
  uint32_t in_lobby = 0;              // in the lobby: how many are there
  uint32_t ahead = 0;                 // in the queue: earlier places that were not passed over
  std::optional<Millis> eta_low;      // in the queue: the time it takes, when that is known
  std::optional<Millis> eta_high;
  std::optional<uint32_t> admitted_per_minute;
  friend bool operator==(const PlaceView&, const PlaceView&) = default;
};

// Where an owner stands with an office's waiting room. Nothing in both: they have no place there,
// and what they would ask for may be refused or take one.
struct StandingView {
  Sequence rests_on;
  std::optional<PlaceView> place;    // they wait
  std::optional<Millis> act_within;  // they need not wait, for so long at least
};

// An application as it is at one moment. Countdowns count from `at` and stand still while the
// office is paused or in maintenance.
struct ApplicationView {
  VehicleId vehicle;
  PoolKey pool;
  Step step = Step::submit;
  OfficeState office_state = OfficeState::closed;
  uint32_t number = 0;
  uint32_t version = 0;
  uint32_t draws_left = 0;
  uint32_t draw = 0;  // the latest draw's number; 0 before the first
  CivilTime at{};
  TermsVersion terms;  // the version that a submit must carry
  std::string office_name;
  uint32_t blacklist_years = 0;  // for how long whoever lets a reservation lapse may not select
  std::optional<CivilTime> opens_at;         // the next opening of a closed office, when known
  std::optional<Day> deadline_if_confirmed;  // in `pick`: of a plate that were confirmed now

  std::vector<PlateNumber> batch;  // as drawn; empty: no live batch
  Millis batch_expires_in{};
  std::vector<PlateNumber> shortlist;  // empty: no live shortlist
  Millis shortlist_expires_in{};
  PlateNumber fallback = kNoPlate;  // will be confirmed by itself
  std::optional<Millis> verified_in;
  std::optional<CivilTime> blacklisted_until;
  std::optional<PlaceView> place;         // in the waiting room
  std::optional<Millis> admitted_within;  // admitted: what is left of the time to act

  struct Reservation {
    PlateNumber plate = kNoPlate;  // kNoPlate: none
    Day deadline{};
    bool automatic = false;
    VoucherCode voucher{};
    Sequence sequence;
  };
  Reservation reservation;
};

// The answer to one request about one application.
struct Outcome {
  Refusal refusal = Refusal::none;
  // Nothing of this may be said before this sequence is durable.
  Sequence rests_on;
  uint32_t hint = kNoIndex;  // for the next command of this owner about this vehicle
  // The request changed the application: its other watchers are owed `application`.
  bool changed = false;
  // Something was due first: watchers, this one too, are owed `settled` before the answer.
  bool settled_first = false;
  ApplicationView settled;
  ApplicationView application;     // meaningful without a refusal
  std::optional<Millis> retry_in;  // with all_held, overloaded
  std::optional<CivilTime> until;  // with blacklisted, not_open (when known)
  std::optional<PlaceView> place;  // with waiting
};

struct VehicleSummary {
  VehicleId vehicle;
  PoolKey pool;
  BoundedText<15> plate;  // the ordinary plate it carries
  Step step = Step::submit;
};

struct VehiclesPage {
  Sequence rests_on;
  std::vector<VehicleSummary> vehicles;  // ascending by id, at most kVehiclesPerPage
  std::optional<VehicleId> next;         // pass as `after` for more
  uint64_t key = 0;                      // the owner's; 0: nothing is known of them
  std::string sealed;                    // what is known of them, under that key
};

// Who asks, about what. Views need live for the call only.
struct Who {
  std::string_view owner;
  std::string_view vehicle;
  // Where the vehicle stands, as an earlier Outcome said: spares looking for it. It may be out of
  // date or wrong.
  uint32_t hint = kNoIndex;
};

struct Submit {
  Who who;
  std::string_view terms;
  CodeVerdict code = CodeVerdict::wrong_code;
};

struct Verify {
  Who who;
  CodeVerdict code = CodeVerdict::wrong_code;
};

struct Draw {
  Who who;
  uint32_t draw = 0;  // 1 for the first
  bool without4 = false;
  bool repeats_only = false;  // what was not done before is refused as too_soon
};

struct ShortlistPlate {
  Who who;
  Plate plate;
};

struct ConfirmPlate {
  Who who;
  Plate plate;
  bool repeats_only = false;  // as of a draw
};

// What sending a code needs to know, and the refusal if none may be sent now.
struct CodeRequest {
  Refusal refusal = Refusal::none;
  Sequence rests_on;
  std::optional<CivilTime> until;
  std::optional<PlaceView> place;  // with waiting
  uint32_t application = 0;
  OfficeCode office;
  uint32_t codes_per_phone = 0;  // of this owner's kind
  OfficeTick now{};
  Tick tick{};
  Day today{};
  uint64_t key = 0;    // the owner's key; 0: there is no personal data
  std::string sealed;  // and what it seals
  // As in Outcome: watchers are owed `settled` before the answer.
  bool settled_first = false;
  ApplicationView settled;
};

// What was counted of one vehicle's codes on one day, the last on which anything was: codes that
// left, and wrong ones that were offered. Views are good during the call that shows it.
struct CodeCount {
  std::string_view owner;
  std::string_view vehicle;
  uint32_t application = 0;
  Day day{};
  std::array<uint16_t, 2> sent{};  // for this application, by purpose
  uint32_t sent_in_all = 0;        // for all applications of the vehicle
  uint32_t misses = 0;
  uint64_t key = 0;  // the owner's, and what it seals; 0: none
  std::string_view sealed;
};

}  // namespace plated
