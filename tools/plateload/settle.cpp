#include "tools/plateload/settle.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "tools/plateload/owners/limits.h"
#include "tools/plateload/threshold.h"

namespace plated::load {
namespace {

constexpr uint32_t kClosedConnections = 100;
// Many machines end at 20,000 descriptors, of which a load needs a few for itself.
constexpr uint32_t kOpenConnections = 19'900;

bool is_port(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && stop == end && port > 0;
}

// Splits ws://host:port/target; port 80 and target / where there is none.
std::string split_url(LoadOptions& options) {
  constexpr std::string_view kScheme = "ws://";
  std::string_view rest = options.url;
  if (rest.starts_with("wss://")) {
    return "--url: TLS is not spoken, only ws://";
  }
  if (!rest.starts_with(kScheme)) {
    return "--url: '" + options.url + "' is not ws://HOST:PORT/PATH";
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
  if (!is_port(options.port)) {
    return "--url: '" + options.port + "' is no port from 1 to 65535";
  }
  return options.host.empty() ? "--url: '" + options.url + "' names no host" : "";
}

bool is_constant(const Profile& profile) {
  return profile.stages.size() == 1 && profile.stages.front().from == profile.stages.front().to;
}

// Makes the profile of --rate and --for, or changes the scenario's with them.
std::string settle_profile(LoadOptions& options) {
  Profile& profile = options.profile;
  if (!options.rate && !options.lasts) {
    return {};
  }
  if (!profile.empty() && !is_constant(profile)) {
    return fmt::format(
        "{}: the profile of {} is not constant, so its rates and times stand there and not in "
        "--rate and --for",
        options.rate ? "--rate" : "--for", options.scenario);
  }
  if (options.lasts && *options.lasts <= 0) {
    return "--for: how long is needed, like 60s";
  }
  if (!options.rate && profile.empty()) {
    options.for_ms = *options.lasts;
    return options.mix.empty()
               ? "--for: needs --rate or --ask: visits in a closed loop take as long "
                 "as they take"
               : "";
  }
  const int64_t told_ms = options.lasts.value_or(options.lasts_ms());
  if (told_ms <= 0) {
    return "--rate: needs --for, how long";
  }
  const double rate = options.rate ? *options.rate : profile.stages.front().from;
  profile.stages = {{static_cast<double>(told_ms) / 1000, rate, rate, false}};
  return {};
}

// Flags that a kind of load would ignore, and what they need.
struct Idle {
  const char* flag;
  bool idle;
  const char* why;
};

std::string find_idle_flag(const LoadOptions& options, const std::set<std::string>& given) {
  const bool steady = !options.mix.empty();
  const bool open = !options.profile.empty();
  const bool verifies = !options.verify.empty();
  const char* const counts_connections = "with --ask there are as many owners as --connections";
  const char* const visits_only = "only owners on their visits do that, and --ask has none";
  const char* const verifies_only = "--verify walks nobody";
  const Idle flags[] = {
      {"--poisson", !open, "a closed loop has no schedule: it needs --rate"},
      {"--owners", steady, counts_connections},
      {"--owners", open, "in an open loop the schedule says how many come"},
      {"--owners", verifies, verifies_only},
      {"--rate", verifies, verifies_only},
      {"--ask", verifies, verifies_only},
      {"--in-flight", open,
       "in an open loop --rate says what is asked, and the server what is in flight"},
      {"--in-flight", !steady, "needs --ask"},
      {"--burst", !steady, "needs --ask"},
      {"--compare", options.html.empty(), "needs --html, the page to compare on"},
      {"--journal", steady, "a steady load keeps none"},
      {"--redraws", steady, visits_only},
      {"--without4", steady, visits_only},
      {"--abandon", steady, visits_only},
      {"--reconnect", steady, visits_only},
      {"--nonsense", steady, visits_only},
      {"--think", steady, visits_only},
      {"--resume", steady, visits_only},
      {"--until-empty", steady, visits_only},
  };
  for (const Idle& flag : flags) {
    if (flag.idle && given.contains(flag.flag)) {
      return std::string(flag.flag) + ": " + flag.why;
    }
  }
  return {};
}

// Whether there is something left to measure, somebody to do it, and a number for every owner that
// is to come.
std::string find_impossible(const LoadOptions& options) {
  const bool steady = !options.mix.empty();
  const bool open = !options.profile.empty();
  if (!options.verify.empty() && (steady || open)) {
    return fmt::format("--verify: it walks nobody, and {} has {}", options.scenario,
                       steady ? "requests" : "arrivals");
  }
  if (steady && options.lasts_ms() <= 0) {
    return "--ask: needs --for, how long";
  }
  if ((steady || open) && options.warm_up_ms >= options.lasts_ms()) {
    return "--warm-up: nothing would be left to measure";
  }
  // Each thread has connections of its own.
  if (options.threads > options.connections) {
    return "--threads: more than --connections";
  }
  const double count = steady ? options.connections
                       : open ? options.profile.arrivals()
                              : static_cast<double>(options.owners);
  if (static_cast<double>(options.first) + count > static_cast<double>(kOwnersAtOnce.most)) {
    return fmt::format("--from: the last owner's number would be greater than {}",
                       kOwnerNumbers.most);
  }
  return {};
}

std::string find_wrong_threshold(const LoadOptions& options) {
  for (const std::string& text : options.thresholds) {
    const auto threshold = parse_threshold(text);
    if (const std::string* wrong = std::get_if<std::string>(&threshold)) {
      return "--threshold: " + *wrong;
    }
  }
  return {};
}

}  // namespace

std::string settle(LoadOptions& options, const std::set<std::string>& given) {
  std::string wrong = split_url(options);
  wrong = wrong.empty() ? settle_profile(options) : wrong;
  wrong = wrong.empty() ? find_idle_flag(options, given) : wrong;
  wrong = wrong.empty() ? find_wrong_threshold(options) : wrong;
  if (options.connections == 0) {
    const bool open_visits = !options.profile.empty() && options.mix.empty();
    options.connections = open_visits ? kOpenConnections : kClosedConnections;
  }
  if (!given.contains("--admin")) {
    options.admin = options.data + "/admin.sock";
  }
  options.profile.random = options.profile.random || options.poisson;
  return wrong.empty() ? find_impossible(options) : wrong;
}

}  // namespace plated::load
