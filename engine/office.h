// One office: its settings, schedule and calendar, whether it is open, and its two times. Service
// time stands still while the office is paused or in maintenance; days begin one after the other,
// each at a recorded moment. Changed under all shards' mutexes, read under any one.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "engine/calendar.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/settings.h"
#include "engine/types.h"

namespace plated {

struct Office {
  // A day of its calendar. `began` is the service time at which it was recorded to have begun;
  // `lapse_grace` is the grace of the reservations whose last day ended then.
  struct DayStart {
    Day day{};
    OfficeTick began{};
    Millis lapse_grace{};
    friend bool operator==(const DayStart&, const DayStart&) = default;
  };

  OfficeCode code;
  std::string name;
  std::string time_zone = "Asia/Shanghai";
  std::chrono::minutes utc_offset{8 * 60};
  Settings settings;
  OfficeContact contact;
  std::vector<ScheduleRow> schedule;
  WorkingCalendar calendar;

  bool open = false;
  bool open_said = false;  // by an operator; holds until the schedule's next change
  Overlay overlay = Overlay::none;
  std::string reason;                         // the operator's, for the state that is in force
  std::optional<CivilTime> schedule_changes;  // when the schedule next opens or closes the office

  // How often what all its applications show of it has changed: they count that in their versions.
  uint32_t edition = 0;

  Millis stood{};                    // for how long its service time has stood still so far
  std::optional<Tick> stands_since;  // while paused or in maintenance
  std::vector<DayStart> days;        // ascending, never empty, the last kDaysKept

  // What the waiting room knows of time. Open time is counted from when it was first set up.
  struct Waiting {
    bool set_up = false;
    Millis shut{};                         // for how long it was not open so far
    std::optional<Tick> shut_since;        // while it is not open
    std::optional<CivilTime> lobby_drawn;  // the last opening of which the lobby is over
  };
  Waiting waiting;

  // The overlay, if there is one, else whether it is open.
  [[nodiscard]] OfficeState state() const;
  // When the schedule next opens it. Nothing while its state is not closed, or if no schedule will.
  [[nodiscard]] std::optional<CivilTime> opens_at() const;
  // Whether its schedule has it open at that moment.
  [[nodiscard]] bool scheduled_open(CivilTime civil) const;
  // Whether its service time stands still now: it is paused or in maintenance.
  [[nodiscard]] bool stands() const { return stands_since.has_value(); }
  // Its service time at that tick.
  [[nodiscard]] OfficeTick at(Tick tick) const;
  // Its open time at that tick. Requires that a waiting room was set up.
  [[nodiscard]] OpenTick open_time_at(Tick tick) const;
  // The opening of which the lobby is open at that moment: only while the office is closed, and for
  // `lobby` before its schedule opens it. Nothing without a waiting room.
  [[nodiscard]] std::optional<CivilTime> lobby_of(CivilTime civil) const;
  // When `deadline` will be reached if the office is not paused before. Requires that it does not
  // stand.
  [[nodiscard]] Tick when(OfficeTick deadline) const;
  // The last day that was recorded to have begun.
  [[nodiscard]] Day today() const { return days.back().day; }
  // The day that the calendar in its zone has at that moment, recorded or not.
  [[nodiscard]] Day day_at(CivilTime civil) const { return day_of(civil, utc_offset); }
  // When the first day at or after `day` was recorded to have begun; kNever if none has.
  [[nodiscard]] OfficeTick began(Day day) const;
  // When the grace after the end of `day` is over; kNever while that day has not ended.
  [[nodiscard]] OfficeTick grace_over(Day day) const;

  // Each changes what the event says. Requires that the event follows from the office's state.
  void apply(const OfficeNamed& event, const Now& now);
  void apply(const SettingsChanged& event);
  void apply(const ScheduleChanged& event, const Now& now);
  void apply(const HolidaysChanged& event, const Now& now);
  void apply(const OfficeOpened& event, const Now& now);
  void apply(const OverlayChanged& event, const Now& now);
  void apply(const DayBegan& event, const Now& now);
  void apply(const OfficeDescribed& event);
  void apply(const OfficeVersionsRaised& event);
  void apply(const WaitingRoomSet& event, const Now& now);
  void apply(const LobbyOrdered& event);

  static constexpr std::size_t kDaysKept = 400;

 private:
  void keep_open_time(const Now& now);
};

}  // namespace plated
