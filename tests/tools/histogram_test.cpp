// The latency histogram: exact where values are small, within a thousandth everywhere, and adding
// up as if everything had been recorded in one.
#include "tools/plateload/figures/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace plated {
namespace {

TEST(Histogram, NothingRecordedReadsAsZero) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.percentile_us(99), 0);
  EXPECT_EQ(empty.max_us(), 0);
  EXPECT_EQ(empty.mean_us(), 0);
}

TEST(Histogram, SmallValuesAreKeptExactly) {
  Histogram histogram;
  for (int64_t value = 1; value <= 1000; ++value) {
    histogram.record(value);
  }
  EXPECT_EQ(histogram.percentile_us(50), 500);
  EXPECT_EQ(histogram.percentile_us(99), 990);
  EXPECT_EQ(histogram.percentile_us(99.9), 999);
  EXPECT_EQ(histogram.percentile_us(100), 1000);
  EXPECT_EQ(histogram.min_us(), 1);
  EXPECT_DOUBLE_EQ(histogram.mean_us(), 500.5);
}

TEST(Histogram, EveryValueIsWithinAThousandthOfWhatIsReported) {
  for (double exact = 1; exact < static_cast<double>(kLatencyMaxUs); exact *= 1.37) {
    Histogram histogram;
    const auto value = static_cast<int64_t>(exact);
    histogram.record(value);
    histogram.record(kLatencyMaxUs);
    const int64_t told = histogram.percentile_us(50);
    EXPECT_GE(told, value);
    EXPECT_LE(static_cast<double>(told - value), static_cast<double>(value) / 1000.0);
  }
}

TEST(Histogram, ValuesOutOfRangeCountAtTheEnds) {
  Histogram histogram;
  histogram.record(-5);
  histogram.record(kLatencyMaxUs * 2);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.min_us(), 0);
  EXPECT_EQ(histogram.max_us(), kLatencyMaxUs);
  EXPECT_EQ(histogram.percentile_us(100), kLatencyMaxUs);
}

TEST(Histogram, AddingIsRecordingInOne) {
  std::mt19937_64 random(7);
  Histogram left;
  Histogram right;
  Histogram whole;
  for (int i = 0; i < 20'000; ++i) {
    const auto value = static_cast<int64_t>(std::exp(static_cast<double>(random() % 2000) / 100.0));
    (i % 3 == 0 ? left : right).record(value);
    whole.record(value);
  }
  left.add(right);
  left.add(Histogram());
  for (const double percentile : {0.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    EXPECT_EQ(left.percentile_us(percentile), whole.percentile_us(percentile));
  }
  EXPECT_EQ(left.count(), whole.count());
  EXPECT_EQ(left.min_us(), whole.min_us());
  EXPECT_EQ(left.max_us(), whole.max_us());
}

TEST(Histogram, PercentilesAgreeWithASortedList) {
  std::mt19937_64 random(11);
  Histogram histogram;
  std::vector<int64_t> sorted;
  for (int i = 0; i < 5'000; ++i) {
    const auto value = static_cast<int64_t>(random() % 3'000'000);
    histogram.record(value);
    sorted.push_back(value);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const double percentile : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto rank = static_cast<std::size_t>(std::ceil(percentile / 100.0 * 5'000.0));
    const auto exact = static_cast<double>(sorted[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.percentile_us(percentile)), exact,
                exact / 1000.0 + 1.0);
  }
}

TEST(Histogram, ShowsItsBucketsUpToTheLastThatWasHit) {
  Histogram histogram;
  EXPECT_TRUE(histogram.places().empty());
  for (int64_t value = 1; value <= 200; ++value) {
    histogram.record(value);
  }
  EXPECT_EQ(histogram.places().size(), 201U);
}

TEST(Histogram, ClearedItIsEmptyAgain) {
  Histogram histogram;
  histogram.record(123);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile_us(50), 0);
}

}  // namespace
}  // namespace plated
