// Which lines a server says at which level.
#include <gtest/gtest.h>

#include <vector>

#include "tools/plated/server_log.h"

namespace plated {
namespace {

TEST(ServerLog, ShowsWhatMattersAsMuchAsItsLevelAndMore) {
  std::vector<std::string> said;
  ServerLog log(LogLevel::info, [&](std::string_view line) { said.emplace_back(line); });
  const auto say_all = [&] {
    said.clear();
    log.say(LogLevel::debug, "debug");
    log.say(LogLevel::info, "info");
    log.say(LogLevel::warning, "warning");
    log.say(LogLevel::error, "error");
    return said;
  };
  EXPECT_EQ(say_all(), (std::vector<std::string>{"info", "warning", "error"}));
  log.show(LogLevel::error);
  EXPECT_EQ(say_all(), std::vector<std::string>{"error"});
  log.show(LogLevel::debug);
  EXPECT_EQ(say_all().size(), 4U);
}

}  // namespace
}  // namespace plated
