// plateload's command line. A plain struct, read once at the start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tools/plateload/owners/mix.h"
#include "tools/plateload/owners/schedule.h"
#include "tools/plateload/owners/walk.h"
#include "tools/shell/command_line_exit.h"

namespace plated::load {

struct LoadOptions {
  std::string name;      // of the scenario
  std::string scenario;  // the file it was read from
  std::string command;   // as it was called
  std::string url = "ws://127.0.0.1:8080/v1/select";
  std::string host;  // of the url
  std::string port;
  std::string target;
  std::string data = "./plated-data";  // where ticket.key is
  uint64_t owners = 1'000;
  uint64_t first = 0;
  uint32_t connections = 0;  // 0: as many as the kind of load needs
  uint32_t threads = 1;
  uint32_t source_addresses = 1;  // 127.0.0.1 and on: more connections than one address has ports
  uint64_t seed = 1;
  PlanShares shares;
  ThinkTimes think;
  std::optional<double> rate;    // of --rate and --for the profile is made, or changed
  std::optional<int64_t> lasts;  // milliseconds, as --for says
  int64_t for_ms = 0;            // that a closed loop of requests lasts
  bool poisson = false;
  Profile profile;                // of arrivals; empty: a closed loop
  int64_t warm_up_ms = 0;         // what is due before is not measured
  int64_t late_ms = 20;           // begun later than so after it was due, it counts as late
  int64_t behind_max_ms = 1'000;  // further behind its schedule the load stops and is invalid
  double late_share_max = 0.05;   // with more late than that it is invalid, too
  int64_t give_up_ms = 30'000;    // an answer that takes longer counts as a lost connection
  Mix mix;                        // of a steady load of requests; empty: owners walk
  uint32_t in_flight = 1;         // of each owner, in a closed loop of requests
  uint32_t burst = 1;             // requests in turn to one owner, before the next owner's turn
  bool prepare = false;           // only bring owners to where a steady load can ask them
  bool resume = false;
  bool until_empty = false;
  std::string journal;
  std::string verify;
  std::string hlog;
  std::string save;     // the report as JSON
  std::string html;     // the report as a page
  std::string compare;  // a report saved before, to stand beside this one on the page
  std::string admin;    // the operators' socket, for what the server says of itself
  std::vector<std::string> thresholds;
  bool check = false;
  bool json = false;
  bool quiet = false;

  // Whether it is requests that are asked for, of owners who were prepared, and not visits.
  [[nodiscard]] bool is_steady() const { return !mix.empty() && !prepare; }
  // How long a schedule lasts, or a closed loop of requests.
  [[nodiscard]] int64_t lasts_ms() const {
    return profile.empty() ? for_ms : static_cast<int64_t>(profile.seconds() * 1000);
  }
};

// What kind of load it is, in the words of LOAD.md.
[[nodiscard]] std::string kind_of(const LoadOptions& options);
// That, and how much of it is to come, for who wants to know before.
[[nodiscard]] std::string plan_of(const LoadOptions& options);

[[nodiscard]] std::variant<LoadOptions, CommandLineExit> parse_load_options(
    int argc, const char* const* argv);

// The vehicle that a rehearsal makes for owner `r-N`; empty when `owner` is no such owner.
[[nodiscard]] std::string rehearsal_vehicle(const std::string& owner);

}  // namespace plated::load
