#include "tests/linearizability/plate_model.h"

#include <algorithm>
#include <array>

namespace plated::linearizability {
namespace {

using Phase = PlateState::Phase;
using What = PlateAction::What;

bool belongs_to(const PlateState& state, VehicleId vehicle) {
  return state.holder == vehicle && (state.phase == Phase::held || state.phase == Phase::reserved);
}

PlateState reserved_by(VehicleId vehicle) { return {Phase::reserved, vehicle}; }

}  // namespace

std::size_t PlateModel::hash(const State& state) const {
  std::size_t hash = static_cast<std::size_t>(state.phase) * 0x9E3779B97F4A7C15U + state.holder;
  hash = (hash ^ static_cast<std::size_t>(state.may_end)) * 0x100000001B3U;
  return (hash ^ static_cast<std::size_t>(state.batch_may_end)) * 0x100000001B3U;
}

bool PlateModel::may_be_free(const State& state, Window window) const {
  switch (state.phase) {
    case Phase::free:
    case Phase::returning:  // until a random moment that nobody knows
      return true;
    case Phase::held:
      return Countdown{state.may_end, kForever}.may_be_over(clock_, window);
    case Phase::reserved:
    case Phase::issued:
      return false;
  }
  return false;
}

void PlateModel::step(const State& state, const Action& action, Window window,
                      std::vector<State>& out) const {
  const bool is_his = belongs_to(state, action.vehicle);
  switch (action.what) {
    case What::drawn:
      // Their own plate comes again when there are not enough others; it is held all the while.
      if (may_be_free(state, window) || (is_his && state.phase == Phase::held)) {
        out.push_back({Phase::held, action.vehicle});
      }
      return;
    case What::held:
      if (is_his && state.phase == Phase::held) {
        out.push_back({Phase::held, action.vehicle, action.may_end, action.batch_may_end});
      }
      return;
    case What::gone:
      if (state.holder != action.vehicle) {
        out.push_back(state);
      } else if (state.phase == Phase::held) {
        out.push_back({});
      }
      return;
    case What::reserved:
      if (is_his) {
        out.push_back(reserved_by(action.vehicle));
      }
      return;
    case What::issued:
      if (state.phase == Phase::issued && state.holder == action.vehicle) {
        out.push_back(state);
      }
      return;
    case What::let_go:
      out.push_back(is_his && state.phase == Phase::held ? State{} : state);
      return;
    case What::shortened: {
      State shortened = state;
      if (is_his && state.phase == Phase::held) {
        shortened.may_end = std::min(state.may_end, state.batch_may_end);
      }
      out.push_back(shortened);
      return;
    }
    case What::counter_issued:
    case What::voided:
      // What nobody was told may have been drawn, and confirmed by itself.
      if (state.phase == Phase::reserved || state.phase == Phase::held ||
          may_be_free(state, window)) {
        out.push_back(action.what == What::voided ? State{Phase::returning}
                                                  : State{Phase::issued, state.holder});
      } else if (state.phase == Phase::issued && action.what == What::counter_issued) {
        out.push_back(state);
      }
      return;
    case What::looked:
      step_looked(state, action, window, out);
      return;
  }
}

// An operator may be told of a hold of which its owner was told nothing: of such a one nothing is
// known but that it may end at any time.
void PlateModel::step_looked(const State& state, const Action& action, Window window,
                             std::vector<State>& out) const {
  const bool free_now = may_be_free(state, window);
  const bool nobody_named = action.vehicle == kNobody;
  const bool is_his = nobody_named || state.holder == action.vehicle;
  switch (action.phase) {
    case Phase::free:
      if (free_now) {
        out.push_back({});
      }
      return;
    case Phase::held:
      if (state.phase == Phase::held && is_his) {
        out.push_back(state);
      }
      if (free_now && nobody_named) {
        out.push_back(state);
      } else if (free_now && state.holder != action.vehicle) {
        out.push_back({Phase::held, action.vehicle, kLongAgo, kLongAgo});
      }
      return;
    case Phase::reserved:
      if (is_his && (state.phase == Phase::reserved || state.phase == Phase::held)) {
        out.push_back(reserved_by(state.holder));
      } else if (free_now && !nobody_named) {
        out.push_back(reserved_by(action.vehicle));
      }
      return;
    case Phase::issued:
    case Phase::returning:
      if (state.phase == action.phase) {
        out.push_back(state);
      }
      return;
  }
}

std::string describe(const PlateState& state, const std::vector<std::string>& vehicles) {
  constexpr std::array<const char*, 5> kPhases{"free", "held", "reserved", "issued", "returning"};
  std::string text = kPhases.at(static_cast<std::size_t>(state.phase));
  if (state.holder != kNobody) {
    text += " by " + vehicles.at(state.holder);
  }
  if (state.phase == Phase::held && state.may_end != kForever) {
    text += ", not to end by itself before " + std::to_string(state.may_end) + " of service time";
  }
  return text;
}

}  // namespace plated::linearizability
