// The judgement of a whole history: every application and every plate of it, and for each that
// could not have been so, an explanation for people. For tests only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/linearizability/history.h"

namespace plated::linearizability {

struct Verdict {
  std::size_t applications = 0;
  std::size_t plates = 0;
  std::size_t operations = 0;  // requests, pushes and operators' acts
  std::size_t open = 0;        // of them, those that were never answered
  uint64_t steps = 0;          // that the search took
  std::vector<std::string> violations;
  std::vector<std::string> given_up;  // partitions that took more steps than allowed

  [[nodiscard]] bool linearizable() const { return violations.empty() && given_up.empty(); }
};

// At most `steps_max` steps for each partition.
[[nodiscard]] Verdict judge(const History& history, uint64_t steps_max);

}  // namespace plated::linearizability
