// The server's numbers as Prometheus text: counters kept elsewhere, collected when they are asked
// for. Names begin with plated_, end in their base unit, counters in _total. Thread-safe.
#pragma once

#include <string>

#include "engine/engine.h"
#include "net/operators/actions.h"

namespace plated {

[[nodiscard]] std::string metrics_text(Engine& engine, const ServiceReport& report);

}  // namespace plated
