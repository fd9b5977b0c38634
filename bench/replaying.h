// An engine that is filled from a log or a snapshot, for benchmarks.
#pragma once

#include <memory>

#include "bench/workload.h"

namespace plated {

inline std::unique_ptr<Engine> replay_engine() {
  static CountingSink sink;
  static BenchTicks ticks;
  return std::make_unique<Engine>(EngineOptions{16, EntropySeed{2}}, sink, ticks);
}

}  // namespace plated
