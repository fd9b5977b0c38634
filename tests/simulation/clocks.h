// The machine's clocks, moved by the simulation. The wall clock can be stepped; the monotonic one
// cannot, and both go on while the server is down. The count of the machine's own run begins anew
// when the power comes back.
#pragma once

#include <string>

#include "engine/types.h"
#include "net/clock/boot_clock.h"

namespace plated {

class SimulatedClocks {
 public:
  explicit SimulatedClocks(CivilTime wall) : wall_(wall) {}

  void pass(Millis span) {
    monotonic_ += span;
    wall_ += span;
  }
  void step_wall(Millis by) { wall_ += by; }
  void boot_anew() {
    ++boots_;
    booted_ = monotonic_;
  }

  [[nodiscard]] Millis monotonic() const { return monotonic_; }
  [[nodiscard]] CivilTime wall() const { return wall_; }
  [[nodiscard]] BootMoment boot() const { return {std::to_string(boots_), monotonic_ - booted_}; }

 private:
  CivilTime wall_;
  Millis monotonic_{1'000'000};
  Millis booted_{};
  int boots_ = 1;
};

}  // namespace plated
