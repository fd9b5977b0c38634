// A log-linear histogram of latencies in microseconds, with the buckets of HdrHistogram: values
// from 1 us to 1 h, each kept to three significant digits (a reported value is at most 0.1 % off).
// Recording is O(1) and allocates nothing. Not thread-safe: one per thread, added up for reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace plated {

inline constexpr int64_t kLatencyMaxUs = int64_t{3600} * 1000 * 1000;

// Whether so many values carry a percentile: at least one of them lies beyond it. Of less than 1000
// values the 99.9th is the largest one by another name.
[[nodiscard]] bool carries(double values, double percentile);

class Histogram {
 public:
  Histogram();

  // Counts one value in microseconds. Below 0 counts as 0, above one hour as one hour.
  void record(int64_t value_us);

  // Adds every value that `other` has counted, as if recorded here.
  void add(const Histogram& other);
  void clear();

  [[nodiscard]] uint64_t count() const { return count_; }
  // The smallest and greatest value recorded, exactly; 0 while nothing was recorded.
  [[nodiscard]] int64_t min_us() const { return count_ == 0 ? 0 : min_us_; }
  [[nodiscard]] int64_t max_us() const { return max_us_; }
  [[nodiscard]] double mean_us() const;

  // The value at or below which `percentile` percent of what was recorded lies, rounded up to the
  // end of its bucket and never above the maximum. Percentiles outside 0..100 are taken as the
  // nearer end; 0 while nothing was recorded.
  [[nodiscard]] int64_t percentile_us(double percentile) const;

  // How often each bucket was hit, in HdrHistogram's order, up to the last that was.
  [[nodiscard]] std::span<const uint64_t> places() const;

 private:
  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  int64_t min_us_ = 0;
  int64_t max_us_ = 0;
  double sum_us_ = 0;
};

}  // namespace plated
