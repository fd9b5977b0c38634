#include "tools/plateload/figures/page.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/plateload/figures/chart.h"
#include "tools/plateload/figures/histogram.h"
#include "tools/plateload/figures/json.h"
#include "tools/plateload/figures/stamp.h"
#include "tools/plateload/figures/style.h"

namespace plated::load {
namespace {

namespace json = boost::json;

std::string when(const json::object& report) {
  const auto ended = static_cast<std::time_t>(number(report, "ended_at") / 1000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(ended));
}

std::string shown(double value, Unit unit) {
  return unit == Unit::percent ? fmt::format("{:.3g} %", value) : told(value, unit);
}

// Whether a report's latencies are so many that they carry the percentile that has this key; what
// is no percentile is carried by any.
bool is_carried(const json::object& latencies, std::string_view key) {
  constexpr std::pair<std::string_view, double> kPercentiles[] = {
      {"p50_us", 50}, {"p90_us", 90}, {"p99_us", 99}, {"p99_9_us", 99.9}};
  const auto* const found =
      std::ranges::find(kPercentiles, key, [](const auto& p) { return p.first; });
  return found == std::end(kPercentiles) ||
         plated::carries(number(latencies, "count"), found->second);
}

// The class of a change: better, worse, or too little to tell.
std::string_view tone(double percent, bool less_is_better) {
  return std::abs(percent) < 0.5 ? "" : (percent < 0) == less_is_better ? "better" : "worse";
}

// What it was before, and by how much it has changed.
std::string change(double now, double before, Unit unit, bool less_is_better) {
  if (before <= 0) {
    return fmt::format("<em>was {}</em>", shown(0, unit));
  }
  const double percent = 100 * (now - before) / before;
  return fmt::format("<em>was {} <b class=\"{}\">{:+.0f} %</b></em>", shown(before, unit),
                     tone(percent, less_is_better), percent);
}

// One figure in a tile: where it stands in a report, and which way is better.
struct Tile {
  std::string_view name;
  std::string_view part;  // empty: the report itself
  std::string_view key;
  Unit unit;
  double factor;
  bool less_is_better;
};

constexpr Tile kTiles[] = {
    {"answers a second", "", "answers_per_second", Unit::count, 1, false},
    {"median", "all_ops", "p50_us", Unit::micros, 1, true},
    {"99 % within", "all_ops", "p99_us", Unit::micros, 1, true},
    {"99.9 % within", "all_ops", "p99_9_us", Unit::micros, 1, true},
    {"slowest", "all_ops", "max_us", Unit::micros, 1, true},
    {"errors", "", "error_share", Unit::percent, 100, true},
};

const json::object& place_of(const Tile& tile, const json::object& report) {
  return tile.part.empty() ? report : object(report, tile.part);
}

double value_of(const Tile& tile, const json::object& report) {
  return number(place_of(tile, report), tile.key) * tile.factor;
}

std::string tiles(const json::object& report, const json::object* before) {
  std::string html = "<div class=\"tiles\">";
  for (const Tile& tile : kTiles) {
    if (!is_carried(place_of(tile, report), tile.key)) {
      continue;
    }
    const double now = value_of(tile, report);
    const std::string was =
        before == nullptr ? ""
                          : change(now, value_of(tile, *before), tile.unit, tile.less_is_better);
    html += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span>{}</div>",
                        shown(now, tile.unit), tile.name, was);
  }
  return html + "</div>";
}

Series over_time(const json::object& report, std::string_view key, std::string name,
                 std::string style) {
  Series series{std::move(name), std::move(style), {}};
  for (const json::value& value : array(report, "timeline")) {
    const json::object* second = value.if_object();
    // A second that the run did not last is no rate.
    if (second != nullptr && number(*second, "second") + 1 <= number(report, "seconds")) {
      series.points.push_back({number(*second, "second") + 1, number(*second, key)});
    }
  }
  return series;
}

Series curve(const json::object& report, std::string name, std::string style) {
  Series series{std::move(name), std::move(style), {}};
  for (const json::value& value : array(report, "curve")) {
    const json::array* pair = value.if_array();
    if (pair != nullptr && pair->size() == 2 && (*pair)[0].is_number() && (*pair)[1].is_number()) {
      series.points.push_back(
          {(*pair)[0].to_number<double>(), std::max(1.0, (*pair)[1].to_number<double>())});
    }
  }
  return series;
}

std::string charts(const json::object& report, const json::object* before) {
  const double warm_up_s = number(object(report, "settings"), "warm_up_ms") / 1000;
  Chart latency;
  latency.title = "Latency over time";
  latency.hint = "Of what was answered in each second, from when it was due. Logarithmic.";
  latency.y_scale = Scale::logarithmic;
  latency.y_unit = Unit::micros;
  latency.shaded_until = warm_up_s;
  latency.series = {
      over_time(report, "p50_us", "median", "c1"), over_time(report, "p99_us", "99 %", "c2"),
      over_time(report, "p99_9_us", "99.9 %", "c3"), over_time(report, "max_us", "slowest", "c4")};
  Chart percentiles;
  percentiles.title = "Percentile curve";
  percentiles.hint = "How many were answered within which time. Both axes logarithmic.";
  percentiles.x_scale = Scale::nines;
  percentiles.x_unit = Unit::percent;
  percentiles.y_scale = Scale::logarithmic;
  percentiles.y_unit = Unit::micros;
  percentiles.series = {curve(report, "this run", "c1")};
  Chart throughput;
  throughput.title = "Throughput";
  throughput.hint = "Requests sent and answered in each second, and how many were under way.";
  throughput.shaded_until = warm_up_s;
  throughput.series = {over_time(report, "sent", "sent", "c2"),
                       over_time(report, "done", "answered", "c1"),
                       over_time(report, "in_flight", "in flight", "c4")};
  if (before != nullptr) {
    latency.series.push_back(over_time(*before, "p99_us", "99 % before", "before"));
    percentiles.series.push_back(curve(*before, "before", "before"));
    throughput.series.push_back(over_time(*before, "done", "answered before", "before"));
  }
  return chart_html(latency) + chart_html(percentiles) + chart_html(throughput);
}

std::string latency_row(std::string_view name, const json::object& latency,
                        const json::object* before) {
  std::string row = fmt::format("<tr><td>{}</td><td>{}</td>", escaped(name),
                                static_cast<uint64_t>(number(latency, "count")));
  for (const std::string_view key : {"p50_us", "p90_us", "p99_us", "p99_9_us", "max_us"}) {
    row += "<td>" + (is_carried(latency, key) ? told(number(latency, key), Unit::micros) : "–") +
           "</td>";
  }
  if (before != nullptr) {
    const double old = number(*before, "p99_us");
    const double percent = old > 0 ? 100 * (number(latency, "p99_us") - old) / old : 0;
    row += old > 0 ? fmt::format("<td>{}</td><td class=\"{}\">{:+.1f} %</td>",
                                 told(old, Unit::micros), tone(percent, true), percent)
                   : "<td>–</td><td>–</td>";
  }
  return row + "</tr>";
}

std::string latencies(const json::object& report, const json::object* before) {
  std::string html =
      "<section><h2>By request</h2><div "
      "class=\"scroll\"><table><tr><th>request</th><th>answers</th>"
      "<th>median</th><th>90 %</th><th>99 %</th><th>99.9 %</th><th>slowest</th>";
  html += before != nullptr ? "<th>99 % before</th><th>change</th></tr>" : "</tr>";
  const auto row = [&](std::string_view name, const json::object& latency,
                       const json::object* old) {
    html += number(latency, "count") > 0 ? latency_row(name, latency, old) : "";
  };
  const auto old_of = [&](std::string_view key) {
    return before == nullptr ? nullptr : &object(*before, key);
  };
  row("connect", object(report, "connect"), old_of("connect"));
  for (const auto& op : object(report, "ops")) {
    if (const json::object* latency = op.value().if_object()) {
      const json::object* old =
          before == nullptr ? nullptr : &object(object(*before, "ops"), op.key());
      row(op.key(), *latency, old);
    }
  }
  row("all", object(report, "all_ops"), old_of("all_ops"));
  row("first batch", object(report, "first_batch"), old_of("first_batch"));
  return html + "</table></div></section>";
}

// The errors of a report by code, and how many there were of each.
std::map<std::string, double> codes_of(const json::object& report) {
  std::map<std::string, double> codes;
  for (const auto& code : object(report, "refusals")) {
    codes[std::string(code.key())] = number(object(report, "refusals"), code.key());
  }
  for (const char* const other : {"unanswered", "unconnected"}) {
    codes[other] = number(report, other);
  }
  std::erase_if(codes, [](const auto& code) { return code.second == 0; });
  return codes;
}

// How often each of something happened, the most frequent first: of this run, and of the one
// before, whose own are listed, too. Those in `good` are not bad.
std::string counted(std::string_view title, std::string_view what,
                    const std::map<std::string, double>& now,
                    const std::map<std::string, double>* before,
                    const std::set<std::string, std::less<>>& good) {
  std::string html = fmt::format("<section><h2>{}</h2>", title);
  std::map<std::string, std::pair<double, double>> both;
  for (const auto& [name, count] : now) {
    both[name].first = count;
  }
  for (const auto& [name, count] : before == nullptr ? std::map<std::string, double>() : *before) {
    both[name].second = count;
  }
  if (both.empty()) {
    return html + "<p class=\"nothing\">None.</p></section>";
  }
  std::vector<std::pair<std::string, std::pair<double, double>>> rows(both.begin(), both.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& left, const auto& right) { return left.second > right.second; });
  html += fmt::format("<table><tr><th>{}</th><th></th><th>how many</th>{}</tr>", what,
                      before != nullptr ? "<th>before</th>" : "");
  const double most = std::max(1.0, rows.front().second.first);
  for (const auto& [name, count] : rows) {
    html += fmt::format(
        "<tr><td>{}</td><td class=\"bar\"><i class=\"{}\" "
        "style=\"width:{:.1f}%\"></i></td><td>{:.0f}</td>",
        escaped(name), good.contains(name) ? "good" : "bad", 100 * count.first / most, count.first);
    html += before != nullptr ? fmt::format("<td>{:.0f}</td></tr>", count.second) : "</tr>";
  }
  return html + "</table></section>";
}

