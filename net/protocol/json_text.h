// JSON as operators write it: one text to one value, with the place of whatever is wrong with it.
// An object that says a field twice is wrong, though JSON allows it: nobody knows which is meant.
// Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plated {

struct JsonFault {
  std::string what;
  std::size_t line = 1;
  std::size_t column = 1;  // in characters
  std::string field;       // the one that is said twice
};

// Where an object says its field of that name, in characters from 1. Requires that it does, and
// text that read_json has taken.
[[nodiscard]] std::size_t column_of_field(std::string_view text, std::string_view field);

// Reads all of `text` into `value`; at most 8 deep.
[[nodiscard]] std::optional<JsonFault> read_json(std::string_view text, boost::json::value& value);

}  // namespace plated
