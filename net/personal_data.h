// What is known of an owner as a person: never in the log in clear, sealed under a key of his own.
// Here is the plain form, as the bytes that are sealed. Pure functions; anybody who may see
// personal data may call them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plated {

struct PersonalData {
  std::string name;
  std::string phone;      // digits, perhaps a + first; empty: none
  std::string id_number;  // of his identity document, or the organisation's
  friend bool operator==(const PersonalData&, const PersonalData&) = default;
};

// The one text of bytes that stands for `data`: equal data, equal bytes. Requires fields of at most
// 65535 bytes each.
[[nodiscard]] std::string bytes_of(const PersonalData& data);

// Nothing unless `bytes` are exactly what bytes_of makes of something.
[[nodiscard]] std::optional<PersonalData> personal_data_of(std::string_view bytes);

// A phone as plated takes it: 5 to 20 digits, perhaps a + before them.
[[nodiscard]] bool is_phone(std::string_view phone);

}  // namespace plated
