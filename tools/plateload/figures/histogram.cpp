#include "tools/plateload/figures/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/check.h"

namespace plated {
namespace {

// HdrHistogram's layout for a unit of 1 and three digits: every power of two above the first 2048
// values is divided into 1024 equal parts, so a part is never wider than 1/1024 of its values.
constexpr int kSubBucketBits = 11;
constexpr int64_t kSubBuckets = int64_t{1} << kSubBucketBits;
constexpr int64_t kHalf = kSubBuckets / 2;

constexpr int bucket_of(int64_t value) {
  const auto top = static_cast<uint64_t>(value | (kSubBuckets - 1));
  return static_cast<int>(std::bit_width(top)) - kSubBucketBits;
}

constexpr std::size_t index_of(int64_t value) {
  const int bucket = bucket_of(value);
  const int64_t sub_bucket = value >> bucket;
  return static_cast<std::size_t>((int64_t{bucket} + 1) * kHalf + (sub_bucket - kHalf));
}

// The greatest value that falls into the same place of the array.
constexpr int64_t greatest_at(std::size_t index) {
  const auto place = static_cast<int64_t>(index);
  if (place < kSubBuckets) {
    return place;
  }
  const auto bucket = static_cast<int>(place / kHalf) - 1;
  const int64_t sub_bucket = place % kHalf + kHalf;
  return ((sub_bucket + 1) << bucket) - 1;
}

constexpr std::size_t kPlaces = index_of(kLatencyMaxUs) + 1;

static_assert(index_of(0) == 0 && index_of(2047) == 2047 && index_of(2048) == 2048);
static_assert(index_of(2049) == 2048 && greatest_at(2048) == 2049);
static_assert(greatest_at(index_of(1'000'000)) - 1'000'000 < 1'000);

}  // namespace

bool carries(double values, double percentile) {
  return values * (100 - percentile) / 100 > 0.999;  // 0.1 has no double of its own
}

Histogram::Histogram() : counts_(kPlaces, 0) {}

void Histogram::record(int64_t value_us) {
  const int64_t value = std::clamp<int64_t>(value_us, 0, kLatencyMaxUs);
  const std::size_t index = index_of(value);
  check(index < counts_.size(), "a latency has a place in the histogram");
  ++counts_[index];
  min_us_ = count_ == 0 ? value : std::min(min_us_, value);
  max_us_ = std::max(max_us_, value);
  sum_us_ += static_cast<double>(value);
  ++count_;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) {
    return;
  }
  const std::span<const uint64_t> places = other.places();
  for (std::size_t i = 0; i < places.size(); ++i) {
    counts_[i] += places[i];
  }
  min_us_ = count_ == 0 ? other.min_us_ : std::min(min_us_, other.min_us_);
  max_us_ = std::max(max_us_, other.max_us_);
  sum_us_ += other.sum_us_;
  count_ += other.count_;
}

void Histogram::clear() {
  const auto used = static_cast<std::ptrdiff_t>(places().size());
  std::fill(counts_.begin(), counts_.begin() + used, 0);
  count_ = 0;
  min_us_ = 0;
  max_us_ = 0;
  sum_us_ = 0;
}

std::span<const uint64_t> Histogram::places() const {
  return std::span(counts_).first(count_ == 0 ? 0 : index_of(max_us_) + 1);
}

double Histogram::mean_us() const {
  return count_ == 0 ? 0 : sum_us_ / static_cast<double>(count_);
}

int64_t Histogram::percentile_us(double percentile) const {
  if (count_ == 0) {
    return 0;
  }
  // One step down first: 99.9 has no exact double, and must not ask for one value too many.
  const double exact = std::nextafter(std::clamp(percentile, 0.0, 100.0), 0.0);
  const double rank = std::ceil(exact * static_cast<double>(count_) / 100.0);
  const auto wanted = std::max<uint64_t>(1, static_cast<uint64_t>(rank));
  uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) {
      return std::min(greatest_at(i), max_us_);
    }
  }
  return max_us_;
}

}  // namespace plated
