// How many connections each owner has open, over all threads, so that one owner cannot take
// everybody's. And which of them may be gone without a word: an owner whose phone has changed its
// network sixteen times is not locked out by what it left behind. Thread-safe; asked when a
// connection opens and when it ends.
//
// Who finds no room has all connections of the owner asked (`ask`, and a ping to each). Those that
// are alive answer (`answered`); then the oldest that has not makes room (`replace_silent`).
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/guarded.h"
#include "engine/hash_table.h"
#include "net/selection/connection.h"
#include "net/selection/pace.h"

namespace plated {

class OwnerQuota {
 public:
  explicit OwnerQuota(std::size_t per_owner_max) : all_(per_owner_max) {}

  // Counts one more for the owner of this mark; false, and nothing counted, if they have their
  // share.
  [[nodiscard]] bool take(uint64_t mark, ConnectionId connection) {
    const Hold all(all_);
    std::vector<Open>& open = all->owners[mark].open;
    if (open.size() >= all->per_owner_max) {
      return false;
    }
    open.push_back({connection, false});
    ++all->total;
    return true;
  }
  // What the owner's connections are counted in together. It outlives them by as long as it limits
  // anything, so that nobody begins anew by connecting anew.
  [[nodiscard]] std::shared_ptr<OwnerPace> pace_of(uint64_t mark) {
    const Hold all(all_);
    return all->owners[mark].pace;
  }

  // All connections of the owner; each counts as silent until it answers.
  [[nodiscard]] std::vector<ConnectionId> ask(uint64_t mark) {
    const Hold all(all_);
    std::vector<ConnectionId> asked;
    const auto found = all->owners.find(mark);
    if (found != all->owners.end()) {
      for (Open& one : found->second.open) {
        one.silent = true;
        asked.push_back(one.connection);
      }
    }
    return asked;
  }
  void answered(uint64_t mark, ConnectionId connection) {
    const Hold all(all_);
    const auto found = all->owners.find(mark);
    if (found == all->owners.end()) {
      return;
    }
    for (Open& one : found->second.open) {
      one.silent = one.silent && one.connection != connection;
    }
  }

  // Counts `connection` instead of the oldest silent one, which is the caller's to close. Nothing,
  // and nothing counted, when all have answered.
  [[nodiscard]] std::optional<ConnectionId> replace_silent(uint64_t mark, ConnectionId connection) {
    const Hold all(all_);
    std::vector<Open>& open = all->owners[mark].open;
    const auto silent =
        std::find_if(open.begin(), open.end(), [](const Open& one) { return one.silent; });
    if (silent == open.end()) {
      return std::nullopt;
    }
    const ConnectionId gone = silent->connection;
    open.erase(silent);
    open.push_back({connection, false});
    return gone;
  }

  // The connection has ended; nothing if another has taken its place.
  void give_back(uint64_t mark, ConnectionId connection, Micros now) {
    const Hold all(all_);
    const auto found = all->owners.find(mark);
    if (found == all->owners.end()) {
      return;
    }
    all->total -= std::erase_if(found->second.open,
                                [&](const Open& one) { return one.connection == connection; });
    if (found->second.is_idle(now)) {
      all->owners.erase(found);
    } else if (all->sweep.is_due(all->owners.size())) {
      all->sweep.run(all->owners, [now](const Owner& owner) { return owner.is_idle(now); });
    }
  }
  // How many one owner may have from now on; who has more keeps them.
  void set_per_owner_max(std::size_t per_owner_max) {
    const Hold all(all_);
    all->per_owner_max = per_owner_max;
  }
  [[nodiscard]] std::size_t total() const {
    const Hold all(all_);
    return all->total;
  }

 private:
  struct Open {
    ConnectionId connection;
    bool silent = false;
  };
  struct Owner {
    std::vector<Open> open;  // the oldest first
    std::shared_ptr<OwnerPace> pace = std::make_shared<OwnerPace>();

    [[nodiscard]] bool is_idle(Micros now) const { return open.empty() && pace->is_idle(now); }
  };

  struct All {
    explicit All(std::size_t max) : per_owner_max(max) {}

    std::size_t per_owner_max;
    boost::unordered_flat_map<uint64_t, Owner> owners;
    TableSweep sweep;
    std::size_t total = 0;
  };

  mutable Guarded<All> all_;
};

}  // namespace plated
