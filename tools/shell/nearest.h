// The known name that is nearest to a mistyped one. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plated {

// The candidate that takes the fewest single changes to become `word`, not counting
// those between upper and lower case; of equals, the first.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace plated
