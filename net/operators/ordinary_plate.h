// The plate that a vehicle carries while its owner chooses a new one: an ordinary plate such as
// 粤B12345, or a special one such as 粤B1234学. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plated {

// The plate as it is shown, if `text` is one: with the freedoms of parse_plate (a dot, lower case,
// spaces around). A new-energy plate is one too, although its vehicle may choose no other.
[[nodiscard]] std::optional<std::string> carried_plate(std::string_view text);

}  // namespace plated
