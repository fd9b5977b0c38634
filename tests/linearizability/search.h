// Linearizability: whether a history of concurrent operations can be told as if they had happened
// one after another. Each must happen at one instant between its call and its return, and as a
// model says.
//
// The search is Wing and Gong's ("Testing and verifying concurrent objects", JPDC 1993): try the
// operations whose turn it may be, depth first, and take back what led nowhere; with Lowe's memory
// of the configurations that were tried, a set of operations with the state that they left
// ("Testing for linearizability", CCPE 2017). Histories are partitioned by what is asked for before
// they come here: an object that is many independent ones is linearizable when each of them is
// (Herlihy and Wing's locality; Horn and Kroening call it P-compositionality, FORTE 2015).
//
// Two things are particular to it. An operation whose answer never came is not required: it may
// take effect within its window or never. And the model is told the window within which an
// operation takes effect, as far as the others leave it room, because holds end by themselves: it
// gives every state in which the operation may leave things, none when it is impossible. That
// window depends only on which operations took effect before, so the memory stays right.
//
// For tests only; knows nothing of plates.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace plated::linearizability {

// Microseconds of the recorder's monotonic clock.
using Micros = int64_t;
inline constexpr Micros kForever = std::numeric_limits<Micros>::max();
inline constexpr Micros kLongAgo = std::numeric_limits<Micros>::min();

// An instant somewhere in it, both ends included.
struct Window {
  Micros from = kLongAgo;
  Micros until = kForever;
};

// Operations of one line that are known to have happened in the order of their ranks, those of one
// rank in any. Line 0 says nothing.
struct Place {
  uint32_t line = 0;
  uint32_t rank = 0;
};

template <class Action>
struct Operation {
  Window window;
  bool required = true;  // it was answered, so it took effect
  Action action;
  Place place{};  // of a required operation
};

template <class State>
struct Finding {
  enum class Verdict : uint8_t { linearizable, violation, given_up };
  Verdict verdict = Verdict::linearizable;
  std::vector<std::size_t> prefix;  // the longest order that was found, as places in the history
  State state{};                    // what it left
  std::size_t stuck = 0;            // the operation that had to follow and cannot
  uint64_t steps = 0;
};

// `Model` has State (with ==), Action, initial(), hash(state), and step(state, action, window,
// out), which appends to `out` every state in which the action can leave `state`.
template <class Model>
class Search {
 public:
  using State = typename Model::State;
  using History = std::span<const Operation<typename Model::Action>>;

  Search(const Model& model, History history, uint64_t steps_max)
      : model_(model),
        history_(history),
        steps_max_(steps_max),
        state_(model.initial()),
        placed_(history.size() / 64 + 1) {
    link();
  }

  [[nodiscard]] Finding<State> run() {
    Finding<State> finding;
    if (required_left_ == 0) {
      return finding;
    }
    longest_left_ = required_left_ + 1;
    for (std::size_t entry = first(); required_left_ > 0;) {
      if (entries_[entry].closes) {
        note_longest(finding);
        if (choices_.empty()) {
          finding.verdict = Finding<State>::Verdict::violation;
          break;
        }
        entry = take_back();
      } else if (steps_ == steps_max_) {
        note_longest(finding);
        finding.verdict = Finding<State>::Verdict::given_up;
        break;
      } else {
        entry = place(entry) ? first() : entries_[entry].next;
      }
    }
    finding.steps = steps_;
    return finding;
  }

 private:
  // The calls, and the returns of required operations, in the order of time; entry 0 is both ends.
  struct Entry {
    std::size_t operation = 0;
    bool closes = false;  // a return: what comes after it cannot come before its operation
    std::size_t before = 0;
    std::size_t next = 0;
    std::size_t partner = 0;  // a call's return, if it has one
  };
  struct Choice {
    std::size_t entry = 0;
    State state;  // before it
    Micros from = kLongAgo;
    std::vector<State> ways;
    std::size_t next_way = 0;
  };
  struct Configuration {
    std::vector<uint64_t> placed;
    State state;
  };

  // How many operations of a line's rank are not placed yet.
  uint32_t& left_at(const Place& place) {
    if (left_of_.size() <= place.line) {
      left_of_.resize(place.line + 1);
    }
    std::vector<uint32_t>& left = left_of_[place.line];
    if (left.size() <= place.rank) {
      left.resize(place.rank + 1);
    }
    return left[place.rank];
  }

