// Counts the citizens' requests by op and by answer, and how long each took, for status and
// metrics. One meter for each thread that answers: that thread alone records, any thread reads.
// Recording takes no lock and allocates nothing.
//
// Latencies fall into log-linear buckets: exact below 32 us, then 16 to each doubling, so that a
// percentile is at most 6 % off; what takes longer than 67 s counts as that.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/guarded.h"
#include "engine/types.h"
#include "net/protocol/message.h"

namespace plated {

inline constexpr std::size_t kLatencyBuckets = 368;

// The bucket of a latency, and the greatest latency that is in it.
[[nodiscard]] std::size_t latency_bucket(int64_t microseconds);
[[nodiscard]] int64_t latency_bucket_end(std::size_t bucket);

struct LatencyCounts {
  std::array<uint64_t, kLatencyBuckets> buckets{};
  uint64_t count = 0;
  uint64_t sum_us = 0;

  // The latency at or below which `percentile` percent lie; 0 when nothing was counted.
  [[nodiscard]] int64_t percentile_us(double percentile) const;
};

// Added up over all threads.
struct RequestTotals {
  std::array<std::array<uint64_t, kErrorCodes>, kOps> answers{};
  std::array<LatencyCounts, kOps> latency{};
};

using RequestRates = std::array<double, kOps>;

class RequestMeter {
 public:
  void record(Op op, ErrorCode code, int64_t microseconds);
  void add_to(RequestTotals& totals) const;

 private:
  using Counter = std::atomic<uint64_t>;
  static void raise(Counter& counter, uint64_t by);

  std::array<std::array<Counter, kErrorCodes>, kOps> answers_{};
  std::array<std::array<Counter, kLatencyBuckets>, kOps> latency_{};
  std::array<Counter, kOps> sum_us_{};
};

// Requests per second over the last ten. Thread-safe.
class RateWindow {
 public:
  // Remembers what had been counted at `now`, by a monotonic clock. Called about once a second.
  void observe(Millis now, const RequestTotals& totals);
  // From the oldest moment in the window to the newest; 0 with fewer than two.
  [[nodiscard]] RequestRates rates() const;

 private:
  struct Moment {
    Millis at{};
    std::array<uint64_t, kOps> counts{};
  };
  static constexpr Millis kWindow = std::chrono::seconds(10);

  mutable Guarded<std::deque<Moment>> moments_;
};

}  // namespace plated
