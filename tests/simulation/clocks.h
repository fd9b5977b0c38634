// The machine's two clocks, moved by the simulation. The wall clock can be stepped; the monotonic
// one cannot, and both go on while the server is down.
#pragma once

#include "engine/types.h"

namespace plated {

class SimulatedClocks {
 public:
  explicit SimulatedClocks(CivilTime wall) : wall_(wall) {}

  void pass(Millis span) {
    monotonic_ += span;
    wall_ += span;
  }
  void step_wall(Millis by) { wall_ += by; }

  [[nodiscard]] Millis monotonic() const { return monotonic_; }
  [[nodiscard]] CivilTime wall() const { return wall_; }

 private:
  CivilTime wall_;
  Millis monotonic_{1'000'000};
};

}  // namespace plated
