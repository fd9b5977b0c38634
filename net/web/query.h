// Parts of a request's target, decoded. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plated {

// Nothing if it is wrongly encoded. A + is a space.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

// The decoded value of a query's parameter; nothing if it is not there or wrongly encoded.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace plated
