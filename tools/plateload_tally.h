// What a load counts: latencies by op, refusals by code, ends of walks, broken promises; and the
// report of it, for people and for scripts.
#pragma once

#include <array>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tools/histogram.h"
#include "tools/plateload_walk.h"

namespace plated {

inline constexpr std::size_t kReasonsKept = 20;  // sentences kept of each kind

// Plain numbers; add() is all that moves them between threads.
struct Counts {
  Histogram connect;
  std::array<Histogram, kOps> ops;
  std::map<std::string, uint64_t, std::less<>> refusals;
  std::array<uint64_t, kWalkEnds> ends{};
  uint64_t lost = 0;        // connections that broke or could not be made
  uint64_t pushed = 0;      // application events
  uint64_t automatic = 0;   // of the confirmed, by auto-confirm
  uint64_t two_owners = 0;  // plates that two owners were told are theirs
  uint64_t violations = 0;
  std::vector<std::string> reasons;  // why walks failed and promises count as broken

  void add(const Counts& other);
  void add_reason(std::string reason);
  [[nodiscard]] uint64_t answers() const;
  [[nodiscard]] uint64_t ended() const;
  [[nodiscard]] Histogram all_ops() const;
  // Whether every walk ended as it was meant to and nothing was broken.
  [[nodiscard]] bool as_planned() const;
};

// One thread's counts, which the reporting thread may read at any time.
class Tally {
 public:
  template <typename Change>
  void change(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(counts_);
  }
  void add_to(Counts& sum) const {
    const std::lock_guard lock(mutex_);
    sum.add(counts_);
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

// One line about how far the load has come after `seconds`, `answers` of them in the last second.
[[nodiscard]] std::string live_line(const Counts& counts, double seconds, uint64_t answers,
                                    uint64_t owners);

[[nodiscard]] std::string report_text(const Counts& counts, double seconds, uint64_t owners);
[[nodiscard]] boost::json::object report_json(const Counts& counts, double seconds,
                                              uint64_t owners);

}  // namespace plated
