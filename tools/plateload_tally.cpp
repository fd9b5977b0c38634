#include "tools/plateload_tally.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <numeric>

namespace plated {
namespace {

namespace json = boost::json;

double millis(int64_t micros) { return static_cast<double>(micros) / 1000.0; }

std::string latency_row(std::string_view name, const Histogram& histogram) {
  return fmt::format("{:<10} {:>10} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f} {:>9.3f}\n", name,
                     histogram.count(), millis(histogram.percentile_us(50)),
                     millis(histogram.percentile_us(90)), millis(histogram.percentile_us(99)),
                     millis(histogram.percentile_us(99.9)), millis(histogram.max_us()));
}

json::object latency_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"mean_us", histogram.mean_us()},
          {"p50_us", histogram.percentile_us(50)},
          {"p90_us", histogram.percentile_us(90)},
          {"p99_us", histogram.percentile_us(99)},
          {"p99_9_us", histogram.percentile_us(99.9)},
          {"max_us", histogram.max_us()}};
}

double per_second(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

}  // namespace

void Counts::add_reason(std::string reason) {
  if (reasons.size() < kReasonsKept) {
    reasons.push_back(std::move(reason));
  }
}

void Counts::add(const Counts& other) {
  connect.add(other.connect);
  for (std::size_t op = 0; op < kOps; ++op) {
    ops[op].add(other.ops[op]);
  }
  for (const auto& [code, count] : other.refusals) {
    refusals[code] += count;
  }
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    ends[end] += other.ends[end];
  }
  lost += other.lost;
  pushed += other.pushed;
  automatic += other.automatic;
  two_owners += other.two_owners;
  violations += other.violations;
  for (const std::string& reason : other.reasons) {
    add_reason(reason);
  }
}

uint64_t Counts::answers() const {
  return std::accumulate(ops.begin(), ops.end(), uint64_t{0},
                         [](uint64_t sum, const Histogram& op) { return sum + op.count(); });
}

uint64_t Counts::ended() const { return std::accumulate(ends.begin(), ends.end(), uint64_t{0}); }

Histogram Counts::all_ops() const {
  Histogram all;
  for (const Histogram& op : ops) {
    all.add(op);
  }
  return all;
}

bool Counts::as_planned() const {
  return ends[static_cast<std::size_t>(WalkEnd::failed)] == 0 && two_owners == 0 && violations == 0;
}

std::string live_line(const Counts& counts, double seconds, uint64_t answers, uint64_t owners) {
  const Histogram all = counts.all_ops();
  const uint64_t refused =
      std::accumulate(counts.refusals.begin(), counts.refusals.end(), uint64_t{0},
                      [](uint64_t sum, const auto& code) { return sum + code.second; });
  return fmt::format(
      "{:6.0f} s  owners {}/{}  answers/s {}  p50 {:.2f} ms  p99 {:.2f} ms  refused {}  lost {}  "
      "failed {}",
      seconds, counts.ended(), owners, answers, millis(all.percentile_us(50)),
      millis(all.percentile_us(99)), refused, counts.lost,
      counts.ends[static_cast<std::size_t>(WalkEnd::failed)]);
}

std::string report_text(const Counts& counts, double seconds, uint64_t owners) {
  std::string text = fmt::format("{:<10} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}  (ms)\n", "op",
                                 "answers", "p50", "p90", "p99", "p99.9", "max");
  text += latency_row("connect", counts.connect);
  for (std::size_t op = 0; op < kOps; ++op) {
    text += latency_row(kOpNames[op], counts.ops[op]);
  }
  text += latency_row("all ops", counts.all_ops());
  text += fmt::format("\n{:.1f} s, {} answers, {:.0f} a second; {} pushes; {} connections lost\n",
                      seconds, counts.answers(), per_second(counts.answers(), seconds),
                      counts.pushed, counts.lost);
  for (const auto& [code, count] : counts.refusals) {
    text += fmt::format("refused    {:>10} {}\n", count, code);
  }
  text += fmt::format("owners     {:>10}\n", owners);
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    if (counts.ends[end] > 0) {
      text += fmt::format("{:<10} {:>10}\n", kWalkEndNames[end], counts.ends[end]);
    }
  }
  text += fmt::format("confirmed by themselves {}\n", counts.automatic);
  text += fmt::format("plates with two owners {}, broken promises {}\n", counts.two_owners,
                      counts.violations);
  for (const std::string& reason : counts.reasons) {
    text += "  " + reason + "\n";
  }
  return text;
}

json::object report_json(const Counts& counts, double seconds, uint64_t owners) {
  json::object ops;
  for (std::size_t op = 0; op < kOps; ++op) {
    ops[kOpNames[op]] = latency_json(counts.ops[op]);
  }
  json::object refusals;
  for (const auto& [code, count] : counts.refusals) {
    refusals[code] = count;
  }
  json::object ends;
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    ends[kWalkEndNames[end]] = counts.ends[end];
  }
  json::array reasons;
  for (const std::string& reason : counts.reasons) {
    reasons.emplace_back(reason);
  }
  return {{"seconds", seconds},
          {"owners", owners},
          {"answers", counts.answers()},
          {"answers_per_second", per_second(counts.answers(), seconds)},
          {"connect", latency_json(counts.connect)},
          {"ops", std::move(ops)},
          {"all_ops", latency_json(counts.all_ops())},
          {"refusals", std::move(refusals)},
          {"ends", std::move(ends)},
          {"pushed", counts.pushed},
          {"lost", counts.lost},
          {"automatic", counts.automatic},
          {"two_owners", counts.two_owners},
          {"violations", counts.violations},
          {"reasons", std::move(reasons)},
          {"as_planned", counts.as_planned() && counts.ended() == owners}};
}

}  // namespace plated
