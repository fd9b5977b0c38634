// The rules of what operators may do to offices, people and reservations, and of what stands on an
// office's calendar. Pure functions, like selection_rules.h: what is known goes in, an event or a
// verdict comes out. Views in an event point to the arguments. Engine is the caller; rules about
// plates are in pool_rules.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/application.h"
#include "engine/calendar.h"
#include "engine/entropy.h"
#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/types.h"

namespace plated {

// What an operator's request comes to: a refusal, or the event that grants it. Neither: it is so
// already.
struct OperatorDecision {
  Verdict verdict{};
  std::optional<Event> event{};
  std::optional<Event> and_then{};  // what follows from the event, and is recorded with it
};

// The service.

// Makes the data directory a rehearsal's or a real one. Refuses (conflict) to change what it is.
[[nodiscard]] OperatorDecision decide_founding(bool founded, bool is_rehearsal, bool rehearsal);
// A new version of the terms: 1 to 31 bytes of name, at most 32 KiB in each language. Refuses
// (conflict) other words for a version that was published: `known`, or null.
[[nodiscard]] OperatorDecision decide_terms(const Terms* known, const TermsPublished& wish);

// Offices.

// What is wrong with a patch whatever the office is: a text, list or setting beyond its limit, an
// unknown time zone, terms that were never published.
[[nodiscard]] Verdict verdict_on(const OfficePatch& patch, const TermsByVersion& published);

// Refuses (bad_request) a patch that makes a day of the office (null: a new one) both a holiday and
// a made-up working day.
[[nodiscard]] Verdict verdict_on_calendar(const Office* office, const OfficePatch& patch);

// The events that make an office what a patch says; its views point into it and into the patch.
// Requires a patch that verdict_on and verdict_on_calendar approve. Without an office (null) it
// makes one.
class OfficeChange {
 public:
  OfficeChange(const Office* office, const OfficePatch& patch, const TermsByVersion& published,
               const Now& now, Actor actor);
  OfficeChange(const OfficeChange&) = delete;
  OfficeChange& operator=(const OfficeChange&) = delete;

  // In the order in which they are to be recorded; none when it is so already.
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  // Whether what all applications of the office show is another: the last event says so.
  [[nodiscard]] bool raises_versions() const { return raises_versions_; }

 private:
  void follow_calendar(const Office& before, const OfficePatch& patch, const Now& now);

  std::string name_;
  std::string time_zone_;
  Settings settings_;
  WorkingCalendar calendar_;
  std::vector<Event> events_;
  bool raises_versions_ = false;
};

// Opening or closing by an operator: nothing when one has said the same since the schedule last
// changed the office.
[[nodiscard]] std::optional<Event> decide_open(const Office& office, bool open,
                                               std::string_view reason, Actor actor);
// Pausing, maintenance, or neither (Overlay::none): nothing when it is so already.
[[nodiscard]] std::optional<Event> decide_overlay(const Office& office, Overlay overlay,
                                                  std::string_view reason, Actor actor);

// The schedule's next change, once `now` has reached it.
[[nodiscard]] std::optional<Event> decide_schedule(const Office& office, const Now& now);
// The calendar's present day, if it has not begun yet. None begins while civil time waits to be
// accepted.
[[nodiscard]] std::optional<Event> decide_day(const Office& office, const Now& now,
                                              bool lapses_suspended);

// People.

// A vehicle that is in the roster, its owner's id there, and its application's version as told.
struct KnownVehicle {
  const Vehicle& vehicle;
  std::string_view owner;
  uint32_t version = 0;
};
// A new vehicle, new facts about one, or its move to another owner. Refuses (conflict) another
// owner or pool while its application is in `pick` or `done`, another pool once it is issued.
[[nodiscard]] OperatorDecision decide_vehicle(const std::optional<KnownVehicle>& known,
                                              const ImportVehicle& import, Actor actor);
// Forgets an owner's personal data: nothing when none is known, a conflict when they are sealed
// under another key.
[[nodiscard]] OperatorDecision decide_erasure(const Owner& owner, uint64_t key, Actor actor);
// 2 to 10 times as long, 1 ends it; bad_request for other numbers.
[[nodiscard]] Verdict verdict_on_times(uint32_t times);
// Lengthens the countdowns of an owner: nothing when they are so already. Requires a number of
// times that verdict_on_times approves.
[[nodiscard]] std::optional<Event> decide_countdowns(const Owner& owner, uint32_t times,
                                                     std::string_view reason, Actor actor);
// Blacklists an owner, until two calendar years from now if nothing is said. Refuses (bad_request)
// what is past.
[[nodiscard]] OperatorDecision decide_blacklisting(const Owner& owner,
                                                   std::optional<CivilTime> until, const Now& now,
                                                   std::string_view reason, Actor actor);
// Takes an owner off the blacklist: nothing for one who is not on it now.
[[nodiscard]] OperatorDecision decide_lifting(const Owner& owner, const Now& now,
                                              std::string_view reason, Actor actor);

// Owners of a rehearsal have numbers below this: at most twelve digits.
inline constexpr uint64_t kRehearsalOwnersEnd = 1'000'000'000'000;
// Of number 7: `r-7`.
[[nodiscard]] std::string rehearsal_owner_id(uint64_t number);
// Of number 7: `RHRSL000000000007`. Requires a number below kRehearsalOwnersEnd.
[[nodiscard]] std::string rehearsal_vehicle_id(uint64_t number);

// What is known where a rehearsal is to make an owner.
struct RehearsalKnows {
  bool rehearsal = false;
  bool office_known = false;
  bool owner_known = false;
  bool vehicle_known = false;
};
// Refuses (conflict) outside a rehearsal, without its office, and when the vehicle is another's.
[[nodiscard]] OperatorDecision decide_rehearsal_owner(const RehearsalKnows& known,
                                                      const RehearsalOwnerMade& wish);

// Reservations: the counter's work, on an application whose reservation has not lapsed.

// Issues the plate, as of `date` or today: not a day to come, none before the confirmation
// (bad_request) and none after the deadline (conflict).
[[nodiscard]] OperatorDecision decide_issue(const ApplicationSite& site, std::optional<Day> date,
                                            Actor actor);
// Voids the reservation; the plate returns within the office's return window. Refuses (conflict)
// what is issued.
[[nodiscard]] OperatorDecision decide_void(const ApplicationSite& site, std::string_view reason,
                                           bool blacklist, Actor actor, Entropy& entropy);
// Moves the deadline, at most a year ahead of today, never nearer (bad_request). Refuses (conflict)
// what is issued.
[[nodiscard]] OperatorDecision decide_extension(const ApplicationSite& site, Day deadline,
                                                std::string_view reason, Actor actor);

}  // namespace plated
