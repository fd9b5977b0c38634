#include "persistence/group_commit.h"

#include <algorithm>
#include <utility>

#include "engine/check.h"
#include "persistence/record.h"

namespace plated {
namespace {

// What the end of a file may leave unused, because a batch did not fit.
constexpr uint64_t kLostPerFile = kLogHeaderSize + kBatchSizeBytesMax;

// Worth a sync, however many more are coming.
constexpr std::size_t kWorthASync = std::size_t{256} << 10;

}  // namespace

GroupCommit::GroupCommit(LogWriter& writer, SpareFiles& spares, GroupCommitOptions options)
    : writer_(writer),
      spares_(spares),
      options_(std::move(options)),
      front_(options_.buffer_bytes),
      back_(options_.buffer_bytes) {
  check(options_.timer_bytes + kBatchSizeBytesMax <= options_.buffer_bytes,
        "commands have room of their own");
}

Status GroupCommit::open(const LogPosition& position) {
  check(last_.load() == 0 && front_.empty(), "a log is opened once");
  if (Status status = writer_.open(position); !status.ok()) {
    return status;
  }
  file_room_ = static_cast<int64_t>(writer_.room());
  last_ = position.next.value - 1;
  durable_ = position.next.value - 1;
  failed_ = false;
  return {};
}

int64_t GroupCommit::disk_room() const {
  const uint64_t spare = spares_.file_size() - kLostPerFile;
  return file_room_.load(std::memory_order_acquire) + static_cast<int64_t>(spares_.ready() * spare);
}

bool GroupCommit::reserve(For whose) {
  const uint64_t appends = reserved_.fetch_add(1, std::memory_order_acq_rel) + 1;
  const uint64_t needed =
      used_.load(std::memory_order_acquire) + appends * uint64_t{kBatchSizeBytesMax};
  const bool timer = whose == For::timer;
  const uint64_t memory = options_.buffer_bytes - (timer ? 0 : options_.timer_bytes);
  const int64_t disk =
      disk_room() - (timer ? 0 : static_cast<int64_t>(options_.disk_reserve_bytes));
  if (needed <= memory && static_cast<int64_t>(needed) <= disk &&
      !failed_.load(std::memory_order_acquire)) [[likely]] {
    return true;
  }
  reserved_.fetch_sub(1, std::memory_order_acq_rel);
  return false;
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
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return durable() >= sequence || failed_.load(); });
  return durable() >= sequence;
}

Status GroupCommit::write_waiting() {
  {
    const std::scoped_lock lock(mutex_);
    if (front_.empty()) {
      return {};
    }
    front_.swap(back_);
    due_ = false;
    // The room shrinks before the bytes leave `used_`, so that they are never counted nowhere.
    file_room_.fetch_sub(static_cast<int64_t>(back_.size()), std::memory_order_acq_rel);
    used_.store(0, std::memory_order_release);
  }
  return write_back();
}

Status GroupCommit::write_back() {
  if (Status status = writer_.write(back_); !status.ok()) {
    fail(status);
    return status;
  }
  writes_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(back_.size(), std::memory_order_relaxed);
  file_room_.store(static_cast<int64_t>(writer_.room()), std::memory_order_release);
  back_.clear();
  publish(Sequence{writer_.next().value - 1});
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

void GroupCommit::fail(const Status& status) {
  {
    const std::scoped_lock lock(mutex_);
    failed_.store(true);
    if (std::exchange(told_failure_, true)) {
      return;
    }
  }
  settled_.notify_all();
  if (options_.on_failure) {
    options_.on_failure(status);
  }
}

Status GroupCommit::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      while (!due_ && !stopping_) {
        writer_waits_ = true;
        work_.wait(lock);
      }
      writer_waits_ = false;
      if (front_.empty()) {
        break;
      }
    }
    if (Status status = write_waiting(); !status.ok()) {
      return status;
    }
  }
  return finish();
}

Status GroupCommit::finish() {
  if (Status status = write_waiting(); !status.ok()) {
    return status;
  }
  Status status = writer_.close();
  if (!status.ok()) {
    fail(status);
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
  return {writes_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed),
          used_.load(std::memory_order_acquire),
          static_cast<uint64_t>(std::max<int64_t>(disk_room(), 0))};
}

}  // namespace plated
