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
#include <mutex>
#include <optional>
#include <vector>

#include "net/selection/connection.h"

namespace plated {

class OwnerQuota {
 public:
  explicit OwnerQuota(std::size_t per_owner_max) : per_owner_max_(per_owner_max) {}

  // Counts one more for the owner of this mark; false, and nothing counted, if they have their
  // share.
  [[nodiscard]] bool take(uint64_t mark, ConnectionId connection) {
    const std::lock_guard lock(mutex_);
    std::vector<Open>& open = open_[mark];
    if (open.size() >= per_owner_max_) {
      return false;
    }
    open.push_back({connection, false});
    ++total_;
    return true;
  }

  // All connections of the owner; each counts as silent until it answers.
  [[nodiscard]] std::vector<ConnectionId> ask(uint64_t mark) {
    const std::lock_guard lock(mutex_);
    std::vector<ConnectionId> asked;
    const auto found = open_.find(mark);
    if (found != open_.end()) {
      for (Open& one : found->second) {
        one.silent = true;
        asked.push_back(one.connection);
      }
    }
    return asked;
  }
  void answered(uint64_t mark, ConnectionId connection) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(mark);
    if (found == open_.end()) {
      return;
    }
    for (Open& one : found->second) {
      one.silent = one.silent && one.connection != connection;
    }
  }

  // Counts `connection` instead of the oldest silent one, which is the caller's to close. Nothing,
  // and nothing counted, when all have answered.
  [[nodiscard]] std::optional<ConnectionId> replace_silent(uint64_t mark, ConnectionId connection) {
    const std::lock_guard lock(mutex_);
    std::vector<Open>& open = open_[mark];
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
  void give_back(uint64_t mark, ConnectionId connection) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(mark);
    if (found == open_.end()) {
      return;
    }
    total_ -=
        std::erase_if(found->second, [&](const Open& one) { return one.connection == connection; });
    if (found->second.empty()) {
      open_.erase(found);
    }
  }
  // How many one owner may have from now on; who has more keeps them.
  void set_per_owner_max(std::size_t per_owner_max) {
    const std::lock_guard lock(mutex_);
    per_owner_max_ = per_owner_max;
  }
  [[nodiscard]] std::size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  struct Open {
    ConnectionId connection;
    bool silent = false;
  };

  std::size_t per_owner_max_;
  mutable std::mutex mutex_;
  boost::unordered_flat_map<uint64_t, std::vector<Open>> open_;  // of each owner the oldest first
  std::size_t total_ = 0;
};

}  // namespace plated
