// The rules of one application, as far as its owner's devices can see them, for the search: what
// they ask, what they are answered, and what ends by itself. Written from the rules of selection
// alone.
//
// What depends on others is left open: whether plates are free (the plates have a model of their
// own), which codes were sent, whether the log has room. Everything else is exact: the number of
// each draw, the draws left, what is in the batch and on the shortlist. So is what a retry is
// answered, which refusal is told first, and that versions grow with each change and only then. A
// countdown may have ended whenever clients cannot know better, and must have when they can. For
// tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/linearizability/history.h"
#include "tests/linearizability/search.h"
#include "tests/linearizability/service_clock.h"

namespace plated::linearizability {

struct ApplicationState {
  Step step = Step::submit;
  uint32_t draws_left = 0;
  uint32_t draw = 0;
  bool batch_known = true;  // an unanswered draw's batch is not, until somebody is told
  std::vector<PlateId> batch;
  bool batch_live = false;
  Countdown batch_end;
  std::vector<PlateId> shortlist;  // sorted; kept when it is over, until the next begins
  bool shortlist_live = false;
  Countdown shortlist_end;
  PlateId picked = kNoPlate;    // the latest batch's plate on the shortlist
  PlateId fallback = kNoPlate;  // the latest batch's first plate
  Countdown verified_end;
  PlateId reserved = kNoPlate;
  bool automatic = false;
  int64_t version = 0;
  bool version_exact = false;  // false: this or more

  friend bool operator==(const ApplicationState&, const ApplicationState&) = default;
};

// Something that touched one application. `told` and what it points to outlive the search.
struct ApplicationAction {
  enum class What : uint8_t { request, told, voided, issued };
  What what = What::request;
  const Request* request = nullptr;
  const Document* told = nullptr;  // by a push
  bool by_owner = true;
  PlateId plate = kNoPlate;  // of the reservation that an operator voided or issued
  std::string text{};
};

class ApplicationModel {
 public:
  using State = ApplicationState;
  using Action = ApplicationAction;

  ApplicationModel(const Settings& settings, const ServiceClock& clock)
      : settings_(settings), clock_(clock) {}

  [[nodiscard]] State initial() const { return {}; }
  [[nodiscard]] std::size_t hash(const State& state) const;
  void step(const State& state, const Action& action, Window window, std::vector<State>& out) const;

 private:
  // What the rules say to a request, when nothing is due.
  struct Ruling {
    std::string_view refusal{};  // empty: ok
    bool retry = false;          // ok, and nothing changes
    bool may_fail = false;       // or one of the refusals that depend on what others do
  };

  [[nodiscard]] Ruling rule(const State& state, const Request& request) const;
  [[nodiscard]] Ruling rule_draw(const State& state, const Request& request) const;
  [[nodiscard]] Ruling rule_shortlist(const State& state, const Request& request) const;
  [[nodiscard]] Ruling rule_confirm(const State& state, const Request& request) const;
  void take_effect(State& state, const Request& request, Window window) const;
  void settle(const State& state, Window window, std::vector<State>& out) const;
  [[nodiscard]] bool agree(State& state, const Document& told, Window window) const;
  [[nodiscard]] bool agree_holds(State& state, const Document& told, Window window) const;
  [[nodiscard]] bool learn_batch(State& state, const std::vector<PlateId>& plates) const;
  void step_request(const State& state, const Action& action, Window window,
                    std::vector<State>& out) const;

  const Settings& settings_;
  const ServiceClock& clock_;
};

// The state in one line, for people.
[[nodiscard]] std::string describe(const ApplicationState& state, const History& history);

}  // namespace plated::linearizability
