#include "engine/operator_rules.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/calendar.h"
#include "engine/check.h"
#include "engine/plate.h"
#include "engine/selection_rules.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

constexpr int kBlacklistDefaultYears = 2;
// An operator's word about an owner is of no office whose zone could count the years.
constexpr std::chrono::hours kBlacklistDefaultOffset{8};
constexpr std::chrono::days kExtensionMax{366};

OperatorDecision refuse(Kind why, std::string what, std::string which = {}) {
  return {Verdict::refuse(why, std::move(what), std::move(which))};
}

std::string text(Day day) { return std::string(text_of(day).view()); }

std::vector<Day> sorted(std::vector<Day> days) {
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

// The calendar that an office (none: a new one) has once it is patched.
WorkingCalendar patched_calendar(const Office* office, const OfficePatch& patch) {
  const WorkingCalendar before = office == nullptr ? WorkingCalendar{} : office->calendar;
  return {sorted(patch.holidays.value_or(before.holidays)),
          sorted(patch.workdays.value_or(before.workdays))};
}

Verdict verdict_on_texts(const OfficePatch& patch) {
  if (patch.name && patch.name->size() > kTextMax) {
    return Verdict::refuse(Kind::bad_request, "at most 256 bytes", "name");
  }
  if (patch.time_zone && !utc_offset_of(*patch.time_zone)) {
    return Verdict::refuse(Kind::bad_request,
                           "a time zone of China such as Asia/Shanghai, UTC, or +HH:MM",
                           "time_zone");
  }
  std::string_view too_long;
  if (patch.contact) {
    OfficeContact::fields(*patch.contact, [&](const char* field, const std::string& said) {
      too_long = said.size() > kTextMax ? field : too_long;
    });
  }
  if (!too_long.empty()) {
    return Verdict::refuse(Kind::bad_request, "at most 256 bytes", std::string(too_long));
  }
  return {};
}

Verdict verdict_on_lists(const OfficePatch& patch) {
  if (patch.schedule && patch.schedule->size() > kScheduleMax) {
    return Verdict::refuse(Kind::bad_request, "at most 64 rows", "schedule");
  }
  for (const auto& [days, field] :
       {std::pair{&patch.holidays, "holidays"}, std::pair{&patch.workdays, "workdays"}}) {
    if (*days && (*days)->size() > kHolidaysMax) {
      return Verdict::refuse(Kind::bad_request, "at most 512 days", field);
    }
  }
  return {};
}

// What every application of an office shows of it. The day of a confirmation now is shown in `pick`
// alone, and moves with the days too; but it is an operator's word that moves all of them.
struct ShownOfOffice {
  std::string_view name;
  std::string_view terms;
  uint32_t blacklist_years = 0;
  Day deadline{};
  friend bool operator==(const ShownOfOffice&, const ShownOfOffice&) = default;
};

ShownOfOffice shown_of(std::string_view name, const Settings& settings,
                       const WorkingCalendar& calendar, Day today) {
  return {name, settings.terms, settings.blacklist_years,
          deadline_after(calendar, today, static_cast<int>(settings.validity_days))};
}

}  // namespace

// The service.

OperatorDecision decide_founding(bool founded, bool is_rehearsal, bool rehearsal) {
  if (!founded) {
    return {{}, Founded{rehearsal}};
  }
  if (is_rehearsal != rehearsal) {
    return refuse(Kind::conflict, is_rehearsal ? "this data directory is a rehearsal's"
                                               : "this data directory is not a rehearsal's");
  }
  return {};
}

OperatorDecision decide_terms(const Terms* known, const TermsPublished& wish) {
  if (wish.version.empty() || wish.version.size() > kTermsVersionMax) {
    return refuse(Kind::bad_request, "1 to 31 bytes", "version");
  }
  if (wish.zh.size() > kTermsMax || wish.en.size() > kTermsMax) {
    return refuse(Kind::bad_request, "at most 32 KiB", wish.zh.size() > kTermsMax ? "zh" : "en");
  }
  if (known == nullptr) {
    return {{}, wish};
  }
  if (known->zh != wish.zh || known->en != wish.en) {
    return refuse(Kind::conflict, "a version of the terms, once said, never changes");
  }
  return {};
}

