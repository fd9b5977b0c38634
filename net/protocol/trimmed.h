// What is left of a text without what surrounds it. Pure; any thread.
#pragma once

#include <algorithm>
#include <string_view>

namespace plated {

// `text` without the characters of `around` at either end: by default those that HTTP allows
// between the parts of a header field.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text,
                                                 std::string_view around = " \t") {
  text.remove_prefix(std::min(text.find_first_not_of(around), text.size()));
  return text.substr(0, text.find_last_not_of(around) + 1);
}

}  // namespace plated
