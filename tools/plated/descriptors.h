// How the descriptors that a process may have are shared out: the log, snapshots, operators and
// whoever asks how the service is must never be short of one because of the crowd at the door.
#pragma once

#include <cstddef>

#include "net/server/net_thread.h"
#include "tools/plated/options.h"

namespace plated {

// How many connections may be open at once with so many descriptors, the configured number aside.
[[nodiscard]] std::size_t connections_that_fit(std::size_t descriptors, const Options& options);

// The limits of connections that the options ask for, as far as they fit.
[[nodiscard]] ConnectionLimits limits_of(const Options& options, std::size_t descriptors);

}  // namespace plated