// Offices.

Verdict verdict_on(const OfficePatch& patch, const TermsByVersion& published) {
  if (Verdict verdict = verdict_on_texts(patch); !verdict.ok()) {
    return verdict;
  }
  if (Verdict verdict = verdict_on_lists(patch); !verdict.ok()) {
    return verdict;
  }
  if (!patch.settings) {
    return {};
  }
  if (const auto error = setting_out_of_range(*patch.settings)) {
    return Verdict::refuse(
        Kind::bad_request,
        "from " + std::to_string(error->least) + " to " + std::to_string(error->most),
        std::string(error->field));
  }
  if (!patch.settings->terms.empty() && !published.contains(patch.settings->terms)) {
    return Verdict::refuse(Kind::bad_request, "no such version of the terms has been published",
                           "terms");
  }
  return {};
}

Verdict verdict_on_calendar(const Office* office, const OfficePatch& patch) {
  const WorkingCalendar calendar = patched_calendar(office, patch);
  std::vector<Day> both;
  std::set_intersection(calendar.holidays.begin(), calendar.holidays.end(),
                        calendar.workdays.begin(), calendar.workdays.end(),
                        std::back_inserter(both));
  if (!both.empty()) {
    return Verdict::refuse(Kind::bad_request,
                           text(both.front()) + " is a holiday and a working day", "workdays");
  }
  return {};
}

OfficeChange::OfficeChange(const Office* office, const OfficePatch& patch,
                           const TermsByVersion& published, const Now& now, Actor actor) {
  const OfficeCode code = patch.office;
  Office fresh;
  fresh.name = text_of(code).view();
  const Office& before = office == nullptr ? fresh : *office;
  name_ = patch.name.value_or(before.name);
  time_zone_ = patch.time_zone.value_or(before.time_zone);
  if (office == nullptr || office->name != name_ || office->time_zone != time_zone_) {
    events_.emplace_back(OfficeNamed{code, name_, time_zone_, actor});
  }
  settings_ = patch.settings.value_or(before.settings);
  if (settings_.terms.empty() && !published.empty()) {
    settings_.terms = published.rbegin()->first;  // nobody submits without terms: the latest ones
  }
  const SettingValues& values = settings_;
  if (values != before.settings || settings_.terms != before.settings.terms) {
    events_.emplace_back(SettingsChanged{code, settings_, settings_.terms, actor});
  }
  if (const WaitingValues& room = settings_; room != before.settings) {
    events_.emplace_back(WaitingRoomSet{code, settings_, actor});
  }
  if (patch.contact && *patch.contact != before.contact) {
    events_.emplace_back(OfficeDescribed{code, patch.contact->address, patch.contact->telephone,
                                         patch.contact->hours, actor});
  }
  if (patch.schedule && *patch.schedule != before.schedule) {
    events_.emplace_back(ScheduleChanged{code, *patch.schedule, actor});
  }
  calendar_ = patched_calendar(office, patch);
  if (calendar_ != before.calendar) {
    events_.emplace_back(HolidaysChanged{code, calendar_.holidays, calendar_.workdays, actor});
    follow_calendar(before, patch, now);
  }
  const auto offset = utc_offset_of(time_zone_);
  check(offset.has_value(), "a patch that was approved has a known time zone");
  raises_versions_ =
      office != nullptr &&
      shown_of(before.name, before.settings, before.calendar, before.day_at(now.civil)) !=
          shown_of(name_, settings_, calendar_, day_of(now.civil, *offset));
  check(!raises_versions_ || !events_.empty(), "what an office shows changes by events");
  if (raises_versions_) {
    events_.emplace_back(OfficeVersionsRaised{code});
  }
}

