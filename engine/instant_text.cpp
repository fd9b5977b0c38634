#include "engine/instant_text.h"

#include <charconv>
#include <chrono>

#include "engine/calendar.h"

namespace plated {
namespace {

bool take_number(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) {
    return false;
  }
  const char* const end = text.data() + digits;
  const auto read = std::from_chars(text.data(), end, out);
  const bool number = read.ec == std::errc{} && read.ptr == end && text[0] != '-';
  text.remove_prefix(digits);
  return number;
}

bool take_character(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text[0]) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// HH:MM
bool take_hours_and_minutes(std::string_view& text, std::chrono::minutes& out) {
  int hour = 0;
  int minute = 0;
  const bool taken = take_number(text, 2, hour) && take_character(text, ":") &&
                     take_number(text, 2, minute) && hour < 24 && minute < 60;
  out = std::chrono::hours(hour) + std::chrono::minutes(minute);
  return taken;
}

// A dot and digits; nothing is 0.
bool take_fraction(std::string_view& text, Millis& out) {
  if (!take_character(text, ".")) {
    return true;
  }
  int64_t unit = 100;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    out += Millis(unit * (text[digits] - '0'));
    unit /= 10;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_offset(std::string_view& text, std::chrono::minutes& out) {
  if (take_character(text, "Zz")) {
    return true;
  }
  const bool west = !text.empty() && text[0] == '-';
  if (!take_character(text, "+-") || !take_hours_and_minutes(text, out)) {
    return false;
  }
  out = west ? -out : out;
  return true;
}

}  // namespace

std::optional<CivilTime> instant_of(std::string_view rfc3339) {
  constexpr std::size_t kDaySize = 10;
  const std::optional<Day> day = parse_day(rfc3339.substr(0, kDaySize));
  if (!day || rfc3339.size() <= kDaySize) {
    return std::nullopt;
  }
  rfc3339.remove_prefix(kDaySize);
  std::chrono::minutes minutes{0};
  std::chrono::minutes offset{0};
  int seconds = 0;
  Millis fraction{0};
  const bool taken = take_character(rfc3339, "Tt ") && take_hours_and_minutes(rfc3339, minutes) &&
                     take_character(rfc3339, ":") && take_number(rfc3339, 2, seconds) &&
                     seconds < 61 && take_fraction(rfc3339, fraction) &&
                     take_offset(rfc3339, offset) && rfc3339.empty();
  if (!taken) {
    return std::nullopt;
  }
  return CivilTime(*day) + minutes + std::chrono::seconds(seconds) + fraction - offset;
}

}  // namespace plated
