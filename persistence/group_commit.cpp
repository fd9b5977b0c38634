#include "persistence/group_commit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/check.h"
#include "persistence/record.h"

namespace plated {
namespace {

// Threads that append in runs, at the very most.
constexpr uint32_t kRunsMax = 4096;

// Worth a sync, however many more are coming.
constexpr std::size_t kWorthASync = std::size_t{256} << 10;

}  // namespace

GroupCommit::GroupCommit(BatchTarget& target, GroupCommitOptions options)
    : target_(target),
      options_(std::move(options)),
      front_(options_.buffer_bytes),
      back_(options_.buffer_bytes) {
  check(options_.timer_bytes + kBatchSizeBytesMax <= options_.buffer_bytes,
        "commands have room of their own");
  check(options_.retry_after.count() > 0, "a target is not tried without pause");
}

Status GroupCommit::open(const LogPosition& position) {
  check(last_.load() == 0 && front_.empty() && refusing_.load(), "a log is opened once");
  const auto writer = target_.open(position);
  if (!writer.ok()) {
    return writer.status;
  }
  place_ = {writer.value, position.number, position.before};
  last_ = position.next.value - 1;
  durable_ = position.next.value - 1;
  check(durable() == last() && place_.number >= 1, "what was recovered is durable");
  refusing_ = false;
  return {};
}

bool GroupCommit::reserve(For whose) {
  const uint64_t appends = reserved_.fetch_add(1, std::memory_order_acq_rel) + 1;
  const uint64_t needed =
      used_.load(std::memory_order_acquire) + appends * uint64_t{kBatchSizeBytesMax};
  const bool timer = whose == For::timer;
  const uint64_t memory = options_.buffer_bytes - (timer ? 0 : options_.timer_bytes);
  // Looked at before the target's room, which shrinks first.
  const uint64_t writing = writing_.load(std::memory_order_acquire);
  const uint64_t beside = writing + (timer ? 0 : options_.disk_reserve_bytes);
  if (needed <= memory && needed + beside <= target_.room() &&
      !refusing_.load(std::memory_order_acquire)) [[likely]] {
    return true;
  }
  reserved_.fetch_sub(1, std::memory_order_acq_rel);
  return false;
}

bool GroupCommit::has_room_for_commands() const {
  const uint64_t needed = used_.load(std::memory_order_acquire) + kBatchSizeBytesMax +
                          writing_.load(std::memory_order_acquire) + options_.disk_reserve_bytes;
  return needed <= target_.room();
}

void GroupCommit::release(For) {
  const uint64_t before = reserved_.fetch_sub(1, std::memory_order_acq_rel);
  check(before > 0, "what is released was reserved");
}

Sequence GroupCommit::append(const Now& now, std::span<const Event> events) {
  check(!events.empty() && events.size() <= kEventsPerAppend, "an append is bounded");
  check(reserved_.load(std::memory_order_relaxed) > 0, "an append has its room reserved");
  std::size_t bytes = 0;
  for (const Event& event : events) {
    bytes += encoded_size(event);
  }
  bool wake = false;
  Sequence last;
  {
    const std::scoped_lock lock(mutex_);
    const Sequence first{last_.load(std::memory_order_relaxed) + 1};
    std::byte* const begin = front_.place(bytes, static_cast<uint32_t>(events.size()), first);
    std::byte* at = begin;
    for (const Event& event : events) {
      at = encode_record(now, event, at);
    }
    check(static_cast<std::size_t>(at - begin) == bytes, "an event has one size");
    last = Sequence{first.value + events.size() - 1};
    last_.store(last.value, std::memory_order_release);
    used_.store(front_.size(), std::memory_order_release);
    due_ = due_ || runs_ == 0 || front_.size() >= kWorthASync;
    wake = writer_to_wake();
  }
  if (wake) {
    work_.notify_one();
  }
  return last;
}

void GroupCommit::begin_run() {
  const std::scoped_lock lock(mutex_);
  check(runs_ < kRunsMax, "runs that were begun are ended");
  ++runs_;
}

void GroupCommit::end_run() {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    check(runs_ > 0, "a run ends once");
    --runs_;
    due_ = !front_.empty();
    wake = writer_to_wake();
  }
  if (wake) {
    work_.notify_one();
  }
}

// Under mutex_. True: the caller wakes the writer, and nobody else.
bool GroupCommit::writer_to_wake() { return due_ && std::exchange(writer_waits_, false); }

Sequence GroupCommit::last() const { return Sequence{last_.load(std::memory_order_acquire)}; }

Sequence GroupCommit::durable() const { return Sequence{durable_.load(std::memory_order_acquire)}; }

bool GroupCommit::wait_durable(Sequence sequence) {
  check(sequence <= last(), "nobody waits for what was not appended");
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return durable() >= sequence || refusing_.load(); });
  return durable() >= sequence;
}

