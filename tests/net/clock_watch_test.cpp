// Both clocks in the test's hand: what is service time, what is civil time, what is a jump.
#include "net/clock/clock_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace plated {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const CivilTime kStart{Millis{1'790'000'000'000}};

class ClockWatchTest : public ::testing::Test {
 protected:
  // Starts with the wall clock at kStart.
  void start(std::optional<CivilTime> recorded = std::nullopt,
             std::optional<CivilTime> expected = std::nullopt) {
    watch_.emplace(Tick{Millis{5'000}}, ClockWatch::Before{recorded, expected}, reading_);
  }
  void pass(Millis time) {
    reading_.monotonic += time;
    reading_.wall += time;
    watch_->look(reading_);
  }
  void set_wall_by(Millis step) {
    reading_.wall += step;
    watch_->look(reading_);
  }
  Now now() { return watch_->at(reading_.monotonic); }
  Millis civil() { return now().civil - kStart; }

  ClockReading reading_{kStart, Millis{777'000}};
  std::optional<ClockWatch> watch_;
};

TEST_F(ClockWatchTest, ServiceTimeGoesOnFromWhereItWas) {
  start();
  EXPECT_EQ(now().tick, Tick{Millis{5'000}});
  pass(seconds(3));
  EXPECT_EQ(now().tick, Tick{Millis{8'000}});
  set_wall_by(days(30));
  set_wall_by(-days(60));
  EXPECT_EQ(now().tick, Tick{Millis{8'000}});
}

TEST_F(ClockWatchTest, CivilTimeFollowsTheWallClock) {
  start();
  EXPECT_EQ(civil(), Millis{0});
  pass(seconds(3));
  set_wall_by(seconds(2));
  EXPECT_EQ(civil(), Millis{5'000});
  set_wall_by(minutes(10));
  EXPECT_EQ(civil(), Millis{605'000});
  EXPECT_FALSE(watch_->jumped());
}

TEST_F(ClockWatchTest, CivilTimeStandsUntilAWallClockThatWentBackHasCaughtUp) {
  start();
  pass(seconds(10));
  EXPECT_EQ(civil(), Millis{10'000});
  set_wall_by(-seconds(4));
  EXPECT_EQ(civil(), Millis{10'000});
  pass(seconds(3));
  EXPECT_EQ(civil(), Millis{10'000});
  pass(seconds(2));
  EXPECT_EQ(civil(), Millis{11'000});
  EXPECT_FALSE(watch_->jumped());
}

TEST_F(ClockWatchTest, AfterAJumpCivilTimeGoesOnAsBefore) {
  for (const Millis jump : {Millis(minutes(10)) + Millis{1}, -Millis(minutes(10)) - Millis{1},
                            Millis(days(400)), -Millis(days(400))}) {
    reading_ = {kStart, Millis{777'000}};
    start();
    pass(seconds(1));
    set_wall_by(jump);
    EXPECT_TRUE(watch_->jumped());
    EXPECT_EQ(watch_->wall_ahead(), jump);
    EXPECT_EQ(civil(), Millis{1'000});
    pass(seconds(5));
    EXPECT_TRUE(watch_->jumped());
    EXPECT_EQ(civil(), Millis{6'000});
  }
}

TEST_F(ClockWatchTest, ManySmallStepsAreNoJump) {
  start();
  for (int i = 0; i < 100; ++i) {
    pass(seconds(1));
    set_wall_by(minutes(9));
  }
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis(minutes(900)) + Millis(seconds(100)));
}

TEST_F(ClockWatchTest, AnAcceptedJumpIsBelieved) {
  start();
  set_wall_by(hours(5));
  watch_->accept_jump(reading_);
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis(hours(5)));
  pass(seconds(1));
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(watch_->wall_ahead(), Millis{0});
}

TEST_F(ClockWatchTest, AnAcceptedJumpBackLetsCivilTimeStand) {
  start();
  EXPECT_EQ(civil(), Millis{0});
  set_wall_by(-hours(1));
  watch_->accept_jump(reading_);
  pass(minutes(59));
  EXPECT_EQ(civil(), Millis{0});
  pass(minutes(2));
  EXPECT_EQ(civil(), Millis(minutes(1)));
}

TEST_F(ClockWatchTest, AnOutageOfAWeekIsNoJump) {
  start(kStart - days(7));
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis{0});
}

TEST_F(ClockWatchTest, AnOutageOfMoreThanAWeekIsNotBelievedUntilItIsAccepted) {
  const Millis outage = days(7) + Millis{1};
  start(kStart - outage);
  EXPECT_TRUE(watch_->jumped());
  EXPECT_EQ(civil(), -outage) << "dates go on from the log's";
  pass(seconds(1));
  EXPECT_TRUE(watch_->jumped());
  EXPECT_EQ(civil(), seconds(1) - outage);
  watch_->accept_jump(reading_);
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis(seconds(1)));
}

TEST_F(ClockWatchTest, AClockThatIsHoursAheadOverARestartIsNotBelieved) {
  start(kStart - hours(8) - minutes(1), kStart - hours(8));
  EXPECT_TRUE(watch_->jumped()) << "the machine knows that the service was down for a minute only";
  EXPECT_EQ(civil(), -Millis(hours(8)));
  pass(seconds(3));
  set_wall_by(-hours(8));  // right again
  EXPECT_TRUE(watch_->jumped());
  watch_->accept_jump(reading_);
  EXPECT_EQ(civil(), seconds(3) - hours(8)) << "and leads back to right dates, at once";
  pass(seconds(1));
  EXPECT_EQ(civil(), seconds(4) - hours(8));
}

TEST_F(ClockWatchTest, AnOutageThatTheMachineExplainsIsBelieved) {
  start(kStart - hours(8), kStart - minutes(10));
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis{0});
  start(kStart - days(8), kStart + minutes(10));
  EXPECT_TRUE(watch_->jumped()) << "a week is a jump, whatever explains it";
  EXPECT_EQ(civil(), Millis{0}) << "but dates are right";
}

TEST_F(ClockWatchTest, WhatIsBelievedGoesOnThroughAJump) {
  start();
  pass(seconds(1));
  set_wall_by(hours(1));
  EXPECT_EQ(watch_->believed(reading_.monotonic), kStart + seconds(1));
  watch_->accept_jump(reading_);
  EXPECT_EQ(watch_->believed(reading_.monotonic), kStart + seconds(1) + hours(1));
  set_wall_by(-minutes(5));
  EXPECT_EQ(watch_->believed(reading_.monotonic), kStart + seconds(1) + minutes(55));
}

TEST_F(ClockWatchTest, AStartALittleBehindWaitsForTheWallClock) {
  start(kStart + minutes(10));
  EXPECT_FALSE(watch_->jumped());
  EXPECT_EQ(civil(), Millis(minutes(10)));
  pass(minutes(9));
  EXPECT_EQ(civil(), Millis(minutes(10)));
  pass(minutes(2));
  EXPECT_EQ(civil(), Millis(minutes(11)));
}

TEST_F(ClockWatchTest, AStartFarBehindRunsOnFromWhatWasRecorded) {
  start(kStart + minutes(10) + Millis{1});
  EXPECT_TRUE(watch_->jumped());
  EXPECT_EQ(civil(), Millis{600'001});
  pass(seconds(5));
  EXPECT_EQ(civil(), Millis{605'001});
}

TEST_F(ClockWatchTest, ALookIsDueEverySecond) {
  start();
  EXPECT_FALSE(watch_->look_is_due(reading_.monotonic + Millis{999}));
  EXPECT_TRUE(watch_->look_is_due(reading_.monotonic + Millis{1'000}));
  pass(seconds(1));
  EXPECT_FALSE(watch_->look_is_due(reading_.monotonic));
}

TEST_F(ClockWatchTest, BetweenThreadsCivilTimeNeverGoesBack) {
  start();
  std::atomic<bool> over{false};
  std::atomic<int64_t> seen{0};  // what any thread was told, published before the next one asks
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      while (!over) {
        const int64_t before = seen.load();
        const int64_t told = watch_->at(reading_.monotonic).civil.time_since_epoch().count();
        ASSERT_GE(told, before);
        int64_t most = seen.load();
        while (most < told && !seen.compare_exchange_weak(most, told)) {
        }
      }
    });
  }
  for (int i = 0; i < 20'000; ++i) {
    watch_->look({kStart + Millis{i % 7 * 1'000 + i}, reading_.monotonic});
  }
  over = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
}

}  // namespace
}  // namespace plated
