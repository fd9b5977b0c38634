#include "tools/plateload_stamp.h"

#include <sys/utsname.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <thread>

#include "tools/admin_client.h"

namespace plated::load {
namespace {

namespace json = boost::json;

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
  const AdminReply reply = ask_admin(path, request);
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

}  // namespace plated::load
