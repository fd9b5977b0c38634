#include "tools/plated/server_log.h"

#include <cstdio>
#include <utility>

namespace plated {
namespace {

void write_line(std::string_view line) {
  std::fprintf(stderr, "plated: %.*s\n", static_cast<int>(line.size()), line.data());
}

}  // namespace

ServerLog::ServerLog(LogLevel most, std::function<void(std::string_view)> write)
    : write_(write ? std::move(write) : write_line), most_(most) {}

void ServerLog::say(LogLevel level, const std::string& line) const {
  if (level <= most_.load()) {
    write_(line);
  }
}

}  // namespace plated
