// Scenarios in a file: a load told in TOML instead of flags. Every key is named in LOAD.md; one
// that is unknown is an error that suggests the right one, so that a mistyped share is never
// silently the default.
#pragma once

#include <string>
#include <string_view>

#include "tools/plateload/options.h"

namespace plated::load {

// Reads the scenario `text` into `options`; what it does not name stays as it is. `path` is for
// messages. Empty, or the sentence that says where it is wrong.
[[nodiscard]] std::string read_scenario(std::string_view text, const std::string& path,
                                        LoadOptions& options);

// The same for the file at `path`.
[[nodiscard]] std::string read_scenario_file(const std::string& path, LoadOptions& options);

}  // namespace plated::load
