// Numbers and times as people write them on a command line or in a file, read strictly: what could
// mean two things is nothing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace plated {

// A whole number in tens: digits alone, no sign, no 0 in front (8 or 10?), nothing else.
[[nodiscard]] std::optional<int64_t> parse_whole_number(std::string_view text);

// Milliseconds of a whole number with its unit, perhaps after a space: ms, s, min, h or d. A number
// without a unit is none: 900 seconds, or milliseconds?
[[nodiscard]] std::optional<int64_t> parse_duration_ms(std::string_view text);

}  // namespace plated
