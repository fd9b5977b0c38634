#include "tools/plateload/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "tools/plateload/owners/limits.h"
#include "tools/plateload/scenario.h"
#include "tools/plateload/settle.h"
#include "tools/shell/number.h"
#include "tools/shell/wrong_word.h"

namespace plated::load {
namespace {

void think_in_pick(ThinkTimes& think, int64_t ms) {
  for (const Op op : {Op::draw, Op::shortlist, Op::confirm}) {
    think.before[static_cast<std::size_t>(op)] = {Think::Kind::fixed, static_cast<double>(ms), 0};
  }
}

// Reads a number that is all of `text`, in tens.
template <typename Number>
std::optional<Number> number_in(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

using Took = std::function<void(const std::string&)>;

// An option whose value `take` reads, in words of our own: CLI11's numbers wrap round, are octal
// with a 0 in front, and have room for what is no number.
CLI::Option* add_text(CLI::App& app, const std::string& name, Took take, const std::string& what) {
  return app.add_option_function<std::string>(name, std::move(take), what);
}

template <typename Integer>
CLI::Option* add_count(CLI::App& app, const std::string& name, Integer& value, Limits limits,
                       const std::string& what) {
  const auto take = [name, &value, limits](const std::string& text) {
    const auto number = parse_whole_number(text);
    if (!number || *number < limits.least || *number > limits.most) {
      throw CLI::ValidationError(name, fmt::format("'{}' is not a whole number from {} to {}", text,
                                                   limits.least, limits.most));
    }
    value = static_cast<Integer>(*number);
  };
  return add_text(app, name, take, what)->type_name("COUNT")->default_str(std::to_string(value));
}

template <typename Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& value, double least,
                        double most, const std::string& what) {
  const auto take = [name, &value, least, most](const std::string& text) {
    const auto number = number_in<double>(text);
    if (!number || !(*number >= least && *number <= most)) {
      throw CLI::ValidationError(
          name, fmt::format("'{}' is not a number from {} to {}", text, least, most));
    }
    value = *number;
  };
  return add_text(app, name, take, what)->type_name("NUMBER");
}

CLI::Option* add_share(CLI::App& app, const std::string& name, double& value,
                       const std::string& what) {
  return add_number(app, name, value, 0, 1, what)->default_str(fmt::format("{}", value));
}

// An option that takes a time with its unit, and gives it to `take` in milliseconds.
CLI::Option* add_time(CLI::App& app, const std::string& name, Limits limits,
                      std::function<void(int64_t)> take, const std::string& what) {
  const auto read = [name, limits, take = std::move(take)](const std::string& text) {
    const auto time = parse_time_ms(text);
    if (!time || *time < static_cast<double>(limits.least) ||
        *time > static_cast<double>(limits.most)) {
      throw CLI::ValidationError(name, "'" + text + "' is not " + time_from_to(limits));
    }
    take(static_cast<int64_t>(*time));
  };
  return add_text(app, name, read, what)->type_name("TIME");
}

CLI::Option* add_time(CLI::App& app, const std::string& name, Limits limits, int64_t& ms,
                      const std::string& what) {
  return add_time(
      app, name, limits, [&ms](int64_t taken) { ms = taken; }, what);
}

void add_target_options(CLI::App& app, LoadOptions& options) {
  app.add_option("--scenario", options.scenario, "read this TOML file first; flags override it")
      ->check(CLI::ExistingFile);
  app.add_flag("--check", options.check, "only print what the load would be");
  app.add_option("--url", options.url)->capture_default_str();
  app.add_option("--data", options.data, "data directory, with ticket.key")
      ->envname("PLATED_DATA")
      ->capture_default_str();
  add_count(app, "--from", options.first, kOwnerNumbers, "number of the first owner");
  add_count(app, "--connections", options.connections, kConnections,
            "connections at a time, at most")
      ->default_str("100; in an open loop of visits 19900");
  add_count(app, "--threads", options.threads, kThreads, "threads that carry the load");
  add_count(app, "--source-addresses", options.source_addresses, kSourceAddresses,
            "connect from this many addresses in turn, from 127.0.0.1 on");
  add_time(app, "--give-up", kGiveUpMs, options.give_up_ms,
           "count an answer as lost after this long")
      ->default_str("30s");
  add_count(app, "--seed", options.seed, kSeeds, "seed of everything random");
}

void add_owner_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "What owners do";
  PlanShares& shares = options.shares;
  add_share(app, "--redraws", shares.redraws, "share of owners who draw 2 to 5 times")
      ->group(group);
  add_share(app, "--without4", shares.without4, "share who ask for plates without a 4")
      ->group(group);
  add_share(app, "--abandon", shares.abandon,
            "share who leave in pick, half of them with no draws left")
      ->group(group);
  add_share(app, "--reconnect", shares.reconnect, "share whose connection breaks once")
      ->group(group);
  add_share(app, "--nonsense", shares.nonsense, "share who send one malformed request")
      ->group(group);
  add_time(
      app, "--think", kThinkMs, [&options](int64_t ms) { think_in_pick(options.think, ms); },
      "pause before each draw, shortlist and confirm")
      ->default_str("0s")
      ->group(group);
  app.add_flag("--resume", options.resume, "let owners who have begun go on from their step")
      ->group(group);
  app.add_flag("--until-empty", options.until_empty, "let an empty pool count as an end as planned")
      ->group(group);
}

void add_closed_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Closed loop: the next owner comes when a connection is free";
  add_count(app, "--owners", options.owners, kOwnersAtOnce, "owners who walk")->group(group);
  app.add_option("--journal", options.journal, "append every acknowledged answer to this file")
      ->group(group);
  app.add_option("--verify", options.verify,
                 "only check the server against every answer in this journal")
      ->group(group);
}

