// Civil dates: the days, working days and opening hours of an office. A zone is a fixed offset from
// UTC, because China has had one since 1991, so a day always has 24 hours here.
// Pure functions over plain values; instants are Unix milliseconds. Anybody may call them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/bounded_text.h"
#include "engine/types.h"

namespace plated {

using DayText = BoundedText<10>;           // 2026-10-01
using MinutesText = BoundedText<5>;        // 09:00
using ScheduleDaysText = BoundedText<12>;  // 1-3,5

// The offset from UTC of a zone: Asia/Shanghai (also Chongqing, Harbin, Beijing and PRC),
// Asia/Urumqi, Asia/Hong_Kong, Asia/Macau, UTC, or +HH:MM and -HH:MM up to 14 hours. Nothing for
// any other name.
[[nodiscard]] std::optional<std::chrono::minutes> utc_offset_of(std::string_view zone);

// The local day of an instant, and the instant of the midnight that begins a local day.
[[nodiscard]] Day day_of(CivilTime at, std::chrono::minutes offset);
[[nodiscard]] CivilTime start_of(Day day, std::chrono::minutes offset);

// Reads YYYY-MM-DD, ten characters, a day that exists; nothing else.
[[nodiscard]] std::optional<Day> parse_day(std::string_view text);
// The day as such a text; a year beyond 0 to 9999 is shown as the nearer of these.
[[nodiscard]] DayText text_of(Day day);

// The same local date and time of day so many calendar years later (or earlier). From 29 February
// to a year without one it is 28 February: the Civil Code (article 202) ends a term whose month has
// no corresponding day on the last day of that month.
[[nodiscard]] CivilTime add_years(CivilTime at, int years, std::chrono::minutes offset);

// What an office's calendar has besides weekends. Both lists are sorted; a made-up working day
// outweighs a holiday, though no new calendar has a day that is both.
struct WorkingCalendar {
  std::vector<Day> holidays;
  std::vector<Day> workdays;
  friend bool operator==(const WorkingCalendar&, const WorkingCalendar&) = default;
};

// Monday to Friday but for the holidays, and the days that were made working days.
[[nodiscard]] bool is_working_day(const WorkingCalendar& calendar, Day day);

// The last of `working_days` working days after `confirmed`, which itself does not count;
// `confirmed` when `working_days` is not positive. Looks ten years ahead and no further: a calendar
// that has not so many working days by then gives the last day looked at.
[[nodiscard]] Day deadline_after(const WorkingCalendar& calendar, Day confirmed, int working_days);

// On a holiday only the rows for holidays count. On a made-up working day it is the rows for those
// days, or, where there are none, Monday's.
[[nodiscard]] bool open_at(std::span<const ScheduleRow> schedule, const WorkingCalendar& calendar,
                           CivilTime at, std::chrono::minutes offset);

// The next instant strictly after `after` at which open_at() changes. Rows that touch or overlap
// are one stretch. Nothing when there is none within the days that the calendar lists (ten years at
// most) and a week after them, as when the schedule is empty or covers every day.
[[nodiscard]] std::optional<CivilTime> next_change(std::span<const ScheduleRow> schedule,
                                                   const WorkingCalendar& calendar, CivilTime after,
                                                   std::chrono::minutes offset);

// The days of a schedule's row from text: 1 is Monday, 7 Sunday; single days and ascending ranges,
// separated by commas, in any order, no day twice: `1-5`, `6,7`, `1-3,5`. Or one of the words
// `holidays` and `workdays`. Nothing for any other text.
[[nodiscard]] std::optional<uint8_t> parse_schedule_days(std::string_view text);
// The same days as text, ascending. Requires days of a row.
[[nodiscard]] ScheduleDaysText text_of_schedule_days(uint8_t days);

// Minutes of the day from HH:MM, 00:00 to 24:00; nothing for any other text.
[[nodiscard]] std::optional<uint16_t> parse_minutes(std::string_view text);
// Minutes of the day as HH:MM. Requires at most kMinutesPerDay.
[[nodiscard]] MinutesText text_of_minutes(uint16_t minutes);

}  // namespace plated
