#include "net/protocol/json_text.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <set>
#include <vector>

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 8;

JsonFault fault_at(std::string_view text, std::size_t at, std::string what) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const std::string_view in_line = before.substr(line_begin);
  const auto is_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  JsonFault fault;
  fault.what = std::move(what);
  fault.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  fault.column =
      1 + static_cast<std::size_t>(std::count_if(in_line.begin(), in_line.end(), is_character));
  return fault;
}

// The place behind the text in quotation marks that begins at `at`. Requires sound JSON.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    at += text[at] == '\\' ? 1 : 0;
  }
  return at + 1;
}

std::string unescaped(std::string_view quoted) {
  return quoted.find('\\') == std::string_view::npos
             ? std::string(quoted.substr(1, quoted.size() - 2))
             : std::string(json::parse(quoted).as_string());
}

// Calls `take` with each bracket and with the quotation mark before each field's name, their places
// and that name, until it is false. Requires sound JSON.
template <class Take>
void each_mark(std::string_view text, Take&& take) {
  bool more = true;
  for (std::size_t at = 0; at < text.size() && more; ++at) {
    const char c = text[at];
    if (c == '{' || c == '[' || c == '}' || c == ']') {
      more = take(c, at, std::string());
    } else if (c == '"') {
      const std::size_t end = end_of_string(text, at);
      const std::size_t next = text.find_first_not_of(" \t\r\n", end);
      if (next != std::string_view::npos && text[next] == ':') {
        more = take(c, at, unescaped(text.substr(at, end - at)));
      }
      at = end - 1;
    }
  }
}

// The first field that an object says twice. Requires sound JSON.
std::optional<JsonFault> find_twice(std::string_view text) {
  std::optional<JsonFault> fault;
  std::vector<std::set<std::string>> open;  // the fields so far of each object around, and of lists
  each_mark(text, [&](char mark, std::size_t at, std::string field) {
    if (mark == '{' || mark == '[') {
      open.emplace_back();
    } else if (mark != '"') {
      open.pop_back();
    } else if (!open.back().insert(field).second) {
      fault = fault_at(text, at, "\"" + field + "\" is said twice");
      fault->field = std::move(field);
    }
    return !fault;
  });
  return fault;
}

}  // namespace

std::size_t column_of_field(std::string_view text, std::string_view field) {
  std::size_t depth = 0;
  std::size_t place = 0;
  each_mark(text, [&](char mark, std::size_t at, const std::string& name) {
    if (mark != '"') {
      const bool opens = mark == '{' || mark == '[';
      depth = opens ? depth + 1 : depth - 1;
    } else if (depth == 1 && name == field) {
      place = at;
      return false;
    }
    return true;
  });
  return fault_at(text, place, "").column;
}

std::optional<JsonFault> read_json(std::string_view text, json::value& value) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::parser parser({}, options);
  json::error_code error;
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) {
    error = json::error::extra_data;
  }
  if (error) {
    return fault_at(text, std::min(read, text.size()), error.message());
  }
  value = parser.release();
  return find_twice(text);
}

}  // namespace plated
