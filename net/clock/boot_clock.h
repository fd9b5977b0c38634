// The machine's clock that nobody sets: how long the machine has run, sleep included, and which of
// its runs that is. Over a restart of the service within one run of the machine it tells how long
// the service was down, whatever happened to the wall clock meanwhile.
#pragma once

#include <optional>
#include <string>

#include "engine/types.h"

namespace plated {

struct BootMoment {
  std::string boot;  // names one run of the machine
  Millis running{};  // since its beginning
};

// Nothing where the machine does not name its runs (no /proc). Any thread.
[[nodiscard]] std::optional<BootMoment> read_boot_moment();

}  // namespace plated