std::string errors(const json::object& report, const json::object* before) {
  const auto old = before == nullptr ? std::map<std::string, double>() : codes_of(*before);
  return counted("Errors by code", "code", codes_of(report), before == nullptr ? nullptr : &old,
                 {});
}

// The ends of visits; those that were cut off have none.
std::map<std::string, double> ends_of(const json::object& report) {
  std::map<std::string, double> ends;
  double ended = 0;
  for (const auto& end : object(report, "ends")) {
    const double count = number(object(report, "ends"), end.key());
    ended += count;
    ends[std::string(end.key())] = count;
  }
  ends["cut off"] = number(report, "owners") - ended;
  std::erase_if(ends, [](const auto& end) { return end.second <= 0; });
  return ends;
}

std::string ends(const json::object& report, const json::object* before) {
  if (number(report, "owners") == 0) {
    return {};
  }
  const auto old = before == nullptr ? std::map<std::string, double>() : ends_of(*before);
  return counted("How visits ended", "end", ends_of(report), before == nullptr ? nullptr : &old,
                 {"confirmed", "abandoned", "pool_empty", "looked"});
}

std::string thresholds(const json::object& report) {
  if (array(report, "thresholds").empty()) {
    return {};
  }
  std::string html =
      "<section><h2>Thresholds</h2><table><tr><th>threshold</th><th>measured</th><th></th></tr>";
  for (const json::value& value : array(report, "thresholds")) {
    if (const json::object* threshold = value.if_object()) {
      const bool held = flag(*threshold, "held");
      html += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"{}\">{}</td></tr>",
                          escaped(text(*threshold, "text")), escaped(text(*threshold, "actual")),
                          held ? "better" : "worse", held ? "holds" : "crossed");
    }
  }
  return html + "</table></section>";
}

