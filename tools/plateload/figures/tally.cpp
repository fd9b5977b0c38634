#include "tools/plateload/figures/tally.h"

#include <algorithm>
#include <numeric>

#include "tools/plateload/figures/collector.h"

namespace plated::load {

void Counts::add_reason(std::string reason) {
  if (reasons.size() < kReasonsKept) {
    reasons.push_back(std::move(reason));
  }
}

void Counts::add(const Counts& other) {
  connect.add(other.connect);
  for (std::size_t op = 0; op < kOps; ++op) {
    ops[op].add(other.ops[op]);
  }
  first_batch.add(other.first_batch);
  for (const auto& [code, count] : other.refusals) {
    refusals[code] += count;
  }
  for (std::size_t end = 0; end < kWalkEnds; ++end) {
    ends[end] += other.ends[end];
  }
  unanswered += other.unanswered;
  unconnected += other.unconnected;
  in_time += other.in_time;
  sent += other.sent;
  done += other.done;
  visits += other.visits;
  lost += other.lost;
  pushed += other.pushed;
  automatic += other.automatic;
  two_owners += other.two_owners;
  violations += other.violations;
  due += other.due;
  late += other.late;
  behind_ns = std::max(behind_ns, other.behind_ns);
  for (const std::string& reason : other.reasons) {
    add_reason(reason);
  }
}

void Counts::clear() {
  // The histograms are large: emptied in place.
  Counts empty;
  connect.clear();
  std::for_each(ops.begin(), ops.end(), [](Histogram& op) { op.clear(); });
  first_batch.clear();
  std::swap(empty.connect, connect);
  std::swap(empty.ops, ops);
  std::swap(empty.first_batch, first_batch);
  *this = std::move(empty);
}

uint64_t Counts::answers() const {
  return std::accumulate(ops.begin(), ops.end(), uint64_t{0},
                         [](uint64_t sum, const Histogram& op) { return sum + op.count(); });
}

uint64_t Counts::refused() const {
  return std::accumulate(refusals.begin(), refusals.end(), uint64_t{0},
                         [](uint64_t sum, const auto& code) { return sum + code.second; });
}

uint64_t Counts::errors() const {
  const auto waiting = refusals.find("waiting");
  return refused() + unanswered + unconnected - (waiting == refusals.end() ? 0 : waiting->second);
}

uint64_t Counts::asked() const { return answers() + unanswered + unconnected; }

uint64_t Counts::ended() const { return std::accumulate(ends.begin(), ends.end(), uint64_t{0}); }

Histogram Counts::all_ops() const {
  Histogram all;
  for (const Histogram& op : ops) {
    all.add(op);
  }
  return all;
}

uint64_t Counts::failed() const { return ends[static_cast<std::size_t>(WalkEnd::failed)]; }

bool Counts::as_planned() const { return failed() == 0 && two_owners == 0 && violations == 0; }

void Tally::start(int64_t start_ns, int64_t measure_from_ns, int64_t measure_until_ns) {
  start_ns_ = start_ns;
  measure_from_ns_ = measure_from_ns;
  measure_until_ns_ = measure_until_ns;
  next_tick_ns_ = start_ns + kNsPerS;
  counts_.clear();
}

void Tally::connected(int64_t due_ns, int64_t at_ns) {
  if (measured(due_ns)) {
    counts_.connect.record((at_ns - due_ns) / kNsPerUs);
  }
}

void Tally::answered(Op op, int64_t due_ns, int64_t at_ns, std::string_view code) {
  ++counts_.done;
  counts_.in_time += at_ns >= measure_from_ns_ && at_ns < measure_until_ns_ ? 1 : 0;
  if (!measured(due_ns)) {
    return;
  }
  counts_.ops[static_cast<std::size_t>(op)].record((at_ns - due_ns) / kNsPerUs);
  if (code.empty() || op == Op::nonsense) {
    return;
  }
  const auto known = counts_.refusals.find(code);
  if (known == counts_.refusals.end()) {
    counts_.refusals.emplace(code, 1);
  } else {
    ++known->second;
  }
}

void Tally::unanswered(int64_t due_ns, uint64_t requests) {
  counts_.done += requests;
  counts_.unanswered += measured(due_ns) ? requests : 0;
}

void Tally::unconnected(int64_t due_ns) {
  counts_.unconnected += measured(due_ns) && due_ns < measure_until_ns_ ? 1 : 0;
}

void Tally::first_batch(int64_t due_ns, int64_t took_ns) {
  if (measured(due_ns)) {
    counts_.first_batch.record(took_ns / kNsPerUs);
  }
}

void Tally::begun(int64_t due_ns, int64_t at_ns, int64_t late_ns) {
  if (!measured(due_ns)) {
    return;
  }
  const int64_t behind = at_ns - due_ns;
  ++counts_.due;
  counts_.late += behind > late_ns ? 1 : 0;
  counts_.behind_ns = std::max(counts_.behind_ns, behind);
}

void Tally::tick(int64_t at_ns) {
  if (at_ns >= next_tick_ns_) {
    hand_over();
    next_tick_ns_ += (1 + (at_ns - next_tick_ns_) / kNsPerS) * kNsPerS;
  }
}

void Tally::finish(int64_t at_ns) {
  tick(at_ns);
  if (next_tick_ns_ == kNever) {
    // It never started: what was counted is why.
    start_ns_ = 0;
    next_tick_ns_ = kNsPerS;
  }
  hand_over();
}

// What was counted since the last time belongs to the second that has just ended.
void Tally::hand_over() {
  collector_.take((next_tick_ns_ - start_ns_) / kNsPerS - 1, counts_);
  counts_.clear();
}

}  // namespace plated::load
