#include "tools/plateload/figures/collector.h"

#include <algorithm>

namespace plated::load {

void Collector::take(int64_t second, const Counts& counts) {
  const std::lock_guard lock(mutex_);
  open_[std::max(second, closed_)].add(counts);
  total_.add(counts);
}

std::optional<Second> Collector::close_before(int64_t second) {
  const std::lock_guard lock(mutex_);
  while (!open_.empty() && open_.begin()->first < second) {
    close_first();
  }
  closed_ = std::max(closed_, second);
  return seconds_.empty() ? std::nullopt : std::optional(seconds_.back());
}

void Collector::finish() {
  const std::lock_guard lock(mutex_);
  while (!open_.empty()) {
    close_first();
  }
}

void Collector::close_first() {
  const auto first = open_.begin();
  const Counts& counts = first->second;
  const Histogram all = counts.all_ops();
  sent_ += counts.sent;
  done_ += counts.done;
  seconds_.push_back({first->first, counts.sent, counts.done, all.count(),
                      sent_ - std::min(sent_, done_), counts.late, counts.errors(),
                      all.percentile_us(50), all.percentile_us(99), all.percentile_us(99.9),
                      all.max_us()});
  if (log_.is_open()) {
    const auto since = static_cast<double>(first->first);
    // Readers that are told no tag pass over every line that has one.
    log_.write("", since, 1, all);
    log_.write("connect", since, 1, counts.connect);
    for (std::size_t op = 0; op < kOps; ++op) {
      log_.write(kOpNames[op], since, 1, counts.ops[op]);
    }
    log_.write("first_batch", since, 1, counts.first_batch);
  }
  open_.erase(first);
}

Counts Collector::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

std::vector<Second> Collector::seconds() const {
  const std::lock_guard lock(mutex_);
  return seconds_;
}

}  // namespace plated::load
