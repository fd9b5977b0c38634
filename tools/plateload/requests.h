// A steady load: owners who are in `pick` already are asked for one request after another, each at
// a time of its own (open loop) or a given number of them always in flight (closed loop, to find
// the ceiling).
#pragma once

#include <cstddef>

#include "tools/plateload/figures/tally.h"
#include "tools/plateload/load.h"

namespace plated::load {

// Runs the requests of the owners `thread`, `thread` + threads, … of the load on the calling
// thread. It ends when the schedule is done, or the time for which a closed loop is to run. It
// begins when every thread has its owners connected.
void run_requests(const Load& load, std::size_t thread, Tally& tally);

}  // namespace plated::load
