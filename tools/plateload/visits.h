// Owners on their visits: each takes a connection through one walk, then the connection goes to the
// next owner whose turn it is. In a closed loop their turn comes when a connection is free; in an
// open one at its time, whether the server keeps up or not, and their latency counts from then.
#pragma once

#include <cstddef>

#include "tools/plateload/figures/tally.h"
#include "tools/plateload/load.h"

namespace plated::load {

// Runs up to `connections` visits at a time on the calling thread, which is number `thread`, until
// no errand is left or the load stops. With a journal to verify, every plate that an owner holds is
// claimed, not only what is reserved.
void run_visits(const Load& load, std::size_t thread, std::size_t connections, Tally& tally);

}  // namespace plated::load
