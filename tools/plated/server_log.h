// What a server tells whoever looks after it, a line each on its standard error, from the most
// important on: as many kinds of lines as log.level lets through, which may change while it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace plated {

// How much a line matters. A level shows its own lines and those of the levels before it.
enum class LogLevel : uint8_t {
  error,    // the server ends, or something that was promised is not kept
  warning,  // somebody should look, or soon will have to
  info,     // what it does, once
  debug,    // what it does again and again
};

using Say = std::function<void(LogLevel, const std::string&)>;

// Thread-safe.
class ServerLog {
 public:
  // `write` takes a line without its end; left away: standard error.
  explicit ServerLog(LogLevel most, std::function<void(std::string_view)> write = {});

  void say(LogLevel level, const std::string& line) const;
  void show(LogLevel most) { most_.store(most); }

 private:
  const std::function<void(std::string_view)> write_;
  std::atomic<LogLevel> most_;
};

}  // namespace plated
