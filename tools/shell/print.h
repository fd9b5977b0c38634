// The operators' answers as text for people: one value a line, lists of objects as tables, pools
// with their sum, instants in local time. It shows every field an answer has, those it does not
// know too, so that a newer server's answers stay readable. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace plated {

[[nodiscard]] std::string describe(const boost::json::value& answer);

// An error answer as "message (code, field …)"; a body that is none, as it is.
[[nodiscard]] std::string describe_error(unsigned status, const std::string& body);

}  // namespace plated
