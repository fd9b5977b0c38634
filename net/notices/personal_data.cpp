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
  return data;
}

bool is_phone(std::string_view phone) {
  if (phone.starts_with('+')) {
    phone.remove_prefix(1);
  }
  return phone.size() >= 5 && phone.size() <= 20 &&
         std::all_of(phone.begin(), phone.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string canonical_phone(std::string_view phone) {
  constexpr std::size_t kMobileDigits = 11;
  const auto is_mobile = [](std::string_view digits) {
    return digits.size() == kMobileDigits && digits.starts_with('1');
  };
  if (phone.starts_with('+')) {
    return std::string(phone);
  }
  if (phone.starts_with("00")) {
    return "+" + std::string(phone.substr(2));
  }
  if (is_mobile(phone)) {
    return "+86" + std::string(phone);
  }
  const bool has_country = phone.starts_with("86") && is_mobile(phone.substr(2));
  return (has_country ? "+" : "") + std::string(phone);
}

bool same_person(const PersonalData& a, const PersonalData& b) {
  return a.name == b.name && a.id_number == b.id_number &&
         canonical_phone(a.phone) == canonical_phone(b.phone);
}

std::string masked_phone(std::string_view phone) { return masked(phone, 3, 4); }

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
