#include "engine/office.h"

#include <algorithm>
#include <limits>

#include "engine/check.h"

namespace plated {

std::optional<SettingError> setting_out_of_range(const Settings& settings) {
  std::optional<SettingError> error;
  Settings::each(settings, [&error](const SettingRow& row, const auto& value) {
    if (!error && (number_of(value) < row.least || number_of(value) > row.most)) {
      error = SettingError{row.name, row.least, row.most};
    }
  });
  return error;
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

std::optional<CivilTime> Office::opens_at() const {
  if (state() != OfficeState::closed || !schedule_changes) {
    return std::nullopt;
  }
  // An operator may have closed it for what is left of its hours: then the next change ends those.
  return scheduled_open(*schedule_changes)
             ? schedule_changes
             : next_change(schedule, calendar, *schedule_changes, utc_offset);
}

bool Office::scheduled_open(CivilTime civil) const {
  return open_at(schedule, calendar, civil, utc_offset);
}

OfficeTick Office::at(Tick tick) const {
  const Tick running = stands_since ? std::min(*stands_since, tick) : tick;
  return OfficeTick(running.time_since_epoch() - stood);
}

OpenTick Office::open_time_at(Tick tick) const {
  check(waiting.set_up, "open time is counted for a waiting room");
  const Tick running = waiting.shut_since ? std::min(*waiting.shut_since, tick) : tick;
  return OpenTick(running.time_since_epoch() - waiting.shut);
}

std::optional<CivilTime> Office::lobby_of(CivilTime civil) const {
  const std::optional<CivilTime> opening = opens_at();
  const bool soon = settings.working_max > 0 && settings.lobby > Millis{} && opening &&
                    civil >= *opening - settings.lobby;
  return soon ? opening : std::nullopt;
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
  schedule_changes = next_change(schedule, calendar, now.civil, utc_offset);
}

void Office::apply(const SettingsChanged& event) {
  check(event.values.batch_size <= kBatchSizeMax && event.values.draws <= kDrawsMax &&
            event.values.shortlist_hold >= event.values.batch_hold,
        "recorded settings keep the limits that everything relies on");
  settings = {event.values, settings, std::string(event.terms)};
}

// Counts open time: whether it is open may have changed.
void Office::keep_open_time(const Now& now) {
  if (!waiting.set_up) {
    return;
  }
  const bool shut = state() != OfficeState::open;
  if (shut && !waiting.shut_since) {
    waiting.shut_since = now.tick;
  } else if (!shut && waiting.shut_since) {
    check(now.tick >= *waiting.shut_since, "service time does not go back");
    waiting.shut += now.tick - *waiting.shut_since;
    waiting.shut_since.reset();
  }
}

void Office::apply(const WaitingRoomSet& event, const Now& now) {
  check(event.office == code, "an office's waiting room is its own");
  static_cast<WaitingValues&>(settings) = event.values;
  if (!waiting.set_up) {
    waiting.set_up = true;
    waiting.shut = now.tick.time_since_epoch();  // open time begins with 0
    keep_open_time(now);
  }
}

void Office::apply(const LobbyOrdered& event) {
  check(state() == OfficeState::open, "a lobby is ordered when its office is open");
  waiting.lobby_drawn = event.opening;
}

void Office::apply(const ScheduleChanged& event, const Now& now) {
  check(event.schedule.size() <= kScheduleMax, "a schedule has its limit");
  schedule.assign(event.schedule.begin(), event.schedule.end());
  schedule_changes = next_change(schedule, calendar, now.civil, utc_offset);
  if (!open_said && !schedule.empty()) {
    open = scheduled_open(now.civil);
    keep_open_time(now);
  }
}

void Office::apply(const HolidaysChanged& event, const Now& now) {
  check(event.holidays.size() <= kHolidaysMax && event.workdays.size() <= kHolidaysMax,
        "a calendar has its limit");
  calendar.holidays.assign(event.holidays.begin(), event.holidays.end());
  calendar.workdays.assign(event.workdays.begin(), event.workdays.end());
  schedule_changes = next_change(schedule, calendar, now.civil, utc_offset);
}

void Office::apply(const OfficeOpened& event, const Now& now) {
  if (const auto opening = lobby_of(now.civil); event.open && opening && waiting.set_up) {
    waiting.lobby_drawn = opening;  // whoever was in it is put in order now, and nobody joins it
  }
  open = event.open;
  open_said = event.actor.uid != kNobody.uid;
  if (overlay == Overlay::none) {
    reason = event.reason;
  }
  schedule_changes = next_change(schedule, calendar, now.civil, utc_offset);
  check(!schedule_changes || *schedule_changes > now.civil, "the next change is still to come");
  keep_open_time(now);
}

void Office::apply(const OverlayChanged& event, const Now& now) {
  const bool stand = event.overlay != Overlay::none;
  if (stand && !stands_since) {
    stands_since = now.tick;
  } else if (!stand && stands_since) {
    check(now.tick >= *stands_since, "service time does not go back");
    stood += now.tick - *stands_since;
    stands_since.reset();
  }
  overlay = event.overlay;
  reason = event.reason;
  keep_open_time(now);
}

void Office::apply(const DayBegan& event, const Now& now) {
  check(event.day > today(), "days of an office begin in order");
  days.push_back({event.day, at(now.tick), settings.lapse_grace});
  if (days.size() > kDaysKept) {
    days.erase(days.begin());
  }
}

void Office::apply(const OfficeDescribed& event) {
  check(event.address.size() <= kTextMax && event.telephone.size() <= kTextMax &&
            event.hours.size() <= kTextMax,
        "where people find an office is said in short texts");
  contact = {std::string(event.address), std::string(event.telephone), std::string(event.hours)};
}

void Office::apply(const OfficeVersionsRaised&) {
  check(edition < std::numeric_limits<uint32_t>::max(), "editions never begin again");
  ++edition;
}

}  // namespace plated
