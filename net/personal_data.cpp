#include "net/personal_data.h"

#include <algorithm>
#include <array>
#include <cstdint>

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

}  // namespace plated
