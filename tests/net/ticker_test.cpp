// The ticker looks at its clocks often enough, and the machine's clocks are what they should be.
#include "net/clock/ticker.h"

#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace plated {
namespace {

const CivilTime kTickerStart{Millis{1'790'000'000'000}};

class TickerTest : public ::testing::Test {
 protected:
  Millis monotonic_{1'000};
  CivilTime wall_ = kTickerStart;
  Ticker ticker_{Tick{Millis{50}}, {}, {[this] { return monotonic_; }, [this] { return wall_; }}};
};

TEST_F(TickerTest, ItNoticesAJumpBeforeItTellsTheTime) {
  monotonic_ += Millis{1'000};
  wall_ += std::chrono::hours(1);
  const Now now = ticker_.now();
  EXPECT_EQ(now.tick, Tick{Millis{1'050}});
  EXPECT_EQ(now.civil, kTickerStart + Millis{1'000});
  EXPECT_TRUE(ticker_.jumped());
  EXPECT_EQ(ticker_.wall_ahead(), Millis(std::chrono::hours(1)) - Millis{1'000});
}

TEST_F(TickerTest, WithinASecondItTrustsTheMonotonicClock) {
  monotonic_ += Millis{999};
  wall_ += std::chrono::minutes(1);
  EXPECT_EQ(ticker_.now().civil, kTickerStart + Millis{999});
  monotonic_ += Millis{1};
  EXPECT_EQ(ticker_.now().civil, kTickerStart + std::chrono::minutes(1));
}

TEST_F(TickerTest, AnAcceptedJumpHoldsAtOnce) {
  monotonic_ += Millis{1'000};
  wall_ += std::chrono::hours(1);
  EXPECT_EQ(ticker_.now().civil, kTickerStart + Millis{1'000});
  ticker_.accept_jump();
  EXPECT_FALSE(ticker_.jumped());
  EXPECT_EQ(ticker_.now().civil, kTickerStart + std::chrono::hours(1));
}

TEST(MachineTicker, UnderOneMutexNeitherTimeGoesBack) {
  Ticker ticker(Tick{Millis{1'000}}, ClockWatch::Before{}, machine_clocks());
  std::mutex mutex;
  Now last = ticker.now();
  EXPECT_GE(last.tick, Tick{Millis{1'000}});
  EXPECT_LT(std::chrono::abs(last.civil - std::chrono::system_clock::now()),
            std::chrono::minutes(1));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20'000; ++i) {
        const std::lock_guard lock(mutex);
        const Now now = ticker.now();
        ASSERT_GE(now.tick, last.tick);
        ASSERT_GE(now.civil, last.civil);
        last = now;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_FALSE(ticker.jumped());
}

}  // namespace
}  // namespace plated
