// The search by itself: on tiny histories of a register it must say what trying every order says.
#include "tests/linearizability/search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/support/dice.h"

namespace plated::linearizability {
namespace {

// A number that is written, read, and once it is written may go back to 0 by itself, from `spoils`
// on.
struct Register {
  struct State {
    int value = 0;
    Micros spoils = kForever;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Action {
    bool writes = false;
    int value = 0;
  };

  static constexpr Micros kKeeps = 4;

  [[nodiscard]] State initial() const { return {}; }
  [[nodiscard]] std::size_t hash(const State& state) const {
    return static_cast<std::size_t>(state.value);
  }
  void step(const State& state, const Action& action, Window window,
            std::vector<State>& out) const {
    if (action.writes) {
      out.push_back({action.value, window.from + kKeeps});
      return;
    }
    if (action.value == state.value) {
      out.push_back(state);
    }
    if (action.value == 0 && state.value != 0 && window.until >= state.spoils) {
      out.push_back({});
    }
  }
};

using Histories = std::vector<Operation<Register::Action>>;

// Tries every order of every choice of the operations that need not happen.
class EveryOrder {
 public:
  explicit EveryOrder(const Histories& history) : history_(history) {}

  bool finds_one() {
    const auto optional = std::count_if(history_.begin(), history_.end(),
                                        [](const auto& one) { return !one.required; });
    for (std::size_t choice = 0; choice < std::size_t{1} << static_cast<std::size_t>(optional);
         ++choice) {
      std::vector<std::size_t> order;
      std::size_t bit = 0;
      for (std::size_t i = 0; i < history_.size(); ++i) {
        if (history_[i].required || ((choice >> bit++) & 1) != 0) {
          order.push_back(i);
        }
      }
      do {
        if (is_lawful(order, 0, {}, kLongAgo)) {
          return true;
        }
      } while (std::next_permutation(order.begin(), order.end()));
    }
    return false;
  }

 private:
  // From place `at` of an order on. The window of each lies between the latest call before it and
  // the earliest return from it on.
  bool is_lawful(const std::vector<std::size_t>& order, std::size_t at, Register::State state,
                 Micros from) const {
    if (at == order.size()) {
      return true;
    }
    Window window{std::max(from, history_[order[at]].window.from),
                  history_[order[at]].window.until};
    for (std::size_t later = at; later < order.size(); ++later) {
      if (history_[order[later]].required) {
        window.until = std::min(window.until, history_[order[later]].window.until);
      }
    }
    if (window.from > window.until) {
      return false;
    }
    std::vector<Register::State> ways;
    Register{}.step(state, history_[order[at]].action, window, ways);
    return std::any_of(ways.begin(), ways.end(), [&](const Register::State& way) {
      return is_lawful(order, at + 1, way, window.from);
    });
  }

  const Histories& history_;
};

Histories random_history(Dice& dice) {
  Histories history;
  const uint64_t count = 2 + dice.roll(5);
  for (uint64_t i = 0; i < count; ++i) {
    const auto from = static_cast<Micros>(dice.roll(12));
    const bool required = !dice.chance(25);
    const bool forever = !required && dice.chance(50);
    const Micros until = forever ? kForever : from + static_cast<Micros>(dice.roll(6));
    history.push_back({{from, until}, required, {dice.chance(50), static_cast<int>(dice.roll(3))}});
  }
  return history;
}

std::string text_of(const Histories& history) {
  std::string text;
  for (const auto& one : history) {
    text += (one.required ? "\n  " : "\n  never answered ") +
            std::string(one.action.writes ? "write " : "read ") + std::to_string(one.action.value) +
            " in [" + std::to_string(one.window.from) + ", " + std::to_string(one.window.until) +
            "]";
  }
  return text;
}

TEST(Search, SaysWhatTryingEveryOrderSays) {
  constexpr uint64_t kHistories = 20'000;
  std::array<uint64_t, 2> said{};
  for (uint64_t seed = 1; seed <= kHistories; ++seed) {
    Dice dice(seed);
    const Histories history = random_history(dice);
    const Register model;
    const bool found = Search(model, std::span(history), 100'000).run().verdict ==
                       Finding<Register::State>::Verdict::linearizable;
    ASSERT_EQ(found, EveryOrder(history).finds_one()) << "seed " << seed << text_of(history);
    ++said.at(found ? 1 : 0);
  }
  // Both answers, often.
  EXPECT_GT(said[0], kHistories / 5);
  EXPECT_GT(said[1], kHistories / 5);
}

TEST(Search, NamesTheLongestOrderAndWhatCannotFollow) {
  const Histories history{{{0, 1}, true, {true, 1}},
                          {{2, 3}, true, {false, 1}},
                          {{3, 3}, true, {false, 2}},
                          {{4, 5}, true, {true, 2}}};
  const Register model;
  const auto finding = Search(model, std::span(history), 1'000).run();
  EXPECT_EQ(finding.verdict, Finding<Register::State>::Verdict::violation);
  EXPECT_EQ(finding.prefix, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(finding.state.value, 1);
  EXPECT_EQ(finding.stuck, 2U);
}

TEST(Search, GivesUpInsteadOfGoingOnForEver) {
  Histories history;
  for (int i = 0; i < 20; ++i) {
    history.push_back({{0, 100}, true, {true, i}});
  }
  history.push_back({{101, 102}, true, {false, -1}});
  const Register model;
  const auto finding = Search(model, std::span(history), 1'000).run();
  EXPECT_EQ(finding.verdict, Finding<Register::State>::Verdict::given_up);
  EXPECT_EQ(finding.steps, 1'000U);
}

TEST(Search, AnEmptyHistoryIsLawful) {
  const Histories history;
  const Register model;
  EXPECT_EQ(Search(model, std::span(history), 1).run().verdict,
            Finding<Register::State>::Verdict::linearizable);
}

}  // namespace
}  // namespace plated::linearizability
