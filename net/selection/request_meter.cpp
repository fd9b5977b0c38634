#include "net/selection/request_meter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace plated {
namespace {

constexpr unsigned kSubBits = 4;  // 16 buckets to each doubling
constexpr int64_t kExactEnd = int64_t{2} << kSubBits;
constexpr int64_t kLatencyEnd = int64_t{1} << 26;

}  // namespace

std::size_t latency_bucket(int64_t microseconds) {
  const auto us = static_cast<uint64_t>(std::clamp<int64_t>(microseconds, 0, kLatencyEnd - 1));
  if (us < static_cast<uint64_t>(kExactEnd)) {
    return us;
  }
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - kSubBits - 1;
  return (static_cast<std::size_t>(shift) << kSubBits) + (us >> shift);
}

int64_t latency_bucket_end(std::size_t bucket) {
  if (bucket < static_cast<std::size_t>(kExactEnd)) {
    return static_cast<int64_t>(bucket);
  }
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::size_t top = bucket - (shift << kSubBits);
  return static_cast<int64_t>(((top + 1) << shift) - 1);
}

int64_t LatencyCounts::percentile_us(double percentile) const {
  if (count == 0) {
    return 0;
  }
  const double share = std::clamp(percentile, 0.0, 100.0) / 100.0;
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(count))));
  uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    seen += buckets[i];
    if (seen >= wanted) {
      return latency_bucket_end(i);
    }
  }
  return latency_bucket_end(kLatencyBuckets - 1);
}

// One thread writes, so that a load and a store do what an atomic addition would, for less.
void RequestMeter::raise(Counter& counter, uint64_t by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

void RequestMeter::record(Op op, ErrorCode code, int64_t microseconds) {
  const auto i = static_cast<std::size_t>(op);
  raise(answers_[i][static_cast<std::size_t>(code)], 1);
  raise(latency_[i][latency_bucket(microseconds)], 1);
  raise(sum_us_[i], static_cast<uint64_t>(std::max<int64_t>(microseconds, 0)));
}

void RequestMeter::add_to(RequestTotals& totals) const {
  for (std::size_t op = 0; op < kOps; ++op) {
    for (std::size_t code = 0; code < kErrorCodes; ++code) {
      totals.answers[op][code] += answers_[op][code].load(std::memory_order_relaxed);
    }
    LatencyCounts& latency = totals.latency[op];
    for (std::size_t i = 0; i < kLatencyBuckets; ++i) {
      const uint64_t count = latency_[op][i].load(std::memory_order_relaxed);
      latency.buckets[i] += count;
      latency.count += count;
    }
    latency.sum_us += sum_us_[op].load(std::memory_order_relaxed);
  }
}

void RateWindow::observe(Millis now, const RequestTotals& totals) {
  Moment moment{now, {}};
  for (std::size_t op = 0; op < kOps; ++op) {
    moment.counts[op] =
        std::accumulate(totals.answers[op].begin(), totals.answers[op].end(), uint64_t{0});
  }
  const Hold moments(moments_);
  moments->push_back(moment);
  while (moments->size() > 2 && (*moments)[1].at + kWindow <= now) {
    moments->pop_front();
  }
}

RequestRates RateWindow::rates() const {
  RequestRates rates{};
  const Hold moments(moments_);
  if (moments->size() < 2 || moments->back().at <= moments->front().at) {
    return rates;
  }
  const Millis span = moments->back().at - moments->front().at;
  const double seconds = static_cast<double>(span.count()) / 1000.0;
  for (std::size_t op = 0; op < kOps; ++op) {
    const uint64_t more = moments->back().counts[op] - moments->front().counts[op];
    rates[op] = static_cast<double>(more) / seconds;
  }
  return rates;
}

}  // namespace plated
