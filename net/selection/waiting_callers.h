// The connections of one thread that were told of a place in a waiting room and hear how it goes:
// by owner, for whoever is admitted, and in a line along which they are looked at one after the
// other, each at most once a second. When very many wait each is looked at less often, so that a
// look at all of them never takes the thread's time from those who select.
//
// Belongs to its thread. Allocates nothing for a look.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/types.h"
#include "net/selection/connection.h"

namespace plated {

class WaitingCallers {
 public:
  static constexpr Micros kLookEvery = std::chrono::seconds(1);
  static constexpr std::size_t kLooksPerCall = 500;

  // What the connection was told of has changed: it stands in the line while that is anything.
  void note(Caller& caller);
  // The connection is about to go.
  void remove(Caller& caller);

  // Calls `tell(caller)` for each that has this owner; it may note them.
  template <class Tell>
  void each_of(uint64_t owner, Tell&& tell) {
    const auto found = by_owner_.find(owner);
    if (found == by_owner_.end()) {
      return;
    }
    for (Caller* const caller : std::vector<Caller*>(found->second)) {
      tell(*caller);
    }
  }

  // Calls `look(caller)` for the next ones whose turn it is; it may change what they were told of.
  // To be called some twenty times a second.
  template <class Look>
  void look_at_next(Micros now, Look&& look) {
    if (next_ >= line_.size()) {
      if (now - begun_ < kLookEvery) {
        return;
      }
      begun_ = now;
      next_ = 0;
    }
    for (std::size_t looks = 0; looks < kLooksPerCall && next_ < line_.size(); ++looks) {
      Caller& caller = *line_[next_++];
      if (now - caller.places_looked_at < kLookEvery) {
        continue;
      }
      caller.places_looked_at = now;
      look(caller);
      if (caller.places.empty()) {
        --next_;  // whoever was last in the line stands here now
        remove(caller);
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return line_.size(); }

 private:
  std::vector<Caller*> line_;
  std::size_t next_ = 0;
  Micros begun_ = -kLookEvery;
  boost::unordered_flat_map<uint64_t, std::vector<Caller*>> by_owner_;
};

}  // namespace plated
