// The made-up owners of a rehearsal: r-0, r-1, … A ticket of one that does not exist yet makes
// that owner.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace plated {

inline constexpr std::size_t kRehearsalDigitsMax = 12;

// The N of r-N; nothing for any other text, and for numbers with zeros before them.
[[nodiscard]] inline std::optional<uint64_t> rehearsal_number(std::string_view owner) {
  if (!owner.starts_with("r-")) {
    return std::nullopt;
  }
  const std::string_view digits = owner.substr(2);
  if (digits.empty() || digits.size() > kRehearsalDigitsMax) {
    return std::nullopt;
  }
  if (digits.size() > 1 && digits.front() == '0') {
    return std::nullopt;
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace plated