using Facts = std::vector<std::pair<std::string, std::string>>;

// What a run was measured on, and how.
Facts facts_of(const json::object& report) {
  const json::object& settings = object(report, "settings");
  const json::object& client = object(report, "client");
  const json::object& schedule = object(report, "schedule");
  const json::object& server = object(report, "server");
  return {
      {"command", text(client, "command")},
      {"load", fmt::format("{}, {:.0f} connections, {:.0f} threads, seed {:.0f}",
                           text(settings, "kind"), number(settings, "connections"),
                           number(settings, "threads"), number(settings, "seed"))},
      {"schedule", number(schedule, "due") == 0
                       ? ""
                       : fmt::format("{:.0f} due, {:.0f} begun late, {:.1f} ms behind at worst",
                                     number(schedule, "due"), number(schedule, "late"),
                                     number(schedule, "behind_ms"))},
      {"owners", fmt::format("{:.0f}", number(report, "owners"))},
      {"server", server_text(server)},
      {"its offices", settings_text(server)},
      {"client",
       fmt::format("plateload {}, {:.2f} CPU seconds in {:.1f} s", text(client, "version"),
                   number(report, "cpu_seconds"), number(report, "seconds"))},
      {"machine", machine_text(client)},
  };
}

std::string ground(const json::object& report, const json::object* before) {
  const Facts facts = facts_of(report);
  std::string html = "<section><h2>Measured on</h2>";
  if (before == nullptr) {
    html += "<dl>";
    for (const auto& [name, value] : facts) {
      html += value.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>", name, escaped(value));
    }
    return html + "</dl></section>";
  }
  html += "<table class=\"ground\"><tr><th></th><th>this run</th><th>before</th></tr>";
  const Facts old = facts_of(*before);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td></tr>", facts[i].first,
                        escaped(facts[i].second), escaped(old[i].second));
  }
  return html + "</table></section>";
}