// Today may have become a holiday, or a working day.
void OfficeChange::follow_calendar(const Office& before, const OfficePatch& patch, const Now& now) {
  const auto& schedule = patch.schedule ? *patch.schedule : before.schedule;
  const auto offset = utc_offset_of(time_zone_);
  check(offset.has_value(), "a patch that was approved has a known time zone");
  const bool rescheduled = patch.schedule && *patch.schedule != before.schedule;
  const bool was =
      rescheduled ? open_at(schedule, before.calendar, now.civil, *offset) : before.open;
  const bool open = open_at(schedule, calendar_, now.civil, *offset);
  if (!before.open_said && !schedule.empty() && was != open) {
    events_.emplace_back(OfficeOpened{patch.office, open, {}, kNobody});
  }
}

std::optional<Event> decide_open(const Office& office, bool open, std::string_view reason,
                                 Actor actor) {
  if (office.open == open && office.open_said) {
    return std::nullopt;
  }
  return OfficeOpened{office.code, open, reason, actor};
}

std::optional<Event> decide_overlay(const Office& office, Overlay overlay, std::string_view reason,
                                    Actor actor) {
  if (office.overlay == overlay) {
    return std::nullopt;
  }
  return OverlayChanged{office.code, overlay, reason, actor};
}

std::optional<Event> decide_schedule(const Office& office, const Now& now) {
  if (!office.schedule_changes || *office.schedule_changes > now.civil) {
    return std::nullopt;
  }
  const bool open = office.scheduled_open(now.civil);
  return OfficeOpened{office.code, open, {}, kNobody};
}

std::optional<Event> decide_day(const Office& office, const Now& now, bool lapses_suspended) {
  const Day day = office.day_at(now.civil);
  if (day <= office.today() || lapses_suspended) {
    return std::nullopt;
  }
  return DayBegan{office.code, day};
}

// People.

OperatorDecision decide_vehicle(const std::optional<KnownVehicle>& known,
                                const ImportVehicle& import, Actor actor) {
  const VehicleImported imported{import.owner, import.vehicle, import.pool, import.plate, actor};
  if (!known) {
    return {{}, imported};
  }
  const Vehicle& v = known->vehicle;
  const Step step = v.application.step;
  const bool moves = known->owner != import.owner;
  const bool same_pool = v.pool == import.pool;
  if (!moves && same_pool && v.plate.view() == import.plate) {
    return {};
  }
  if ((moves || !same_pool) && (step == Step::pick || step == Step::done)) {
    return refuse(Kind::conflict,
                  "its application is being picked or done; void it or let it end first",
                  moves ? "owner" : "office");
  }
  if (!same_pool && !moves && step == Step::issued) {
    return refuse(Kind::conflict, "its application is issued", "office");
  }
  if (!moves && same_pool) {
    return {{}, imported};  // the ordinary plate is shown in no application
  }
  if (!moves) {
    return {{}, imported, OwnerVersionsRaised{import.owner, import.vehicle, false}};
  }
  return {{},
          VehicleMoved{import.owner, import.vehicle, known->owner, import.pool, import.plate,
                       v.application.number + 1, known->version + 1, actor}};
}

OperatorDecision decide_erasure(const Owner& owner, uint64_t key, Actor actor) {
  if (owner.details().key == 0) {
    return {};
  }
  if (owner.details().key != key) {
    return refuse(Kind::conflict, "the owner was imported anew meanwhile; try again", "owner");
  }
  return {{}, OwnerErased{owner.id(), actor}};
}

Verdict verdict_on_times(uint32_t times) {
  return times >= 1 && times <= kCountdownTimesMax
             ? Verdict{}
             : Verdict::refuse(Kind::bad_request, "from 2 to 10, or 1 to end it", "times");
}

std::optional<Event> decide_countdowns(const Owner& owner, uint32_t times, std::string_view reason,
                                       Actor actor) {
  check(verdict_on_times(times).ok(), "countdowns are lengthened within their limit");
  if (owner.countdown_times == times) {
    return std::nullopt;
  }
  return CountdownsLengthened{owner.id(), times, reason, actor};
}

