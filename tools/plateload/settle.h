// Combines what several flags and a scenario say into one consistent set of options.
#pragma once

#include <set>
#include <string>

#include "tools/plateload/options.h"

namespace plated::load {

// Makes of `options`, as they were read, what can be run. `given` names the flags that stand on the
// command line. Empty, or the sentence that says what contradicts what, or would be ignored.
[[nodiscard]] std::string settle(LoadOptions& options, const std::set<std::string>& given);

}  // namespace plated::load
