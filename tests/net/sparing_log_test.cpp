#include "net/notices/sparing_log.h"

#include <gtest/gtest.h>

#include <vector>

namespace plated {
namespace {

TEST(SparingLog, SaysEachThingOnceAMinuteAndHowOftenItWas) {
  std::vector<std::string> said;
  SparingLog log([&](const std::string& text) { said.push_back(text); });
  const SparingLog::Clock::time_point begin{std::chrono::hours(1)};
  for (int i = 0; i < 60; ++i) {
    log.say("a", "a is down", begin + std::chrono::seconds(i));
  }
  log.say("b", "b is down", begin);
  log.say("a", "a is down", begin + std::chrono::seconds(60));
  EXPECT_EQ(said, (std::vector<std::string>{"a is down", "b is down",
                                            "a is down (and 59 times since it was said)"}));
}

TEST(SparingLog, RemembersSoManyThingsAndNoMore) {
  std::size_t said = 0;
  SparingLog log([&](const std::string&) { ++said; });
  const SparingLog::Clock::time_point now{std::chrono::hours(1)};
  for (std::size_t i = 0; i < 2 * SparingLog::kThingsMax; ++i) {
    log.say(std::to_string(i), "x", now);
  }
  EXPECT_EQ(said, 2 * SparingLog::kThingsMax);
}

}  // namespace
}  // namespace plated
