#include "tests/simulation/office_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace plated {
namespace {

using std::chrono::days;

constexpr int64_t kDayMs = 24 * 3'600'000;
constexpr int64_t kZoneMs = 8 * 3'600'000;

Day day_of_millis(int64_t civil_ms) { return Day(days((civil_ms + kZoneMs) / kDayMs)); }

template <class T>
void say(T& known, std::optional<T>& maybe, const T& said, Told told) {
  if (told == Told::done) {
    known = said;
    maybe.reset();
  } else if (told == Told::nothing) {
    maybe = said;
  }
}

template <class T>
bool settle(T& known, std::optional<T>& maybe, const T& is) {
  const bool allowed = known == is || (maybe && *maybe == is);
  known = is;
  maybe.reset();
  return allowed;
}

}  // namespace

void OfficeBook::say_overlay(Overlay said, Told told) { say(overlay, overlay_maybe, said, told); }

void OfficeBook::say_settings(const Settings& said, Told told) {
  say(settings, settings_maybe, said, told);
  if (told != Told::refused) {
    grace_least = std::min(grace_least, said.lapse_grace);
  }
}

void OfficeBook::say_holidays(const std::set<Day>& said, Told told) {
  say(holidays, holidays_maybe, said, told);
}

std::string OfficeBook::look(const Office& office) {
  if (!settle(overlay, overlay_maybe, office.overlay)) {
    return "its pause or maintenance is not what was said";
  }
  if (!settle(settings, settings_maybe, office.settings)) {
    return "its settings are not what was said";
  }
  const std::set<Day> is(office.calendar.holidays.begin(), office.calendar.holidays.end());
  return settle(holidays, holidays_maybe, is) ? "" : "its holidays are not what was said";
}

std::string OfficeBook::deadline_from(int64_t civil_ms) const {
  Day day = day_of_millis(civil_ms);
  for (uint32_t left = settings.validity_days; left > 0;) {
    day += days(1);
    const std::chrono::weekday weekday(day);
    const bool weekend = weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
    left -= weekend || holidays.contains(day) ? 0 : 1;
  }
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

int64_t OfficeBook::end_of(const std::string& deadline) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  std::from_chars(deadline.data(), deadline.data() + 4, year);
  std::from_chars(deadline.data() + 5, deadline.data() + 7, month);
  std::from_chars(deadline.data() + 8, deadline.data() + 10, day);
  const Day date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return (date.time_since_epoch().count() + 1) * kDayMs - kZoneMs;
}

}  // namespace plated
