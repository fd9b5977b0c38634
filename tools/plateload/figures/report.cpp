#include "tools/plateload/figures/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

namespace plated::load {
namespace {

namespace json = boost::json;

// Where a percentile curve is looked at: closer and closer to 100.
constexpr std::array<double, 22> kCurve = {0,    10,    20,    30,     40,     50,   60, 70,
                                           75,   80,    85,    90,     95,     97.5, 99, 99.5,
                                           99.9, 99.95, 99.99, 99.995, 99.999, 100};

double millis(int64_t micros) { return static_cast<double>(micros) / 1000.0; }

// A percentile in milliseconds, or a dash where so few values cannot carry it.
std::string percentile_text(const Histogram& histogram, double percentile) {
  return carries(static_cast<double>(histogram.count()), percentile)
             ? fmt::format("{:.3f}", millis(histogram.percentile_us(percentile)))
             : "-";
}

std::string latency_row(std::string_view name, const Histogram& histogram) {
  if (histogram.count() == 0) {
    return {};
  }
  return fmt::format("{:<11} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9.3f}\n", name, histogram.count(),
                     percentile_text(histogram, 50), percentile_text(histogram, 90),
                     percentile_text(histogram, 99), percentile_text(histogram, 99.9),
                     millis(histogram.max_us()));
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

json::array curve_json(const Histogram& histogram) {
  json::array curve;
  for (const double percentile : kCurve) {
    curve.push_back(json::array{percentile, histogram.percentile_us(percentile)});
  }
  return curve;
}

json::object second_json(const Second& second) {
  return {{"second", second.second},     {"sent", second.sent},           {"done", second.done},
          {"answers", second.answers},   {"in_flight", second.in_flight}, {"late", second.late},
          {"errors", second.errors},     {"p50_us", second.p50_us},       {"p99_us", second.p99_us},
          {"p99_9_us", second.p99_9_us}, {"max_us", second.max_us}};
}

json::object ops_json(const Counts& counts) {
  json::object ops;
  for (std::size_t op = 0; op < kOps; ++op) {
    ops[kOpNames[op]] = latency_json(counts.ops[op]);
  }
  return ops;
}

json::object ends_json(const Counts& counts) {
  json::object ends;
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    ends[kWalkEndNames[end]] = counts.ends[end];
  }
  return ends;
}

std::string codes_text(const Counts& counts) {
  std::string text;
  for (const auto& [code, count] : counts.refusals) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", code, count);
  }
  for (const auto& [name, count] :
       {std::pair{"unanswered", counts.unanswered}, std::pair{"unconnected", counts.unconnected}}) {
    text += count > 0 ? fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count) : "";
  }
  return text.empty() ? "" : ": " + text;
}

}  // namespace

double Outcome::error_share() const {
  const uint64_t asked = counts.asked();
  return asked == 0 ? 0 : static_cast<double>(counts.errors()) / static_cast<double>(asked);
}

double Outcome::answers_per_second() const {
  return measured_seconds > 0 ? static_cast<double>(counts.in_time) / measured_seconds : 0;
}

bool Outcome::as_planned() const { return counts.as_planned() && counts.ended() == owners; }

std::string live_line(const Counts& counts, const Second& second) {
  return fmt::format(
      "{:5} s  sent {}  done {}  in flight {}  late {}  {}/s  p50 {:.2f}  p99 {:.2f}  p99.9 {:.2f} "
      "ms"
      "  errors {}{}",
      second.second + 1, counts.sent, counts.done, second.in_flight, counts.late, second.done,
      millis(second.p50_us), millis(second.p99_us), millis(second.p99_9_us), counts.errors(),
      codes_text(counts));
}

std::string report_text(const Outcome& outcome) {
  const Counts& counts = outcome.counts;
  std::string text = fmt::format("{:<11} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}  (ms)\n", "op",
                                 "answers", "p50", "p90", "p99", "p99.9", "max");
  text += latency_row("connect", counts.connect);
  for (std::size_t op = 0; op < kOps; ++op) {
    text += latency_row(kOpNames[op], counts.ops[op]);
  }
  text += latency_row("all ops", counts.all_ops());
  text += latency_row("first batch", counts.first_batch);
  text += fmt::format("\n{:.1f} s, {} answers, {:.0f} a second; {} pushes; {} connections lost\n",
                      outcome.measured_seconds, counts.answers(), outcome.answers_per_second(),
                      counts.pushed, counts.lost);
  text += fmt::format("errors     {:>10} {:.4f} %{}\n", counts.errors(),
                      100 * outcome.error_share(), codes_text(counts));
  if (counts.due > 0) {
    text += fmt::format("due        {:>10} of which {} late, at most {:.3f} ms behind\n",
                        counts.due, counts.late, static_cast<double>(counts.behind_ns) / 1e6);
  }
  text += fmt::format("owners     {:>10}\n", outcome.owners);
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    if (counts.ends[end] > 0) {
      text += fmt::format("{:<10} {:>10}\n", kWalkEndNames[end], counts.ends[end]);
    }
  }
  text += fmt::format("confirmed by themselves {}\n", counts.automatic);
  text += fmt::format("plates with two owners {}, broken promises {}\n", counts.two_owners,
                      counts.violations);
  text += fmt::format(
      "client     {:>10.2f} CPU seconds, {:.0f} requests in each\n", outcome.cpu_seconds,
      outcome.cpu_seconds > 0 ? static_cast<double>(counts.done) / outcome.cpu_seconds : 0);
  for (const std::string& reason : counts.reasons) {
    text += "  " + reason + "\n";
  }
  return text;
}

json::object report_json(const Outcome& outcome) {
  const Counts& counts = outcome.counts;
  json::object refusals;
  for (const auto& [code, count] : counts.refusals) {
    refusals[code] = count;
  }
  json::array seconds;
  for (const Second& second : outcome.seconds) {
    seconds.push_back(second_json(second));
  }
  json::object report{{"seconds", outcome.took_seconds},
                      {"measured_seconds", outcome.measured_seconds},
                      {"owners", outcome.owners},
                      {"sent", counts.sent},
                      {"done", counts.done},
                      {"answers", counts.answers()},
                      {"answers_per_second", outcome.answers_per_second()},
                      {"connect", latency_json(counts.connect)},
                      {"ops", ops_json(counts)},
                      {"all_ops", latency_json(counts.all_ops())},
                      {"first_batch", latency_json(counts.first_batch)},
                      {"curve", curve_json(counts.all_ops())},
                      {"refusals", std::move(refusals)},
                      {"unanswered", counts.unanswered},
                      {"unconnected", counts.unconnected},
                      {"errors", counts.errors()},
                      {"error_share", outcome.error_share()}};
  report["schedule"] = json::object{{"due", counts.due},
                                    {"late", counts.late},
                                    {"behind_ms", static_cast<double>(counts.behind_ns) / 1e6}};
  report["ends"] = ends_json(counts);
  report["pushed"] = counts.pushed;
  report["lost"] = counts.lost;
  report["automatic"] = counts.automatic;
  report["two_owners"] = counts.two_owners;
  report["violations"] = counts.violations;
  report["reasons"] = json::array(counts.reasons.begin(), counts.reasons.end());
  report["interrupted"] = outcome.interrupted;
  report["as_planned"] = outcome.as_planned();
  report["valid"] = outcome.invalid.empty();
  report["invalid"] = outcome.invalid;
  report["cpu_seconds"] = outcome.cpu_seconds;
  report["timeline"] = std::move(seconds);
  return report;
}

}  // namespace plated::load