OperatorDecision decide_blacklisting(const Owner& owner, std::optional<CivilTime> until,
                                     const Now& now, std::string_view reason, Actor actor) {
  const CivilTime end =
      until.value_or(add_years(now.civil, kBlacklistDefaultYears, kBlacklistDefaultOffset));
  if (end <= now.civil) {
    return refuse(Kind::bad_request, "a moment still to come", "until");
  }
  // Without an end, the same reason again says nothing new: two years do not begin anew.
  const bool is_known = until ? owner.blacklisted_until == end : owner.blacklisted(now.civil);
  if (is_known && owner.details().blacklist_reason == reason) {
    return {};
  }
  OperatorDecision decision{{}, Blacklisted{owner.id(), end, reason, actor}};
  if (owner.blacklisted_until != end) {  // the reason alone is shown in no application
    decision.and_then = OwnerVersionsRaised{owner.id(), {}};
  }
  return decision;
}

OperatorDecision decide_lifting(const Owner& owner, const Now& now, std::string_view reason,
                                Actor actor) {
  if (!owner.blacklisted(now.civil)) {
    return {};
  }
  return {{}, BlacklistLifted{owner.id(), reason, actor}, OwnerVersionsRaised{owner.id(), {}}};
}

std::string rehearsal_owner_id(uint64_t number) { return "r-" + std::to_string(number); }

std::string rehearsal_vehicle_id(uint64_t number) {
  check(number < kRehearsalOwnersEnd, "a rehearsal's owner has a number of at most twelve digits");
  const std::string digits = std::to_string(number);
  return "RHRSL" + std::string(12 - digits.size(), '0') + digits;
}

OperatorDecision decide_rehearsal_owner(const RehearsalKnows& known,
                                        const RehearsalOwnerMade& wish) {
  if (!known.rehearsal) {
    return refuse(Kind::conflict, "only a rehearsal makes owners");
  }
  if (!known.office_known) {
    return refuse(Kind::conflict, "the rehearsal's office does not exist");
  }
  if (known.vehicle_known && !known.owner_known) {
    return refuse(Kind::conflict, "the vehicle is another owner's");
  }
  return known.owner_known ? OperatorDecision{} : OperatorDecision{{}, wish};
}

// Reservations.

OperatorDecision decide_issue(const ApplicationSite& site, std::optional<Day> date, Actor actor) {
  if (site.application().step == Step::issued) {
    return {};
  }
  const Day today = site.office.day_at(site.now.civil);
  const Day day = date.value_or(today);
  const Day confirmed = site.office.day_at(site.reservation.confirmed_at);
  if (day > today) {
    return refuse(Kind::bad_request, "a day that has come", "date");
  }
  if (day < confirmed) {
    return refuse(Kind::bad_request, "not before the day of confirmation, " + text(confirmed),
                  "date");
  }
  if (day > site.reservation.deadline) {
    return refuse(Kind::conflict, "the deadline was " + text(site.reservation.deadline), "date");
  }
  return {{}, Issued{reference_of(site), site.vehicle.pool, site.reservation.plate, day, actor}};
}

OperatorDecision decide_void(const ApplicationSite& site, std::string_view reason, bool blacklist,
                             Actor actor, Entropy& entropy) {
  if (site.application().step != Step::done) {
    return refuse(Kind::conflict, "the plate is issued", "plate");
  }
  const CivilTime until = blacklist ? blacklisting_until(site) : CivilTime{};
  const Millis wait = entropy.up_to(site.office.settings.return_window);
  return {{},
          Voided{reference_of(site), site.vehicle.pool, site.reservation.plate,
                 site.office_now() + wait, until, reason, actor}};
}

OperatorDecision decide_extension(const ApplicationSite& site, Day deadline,
                                  std::string_view reason, Actor actor) {
  if (site.application().step != Step::done) {
    return refuse(Kind::conflict, "the plate is issued", "plate");
  }
  const Day present = site.reservation.deadline;
  if (deadline == present) {
    return {};
  }
  if (deadline < present) {
    return refuse(Kind::bad_request, "after the present deadline, " + text(present), "deadline");
  }
  if (deadline > site.office.day_at(site.now.civil) + kExtensionMax) {
    return refuse(Kind::bad_request, "at most a year ahead", "deadline");
  }
  return {{},
          Extended{reference_of(site), site.vehicle.pool, site.reservation.plate, deadline, reason,
                   actor}};
}

}  // namespace plated
