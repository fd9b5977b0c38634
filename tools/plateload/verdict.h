// What a whole run came to: the program's exit status, and why.
#pragma once

#include <string>
#include <vector>

#include "tools/plateload/figures/report.h"
#include "tools/plateload/options.h"
#include "tools/plateload/threshold.h"

namespace plated::load {

inline constexpr int kFailed = 1;
inline constexpr int kInvalid = 98;
inline constexpr int kCrossed = 99;

struct Judgement {
  int status = 0;
  std::string why;  // empty with status 0
};

// The first of these that is true, for each means more than those after it: a promise was broken
// (1); the figures mean nothing (98); the run was interrupted, nothing was measured, or what was
// meant to happen did not (1); a threshold was crossed (99). Visits are meant to end as planned,
// and only a threshold on `failed` allows some of them not to. Of a steady load no request is meant
// to be an error, as long as there is no threshold at all.
[[nodiscard]] Judgement judge_run(const LoadOptions& options, const Outcome& outcome,
                                  const std::vector<Verdict>& verdicts);

}  // namespace plated::load
