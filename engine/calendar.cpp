#include "engine/calendar.h"

#include <algorithm>
#include <array>

#include "engine/check.h"

namespace plated {
namespace {

using std::chrono::minutes;

constexpr int kDaysLookedAt = 3660;  // ten years
constexpr minutes kOffsetMax{14 * 60};
constexpr std::string_view kHolidayRowText = "holidays";
constexpr std::string_view kWorkdayRowText = "workdays";

struct Zone {
  std::string_view name;
  minutes offset;
};
constexpr std::array<Zone, 9> kZones = {{{"Asia/Shanghai", minutes{480}},
                                         {"Asia/Chongqing", minutes{480}},
                                         {"Asia/Harbin", minutes{480}},
                                         {"Asia/Beijing", minutes{480}},
                                         {"PRC", minutes{480}},
                                         {"Asia/Hong_Kong", minutes{480}},
                                         {"Asia/Macau", minutes{480}},
                                         {"Asia/Urumqi", minutes{360}},
                                         {"UTC", minutes{0}}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The number that `count` digits make; nothing unless all are digits.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!is_digit(text[i])) {
      return std::nullopt;
    }
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// 0 is Monday.
unsigned weekday_of(Day day) { return std::chrono::weekday(day).iso_encoding() - 1; }

bool in(const std::vector<Day>& days, Day day) {
  return std::binary_search(days.begin(), days.end(), day);
}

// Whether a row counts on `day`, of a schedule that has rows of its own for made-up working days or
// not.
bool counts(const ScheduleRow& row, const WorkingCalendar& calendar, Day day, bool workday_rows) {
  const auto of_week = [&row](unsigned weekday) {
    return row.days < kHolidayRow && ((row.days >> weekday) & 1) != 0;
  };
  if (in(calendar.workdays, day)) {
    return workday_rows ? row.days == kWorkdayRow : of_week(0);
  }
  return in(calendar.holidays, day) ? row.days == kHolidayRow : of_week(weekday_of(day));
}

// The rows that count on `day`.
std::vector<ScheduleRow> rows_of(std::span<const ScheduleRow> schedule,
                                 const WorkingCalendar& calendar, Day day) {
  const bool workday_rows =
      std::any_of(schedule.begin(), schedule.end(),
                  [](const ScheduleRow& row) { return row.days == kWorkdayRow; });
  std::vector<ScheduleRow> rows;
  for (const ScheduleRow& row : schedule) {
    if (counts(row, calendar, day, workday_rows)) {
      rows.push_back(row);
    }
  }
  return rows;
}

bool covers(std::span<const ScheduleRow> rows, uint16_t minute) {
  return std::any_of(rows.begin(), rows.end(), [minute](const ScheduleRow& row) {
    return row.from <= minute && minute < row.to;
  });
}

// The local day and the minute of it.
struct DayMinute {
  Day day;
  uint16_t minute;
};
DayMinute day_minute_of(CivilTime at, minutes offset) {
  const auto local = std::chrono::floor<minutes>(at) + offset;
  const Day day = std::chrono::floor<std::chrono::days>(local);
  return {day, static_cast<uint16_t>((local - day).count())};
}

// The first minute from `from` on at which the rows of one day no longer cover, or first cover;
// kMinutesPerDay when there is none.
uint16_t first_change(std::span<const ScheduleRow> rows, uint16_t from, bool open) {
  uint16_t first = kMinutesPerDay;
  const auto consider = [&](uint16_t minute) {
    if (minute >= from && minute < first && covers(rows, minute) != open) {
      first = minute;
    }
  };
  consider(0);
  for (const ScheduleRow& row : rows) {
    consider(row.from);
    consider(row.to);
  }
  return first;
}

}  // namespace

std::optional<minutes> utc_offset_of(std::string_view zone) {
  for (const Zone& known : kZones) {
    if (zone == known.name) {
      return known.offset;
    }
  }
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':') {
    return std::nullopt;
  }
  const auto hour = digits(zone, 1, 2);
  const auto minute = digits(zone, 4, 2);
  if (!hour || !minute || *minute > 59 || minutes{*hour * 60 + *minute} > kOffsetMax) {
    return std::nullopt;
  }
  const minutes offset{*hour * 60 + *minute};
  return zone[0] == '-' ? -offset : offset;
}

Day day_of(CivilTime at, minutes offset) {
  return std::chrono::floor<std::chrono::days>(at + offset);
}

CivilTime start_of(Day day, minutes offset) { return CivilTime(day) - offset; }

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    return std::nullopt;
  }
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  if (!year || !month || !day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  return date.ok() ? std::optional<Day>(date) : std::nullopt;
}

DayText text_of(Day day) {
  const std::chrono::year_month_day date{day};
  DayText text;
  text.append_digits(static_cast<uint32_t>(std::clamp(static_cast<int>(date.year()), 0, 9999)), 4);
  text.append('-');
  text.append_digits(static_cast<unsigned>(date.month()), 2);
  text.append('-');
  text.append_digits(static_cast<unsigned>(date.day()), 2);
  return text;
}

