// The clocks of the machine as functions, and the only place that reads them. Whoever
// measures time is handed these: the machine's, or such as a test or the simulation moves by
// hand. Any thread may call either at any time; a reading costs no system call.
#pragma once

#include <functional>
#include <optional>

#include "engine/types.h"
#include "net/clock/boot_clock.h"

namespace plated {

struct Clocks {
  // Counts from anywhere, never back, and stands while the machine sleeps. The net's own deadlines
  // (idle, handshake, ping) and all that is retried or reported go by it, never by service time:
  // that is the engine's, and may stand still while connections must not.
  std::function<Millis()> monotonic;
  // What the machine believes the date to be; whoever sets it moves it either way.
  std::function<CivilTime()> wall;
  // How long the machine has run, sleep included, and in which of its runs; nothing where it does
  // not tell.
  std::function<std::optional<BootMoment>()> boot{};
};

[[nodiscard]] Clocks machine_clocks();

}  // namespace plated
