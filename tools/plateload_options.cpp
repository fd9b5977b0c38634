#include "tools/plateload_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>

#include "tools/plateload_scenario.h"
#include "tools/plateload_threshold.h"

namespace plated::load {
namespace {

constexpr uint32_t kClosedConnections = 100;
constexpr uint32_t kOpenConnections = 20'000;  // descriptors end there on many machines

// Splits ws://host:port/target; port 80 and target / where there is none.
bool split_url(LoadOptions& options) {
  constexpr std::string_view kScheme = "ws://";
  std::string_view rest = options.url;
  if (!rest.starts_with(kScheme)) {
    return false;
  }
  rest.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  options.target = slash == rest.size() ? "/" : std::string(rest.substr(slash));
  std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.back() != ']';
  options.port = has_port ? std::string(authority.substr(colon + 1)) : "80";
  authority = has_port ? authority.substr(0, colon) : authority;
  if (authority.size() > 2 && authority.front() == '[' && authority.back() == ']') {
    authority = authority.substr(1, authority.size() - 2);
  }
  options.host = std::string(authority);
  return !options.host.empty() && !options.port.empty();
}

void think_in_pick(ThinkTimes& think, double ms) {
  for (const Op op : {Op::draw, Op::shortlist, Op::confirm}) {
    think.before[static_cast<std::size_t>(op)] = {Think::Kind::fixed, ms, 0};
  }
}

// An option that takes a time with its unit.
CLI::Option* add_time(CLI::App& app, const std::string& name, int64_t& ms,
                      const std::string& what) {
  return app.add_option_function<std::string>(
      name,
      [name, &ms](const std::string& text) {
        const auto time = parse_time_ms(text);
        if (!time) {
          throw CLI::ValidationError(name, "'" + text + "' is not a time like 90s, 300ms or 5m");
        }
        ms = static_cast<int64_t>(*time);
      },
      what);
}

void add_target_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--scenario", options.scenario,
                 "read everything from this TOML file first; flags are stronger")
      ->check(CLI::ExistingFile);
  app.add_flag("--check", options.check, "only say what the load would be");
  app.add_option("--url", options.url)->capture_default_str();
  app.add_option("--data", options.data, "data directory, with ticket.key")
      ->envname("PLATED_DATA")
      ->capture_default_str();
  app.add_option("--from", options.first, "number of the first owner")->capture_default_str();
  app.add_option("--connections", options.connections,
                 "at most as many at a time (100; in an open loop of visits 20000)")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--source-addresses", options.source_addresses,
                 "connect from 127.0.0.1 and as many more, in turn")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  app.add_option("--give-up", options.give_up_ms, "milliseconds after which an answer is lost")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
}

void add_owner_options(CLI::App& app, LoadOptions& options) {
  const auto share = CLI::Range(0.0, 1.0);
  const std::string group = "What owners do";
  app.add_option("--redraws", options.shares.redraws, "share who draw 2 to 5 times")
      ->check(share)
      ->group(group)
      ->capture_default_str();
  app.add_option("--without4", options.shares.without4, "share who want no 4")
      ->check(share)
      ->group(group)
      ->capture_default_str();
  app.add_option("--abandon", options.shares.abandon,
                 "share who leave in pick; half of them with every draw used up")
      ->check(share)
      ->group(group)
      ->capture_default_str();
  app.add_option("--reconnect", options.shares.reconnect, "share whose connection breaks once")
      ->check(share)
      ->group(group)
      ->capture_default_str();
  app.add_option("--nonsense", options.shares.nonsense, "share who once send what nobody should")
      ->check(share)
      ->group(group)
      ->capture_default_str();
  app.add_option_function<double>(
         "--think", [&options](double ms) { think_in_pick(options.think, ms); },
         "milliseconds before each draw, shortlist and confirm")
      ->check(CLI::Range(0.0, static_cast<double>(kThinkMaxMs)))
      ->group(group);
  app.add_flag("--resume", options.resume, "owners already on their way go on from where they are")
      ->group(group);
  app.add_flag("--until-empty", options.until_empty, "an empty pool is as good an end as a plate")
      ->group(group);
}

