#include "tools/plateload/scenario.h"

#include <fmt/format.h>

#include "tools/plateload/owners/limits.h"
#include "tools/plateload/threshold.h"
#include "tools/plateload/toml.h"
#include "tools/shell/input_file.h"

namespace plated::load {
namespace {

void read_owners(TomlTable table, LoadOptions& options) {
  table.take_count("first", options.first, kOwnerNumbers);
  table.take_count("count", options.owners, kOwnersAtOnce);
  table.take_share("redraws", options.shares.redraws);
  table.take_share("without4", options.shares.without4);
  table.take_share("abandon", options.shares.abandon);
  table.take_share("reconnect", options.shares.reconnect);
  table.take_share("nonsense", options.shares.nonsense);
  table.take("resume", options.resume);
  table.take("until_empty", options.until_empty);
  table.finish();
}

void read_think(TomlTable table, ThinkTimes& think) {
  for (const Op op :
       {Op::send_code, Op::submit, Op::verify, Op::draw, Op::shortlist, Op::confirm}) {
    table.take(name_of(op), think.before[static_cast<std::size_t>(op)]);
  }
  table.take("away", think.away);
  table.finish();
}

double seconds_in(TomlTable& table, std::string_view key) {
  int64_t ms = 0;
  table.take_time(key, ms);
  if (ms <= 0) {
    table.mistake(key, "how long is needed, like \"60s\"");
  }
  return static_cast<double>(ms) / 1000;
}

Profile read_release_day(TomlTable& table) {
  double count = 0;
  double surge = 0.7;
  int64_t surge_ms = 60'000;
  table.take("count", count, 1, static_cast<double>(kOwnersAtOnce.most));
  table.take_share("surge", surge);
  table.take_time("surge_for", surge_ms);
  const double seconds = seconds_in(table, "for");
  if (count <= 0) {
    table.mistake("count", "how many come is needed");
    return {};
  }
  if (surge <= 0 || surge_ms <= 0) {
    table.mistake(surge <= 0 ? "surge" : "surge_for", "without a surge it is no release day");
    return {};
  }
  const auto profile = release_day(count, seconds, surge, static_cast<double>(surge_ms) / 1000);
  if (!profile) {
    table.mistake("count",
                  "who does not come in the surge could not come more slowly in the rest: "
                  "more surge, or a longer time");
  }
  return profile.value_or(Profile());
}

Profile read_stages(TomlTable& table) {
  Profile profile;
  for (TomlTable& stage : table.tables("stages")) {
    Stage next;
    next.seconds = seconds_in(stage, "for");
    stage.take("from", next.from, 0, kRateMost);
    next.to = next.from;
    stage.take("to", next.to, 0, kRateMost);
    stage.take("decays", next.decays);
    if (next.decays && (next.from <= 0 || next.to <= 0)) {
      stage.mistake("decays", "an exponential neither begins nor ends at a rate of 0");
    }
    stage.finish();
    profile.stages.push_back(next);
  }
  return profile;
}

void read_arrivals(TomlTable table, LoadOptions& options) {
  std::string name = "constant";
  table.take("profile", name);
  Profile profile;
  double from = 0;
  double to = 0;
  if (name == "constant") {
    table.take("rate", from, 0, kRateMost);
    profile.stages = {{seconds_in(table, "for"), from, from, false}};
  } else if (name == "ramp") {
    table.take("from", from, 0, kRateMost);
    table.take("to", to, 0, kRateMost);
    profile.stages = {{seconds_in(table, "for"), from, to, false}};
  } else if (name == "release_day") {
    profile = read_release_day(table);
  } else if (name == "stages") {
    profile = read_stages(table);
  } else {
    table.mistake("profile", "constant, ramp, release_day or stages");
  }
  table.take("random", profile.random);
  table.finish();
  if (profile.arrivals() < 1) {
    table.mistake("profile", "nobody would come");
  }
  options.profile = profile;
}

void read_requests(TomlTable table, LoadOptions& options) {
  Mix mix;
  for (const Op op : kSteadyOps) {
    table.take(name_of(op), mix.shares[static_cast<std::size_t>(op)], 0, kRateMost);
  }
  table.take_count("in_flight", options.in_flight, kInFlight);
  table.take_count("burst", options.burst, kBurst);
  table.take_time("for", options.for_ms);
  table.finish();
  if (mix.empty()) {
    table.mistake("draw", "at least one share above 0 is needed");
  }
  options.mix = mix;
}

void read_run(TomlTable table, LoadOptions& options) {
  table.take_count("connections", options.connections, kConnections);
  table.take_count("threads", options.threads, kThreads);
  table.take_count("source_addresses", options.source_addresses, kSourceAddresses);
  table.take_time("warm_up", options.warm_up_ms);
  table.take_time("give_up", options.give_up_ms, kGiveUpMs);
  table.take_time("late", options.late_ms);
  table.take_time("behind_max", options.behind_max_ms);
  table.take_share("late_share_max", options.late_share_max);
  table.finish();
}

std::string what_is_wrong_with(const std::string& threshold) {
  const auto parsed = parse_threshold(threshold);
  const std::string* wrong = std::get_if<std::string>(&parsed);
  return wrong == nullptr ? "" : *wrong;
}

}  // namespace

std::string read_scenario(std::string_view text, const std::string& path, LoadOptions& options) {
  toml::table parsed;
  try {
    parsed = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return fmt::format("{}: line {}: {}", path, error.source().begin.line, error.description());
  }
  std::string wrong;
  TomlTable file(&parsed, "", wrong);
  file.take("name", options.name);
  file.take_count("seed", options.seed, kSeeds);
  file.take("thresholds", options.thresholds, what_is_wrong_with);
  read_owners(file.table("owners"), options);
  read_think(file.table("think"), options.think);
  if (file.has("arrivals")) {
    read_arrivals(file.table("arrivals"), options);
  }
  if (file.has("requests")) {
    read_requests(file.table("requests"), options);
  }
  read_run(file.table("run"), options);
  file.finish();
  return wrong.empty() ? "" : path + ": " + wrong;
}

std::string read_scenario_file(const std::string& path, LoadOptions& options) {
  const FileText file = read_file(path);
  return file.failure.empty() ? read_scenario(file.text, path, options) : file.failure;
}

}  // namespace plated::load
