#include "tools/plateload/threshold.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "tools/plateload/owners/think.h"
#include "tools/shell/nearest.h"

namespace plated::load {
namespace {

using Metric = Threshold::Metric;

std::string without_spaces(std::string_view text) {
  std::string out;
  std::remove_copy(text.begin(), text.end(), std::back_inserter(out), ' ');
  return out;
}

std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

// What a latency can be of.
std::vector<std::string> subjects() {
  std::vector<std::string> names(kOpNames.begin(), kOpNames.end());
  names.insert(names.end(), {"connect", "first_batch"});
  return names;
}

// Reads the left side into `threshold`; what is wrong with it.
std::string read_metric(std::string_view left, Threshold& threshold) {
  constexpr std::array<std::pair<std::string_view, Metric>, 4> kPlain = {
      {{"errors", Metric::errors},
       {"failed", Metric::failed},
       {"late", Metric::late_share},
       {"rate", Metric::rate}}};
  for (const auto& [plain, metric] : kPlain) {
    if (left == plain) {
      threshold.metric = metric;
      return {};
    }
  }
  std::string_view name = left;
  const std::size_t dot = left.find('.');
  if (dot != std::string_view::npos && !left.starts_with('p')) {
    threshold.of = left.substr(0, dot);
    name = left.substr(dot + 1);
    const std::vector<std::string> known = subjects();
    if (std::find(known.begin(), known.end(), threshold.of) == known.end()) {
      return "'" + threshold.of + "' has no latency; did you mean " + nearest(threshold.of, known) +
             "?";
    }
  }
  if (name == "mean" || name == "max") {
    threshold.metric = name == "mean" ? Metric::mean : Metric::percentile;
    threshold.percentile = 100;
    return {};
  }
  const auto percentile = name.starts_with('p') ? number_of(name.substr(1)) : std::nullopt;
  if (!percentile || *percentile < 0 || *percentile > 100) {
    const std::vector<std::string> known = {"p50",  "p90",    "p99",    "p99.9", "max",
                                            "mean", "errors", "failed", "late",  "rate"};
    return "'" + std::string(name) + "' is not measured; did you mean " + nearest(name, known) +
           "?";
  }
  threshold.percentile = *percentile;
  return {};
}

// Reads the right side into `threshold`; what is wrong with it.
std::string read_limit(std::string_view right, Threshold& threshold) {
  const bool percent = right.ends_with('%');
  const auto number = number_of(percent ? right.substr(0, right.size() - 1) : right);
  switch (threshold.metric) {
    case Metric::errors:
      threshold.metric = percent ? Metric::errors_share : Metric::errors;
      break;
    case Metric::failed:
      threshold.metric = percent ? Metric::failed_share : Metric::failed;
      break;
    case Metric::percentile:
    case Metric::mean: {
      const auto ms = right.ends_with("us") ? number_of(right.substr(0, right.size() - 2))
                                            : parse_time_ms(right);
      if (!ms) {
        return "a latency has a limit like 50ms, 2s or 800us";
      }
      threshold.limit = right.ends_with("us") ? *ms : *ms * 1000;
      return {};
    }
    case Metric::late_share:
      if (!percent) {
        return "late has a limit in %";
      }
      break;
    case Metric::rate:
    case Metric::errors_share:
    case Metric::failed_share:
      break;
  }
  if (!number || (percent && threshold.metric == Metric::rate)) {
    return "'" + std::string(right) + "' is no limit for this";
  }
  threshold.limit = percent ? *number / 100 : *number;
  return {};
}

const Histogram& latency_of(const Threshold& threshold, const Outcome& outcome,
                            const Histogram& all) {
  if (threshold.of.empty()) {
    return all;
  }
  if (threshold.of == "connect") {
    return outcome.counts.connect;
  }
  const auto* const found = std::find(kOpNames.begin(), kOpNames.end(), threshold.of);
  return found == kOpNames.end()
             ? outcome.counts.first_batch
             : outcome.counts.ops[static_cast<std::size_t>(found - kOpNames.begin())];
}

struct Measured {
  std::optional<double> value;
  std::string text;
};

Measured nothing() { return {std::nullopt, "nothing measured"}; }

// `part` of `all`, as a number or as a share.
Measured part_of(uint64_t part, uint64_t all, bool as_share) {
  if (all == 0) {
    return nothing();
  }
  const double share = static_cast<double>(part) / static_cast<double>(all);
  return as_share ? Measured{share, fmt::format("{:.4f} %", 100 * share)}
                  : Measured{static_cast<double>(part), fmt::format("{}", part)};
}

Measured measure(const Threshold& threshold, const Outcome& outcome) {
  const Counts& counts = outcome.counts;
  const Metric metric = threshold.metric;
  switch (metric) {
    case Metric::errors_share:
    case Metric::errors:
      return part_of(counts.errors(), counts.asked(), metric == Metric::errors_share);
    case Metric::failed_share:
    case Metric::failed:
      return part_of(counts.failed(), outcome.owners, metric == Metric::failed_share);
    case Metric::rate:
      return {outcome.answers_per_second(), fmt::format("{:.0f}", outcome.answers_per_second())};
    case Metric::late_share:
      return part_of(counts.late, counts.due, true);
    case Metric::percentile:
    case Metric::mean:
      break;
  }
  const Histogram all = counts.all_ops();
  const Histogram& latency = latency_of(threshold, outcome, all);
  if (latency.count() == 0) {
    return nothing();
  }
  const double us = metric == Metric::mean
                        ? latency.mean_us()
                        : static_cast<double>(latency.percentile_us(threshold.percentile));
  return {us, fmt::format("{:.3f} ms", us / 1000)};
}

}  // namespace

std::variant<Threshold, std::string> parse_threshold(std::string_view text) {
  Threshold threshold;
  threshold.text = without_spaces(text);
  const std::string_view all = threshold.text;
  const std::size_t sign = all.find_first_of("<>");
  if (sign == std::string_view::npos || sign == 0) {
    return "'" + threshold.text +
           "' is not like p99<50ms, draw.p99.9<=1s, errors<0.1% or rate>1000";
  }
  threshold.below = all[sign] == '<';
  std::string_view right = all.substr(sign + 1);
  threshold.or_equal = right.starts_with('=');
  right.remove_prefix(threshold.or_equal ? 1 : 0);
  std::string wrong = read_metric(all.substr(0, sign), threshold);
  if (wrong.empty()) {
    wrong = read_limit(right, threshold);
  }
  if (!wrong.empty()) {
    return "'" + threshold.text + "': " + wrong;
  }
  return threshold;
}

Verdict judge(const Threshold& threshold, const Outcome& outcome) {
  const Measured measured = measure(threshold, outcome);
  Verdict verdict{threshold.text, measured.text, false};
  if (measured.value) {
    const double value = *measured.value;
    verdict.held = (threshold.below ? value < threshold.limit : value > threshold.limit) ||
                   (threshold.or_equal && value == threshold.limit);
  }
  return verdict;
}

}  // namespace plated::load