CivilTime add_years(CivilTime at, int years, minutes offset) {
  const Day day = day_of(at, offset);
  const auto since_midnight = at - start_of(day, offset);
  std::chrono::year_month_day date{day};
  date += std::chrono::years{years};
  if (!date.ok()) {
    date = date.year() / date.month() / std::chrono::last;
  }
  return start_of(date, offset) + since_midnight;
}

bool is_working_day(const WorkingCalendar& calendar, Day day) {
  if (in(calendar.workdays, day)) {
    return true;
  }
  return !in(calendar.holidays, day) && weekday_of(day) < 5;
}

Day deadline_after(const WorkingCalendar& calendar, Day confirmed, int working_days) {
  Day day = confirmed;
  for (int looked_at = 0; working_days > 0 && looked_at < kDaysLookedAt; ++looked_at) {
    day += std::chrono::days{1};
    working_days -= is_working_day(calendar, day) ? 1 : 0;
  }
  return day;
}

bool open_at(std::span<const ScheduleRow> schedule, const WorkingCalendar& calendar, CivilTime at,
             minutes offset) {
  const DayMinute now = day_minute_of(at, offset);
  return covers(rows_of(schedule, calendar, now.day), now.minute);
}

std::optional<CivilTime> next_change(std::span<const ScheduleRow> schedule,
                                     const WorkingCalendar& calendar, CivilTime after,
                                     minutes offset) {
  constexpr std::chrono::days kWeek{7};
  const DayMinute now = day_minute_of(after, offset);
  const bool open = covers(rows_of(schedule, calendar, now.day), now.minute);
  Day last = now.day;
  for (const auto* listed : {&calendar.holidays, &calendar.workdays}) {
    if (!listed->empty()) {
      last = std::max(last, listed->back());
    }
  }
  last = std::min(last, now.day + std::chrono::days(kDaysLookedAt)) + kWeek;
  auto from = static_cast<uint16_t>(now.minute + 1);
  for (Day day = now.day; !schedule.empty() && day <= last; day += std::chrono::days{1}) {
    const uint16_t minute = first_change(rows_of(schedule, calendar, day), from, open);
    if (minute < kMinutesPerDay) {
      return start_of(day, offset) + minutes{minute};
    }
    from = 0;
  }
  return std::nullopt;
}

std::optional<uint8_t> parse_schedule_days(std::string_view text) {
  if (text == kHolidayRowText || text == kWorkdayRowText) {
    return text == kHolidayRowText ? kHolidayRow : kWorkdayRow;
  }
  unsigned days = 0;
  std::size_t i = 0;
  const auto day_at = [&](std::size_t at) -> int {
    return at < text.size() && text[at] >= '1' && text[at] <= '7' ? text[at] - '1' : -1;
  };
  for (;;) {
    const int from = day_at(i);
    const bool range = i + 1 < text.size() && text[i + 1] == '-';
    const int to = range ? day_at(i + 2) : from;
    if (from < 0 || to < from) {
      return std::nullopt;
    }
    for (int day = from; day <= to; ++day) {
      if (((days >> day) & 1) != 0) {
        return std::nullopt;
      }
      days |= 1U << day;
    }
    i += range ? 3 : 1;
    if (i == text.size()) {
      return static_cast<uint8_t>(days);
    }
    if (text[i++] != ',') {
      return std::nullopt;
    }
  }
}

ScheduleDaysText text_of_schedule_days(uint8_t days) {
  ScheduleDaysText text;
  if (days >= kHolidayRow) {
    return days == kHolidayRow ? kHolidayRowText : kWorkdayRowText;
  }
  for (unsigned day = 0; day < 7; ++day) {
    if (((days >> day) & 1) == 0) {
      continue;
    }
    unsigned last = day;
    while (last < 6 && ((days >> (last + 1)) & 1) != 0) {
      ++last;
    }
    if (!text.empty()) {
      text.append(',');
    }
    text.append(static_cast<char>('1' + day));
    if (last > day) {
      text.append('-');
      text.append(static_cast<char>('1' + last));
    }
    day = last;
  }
  return text;
}

std::optional<uint16_t> parse_minutes(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') {
    return std::nullopt;
  }
  const auto hour = digits(text, 0, 2);
  const auto minute = digits(text, 3, 2);
  if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > kMinutesPerDay) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(*hour * 60 + *minute);
}

MinutesText text_of_minutes(uint16_t minute) {
  check(minute <= kMinutesPerDay, "a minute of the day is at most 24:00");
  MinutesText text;
  text.append_digits(minute / 60U, 2);
  text.append(':');
  text.append_digits(minute % 60U, 2);
  return text;
}

}  // namespace plated