Status GroupCommit::write_waiting() {
  check(ended_.ok() == (state() == LogState::ok || state() == LogState::unavailable),
        "a log that has ended says why");
  if (!ended_.ok()) {
    return ended_;
  }
  if (back_.empty() && !take_gathered()) {
    return {};
  }
  return commit_taken();
}

// Makes what has gathered what is being written; false when nothing has.
bool GroupCommit::take_gathered() {
  check(back_.empty(), "what is being written is written first");
  {
    const std::scoped_lock lock(mutex_);
    if (front_.empty()) {
      return false;
    }
    front_.swap(back_);
    due_ = false;
    // The bytes are among those being written before they leave `used_`: never counted nowhere.
    writing_.store(back_.size(), std::memory_order_release);
    used_.store(0, std::memory_order_release);
  }
  place_ = back_.seal(place_, durable());
  check(back_.sealed().front().first.value == durable().value + 1, "the log has no gaps");
  committed_ = 0;
  return true;
}

Status GroupCommit::commit_taken() {
  const auto batches = back_.sealed();
  bool all = false;
  while (!all) {
    check(committed_ < batches.size(), "what is durable is not written again");
    const CommitAnswer answer = target_.commit(batches.subspan(committed_));
    check((answer.state == LogState::ok) == (answer.committed > 0) &&
              answer.committed <= batches.size() - committed_,
          "a target that takes nothing says why");
    enter(answer.state, answer.why);
    if (answer.state != LogState::ok) {
      return answer.why;
    }
    committed_ += answer.committed;
    const Sequence durable{batches[committed_ - 1].next.value - 1};
    writes_.fetch_add(1, std::memory_order_relaxed);
    all = committed_ == batches.size();
    check(durable <= last(), "nothing is committed that was not appended");
    if (all) {
      bytes_.fetch_add(back_.size(), std::memory_order_relaxed);
      back_.clear();
      writing_.store(0, std::memory_order_release);
    }
    publish(durable);
  }
  return {};
}

void GroupCommit::publish(Sequence sequence) {
  check(sequence >= durable() && sequence <= last(), "what is durable was appended, and stays so");
  {
    const std::scoped_lock lock(mutex_);
    durable_.store(sequence.value, std::memory_order_release);
  }
  settled_.notify_all();
  if (options_.on_durable) {
    options_.on_durable(sequence);
  }
}

// What the target has answered. The reason for anything but ok is not empty.
void GroupCommit::enter(LogState state, const Status& why) {
  check(ended_.ok(), "a log that has ended does not go on");
  check((state == LogState::ok) == why.ok(), "a log that does not go on says why");
  state_.store(state, std::memory_order_release);
  if (state == LogState::ok || state == LogState::unavailable) {
    return;
  }
  ended_ = why;
  give_up();
  if (state == LogState::failed && options_.on_failure) {
    options_.on_failure(why);
  }
}

// Gives no room any more, and lets go of whoever waits for what will not be durable.
void GroupCommit::give_up() {
  {
    const std::scoped_lock lock(mutex_);
    refusing_.store(true);
  }
  settled_.notify_all();
}

// False: it is time to stop, and nothing waits that could be written.
bool GroupCommit::wait_for_work() {
  std::unique_lock lock(mutex_);
  check(!writer_waits_, "one thread writes the log");
  if (state() == LogState::unavailable) {
    work_.wait_for(lock, options_.retry_after, [this] { return stopping_; });
    return !stopping_;
  }
  while (!due_ && !stopping_) {
    writer_waits_ = true;
    work_.wait(lock);
  }
  writer_waits_ = false;
  return !front_.empty();
}

Status GroupCommit::run() {
  check(place_.number >= 1 && durable() <= last(), "a log is opened before it runs");
  while (wait_for_work()) {
    Status status = write_waiting();
    if (!ended_.ok()) {
      return status;
    }
  }
  return finish();
}

Status GroupCommit::finish() {
  // Twice where something was being written already: then as much may have gathered since.
  Status status = write_waiting();
  if (status.ok()) {
    status = write_waiting();
  }
  give_up();
  if (!status.ok()) {
    return status;
  }
  check(back_.empty(), "a log is closed behind all that was taken");
  BatchHeader header;
  header.first = Sequence{durable().value + 1};
  header.durable = durable();
  header.number = place_.number;
  header.writer = place_.writer;
  header.before = place_.before;
  std::array<std::byte, kBatchHeaderSize> closing{};
  (void)encode_batch_header(header, {}, closing);
  status = target_.close(closing);
  if (!status.ok()) {
    enter(LogState::failed, status);
  }
  return status;
}

void GroupCommit::stop() {
  const std::scoped_lock lock(mutex_);
  stopping_ = true;
  writer_waits_ = false;
  work_.notify_one();
}

GroupCommit::Counters GroupCommit::counters() const {
  const uint64_t writing = writing_.load(std::memory_order_acquire);
  const uint64_t room = target_.room();
  return {writes_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed),
          used_.load(std::memory_order_acquire), room - std::min(room, writing)};
}

}  // namespace plated