void add_closed_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Closed loop: the next owner comes when a connection is free";
  app.add_option("--owners", options.owners, "how many owners walk")
      ->group(group)
      ->capture_default_str();
  app.add_option("--journal", options.journal, "append what is acknowledged to this file")
      ->group(group);
  app.add_option("--verify", options.verify,
                 "walk nobody: hold the server to every answer in this journal")
      ->group(group);
}

void add_open_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Open loop: arrivals at their time, whether the server keeps up or not";
  app.add_option("--rate", options.rate, "arrivals a second")
      ->check(CLI::Range(0.001, 10'000'000.0))
      ->group(group);
  add_time(app, "--for", options.for_ms, "for so long: 60s, 5m")->group(group);
  add_time(app, "--warm-up", options.warm_up_ms, "what is due before is not measured")
      ->group(group);
  app.add_flag("--poisson", options.poisson, "at random instead of at even distances")
      ->group(group);
  add_time(app, "--late", options.late_ms, "begun later than so, it is late (20ms)")->group(group);
  add_time(app, "--behind-max", options.behind_max_ms, "stop when further behind than so (1s)")
      ->group(group);
  app.add_option("--late-share-max", options.late_share_max, "invalid with a greater share late")
      ->check(CLI::Range(0.0, 1.0))
      ->group(group)
      ->capture_default_str();
}

void add_request_options(CLI::App& app, LoadOptions& options) {
  const std::string group =
      "Steady requests: as many owners as --connections, brought to pick before";
  app.add_option_function<std::string>(
         "--ask",
         [&options](const std::string& text) {
           const auto mix = parse_mix(text);
           if (const std::string* wrong = std::get_if<std::string>(&mix)) {
             throw CLI::ValidationError("--ask", *wrong);
           }
           options.mix = std::get<Mix>(mix);
         },
         "draw, repeat, enter, shortlist, with shares: draw=0.6,repeat=0.4; --rate of them a "
         "second")
      ->group(group);
  app.add_option("--in-flight", options.in_flight,
                 "without --rate: so many of each owner always in flight, to find the ceiling")
      ->check(CLI::Range(1, 16))
      ->group(group)
      ->capture_default_str();
  app.add_option("--burst", options.burst, "so many in turn to one owner")
      ->check(CLI::Range(1, 16))
      ->group(group)
      ->capture_default_str();
}

void add_report_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Report";
  app.add_option("--threshold", options.thresholds,
                 "p99<50ms, draw.p99.9<1s, errors<0.1%, rate>1000, late<1%: status 99 when crossed")
      ->group(group);
  app.add_option("--save", options.save, "write the report as JSON to this file")->group(group);
  app.add_option("--html", options.html, "write it as a page that needs nothing else")
      ->group(group);
  app.add_option("--compare", options.compare, "a saved report to compare with on the page")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--admin", options.admin,
                 "operators' socket, for the server's version and settings (DATA/admin.sock)")
      ->group(group);
  app.add_flag("--json", options.json, "the report as JSON")->group(group);
  app.add_option("--hlog", options.hlog, "write an HdrHistogram interval log to this file")
      ->group(group);
  app.add_flag("--quiet", options.quiet, "no line every second")->group(group);
}

// Puts together what several flags say; throws where they contradict each other.
void settle_options(LoadOptions& options) {
  if (!split_url(options)) {
    throw CLI::ValidationError("--url", "'" + options.url + "' is not ws://HOST:PORT/PATH");
  }
  if (options.rate > 0) {
    if (options.for_ms <= 0) {
      throw CLI::ValidationError("--rate", "needs --for, how long");
    }
    const double seconds = static_cast<double>(options.for_ms) / 1000;
    options.profile.stages = {{seconds, options.rate, options.rate, false}};
  }
  if (!options.mix.empty() && options.for_ms <= 0 && options.profile.empty()) {
    throw CLI::ValidationError("--ask", "needs --for, how long");
  }
  for (const std::string& text : options.thresholds) {
    const auto threshold = parse_threshold(text);
    if (const std::string* wrong = std::get_if<std::string>(&threshold)) {
      throw CLI::ValidationError("--threshold", *wrong);
    }
  }
  if (options.connections == 0) {
    const bool open_visits = !options.profile.empty() && options.mix.empty();
    options.connections = open_visits ? kOpenConnections : kClosedConnections;
  }
  if (options.admin.empty()) {
    options.admin = options.data + "/admin.sock";
  }
  options.profile.random = options.profile.random || options.poisson;
}

