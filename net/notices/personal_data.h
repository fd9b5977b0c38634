// What is known of an owner as a person. It stands sealed in the log; only these callers see it in
// clear: the desk that sends codes, the outbox of notices, the operators' socket. Pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plated {

struct PersonalData {
  std::string name;
  std::string phone;      // a canonical_phone; empty: none
  std::string id_number;  // of the identity document, or the organisation's
  friend bool operator==(const PersonalData&, const PersonalData&) = default;
};

// The bytes that are sealed: equal data, equal bytes. Requires fields of at most 65535 bytes each.
[[nodiscard]] std::string bytes_of(const PersonalData& data);

// Nothing unless `bytes` are exactly what bytes_of makes of something. The phone comes in its
// canonical form, also where an earlier version has sealed it as it was written; one that has no
// such form stays as it is.
[[nodiscard]] std::optional<PersonalData> personal_data_of(std::string_view bytes);

// Opens what was sealed under an owner's key; nothing if the key is gone, or there never was one.
using OpenPersonalData =
    std::function<std::optional<PersonalData>(uint64_t key, std::string_view sealed)>;

// The phone as E.164 has it, so that +86138…, 0086138… and 138… are one: what has no country is
// China's, a mobile number or, behind a 0, one with its area. Nothing for all else, like 10086.
[[nodiscard]] std::optional<std::string> canonical_phone(std::string_view phone);

// Masks: never shorter than their text, and never the whole of one, however short it is.
// 138****1234, with or without China's +86 before it; +852*****4567; of a short one the last third.
[[nodiscard]] std::string masked_phone(std::string_view phone);
// The first character and an asterisk for each other: 张**. Of a single character nothing.
[[nodiscard]] std::string masked_name(std::string_view name);
// The first three and the last four characters, asterisks between: 440***********1234.
[[nodiscard]] std::string masked_id(std::string_view id);
// The last six characters of a vehicle's identifier, and at most half of a short one.
[[nodiscard]] std::string vehicle_tail(std::string_view vehicle);

}  // namespace plated
