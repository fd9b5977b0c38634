// What stands at a key of a report or of a server's answer. What is missing there, or is of another
// kind, as in a report of another version, reads as nothing.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace plated::load {

[[nodiscard]] const boost::json::value& at(const boost::json::object& from, std::string_view key);
[[nodiscard]] double number(const boost::json::object& from, std::string_view key);
[[nodiscard]] const boost::json::object& object(const boost::json::object& from,
                                                std::string_view key);
[[nodiscard]] const boost::json::array& array(const boost::json::object& from,
                                              std::string_view key);
[[nodiscard]] std::string text(const boost::json::object& from, std::string_view key);
[[nodiscard]] bool flag(const boost::json::object& from, std::string_view key);

}  // namespace plated::load
