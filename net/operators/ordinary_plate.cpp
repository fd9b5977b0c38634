#include "net/operators/ordinary_plate.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/plate.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

constexpr std::size_t kSerialSize = 5;
constexpr std::size_t kOfficeSize = 4;  // a province character and a letter
constexpr std::array<std::string_view, 6> kSpecialEnds = {"学", "警", "挂", "港", "澳", "领"};
constexpr std::array<std::string_view, 3> kDots = {"·", "・", "•"};

bool is_serial_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'O');
}

}  // namespace

std::optional<std::string> carried_plate(std::string_view text) {
  if (const ParsedPlate parsed = parse_plate(text); parsed.plate) {
    return std::string(text_of(*parsed.plate).view());
  }
  text = trimmed(text);
  const ParsedOffice office = parse_office(text.substr(0, kOfficeSize));
  if (!office.office) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(std::min(kOfficeSize, text.size()));
  for (const std::string_view dot : kDots) {
    if (rest.starts_with(dot)) {
      rest.remove_prefix(dot.size());
      break;
    }
  }
  std::string_view end;
  for (const std::string_view special : kSpecialEnds) {
    if (rest.ends_with(special)) {
      end = special;
      rest.remove_suffix(special.size());
    }
  }
  std::string serial(rest);
  std::transform(serial.begin(), serial.end(), serial.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (serial.size() + (end.empty() ? 0 : 1) != kSerialSize ||
      !std::all_of(serial.begin(), serial.end(), is_serial_character)) {
    return std::nullopt;
  }
  return std::string(text_of(*office.office).view()) + serial + std::string(end);
}

}  // namespace plated