// What the program's exit status says, too.
std::string verdict(const json::object& report) {
  const bool good = number(report, "status") == 0;
  const std::string praise =
      array(report, "thresholds").empty() ? "Valid" : "Valid, and every threshold holds";
  return fmt::format("<p class=\"verdict {}\">{}</p>", good ? "good" : "bad",
                     escaped(good ? praise : text(report, "verdict")));
}

}  // namespace

bool is_report(const json::value& value) {
  const json::object* report = value.if_object();
  return report != nullptr && at(*report, "all_ops").is_object() &&
         at(*report, "timeline").is_array() && at(*report, "curve").is_array();
}

std::string report_page(const json::object& report, const json::object* before) {
  const std::string name = text(object(report, "settings"), "name");
  const std::string title = name.empty() ? "plateload" : name;
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>{} – {}</title><style>{}</style></head><body><main>\n<header><h1>{}</h1><p>{}, ended "
      "{}",
      escaped(title), when(report), kPageStyle, escaped(title),
      escaped(text(object(report, "settings"), "kind")), when(report));
  if (before != nullptr) {
    html += "; compared with the run that ended " + when(*before);
    html +=
        flag(*before, "valid") ? "" : ", which was invalid: " + escaped(text(*before, "invalid"));
  }
  html += "</p>" + verdict(report) + "</header>\n" + tiles(report, before) + "\n";
  html += charts(report, before) + "\n" + latencies(report, before) + "\n";
  html += errors(report, before) + "\n" + ends(report, before) + "\n" + thresholds(report) + "\n";
  html += ground(report, before);
  return html + "\n</main></body></html>\n";
}

}  // namespace plated::load
