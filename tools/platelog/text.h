// Small pieces of what platelog says. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "persistence/status.h"

namespace plated {

// The file's name within the data directory.
[[nodiscard]] inline std::string name_within(const std::string& directory,
                                             const std::string& path) {
  return path.starts_with(directory + "/") ? path.substr(directory.size() + 1) : path;
}

[[nodiscard]] inline boost::json::object problem_json(const Status& status) {
  return {{"problem", status.text()}, {"what_to_do", status.remedy()}};
}

}  // namespace plated
