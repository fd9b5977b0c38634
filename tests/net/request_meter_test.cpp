#include "net/selection/request_meter.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(RequestMeter, EveryBucketEndsWhereTheNextBegins) {
  EXPECT_EQ(latency_bucket(-5), 0U);
  EXPECT_EQ(latency_bucket(int64_t{1} << 40), kLatencyBuckets - 1);
  for (std::size_t i = 0; i + 1 < kLatencyBuckets; ++i) {
    ASSERT_EQ(latency_bucket(latency_bucket_end(i)), i);
    ASSERT_EQ(latency_bucket(latency_bucket_end(i) + 1), i + 1);
  }
}

TEST(RequestMeter, APercentileIsAtMostSixPercentTooHigh) {
  RequestMeter meter;
  for (int64_t us = 1; us <= 10'000; ++us) {
    meter.record(Op::draw, ErrorCode::none, us);
  }
  RequestTotals totals;
  meter.add_to(totals);
  const LatencyCounts& draws = totals.latency[static_cast<std::size_t>(Op::draw)];
  EXPECT_EQ(draws.count, 10'000U);
  for (const double percentile : {50.0, 90.0, 99.0}) {
    const double exact = percentile * 100;
    EXPECT_GE(static_cast<double>(draws.percentile_us(percentile)), exact);
    EXPECT_LE(static_cast<double>(draws.percentile_us(percentile)), exact * 1.07);
  }
  EXPECT_EQ(LatencyCounts{}.percentile_us(50), 0);
}

TEST(RequestMeter, TotalsAddUpOverThreads) {
  RequestMeter one;
  RequestMeter other;
  one.record(Op::confirm, ErrorCode::none, 10);
  other.record(Op::confirm, ErrorCode::expired, 30);
  other.record(Op::confirm, ErrorCode::expired, 30);
  RequestTotals totals;
  one.add_to(totals);
  other.add_to(totals);
  const auto& answers = totals.answers[static_cast<std::size_t>(Op::confirm)];
  EXPECT_EQ(answers[static_cast<std::size_t>(ErrorCode::none)], 1U);
  EXPECT_EQ(answers[static_cast<std::size_t>(ErrorCode::expired)], 2U);
  EXPECT_EQ(totals.latency[static_cast<std::size_t>(Op::confirm)].sum_us, 70U);
}

TEST(RateWindow, ForgetsWhatIsOlderThanTenSeconds) {
  RateWindow window;
  RequestTotals totals;
  uint64_t& draws = totals.answers[static_cast<std::size_t>(Op::draw)][0];
  draws = 1'000'000;
  for (int second = 0; second <= 30; ++second) {
    window.observe(std::chrono::seconds(second), totals);
    draws += second < 15 ? 100 : 7;
  }
  EXPECT_DOUBLE_EQ(window.rates()[static_cast<std::size_t>(Op::draw)], 7.0);
  EXPECT_DOUBLE_EQ(window.rates()[static_cast<std::size_t>(Op::enter)], 0.0);
  EXPECT_DOUBLE_EQ(RateWindow().rates()[0], 0.0);
}

}  // namespace
}  // namespace plated
