#include "tools/plateload_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <sstream>

namespace plated {
namespace {

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

void add_options(CLI::App& app, LoadOptions& options) {
  const auto share = CLI::Range(0.0, 1.0);
  app.add_option("--url", options.url)->capture_default_str();
  app.add_option("--data", options.data, "data directory, with ticket.key")
      ->envname("PLATED_DATA")
      ->capture_default_str();
  app.add_option("--owners", options.owners, "how many owners walk")->capture_default_str();
  app.add_option("--from", options.first, "number of the first")->capture_default_str();
  app.add_option("--connections", options.connections, "at most as many at a time")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--source-addresses", options.source_addresses,
                 "connect from 127.0.0.1 and as many more, in turn")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--redraws", options.shares.redraws, "share of owners who draw 2 to 5 times")
      ->check(share)
      ->capture_default_str();
  app.add_option("--without4", options.shares.without4, "share of owners who want no 4")
      ->check(share)
      ->capture_default_str();
  app.add_option("--abandon", options.shares.abandon,
                 "share of owners who leave in pick; half of them with every draw used up")
      ->check(share)
      ->capture_default_str();
  app.add_option("--think", options.think_ms, "milliseconds before each choice")
      ->check(CLI::Range(0, 3'600'000))
      ->capture_default_str();
  app.add_option("--give-up", options.give_up_ms, "milliseconds after which an answer is lost")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  app.add_flag("--resume", options.resume, "owners already on their way go on from where they are");
  app.add_flag("--until-empty", options.until_empty, "an empty pool is as good an end as a plate");
  app.add_option("--journal", options.journal, "append what is acknowledged to this file");
  app.add_option("--verify", options.verify,
                 "walk nobody: hold the server to every answer in this journal");
  app.add_flag("--json", options.json, "the report as JSON");
  app.add_flag("--quiet", options.quiet, "no line every second");
}

}  // namespace

std::variant<LoadOptions, LoadExit> parse_load_options(int argc, const char* const* argv) {
  LoadOptions options;
  CLI::App app(
      "Walks owners of a rehearsal through their selection, as many at a time as asked.\n"
      "Exit status: 0 everybody ended as planned, 1 not, 2 usage.",
      "plateload");
  add_options(app, options);
  try {
    app.parse(argc, argv);
    if (!split_url(options)) {
      throw CLI::ValidationError("--url", "'" + options.url + "' is not ws://HOST:PORT/PATH");
    }
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = app.exit(error, out, err);
    return LoadExit{status == 0 ? 0 : 2, out.str(), err.str()};
  }
  return options;
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

}  // namespace plated
