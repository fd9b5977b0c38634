#include "tests/linearizability/verdict.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tests/linearizability/partition.h"

namespace plated::linearizability {
namespace {

// Of a long order, its end says enough.
constexpr std::size_t kLinesOfPrefix = 12;

std::string millis(Micros at) {
  if (at == kForever) {
    return "ever";
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", static_cast<double>(at) / 1000.0);
  return text;
}

template <class Action>
std::string line_of(const Operation<Action>& operation) {
  return "    [" + millis(operation.window.from) + ", " + millis(operation.window.until) + "] " +
         operation.action.text + "\n";
}

// The order that got furthest, what it left, and what could not follow: every operation that was
// not placed and was called before the one that had to be next returned.
template <class Action, class State>
std::string explain(const std::vector<Operation<Action>>& history, const Finding<State>& finding,
                    const std::string& state) {
  const auto& order = finding.prefix;
  std::string text = "  these could have happened in this order (" + std::to_string(order.size()) +
                     " operations, the last of them):\n";
  const std::size_t shown = std::min(order.size(), kLinesOfPrefix);
  for (std::size_t i = order.size() - shown; i < order.size(); ++i) {
    text += line_of(history[order[i]]);
  }
  text += "  which leaves: " + state + "\n  but this cannot follow:\n";
  const auto& stuck = history[finding.stuck];
  text += line_of(stuck);
  std::string others;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool placed = std::find(order.begin(), order.end(), i) != order.end();
    if (!placed && i != finding.stuck && history[i].window.from <= stuck.window.until) {
      others += line_of(history[i]);
    }
  }
  return others.empty() ? text : text + "  nor, instead of it or before it:\n" + others;
}

template <class Model, class Action, class Describe>
void judge_one(const Model& model, std::vector<Operation<Action>>& operations,
               const std::string& name, uint64_t steps_max, Describe&& describe_state,
               Verdict& verdict) {
  std::stable_sort(operations.begin(), operations.end(),
                   [](const auto& a, const auto& b) { return a.window.from < b.window.from; });
  Search<Model> search(model, operations, steps_max);
  const auto finding = search.run();
  verdict.steps += finding.steps;
  using Found = typename Finding<typename Model::State>::Verdict;
  if (finding.verdict == Found::given_up) {
    verdict.given_up.push_back(name);
  } else if (finding.verdict == Found::violation) {
    verdict.violations.push_back(name + ":\n" +
                                 explain(operations, finding, describe_state(finding.state)));
  }
}

}  // namespace

Verdict judge(const History& history, uint64_t steps_max) {
  Verdict verdict;
  const ServiceClock clock(history.outages, history.settings.given_back);
  Partition partition = partition_of(history, clock);
  verdict.applications = partition.applications.size();
  verdict.plates = partition.plates.size();
  verdict.operations = history.requests.size() + history.pushes.size() + history.acts.size();
  const auto never_answered = [](const auto& one) { return !one.answered; };
  verdict.open = static_cast<std::size_t>(
      std::count_if(history.requests.begin(), history.requests.end(), never_answered) +
      std::count_if(history.acts.begin(), history.acts.end(), never_answered));

  const ApplicationModel applications(history.settings, clock);
  for (auto& [vehicle, operations] : partition.applications) {
    judge_one(
        applications, operations, "the application of " + vehicle, steps_max,
        [&](const ApplicationState& state) { return describe(state, history); }, verdict);
  }
  const PlateModel plates(clock);
  for (auto& [plate, operations] : partition.plates) {
    judge_one(
        plates, operations, "the plate " + history.text_of(plate), steps_max,
        [&](const PlateState& state) { return describe(state, partition.vehicles); }, verdict);
  }
  return verdict;
}

}  // namespace plated::linearizability
