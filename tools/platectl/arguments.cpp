#include "tools/platectl/arguments.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "tools/shell/number.h"

namespace plated {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `digits` digits off the front of `text`; false leaves it in the middle.
bool take_digits(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<long>(digits), is_digit)) {
    return false;
  }
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// Milliseconds of a fraction of a second, the point already taken; more digits than three are cut.
bool take_fraction(std::string_view& text, int& millis) {
  std::size_t digits = 0;
  int weight = 100;
  while (!text.empty() && is_digit(text.front())) {
    millis += (text.front() - '0') * weight;
    weight /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  return digits > 0;
}

// Minutes by which the offset at the end of an RFC 3339 time is ahead of UTC.
std::optional<int> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") {
    return 0;
  }
  const bool west = !text.empty() && text.front() == '-';
  int hours = 0;
  int minutes = 0;
  if (!(take(text, '+') || take(text, '-')) || !take_digits(text, 2, hours) || !take(text, ':') ||
      !take_digits(text, 2, minutes) || !text.empty() || hours > 23 || minutes > 59) {
    return std::nullopt;
  }
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

bool is_clock(std::string_view text) {
  return text.size() == 5 && is_digit(text[0]) && is_digit(text[1]) && text[2] == ':' &&
         is_digit(text[3]) && is_digit(text[4]);
}

}  // namespace

std::string path_part(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "-._~*@:";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
    if (letter || kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

std::optional<int64_t> parse_instant(std::string_view text) {
  if (const auto millis = parse_whole_number(text)) {
    return millis;
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day) ||
      !(take(text, 'T') || take(text, 't') || take(text, ' ')) || !take_digits(text, 2, hour) ||
      !take(text, ':') || !take_digits(text, 2, minute)) {
    return std::nullopt;
  }
  if (take(text, ':') &&
      (!take_digits(text, 2, second) || (take(text, '.') && !take_fraction(text, millis)))) {
    return std::nullopt;
  }
  const auto offset = parse_offset(text);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!offset || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const int64_t minutes = (int64_t{days.count()} * 24 + hour) * 60 + minute - *offset;
  return (minutes * 60 + second) * 1000 + millis;
}

bool is_day(std::string_view text) {
  int part = 0;
  return take_digits(text, 4, part) && take(text, '-') && take_digits(text, 2, part) &&
         take(text, '-') && take_digits(text, 2, part) && text.empty();
}

std::optional<boost::json::object> parse_schedule_row(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view days = text.substr(0, space);
  const std::string_view hours = text.substr(space + 1);
  const bool known_days = days == "holidays" || days == "workdays" ||
                          (!days.empty() && days.find_first_not_of("1234567-,") == days.npos);
  if (!known_days || hours.size() != 11 || hours[5] != '-' || !is_clock(hours.substr(0, 5)) ||
      !is_clock(hours.substr(6))) {
    return std::nullopt;
  }
  return boost::json::object{{"days", days}, {"from", hours.substr(0, 5)}, {"to", hours.substr(6)}};
}

std::string voucher_code_in(std::string_view text) {
  constexpr std::string_view kAddress = "/voucher/";
  std::string_view digits = text;
  if (const std::size_t at = text.rfind(kAddress); at != std::string_view::npos) {
    digits.remove_prefix(at + kAddress.size());
    digits = digits.substr(0, digits.find_first_of("?#/"));
  }
  std::string code;
  for (const char c : digits) {
    if (c == ' ' || c == '-' || c == '\t' || c == '\n' || c == '\r') {
      continue;
    }
    code += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return code;
}

std::vector<std::string> split_words(std::string_view text, std::string_view between) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(between);
    if (start == std::string_view::npos) {
      return words;
    }
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(between), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

boost::json::array to_json_array(const std::vector<std::string>& words) {
  boost::json::array array;
  for (const std::string& word : words) {
    array.emplace_back(word);
  }
  return array;
}

}  // namespace plated
