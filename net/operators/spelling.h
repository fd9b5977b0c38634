// How operators spell what they bring from elsewhere, mostly from spreadsheets, and how plated
// spells it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plated {

[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);
// A to Z as a to z, and the other way round; all else as it is.
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);

// A vehicle's identifier as plated keeps it: in capitals, without spaces around.
[[nodiscard]] std::string vehicle_name(std::string_view text);

// An identity number or an organisation's code as it is kept, in capitals (11010519491231002X);
// nothing for what a spreadsheet made of one, and then `why` says what to do.
[[nodiscard]] std::optional<std::string> id_number(std::string_view text, std::string& why);

}  // namespace plated
