// What a figure depends on besides the code: which server, how it is set up, and on what machine.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>

namespace plated::load {

// This program and the machine that it runs on.
[[nodiscard]] boost::json::object client_stamp(const std::string& command);

// What the server behind the operators' socket at `path` says of itself: version, uptime, its own
// latencies, pools, offices with their settings. Where nobody answers, or not within seconds, why;
// with an empty path nobody is asked.
[[nodiscard]] boost::json::object server_stamp(const std::string& path);

// Stamps as a reader takes them in: the server, what its offices are set to, and the machine.
[[nodiscard]] std::string server_text(const boost::json::object& server);
[[nodiscard]] std::string settings_text(const boost::json::object& server);
[[nodiscard]] std::string machine_text(const boost::json::object& client);

}  // namespace plated::load
