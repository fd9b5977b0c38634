#include "tools/plateload/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace plated::load {
namespace {

bool allows_failed_walks(const std::vector<Verdict>& verdicts) {
  return std::any_of(verdicts.begin(), verdicts.end(),
                     [](const Verdict& verdict) { return verdict.text.starts_with("failed"); });
}

// What was meant to happen and did not; empty: all of it did.
std::string shortfall_of(const LoadOptions& options, const Outcome& outcome,
                         const std::vector<Verdict>& verdicts) {
  const Counts& counts = outcome.counts;
  if (outcome.interrupted) {
    return "interrupted";
  }
  if (counts.asked() == 0) {
    return "nothing was measured";
  }
  if (options.is_steady()) {
    return counts.errors() == 0 || !verdicts.empty()
               ? ""
               : fmt::format("{} of {} requests were errors", counts.errors(), counts.asked());
  }
  if (outcome.as_planned() || allows_failed_walks(verdicts)) {
    return {};
  }
  const uint64_t well = counts.ended() - counts.failed();
  return fmt::format("{} of {} owners did not end as planned", outcome.owners - well,
                     outcome.owners);
}

}  // namespace

Judgement judge_run(const LoadOptions& options, const Outcome& outcome,
                    const std::vector<Verdict>& verdicts) {
  if (outcome.counts.violations > 0 || outcome.counts.two_owners > 0) {
    return {kFailed, "a promise was broken"};
  }
  if (!outcome.invalid.empty()) {
    return {kInvalid, "the run is invalid: " + outcome.invalid};
  }
  std::string shortfall = shortfall_of(options, outcome, verdicts);
  if (!shortfall.empty()) {
    return {kFailed, std::move(shortfall)};
  }
  const auto crossed = std::count_if(verdicts.begin(), verdicts.end(),
                                     [](const Verdict& verdict) { return !verdict.held; });
  if (crossed > 0) {
    std::string names;
    for (const Verdict& verdict : verdicts) {
      if (!verdict.held) {
        names += (names.empty() ? "" : ", ") + verdict.text + " (" + verdict.actual + ")";
      }
    }
    return {kCrossed,
            fmt::format("{} of {} thresholds crossed: {}", crossed, verdicts.size(), names)};
  }
  return {};
}

}  // namespace plated::load
