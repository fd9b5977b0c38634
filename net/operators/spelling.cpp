#include "net/operators/spelling.h"

#include <algorithm>

#include "net/protocol/trimmed.h"

namespace plated {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// 4.40301E+17, or 4.40301e17: a number that a spreadsheet has rounded.
bool is_rounded(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  const std::size_t point = text.find('.');
  return !text.empty() && is_digit(text.front()) &&
         (point != std::string_view::npos ||
          (e != std::string_view::npos && text.find('+') != std::string_view::npos));
}

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  return text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

std::string vehicle_name(std::string_view text) { return upper_case(trimmed(text)); }

std::optional<std::string> id_number(std::string_view text, std::string& why) {
  const std::string number = upper_case(trimmed(text));
  for (const std::string_view apostrophe : {"'", "‘", "’", "`"}) {
    if (number.starts_with(apostrophe)) {
      why = "begins with an apostrophe, which is a spreadsheet's and not the number's: take it off";
      return std::nullopt;
    }
  }
  if (is_rounded(number)) {
    why =
        "was rounded by a spreadsheet: make the column one of text there, enter the numbers "
        "again and export again";
    return std::nullopt;
  }
  return number;
}

}  // namespace plated