  void link() {
    struct Point {
      Micros at;
      bool closes;
      std::size_t operation;
    };
    std::vector<Point> points;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      points.push_back({history_[i].window.from, false, i});
      if (history_[i].required) {
        points.push_back({history_[i].window.until, true, i});
        ++required_left_;
        ++left_at(history_[i].place);
      }
    }
    // At one instant calls come first: such operations are concurrent.
    std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
      return std::pair(a.at, a.closes) < std::pair(b.at, b.closes);
    });
    std::vector<std::size_t> call_of(history_.size());
    entries_.resize(points.size() + 1);
    entries_[0].closes = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      Entry& entry = entries_[i + 1];
      entry.operation = points[i].operation;
      entry.closes = points[i].closes;
      entry.before = i;
      entry.next = (i + 2) % entries_.size();
      if (entry.closes) {
        entries_[call_of[entry.operation]].partner = i + 1;
      } else {
        call_of[entry.operation] = i + 1;
      }
    }
    entries_[0].before = points.size();
    entries_[0].next = points.empty() ? 0 : 1;
  }

  [[nodiscard]] std::size_t first() const { return entries_[0].next; }

  // The return that is next: whatever takes effect now does so before it.
  [[nodiscard]] Micros horizon() const {
    std::size_t entry = first();
    while (!entries_[entry].closes) {
      entry = entries_[entry].next;
    }
    return entry == 0 ? kForever : history_[entries_[entry].operation].window.until;
  }

  // Lets the operation of a call take effect now, if it can in a way that was not tried.
  bool place(std::size_t entry) {
    const auto& operation = history_[entries_[entry].operation];
    if (!is_next_of_its_line(operation.place)) {
      return false;
    }
    const Window window{std::max(from_, operation.window.from),
                        std::min(horizon(), operation.window.until)};
    if (window.from > window.until) {
      return false;
    }
    Choice choice{entry, state_, from_, {}};
    ++steps_;
    model_.step(state_, operation.action, window, choice.ways);
    if (!operation.required) {
      std::erase(choice.ways, state_);  // as if it never took effect, which is tried anyway
    }
    if (choice.ways.empty()) {
      return false;
    }
    take_out(entry);
    from_ = window.from;
    choices_.push_back(std::move(choice));
    return go_another_way() || (put_back(), false);
  }

  [[nodiscard]] bool is_next_of_its_line(const Place& place) const {
    const std::vector<uint32_t>& left = left_of_[place.line];
    return std::all_of(left.begin(), left.begin() + place.rank,
                       [](uint32_t operations) { return operations == 0; });
  }

  // Tries the latest choice's other ways, then what could be tried instead of it.
  std::size_t take_back() {
    const std::size_t entry = choices_.back().entry;
    if (go_another_way()) {
      return first();
    }
    put_back();
    return entries_[entry].next;
  }

  bool go_another_way() {
    Choice& choice = choices_.back();
    while (choice.next_way < choice.ways.size()) {
      state_ = choice.ways[choice.next_way++];
      if (remember()) {
        return true;
      }
    }
    return false;
  }

  // True: this configuration is new.
  bool remember() {
    auto& same_hash = tried_[placed_hash_ ^ (model_.hash(state_) * 0x9E3779B97F4A7C15U)];
    for (const Configuration& seen : same_hash) {
      if (seen.placed == placed_ && seen.state == state_) {
        return false;
      }
    }
    same_hash.push_back({placed_, state_});
    return true;
  }

  void put_back() {
    Choice& choice = choices_.back();
    state_ = std::move(choice.state);
    from_ = choice.from;
    const Entry& entry = entries_[choice.entry];
    mark(entry.operation);
    if (entry.partner != 0) {
      relink(entry.partner);
      ++required_left_;
      ++left_at(history_[entry.operation].place);
    }
    relink(choice.entry);
    choices_.pop_back();
  }

  void take_out(std::size_t call) {
    const Entry& entry = entries_[call];
    mark(entry.operation);
    unlink(call);
    if (entry.partner != 0) {
      unlink(entry.partner);
      --required_left_;
      --left_at(history_[entry.operation].place);
    }
  }

  void unlink(std::size_t entry) {
    entries_[entries_[entry].before].next = entries_[entry].next;
    entries_[entries_[entry].next].before = entries_[entry].before;
  }

  void relink(std::size_t entry) {
    entries_[entries_[entry].before].next = entry;
    entries_[entries_[entry].next].before = entry;
  }

  void mark(std::size_t operation) {
    placed_[operation / 64] ^= uint64_t{1} << (operation % 64);
    uint64_t mixed = (operation + 1) * 0xBF58476D1CE4E5B9U;
    mixed ^= mixed >> 29;
    placed_hash_ ^= mixed * 0x94D049BB133111EBU;
  }

  void note_longest(Finding<State>& finding) {
    if (required_left_ >= longest_left_) {
      return;
    }
    longest_left_ = required_left_;
    finding.prefix.clear();
    for (const Choice& choice : choices_) {
      finding.prefix.push_back(entries_[choice.entry].operation);
    }
    finding.state = state_;
    std::size_t entry = first();
    while (!entries_[entry].closes) {
      entry = entries_[entry].next;
    }
    finding.stuck = entries_[entry].operation;
  }

  const Model& model_;
  History history_;
  uint64_t steps_max_;
  uint64_t steps_ = 0;
  State state_;
  Micros from_ = kLongAgo;  // the latest call of those that took effect
  std::vector<Entry> entries_;
  std::vector<Choice> choices_;
  std::vector<uint64_t> placed_;
  uint64_t placed_hash_ = 0;
  std::vector<std::vector<uint32_t>> left_of_ = {{0}};  // by line and rank
  std::size_t required_left_ = 0;
  std::size_t longest_left_ = 0;
  std::unordered_map<uint64_t, std::vector<Configuration>> tried_;
};

}  // namespace plated::linearizability
