// An engine over no log and no clock, which only ever applies records: for checkpoints, recounts
// and inspection. Any number of them; any thread.
#pragma once

#include <memory>

#include "engine/engine.h"

namespace plated {

// Requires that nobody asks it to decide anything: that stops the process.
[[nodiscard]] std::unique_ptr<Engine> make_replay_engine();

}  // namespace plated
