#include "engine/office.h"

#include <algorithm>
#include <array>

#include "engine/check.h"

namespace plated {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kYearMs = 366 * 24 * kHourMs;
constexpr int64_t kCountMax = 1'000'000;

struct Range {
  std::string_view field;
  int64_t value;
  int64_t least;
  int64_t most;
};

std::array<Range, 11> ranges_of(const Settings& s) {
  return {{
      {"draws", s.draws, 1, kDrawsMax},
      {"batch_size", s.batch_size, 1, kBatchSizeMax},
      {"batch_hold_ms", s.batch_hold.count(), 100, kHourMs},
      {"shortlist_hold_ms", s.shortlist_hold.count(), std::max<int64_t>(100, s.batch_hold.count()),
       kHourMs},
      {"verified_for_ms", s.verified_for.count(), kMinuteMs, 24 * kHourMs},
      {"validity_days", s.validity_days, 1, 90},
      {"blacklist_years", s.blacklist_years, 0, 10},
      {"return_window_ms", s.return_window.count(), 0, kYearMs},
      {"lapse_grace_ms", s.lapse_grace.count(), 0, kYearMs},
      {"codes_per_phone", s.codes_per_phone, 0, kCountMax},
      {"codes_per_organisation_phone", s.codes_per_organisation_phone, 0, kCountMax},
  }};
}

}  // namespace

std::optional<SettingError> setting_out_of_range(const Settings& settings) {
  for (const Range& range : ranges_of(settings)) {
    if (range.value < range.least || range.value > range.most) {
      return SettingError{range.field, range.least, range.most};
    }
  }
  return std::nullopt;
}

OfficeState Office::state() const {
  if (overlay == Overlay::maintenance) {
    return OfficeState::maintenance;
  }
  if (overlay == Overlay::paused) {
    return OfficeState::paused;
  }
  return open ? OfficeState::open : OfficeState::closed;
}

OfficeTick Office::at(Tick tick) const {
  const Tick running = stands_since ? std::min(*stands_since, tick) : tick;
  return OfficeTick(running.time_since_epoch() - stood);
}

Tick Office::when(OfficeTick deadline) const {
  check(!stands(), "a standing office has no moment for a deadline");
  return Tick(deadline.time_since_epoch() + stood);
}

// The first day at or after `day` that has begun; nullptr when none has.
static const Office::DayStart* first_from(const std::vector<Office::DayStart>& days, Day day) {
  const auto found = std::lower_bound(
      days.begin(), days.end(), day,
      [](const Office::DayStart& start, Day wanted) { return start.day < wanted; });
  return found == days.end() ? nullptr : &*found;
}

OfficeTick Office::began(Day day) const {
  const DayStart* const start = first_from(days, day);
  return start == nullptr ? kNever : start->began;
}

OfficeTick Office::grace_over(Day day) const {
  const DayStart* const next = first_from(days, day + std::chrono::days(1));
  return next == nullptr ? kNever : next->began + next->lapse_grace;
}

void Office::apply(const OfficeNamed& event, const Now& now) {
  code = event.office;
  name = event.name;
  time_zone = event.time_zone;
  const auto offset = utc_offset_of(event.time_zone);
  check(offset.has_value(), "a recorded time zone is a known one");
  utc_offset = *offset;
  if (days.empty()) {
    days.push_back({day_at(now.civil), at(now.tick), settings.lapse_grace});
  }
  schedule_changes = next_change(schedule, now.civil, utc_offset);
}

void Office::apply(const SettingsChanged& event) { settings = settings_of(event); }

void Office::apply(const ScheduleChanged& event, const Now& now) {
  schedule.assign(event.schedule.begin(), event.schedule.end());
  schedule_changes = next_change(schedule, now.civil, utc_offset);
  if (!open_said && !schedule.empty()) {
    open = open_at(schedule, now.civil, utc_offset);
  }
}

void Office::apply(const HolidaysChanged& event) {
  calendar.holidays.assign(event.holidays.begin(), event.holidays.end());
  calendar.workdays.assign(event.workdays.begin(), event.workdays.end());
}

void Office::apply(const OfficeOpened& event, const Now& now) {
  open = event.open;
  open_said = event.actor.uid != kNobody.uid;
  if (overlay == Overlay::none) {
    reason = event.reason;
  }
  schedule_changes = next_change(schedule, now.civil, utc_offset);
}

void Office::apply(const OverlayChanged& event, const Now& now) {
  const bool stand = event.overlay != Overlay::none;
  if (stand && !stands_since) {
    stands_since = now.tick;
  } else if (!stand && stands_since) {
    stood += now.tick - *stands_since;
    stands_since.reset();
  }
  overlay = event.overlay;
  reason = event.reason;
}

void Office::apply(const DayBegan& event, const Now& now) {
  check(event.day > today(), "days of an office begin in order");
  days.push_back({event.day, at(now.tick), settings.lapse_grace});
  if (days.size() > kDaysKept) {
    days.erase(days.begin());
  }
}

SettingsChanged settings_event(OfficeCode office, const Settings& settings, Actor actor) {
  return {office,
          settings.draws,
          settings.batch_size,
          settings.batch_hold,
          settings.shortlist_hold,
          settings.verified_for,
          settings.validity_days,
          settings.blacklist_years,
          settings.return_window,
          settings.lapse_grace,
          settings.codes_per_phone,
          settings.codes_per_organisation_phone,
          settings.terms,
          actor};
}

Settings settings_of(const SettingsChanged& event) {
  return {event.draws,
          event.batch_size,
          event.batch_hold,
          event.shortlist_hold,
          event.verified_for,
          event.validity_days,
          event.blacklist_years,
          event.return_window,
          event.lapse_grace,
          event.codes_per_phone,
          event.codes_per_organisation_phone,
          std::string(event.terms)};
}

}  // namespace plated
