// Thresholds: sentences like `p99<50ms` that a run is held to, so that a script need not read the
// report.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/plateload/figures/report.h"

namespace plated::load {

struct Threshold {
  enum class Metric : uint8_t {
    percentile,
    mean,
    errors_share,
    errors,
    failed_share,
    failed,
    rate,
    late_share
  };
  std::string text;  // as it was written
  Metric metric = Metric::percentile;
  std::string of;          // an op, connect or first_batch; empty: every answer
  double percentile = 99;  // 100 is the maximum
  bool below = true;       // the value has to be below the limit, else above
  bool or_equal = false;
  double limit = 0;  // microseconds, a share of 1, a number, or answers a second
};

// `[OP.]p50|p99|p99.9|max|mean < TIME`, `errors < 0.1%` or `< 5`, the same for `failed`, which are
// the owners who did not end as planned, `late < 1%`, `rate > 1000`, with <, <=, > or >=. Otherwise
// what is wrong with it.
[[nodiscard]] std::variant<Threshold, std::string> parse_threshold(std::string_view text);

// What a threshold came to.
struct Verdict {
  std::string text;
  std::string actual;
  bool held = false;
};
// Of what nothing was measured, no threshold holds: nothing asked is not without errors.
[[nodiscard]] Verdict judge(const Threshold& threshold, const Outcome& outcome);

}  // namespace plated::load