std::optional<CommandLineExit> settled(LoadOptions& options) {
  try {
    settle_options(options);
  } catch (const CLI::Error& error) {
    return CommandLineExit{2, "", "plateload: " + std::string(error.what()) + "\n"};
  }
  return std::nullopt;
}

// Reads the flags into `options`; what is not given stays as it is. The exit that they call for.
std::optional<CommandLineExit> parse_over(int argc, const char* const* argv, LoadOptions& options) {
  CLI::App app(
      "Puts a load on a rehearsal, in a closed loop or an open one, and reports what its owners "
      "saw.\n"
      "Exit status: 0 everybody ended as planned, 1 not, 2 usage, 98 invalid: plateload did not "
      "keep\n"
      "its own schedule, 99 a threshold was crossed.",
      "plateload");
  add_target_options(app, options);
  add_closed_options(app, options);
  add_open_options(app, options);
  add_request_options(app, options);
  add_owner_options(app, options);
  add_report_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return exit_of(app, error);
  }
  return std::nullopt;
}

}  // namespace

std::variant<LoadOptions, CommandLineExit> parse_load_options(int argc, const char* const* argv) {
  LoadOptions options;
  auto exit = parse_over(argc, argv, options);
  if (!exit && !options.scenario.empty()) {
    // Once more over what the file says: flags are stronger.
    LoadOptions from_file;
    const std::string wrong = read_scenario_file(options.scenario, from_file);
    if (!wrong.empty()) {
      return CommandLineExit{2, "", "plateload: " + wrong + "\n"};
    }
    options = std::move(from_file);
    exit = parse_over(argc, argv, options);
  }
  if (!exit) {
    exit = settled(options);
  }
  if (exit) {
    return *exit;
  }
  for (int i = 0; i < argc; ++i) {
    options.command += (i > 0 ? " " : "") + std::string(argv[i]);
  }
  return options;
}

std::string kind_of(const LoadOptions& options) {
  const std::string what = options.mix.empty() ? "visits" : "requests";
  return (options.profile.empty() ? "closed loop of " : "open loop of ") + what;
}

std::string plan_of(const LoadOptions& options) {
  std::string text = kind_of(options) + "\n";
  for (const Stage& stage : options.profile.stages) {
    text += fmt::format("  {:>8.1f} s  from {:.1f} to {:.1f} a second{}\n", stage.seconds,
                        stage.from, stage.to, stage.decays ? ", decaying" : "");
  }
  text += options.profile.empty()
              ? fmt::format("  {} owners\n",
                            options.mix.empty() ? options.owners : uint64_t{options.connections})
              : fmt::format("  {:>8.1f} s  {:.0f} arrivals{}\n", options.profile.seconds(),
                            options.profile.arrivals(), options.profile.random ? " at random" : "");
  return text + fmt::format("  at most {} connections on {} threads, seed {}\n",
                            options.connections, options.threads, options.seed);
}

std::string rehearsal_vehicle(const std::string& owner) {
  uint64_t number = 0;
  if (!owner.starts_with("r-") || owner.size() < 3) {
    return {};
  }
  const char* end = owner.data() + owner.size();
  const auto [stop, error] = std::from_chars(owner.data() + 2, end, number);
  if (error != std::errc{} || stop != end || number > 999'999'999'999) {
    return {};
  }
  return fmt::format("RHRSL{:012}", number);
}

}  // namespace plated::load
