// Adds up what the threads of a load hand over: second by second for the course of the run and the
// interval log, and all of it for the report. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tools/plateload/figures/hdr_log.h"
#include "tools/plateload/figures/tally.h"

namespace plated::load {

// One second of the run, in numbers small enough to keep for hours.
struct Second {
  int64_t second = 0;  // 0 for the first
  uint64_t sent = 0;
  uint64_t done = 0;
  uint64_t answers = 0;  // measured
  uint64_t in_flight = 0;
  uint64_t late = 0;
  uint64_t errors = 0;
  int64_t p50_us = 0;
  int64_t p99_us = 0;
  int64_t p99_9_us = 0;
  int64_t max_us = 0;
};

class Collector {
 public:
  // With `log` open, every finished second is written there by op.
  explicit Collector(HdrLog& log) : log_(log) {}

  // Adds what one thread counted in `second`.
  void take(int64_t second, const Counts& counts);

  // Closes every second before `second`: what comes later for one of them counts in the next. What
  // the last closed one was, if there is one.
  std::optional<Second> close_before(int64_t second);
  // Closes what is left. Afterwards nothing may be taken.
  void finish();

  // Everything taken so far.
  [[nodiscard]] Counts total() const;
  [[nodiscard]] std::vector<Second> seconds() const;

 private:
  void close_first();

  mutable std::mutex mutex_;
  HdrLog& log_;
  std::map<int64_t, Counts> open_;
  int64_t closed_ = 0;  // seconds before this one are closed
  uint64_t sent_ = 0;
  uint64_t done_ = 0;
  std::vector<Second> seconds_;
  Counts total_;
};

}  // namespace plated::load
