// One plate, for the search: whoever was told that they have it, has it alone.
//
//     free -> held by A -> free | reserved by A -> issued | returning -> free
//
// A plate comes to A by one of A's draws and by nothing else. It leaves A by a request of A, seen
// in an answer that does not show it any more, or in one that never came. It leaves A by a void, or
// by itself from the moment on at which its countdown may have ended. What A's own rules make of
// all that is the application's model's business; this one sees that no two have it at once, that
// what was reserved stays so, and that nothing comes back to somebody without a draw. For tests
// only.
#pragma once

#include <string>
#include <vector>

#include "tests/linearizability/history.h"
#include "tests/linearizability/search.h"
#include "tests/linearizability/service_clock.h"

namespace plated::linearizability {

// Vehicles by number; the partition gives them.
using VehicleId = uint32_t;
inline constexpr VehicleId kNobody = 0;

struct PlateState {
  enum class Phase : uint8_t { free, held, reserved, issued, returning };
  Phase phase = Phase::free;
  VehicleId holder = kNobody;
  Micros may_end = kForever;  // on the scale of ServiceClock::most
  Micros batch_may_end =
      kForever;  // the same of its batch, which counts if it leaves the shortlist

  friend bool operator==(const PlateState&, const PlateState&) = default;
};

struct PlateAction {
  enum class What : uint8_t {
    drawn,      // a draw of the vehicle took it
    held,       // the vehicle's application shows it
    gone,       // the vehicle's application does not show it
    reserved,   // the vehicle's application shows it as reserved
    issued,     // or as issued
    let_go,     // a request of the vehicle may have let it go; nobody was told
    shortened,  // or taken it off the shortlist again
    counter_issued,
    voided,
    looked,  // an operator was told `phase`, and `vehicle` if anybody was named
  };
  What what = What::held;
  VehicleId vehicle = kNobody;
  Micros may_end = kForever;  // when it may end by itself; for ever: it does not
  Micros batch_may_end = kForever;
  PlateState::Phase phase = PlateState::Phase::free;
  std::string text{};
};

class PlateModel {
 public:
  using State = PlateState;
  using Action = PlateAction;

  explicit PlateModel(const ServiceClock& clock) : clock_(clock) {}

  [[nodiscard]] State initial() const { return {}; }
  [[nodiscard]] std::size_t hash(const State& state) const;
  void step(const State& state, const Action& action, Window window, std::vector<State>& out) const;

 private:
  [[nodiscard]] bool may_be_free(const State& state, Window window) const;
  void step_looked(const State& state, const Action& action, Window window,
                   std::vector<State>& out) const;

  const ServiceClock& clock_;
};

[[nodiscard]] std::string describe(const PlateState& state,
                                   const std::vector<std::string>& vehicles);

}  // namespace plated::linearizability
