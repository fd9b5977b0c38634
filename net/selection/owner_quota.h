// How many connections each owner has open, over all threads, so that one owner cannot take
// everybody's. Thread-safe; asked once when a connection opens and once when it ends.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace plated {

class OwnerQuota {
 public:
  explicit OwnerQuota(std::size_t per_owner_max) : per_owner_max_(per_owner_max) {}

  // Counts one more for the owner of this mark; false, and nothing counted, if they have their
  // share.
  [[nodiscard]] bool take(uint64_t mark) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = open_[mark];
    if (count >= per_owner_max_) {
      return false;
    }
    ++count;
    ++total_;
    return true;
  }
  // Requires a take before it.
  void give_back(uint64_t mark) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(mark);
    if (--found->second == 0) {
      open_.erase(found);
    }
    --total_;
  }
  [[nodiscard]] std::size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  const std::size_t per_owner_max_;
  mutable std::mutex mutex_;
  boost::unordered_flat_map<uint64_t, std::size_t> open_;
  std::size_t total_ = 0;
};

}  // namespace plated
