// Small pieces of what platelog says. Pure.
#pragma once

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <string>

#include "engine/engine.h"
#include "persistence/status.h"

namespace plated {

[[nodiscard]] inline std::string hexadecimal(const Digest& digest) {
  std::string text;
  for (const auto byte : digest) {
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

// The file's name within the data directory.
[[nodiscard]] inline std::string name_within(const std::string& directory,
                                             const std::string& path) {
  return path.starts_with(directory + "/") ? path.substr(directory.size() + 1) : path;
}

[[nodiscard]] inline boost::json::object problem_json(const Status& status) {
  return {{"problem", status.text()}, {"what_to_do", status.remedy()}};
}

}  // namespace plated
