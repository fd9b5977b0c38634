#include "tools/plateload/figures/stamp.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>
#include <vector>

#include "tools/plateload/figures/json.h"
#include "tools/shell/admin_client.h"

namespace plated::load {
namespace {

namespace json = boost::json;

// The report waits no longer for what a server says of itself: it may be the one that hangs.
constexpr auto kPatience = std::chrono::seconds(2);

// The value of the first line `name : value` of a file of /proc.
std::string proc_value(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(name) && colon != std::string::npos) {
      const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
      return begin == std::string::npos ? std::string() : line.substr(begin);
    }
  }
  return {};
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

json::value ask(const std::string& path, const std::string& target, std::string& unreachable) {
  AdminRequest request;
  request.target = target;
  const AdminReply reply = ask_admin_within(path, request, kPatience);
  if (!reply.succeeded()) {
    unreachable = reply.reached() ? "status " + std::to_string(reply.status) : reply.unreachable;
    return nullptr;
  }
  json::error_code failed;
  json::value value = json::parse(reply.body, failed);
  return failed ? json::value() : value;
}

}  // namespace

json::object client_stamp(const std::string& command) {
  utsname system{};
  uname(&system);
  return {{"version", PLATED_VERSION},
          {"command", command},
          {"kernel", std::string(system.sysname) + " " + system.release + " " + system.machine},
          {"cpu", proc_value("/proc/cpuinfo", "model name")},
          {"cores", std::thread::hardware_concurrency()},
          {"memory", proc_value("/proc/meminfo", "MemTotal")},
          {"load_average", first_line("/proc/loadavg")}};
}

json::object server_stamp(const std::string& path) {
  if (path.empty()) {
    return {{"unreachable", "nobody was asked"}};
  }
  std::string unreachable;
  json::object stamp;
  stamp["status"] = ask(path, "/v1/status", unreachable);
  if (unreachable.empty()) {
    stamp["offices"] = ask(path, "/v1/offices", unreachable);
  }
  if (!unreachable.empty()) {
    stamp["unreachable"] = unreachable;
  }
  return stamp;
}

std::string server_text(const json::object& server) {
  const json::object& status = object(server, "status");
  if (status.empty()) {
    return "unknown: " + text(server, "unreachable");
  }
  // Whoever answers on a Unix socket is on this machine.
  return fmt::format("plated {}, up {:.0f} s, {} sessions{}, on the machine of the load itself",
                     text(status, "version"), number(status, "uptime_ms") / 1000,
                     number(status, "sessions"), flag(status, "rehearsal") ? ", a rehearsal" : "");
}

std::string settings_text(const json::object& server) {
  constexpr std::size_t kGroupsShown = 2;
  // Offices are mostly set alike: their settings, and who has them.
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (const json::value& value : array(server, "offices")) {
    const json::object* office = value.if_object();
    if (office == nullptr) {
      continue;
    }
    std::string settings;
    for (const auto& setting : object(*office, "settings")) {
      if (setting.value().is_number()) {
        settings += fmt::format(" {}={}", std::string_view(setting.key()),
                                setting.value().to_number<double>());
      }
    }
    const auto same = std::find_if(groups.begin(), groups.end(),
                                   [&](const auto& group) { return group.first == settings; });
    auto& group =
        same == groups.end() ? groups.emplace_back(settings, std::vector<std::string>()) : *same;
    group.second.push_back(text(*office, "office"));
  }
  std::string all;
  for (std::size_t i = 0; i < std::min(groups.size(), kGroupsShown); ++i) {
    const auto& [settings, offices] = groups[i];
    const std::string others =
        offices.size() > 1 ? fmt::format(" and {} others", offices.size() - 1) : "";
    all += (all.empty() ? "" : "; ") + offices.front() + others + settings;
  }
  if (groups.size() > kGroupsShown) {
    all += "; others are set otherwise (--save has them)";
  }
  return all;
}

std::string machine_text(const json::object& client) {
  return fmt::format("{}, {:.0f} cores, {}, load {}, {}", text(client, "cpu"),
                     number(client, "cores"), text(client, "memory"), text(client, "load_average"),
                     text(client, "kernel"));
}

}  // namespace plated::load
