#include "net/notices/personal_data.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/check.h"

namespace plated {
namespace {

// The version of the layout: this byte, then name, phone and id_number, each behind its length as
// two bytes, little-endian. What is sealed outlives the program that sealed it.
constexpr char kLayout = 1;
constexpr std::size_t kFieldMax = 0xffff;

void put(std::string& out, const std::string& field) {
  check(field.size() <= kFieldMax, "a field of personal data has a bounded length");
  out.push_back(static_cast<char>(field.size() & 0xff));
  out.push_back(static_cast<char>(field.size() >> 8));
  out += field;
}

bool take(std::string_view& bytes, std::string& field) {
  if (bytes.size() < 2) {
    return false;
  }
  const std::size_t size = static_cast<uint8_t>(bytes[0]) |
                           static_cast<std::size_t>(static_cast<uint8_t>(bytes[1])) << 8;
  bytes.remove_prefix(2);
  if (bytes.size() < size) {
    return false;
  }
  field = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// Where the character behind the one at `at` begins.
std::size_t next_character(std::string_view text, std::size_t at) {
  do {
    ++at;
  } while (at < text.size() && !begins_character(text[at]));
  return at;
}

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// The first `count` characters and what is left.
std::pair<std::string_view, std::string_view> split_after(std::string_view text,
                                                          std::size_t count) {
  std::size_t at = 0;
  while (count > 0 && at < text.size()) {
    at = next_character(text, at);
    --count;
  }
  return {text.substr(0, at), text.substr(at)};
}

// Shows so many characters at both ends; of a text in which that would hide fewer than kHiddenMin,
// the last third alone. An asterisk stands for each hidden character, and kHiddenMin of them at
// least, so that a mask is never shorter than its text and a short text does not tell its length.
constexpr std::size_t kHiddenMin = 4;
std::string masked(std::string_view text, std::size_t head, std::size_t tail) {
  const std::size_t characters = characters_of(text);
  if (characters < head + tail + kHiddenMin) {
    head = 0;
    tail = characters / 3;
  }
  const std::size_t hidden = characters - head - tail;
  const auto [shown, rest] = split_after(text, head);
  return std::string(shown) + std::string(std::max(hidden, kHiddenMin), '*') +
         std::string(split_after(rest, hidden).second);
}

// Phones. China's numbers: a mobile one has 11 digits from 13 on, one with its area 9 to 11, and
// Beijing's area is 10.
constexpr std::string_view kChina = "86";

bool is_mobile(std::string_view digits) {
  return digits.size() == 11 && digits[0] == '1' && digits[1] >= '3';
}

bool has_area(std::string_view digits) {
  return digits.starts_with("10") ? digits.size() == 10
                                  : digits.size() >= 9 && digits.size() <= 11 && digits[0] >= '2';
}

// A number within China, perhaps with the 0 that is dialled before it there.
std::optional<std::string> in_china(std::string_view digits) {
  digits.remove_prefix(digits.starts_with('0') ? 1 : 0);
  return is_mobile(digits) || has_area(digits)
             ? std::optional("+" + std::string(kChina) + std::string(digits))
             : std::nullopt;
}

// A number from its country on.
std::optional<std::string> international(std::string_view digits) {
  constexpr std::size_t kDigitsMin = 7;
  constexpr std::size_t kDigitsMax = 15;  // of E.164
  if (digits.starts_with(kChina)) {
    return in_china(digits.substr(kChina.size()));
  }
  return digits.size() >= kDigitsMin && digits.size() <= kDigitsMax && digits[0] != '0'
             ? std::optional("+" + std::string(digits))
             : std::nullopt;
}

}  // namespace

std::string bytes_of(const PersonalData& data) {
  std::string bytes(1, kLayout);
  put(bytes, data.name);
  put(bytes, data.phone);
  put(bytes, data.id_number);
  return bytes;
}

std::optional<PersonalData> personal_data_of(std::string_view bytes) {
  if (bytes.empty() || bytes[0] != kLayout) {
    return std::nullopt;
  }
  bytes.remove_prefix(1);
  PersonalData data;
  if (!take(bytes, data.name) || !take(bytes, data.phone) || !take(bytes, data.id_number) ||
      !bytes.empty()) {
    return std::nullopt;
  }
  data.phone = canonical_phone(data.phone).value_or(data.phone);
  return data;
}

std::optional<std::string> canonical_phone(std::string_view phone) {
  const bool plus = phone.starts_with('+');
  const std::string_view digits = phone.substr(plus ? 1 : 0);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  if (plus || digits.starts_with("00")) {
    return international(digits.substr(plus ? 0 : 2));
  }
  if (digits.starts_with('0') || is_mobile(digits)) {
    return in_china(digits);
  }
  return digits.starts_with(kChina) && is_mobile(digits.substr(kChina.size()))
             ? international(digits)
             : std::nullopt;
}

std::string masked_phone(std::string_view phone) {
  constexpr std::size_t kCountry = 3;  // +86
  const bool is_chinas = phone.starts_with('+') && phone.substr(1).starts_with(kChina);
  return masked(is_chinas && is_mobile(phone.substr(kCountry)) ? phone.substr(kCountry) : phone, 3,
                4);
}

std::string masked_name(std::string_view name) {
  const std::size_t characters = characters_of(name);
  if (characters <= 1) {
    return std::string(characters, '*');
  }
  return std::string(split_after(name, 1).first) + std::string(characters - 1, '*');
}

std::string masked_id(std::string_view id) { return masked(id, 3, 4); }

std::string vehicle_tail(std::string_view vehicle) {
  constexpr std::size_t kShown = 6;
  return std::string(vehicle.substr(vehicle.size() - std::min(kShown, vehicle.size() / 2)));
}

}  // namespace plated
