// The settings of an office by their names in the operators' protocol, for clients that offer them
// one by one. Made from the engine's list; any thread.
#pragma once

#include <string>
#include <vector>

namespace plated {

struct OfficeSetting {
  std::string name;  // as in `settings` of PUT /v1/offices
  std::string what;  // for people who set it
  bool is_time;      // in milliseconds, and the name ends in _ms
};

// Every setting, in the order in which they are shown.
[[nodiscard]] std::vector<OfficeSetting> office_settings();

// The fields of PUT /v1/offices that say where people find the office.
[[nodiscard]] std::vector<std::string> office_contact_fields();

}  // namespace plated
