// What a load counts: latencies by op, refusals by code, ends of walks, broken promises. A thread
// counts for itself and hands over what it has once a second, so that counting takes no lock.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tools/plateload/figures/histogram.h"
#include "tools/plateload/owners/walk.h"
#include "tools/plateload/wire/poller.h"

namespace plated::load {

inline constexpr std::size_t kReasonsKept = 20;  // sentences kept of each kind
using CodeCounts = std::map<std::string, uint64_t, std::less<>>;

// Plain numbers; add() is all that moves them between threads. Latencies, errors and what a
// schedule was kept by leave the warm-up out; what is only counted does not.
struct Counts {
  Histogram connect;
  std::array<Histogram, kOps> ops;
  Histogram first_batch;  // from when a visit was due to the plates of its first draw, thinking out
  CodeCounts refusals;
  uint64_t unanswered = 0;   // requests whose connection was lost
  uint64_t unconnected = 0;  // attempts to connect that failed
  uint64_t in_time = 0;      // answers that came while it was measured
  uint64_t sent = 0;         // requests handed to the kernel
  uint64_t done = 0;         // of them, answered or given up
  uint64_t visits = 0;       // begun
  std::array<uint64_t, kWalkEnds> ends{};
  uint64_t lost = 0;        // connections that broke or could not be made
  uint64_t pushed = 0;      // application events
  uint64_t automatic = 0;   // of the confirmed, by auto-confirm
  uint64_t two_owners = 0;  // plates that two owners were told are theirs
  uint64_t violations = 0;
  uint64_t due = 0;                  // what a schedule asked for so far
  uint64_t late = 0;                 // of it, begun later than it may
  int64_t behind_ns = 0;             // the greatest delay of anything that was due
  std::vector<std::string> reasons;  // why walks failed and promises count as broken

  void add(const Counts& other);
  void clear();
  void add_reason(std::string reason);
  // Answers that were measured.
  [[nodiscard]] uint64_t answers() const;
  [[nodiscard]] uint64_t refused() const;
  // Refusals that nobody asked for (waiting is none, nonsense earns its own), requests without an
  // answer, and attempts to connect that failed.
  [[nodiscard]] uint64_t errors() const;
  // What could have become an error: requests and failed attempts to connect.
  [[nodiscard]] uint64_t asked() const;
  [[nodiscard]] uint64_t ended() const;
  // Of them, those that ended otherwise than planned.
  [[nodiscard]] uint64_t failed() const;
  [[nodiscard]] Histogram all_ops() const;
  // Whether every walk ended as it was meant to and nothing was broken.
  [[nodiscard]] bool as_planned() const;
};

class Collector;

// One thread's counts of the second that runs. Only its thread may touch it.
class Tally {
 public:
  explicit Tally(Collector& collector) : collector_(collector) {}

  // Counts from `start_ns` on and forgets what was counted before. What is due before
  // `measure_from_ns` is warm-up; an answer that comes from `measure_until_ns` on came too late for
  // the rate, and who tries to connect from then on does it for nobody.
  void start(int64_t start_ns, int64_t measure_from_ns, int64_t measure_until_ns = kNever);

  // What has no method of its own.
  [[nodiscard]] Counts& counts() { return counts_; }

  void connected(int64_t due_ns, int64_t at_ns);
  void sent() { ++counts_.sent; }
  // An answer; `code` is empty where it was `ok`.
  void answered(Op op, int64_t due_ns, int64_t at_ns, std::string_view code);
  void unanswered(int64_t due_ns, uint64_t requests);
  void unconnected(int64_t due_ns);
  void first_batch(int64_t due_ns, int64_t took_ns);
  // Something was due and is begun at `at_ns`; the loop is late where that is later than `late_ns`
  // after it.
  void begun(int64_t due_ns, int64_t at_ns, int64_t late_ns);

  // Hands over when the second has ended. The next time is next_tick_ns().
  void tick(int64_t at_ns);
  [[nodiscard]] int64_t next_tick_ns() const { return next_tick_ns_; }
  // Hands over what is there.
  void finish(int64_t at_ns);

 private:
  [[nodiscard]] bool measured(int64_t due_ns) const { return due_ns >= measure_from_ns_; }
  void hand_over();

  Collector& collector_;
  int64_t start_ns_ = kNever;
  int64_t measure_from_ns_ = kNever;
  int64_t measure_until_ns_ = kNever;
  int64_t next_tick_ns_ = kNever;
  Counts counts_;
};

}  // namespace plated::load
