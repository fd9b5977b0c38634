// When arrivals are due: counted and timed against the integral of the rate.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tools/plateload/owners/schedule.h"

namespace plated::load {
namespace {

std::vector<Arrival> all_of(Arrivals arrivals) {
  std::vector<Arrival> all;
  while (const auto arrival = arrivals.next()) {
    all.push_back(*arrival);
  }
  return all;
}

double seconds_of(const Arrival& arrival) { return static_cast<double>(arrival.due_ns) / 1e9; }

// How many are due in [from, to) seconds.
std::ptrdiff_t between(const std::vector<Arrival>& all, double from, double to) {
  return std::count_if(all.begin(), all.end(), [&](const Arrival& arrival) {
    return seconds_of(arrival) >= from && seconds_of(arrival) < to;
  });
}

Profile constant(double rate, double seconds) {
  Profile profile;
  profile.stages = {{seconds, rate, rate, false}};
  return profile;
}

TEST(Arrivals, OfAConstantRateStandAtEvenDistances) {
  const auto all = all_of(Arrivals(constant(200, 3), 1, 0, 1));
  ASSERT_EQ(all.size(), 600U);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].index, i);
    EXPECT_NEAR(seconds_of(all[i]), static_cast<double>(i) / 200, 1e-8);
  }
}

TEST(Arrivals, OfARampFollowItsStraightLine) {
  Profile profile;
  profile.stages = {{10, 0, 100, false}, {5, 100, 100, false}, {10, 100, 20, false}};
  EXPECT_DOUBLE_EQ(profile.arrivals(), 500 + 500 + 600);
  const auto all = all_of(Arrivals(profile, 1, 0, 1));
  EXPECT_EQ(all.size(), 1600U);
  EXPECT_NEAR(static_cast<double>(between(all, 0, 5)), 125, 1);
  EXPECT_NEAR(static_cast<double>(between(all, 5, 10)), 375, 1);
  EXPECT_NEAR(static_cast<double>(between(all, 10, 15)), 500, 1);
  EXPECT_NEAR(static_cast<double>(between(all, 15, 20)), 400, 1);
  EXPECT_NEAR(static_cast<double>(between(all, 20, 25)), 200, 1);
}

TEST(Arrivals, OfAReleaseDayComeAtOnceAndThenFewerAndFewer) {
  const auto profile = release_day(20'000, 600, 0.7, 60);
  ASSERT_TRUE(profile.has_value());
  EXPECT_NEAR(profile->arrivals(), 20'000, 1);
  EXPECT_DOUBLE_EQ(profile->seconds(), 600);
  const auto all = all_of(Arrivals(*profile, 1, 0, 1));
  EXPECT_NEAR(static_cast<double>(all.size()), 20'000, 2);
  EXPECT_NEAR(static_cast<double>(between(all, 0, 60)), 14'000, 2);
  // Each half minute brings the same fraction of the one before.
  const auto first = static_cast<double>(between(all, 60, 75));
  const auto second = static_cast<double>(between(all, 75, 90));
  const auto third = static_cast<double>(between(all, 90, 105));
  EXPECT_LT(second, first);
  EXPECT_NEAR(third / second, second / first, 0.02);
}

TEST(ReleaseDay, CannotLeaveMoreForLaterThanTheSurgeWouldBring) {
  EXPECT_FALSE(release_day(1'000, 61, 0.5, 60).has_value());
  EXPECT_FALSE(release_day(1'000, 60, 0.5, 60).has_value());
  EXPECT_TRUE(release_day(1'000, 180, 0.5, 60).has_value());
}

TEST(Arrivals, AtRandomArePoissonAndTheSameForTheSameSeed) {
  Profile profile = constant(1'000, 50);
  profile.random = true;
  const auto all = all_of(Arrivals(profile, 7, 0, 1));
  EXPECT_NEAR(static_cast<double>(all.size()), 50'000, 5 * std::sqrt(50'000));
  // The distances of a Poisson process have a deviation equal to their mean.
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const double distance = seconds_of(all[i]) - seconds_of(all[i - 1]);
    ASSERT_GE(distance, 0);
    sum += distance;
    squares += distance * distance;
  }
  const auto count = static_cast<double>(all.size() - 1);
  const double mean = sum / count;
  EXPECT_NEAR(std::sqrt(squares / count - mean * mean) / mean, 1, 0.05);
  const auto again = all_of(Arrivals(profile, 7, 0, 1));
  ASSERT_EQ(again.size(), all.size());
  EXPECT_EQ(again.back().due_ns, all.back().due_ns);
  EXPECT_NE(all_of(Arrivals(profile, 8, 0, 1)).back().due_ns, all.back().due_ns);
}

TEST(Arrivals, AreSharedByThreadsWithoutAWord) {
  Profile profile = constant(333, 2);
  profile.random = true;
  const auto all = all_of(Arrivals(profile, 3, 0, 1));
  std::vector<Arrival> shared;
  for (uint64_t turn = 0; turn < 3; ++turn) {
    const auto part = all_of(Arrivals(profile, 3, turn, 3));
    shared.insert(shared.end(), part.begin(), part.end());
  }
  std::sort(shared.begin(), shared.end(),
            [](const Arrival& left, const Arrival& right) { return left.index < right.index; });
  ASSERT_EQ(shared.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(shared[i].index, i);
    EXPECT_EQ(shared[i].due_ns, all[i].due_ns);
  }
}

}  // namespace
}  // namespace plated::load