void add_open_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Open loop: owners arrive on time, whether the server keeps up or not";
  add_number(app, "--rate", options.rate, kRateLeast, kRateMost, "arrivals a second")->group(group);
  add_time(
      app, "--for", kTimesMs, [&options](int64_t ms) { options.lasts = ms; }, "duration: 60s, 5m")
      ->group(group);
  add_time(app, "--warm-up", kTimesMs, options.warm_up_ms, "do not measure what is due before this")
      ->default_str("0s")
      ->group(group);
  app.add_flag("--poisson", options.poisson, "arrive at random instead of evenly")->group(group);
  add_time(app, "--late", kTimesMs, options.late_ms, "an arrival begun later than this is late")
      ->default_str("20ms")
      ->group(group);
  add_time(app, "--behind-max", kTimesMs, options.behind_max_ms,
           "stop when further behind than this")
      ->default_str("1s")
      ->group(group);
  add_share(app, "--late-share-max", options.late_share_max,
            "the run is invalid with a greater share late")
      ->group(group);
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
  add_count(app, "--in-flight", options.in_flight, kInFlight,
            "without --rate: requests of each owner always in flight, to find the ceiling")
      ->group(group);
  add_count(app, "--burst", options.burst, kBurst, "requests in a row from one owner")
      ->group(group);
}

void add_report_options(CLI::App& app, LoadOptions& options) {
  const std::string group = "Report";
  app.add_option(
         "--threshold", options.thresholds,
         "p99<50ms, draw.p99.9<1s, errors<0.1%, failed<5, rate>1000, late<1%: status 99 when "
         "crossed")
      ->group(group);
  app.add_option("--save", options.save, "write the report as JSON to this file")->group(group);
  app.add_option("--html", options.html, "write the report as one self-contained page")
      ->group(group);
  app.add_option("--compare", options.compare, "compare with this saved report, on the page")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--admin", options.admin,
                 "operators' socket, for the server's version and settings; \"\": do not ask")
      ->default_str("DATA/admin.sock")
      ->group(group);
  app.add_flag("--json", options.json, "print the report as JSON")->group(group);
  app.add_option("--hlog", options.hlog, "write an HdrHistogram interval log to this file")
      ->group(group);
  app.add_flag("--quiet", options.quiet, "print no line every second")->group(group);
}

// What the flags come to: the exit that they call for, and which of them stand there.
struct Flags {
  std::optional<CommandLineExit> exit;
  std::set<std::string> given;
};

// Reads the flags into `options`; what is not given stays as it is.
Flags parse_over(int argc, const char* const* argv, LoadOptions& options) {
  CLI::App app(
      "Puts a load on a rehearsal, in a closed or an open loop, and reports what its owners saw.\n"
      "Exit status: 0 all went as planned; 2 usage; 98 the run is invalid; 99 a threshold was\n"
      "crossed; 1 anything else: the run could not start, was interrupted or measured nothing; a\n"
      "promise was broken; an owner did not end as planned; a request of a steady load failed; or\n"
      "a file could not be written.",
      "plateload");
  app.set_version_flag("--version", "plateload " PLATED_VERSION);
  add_target_options(app, options);
  add_closed_options(app, options);
  add_open_options(app, options);
  add_request_options(app, options);
  add_owner_options(app, options);
  add_report_options(app, options);
  Flags flags;
  const std::string admin = "--admin";
  if (auto empty = empty_word(app, argc, argv, std::span(&admin, 1))) {
    flags.exit = std::move(*empty);
    return flags;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    flags.exit = exit_of(app, error);
  }
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() > 0) {
      flags.given.insert(option->get_name());
    }
  }
  return flags;
}

// A word of the command as a shell takes it.
std::string quoted(std::string_view word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,%+@";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string text = "'";
  for (const char letter : word) {
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return text + "'";
}

CommandLineExit usage(const std::string& wrong) {
  return CommandLineExit{2, "", "plateload: " + wrong + "\n"};
}

}  // namespace

std::variant<LoadOptions, CommandLineExit> parse_load_options(int argc, const char* const* argv) {
  LoadOptions options;
  Flags flags = parse_over(argc, argv, options);
  if (!flags.exit && !options.scenario.empty()) {
    // Once more over what the file says: flags are stronger.
    LoadOptions from_file;
    const std::string wrong = read_scenario_file(options.scenario, from_file);
    if (!wrong.empty()) {
      return usage(wrong);
    }
    options = std::move(from_file);
    flags = parse_over(argc, argv, options);
  }
  if (flags.exit) {
    return *flags.exit;
  }
  const std::string wrong = settle(options, flags.given);
  if (!wrong.empty()) {
    return usage(wrong);
  }
  for (int i = 0; i < argc; ++i) {
    options.command += (i > 0 ? " " : "") + quoted(argv[i]);
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
  if (options.profile.empty() && !options.mix.empty()) {
    text += fmt::format("  {:>8.1f} s  {} owners, {} in flight of each\n",
                        static_cast<double>(options.for_ms) / 1000, options.connections,
                        options.in_flight);
  }
  text += options.profile.empty()
              ? options.mix.empty() ? fmt::format("  {} owners\n", options.owners) : ""
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
