#include "tools/plateload/figures/json.h"

namespace plated::load {

namespace json = boost::json;

const json::value& at(const json::object& from, std::string_view key) {
  static const json::value nothing;
  const json::value* found = from.if_contains(key);
  return found == nullptr ? nothing : *found;
}

double number(const json::object& from, std::string_view key) {
  const json::value& value = at(from, key);
  return value.is_number() ? value.to_number<double>() : 0;
}

const json::object& object(const json::object& from, std::string_view key) {
  static const json::object nothing;
  const json::object* found = at(from, key).if_object();
  return found == nullptr ? nothing : *found;
}

const json::array& array(const json::object& from, std::string_view key) {
  static const json::array nothing;
  const json::array* found = at(from, key).if_array();
  return found == nullptr ? nothing : *found;
}

std::string text(const json::object& from, std::string_view key) {
  const json::string* found = at(from, key).if_string();
  return found == nullptr ? std::string() : std::string(*found);
}

bool flag(const json::object& from, std::string_view key) {
  const bool* found = at(from, key).if_bool();
  return found != nullptr && *found;
}

}  // namespace plated::load
