// What group commit does over a target that answers as the test says: a replicated log that cannot
// be reached for a while, or that another writer leads. Nothing is acknowledged but what the target
// has committed, and what is offered again is the same, byte for byte.
#include <gtest/gtest.h>

#include <thread>

#include "persistence/group_commit.h"
#include "persistence/record.h"
#include "tests/persistence/log_world.h"

namespace plated {
namespace {

constexpr auto kOfCommand = EventSink::For::command;
constexpr auto kOfTimer = EventSink::For::timer;
constexpr uint64_t kWriter = 77;

// Takes one batch at a time, as a replicated log does, while it is told to.
class ScriptedTarget final : public BatchTarget {
 public:
  std::atomic<LogState> answer{LogState::ok};
  std::atomic<uint64_t> tries{0};
  std::vector<Bytes> committed;
  std::vector<Bytes> offered;  // and not committed
  LogPosition opened_at;
  bool closed = false;

  Result<uint64_t> open(const LogPosition& position) override {
    opened_at = position;
    return kWriter;
  }
  CommitAnswer commit(std::span<const SealedBatch> batches) override {
    ++tries;
    const ByteSpan bytes = batches.front().bytes;
    const LogState now = answer.load();
    (now == LogState::ok ? committed : offered).emplace_back(bytes.begin(), bytes.end());
    return now == LogState::ok
               ? CommitAnswer{now, 1, {}}
               : CommitAnswer{now, 0, Status::io_error("etcd", 0, "does not answer", 0)};
  }
  [[nodiscard]] uint64_t room() const override { return uint64_t{1} << 40; }
  Status close(ByteSpan closing) override {
    closed = true;
    EXPECT_EQ(decode_batch(closing)->records, 0U);
    return {};
  }
};

class LogStates : public testing::Test {
 protected:
  LogStates() {
    GroupCommitOptions options;
    options.buffer_bytes = 8 * kBatchSizeBytesMax;
    options.timer_bytes = kBatchSizeBytesMax;
    options.retry_after = std::chrono::milliseconds(1);
    options.on_durable = [this](Sequence sequence) { told_.push_back(sequence.value); };
    options.on_failure = [this](const Status& status) { failures_.push_back(status); };
    commit_.emplace(target_, options);
    LogPosition position;
    position.next = Sequence{101};
    position.number = 41;
    position.before = 0xabcdef;
    EXPECT_TRUE(commit_->open(position).ok());
  }

  bool append(std::size_t bytes = 0) {
    if (!commit_->reserve(kOfCommand)) {
      return false;
    }
    const Event event = numbered(++appended_, bytes);
    (void)commit_->append({Tick(Millis(1)), CivilTime(Millis(2))}, {&event, 1});
    commit_->release(kOfCommand);
    return true;
  }

  ScriptedTarget target_;
  std::optional<GroupCommit> commit_;
  std::vector<uint64_t> told_;
  std::vector<Status> failures_;
  uint64_t appended_ = 0;
};

TEST_F(LogStates, EveryBatchStandsForItselfAndNamesTheOneBefore) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(append(60'000));  // four fill a batch
  }
  ASSERT_TRUE(commit_->write_waiting().ok());
  ASSERT_EQ(target_.committed.size(), 3U);
  uint32_t before = 0xabcdef;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto header = decode_batch(target_.committed[i]);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(target_.committed[i].size(), kBatchHeaderSize + header->payload_bytes);
    EXPECT_EQ(header->number, 41 + i);
    EXPECT_EQ(header->writer, kWriter);
    EXPECT_EQ(header->before, std::exchange(before, header->crc));
    EXPECT_EQ(header->first.value, 101 + 4 * i);
    EXPECT_EQ(header->durable.value, 100U);
  }
  EXPECT_EQ(told_, (std::vector<uint64_t>{104, 108, 110}));
  EXPECT_EQ(commit_->counters().writes, 3U);
}

TEST_F(LogStates, WhileUnavailableNothingIsAcknowledgedAndWorkIsTakenWhileThereIsRoom) {
  target_.answer = LogState::unavailable;
  ASSERT_TRUE(append(60'000));
  EXPECT_FALSE(commit_->write_waiting().ok());
  EXPECT_EQ(commit_->state(), LogState::unavailable);
  uint64_t taken = 0;
  constexpr uint64_t kMoreThanFits = 100;
  while (taken < kMoreThanFits && append(60'000)) {
    ++taken;
    ASSERT_FALSE(commit_->write_waiting().ok());
  }
  EXPECT_GE(taken, 8U);  // what fits beside the timers' room
  EXPECT_LT(taken, kMoreThanFits);
  EXPECT_TRUE(commit_->reserve(kOfTimer));
  commit_->release(kOfTimer);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(commit_->durable(), Sequence{100});
  EXPECT_TRUE(failures_.empty());

  target_.answer = LogState::ok;
  ASSERT_TRUE(commit_->write_waiting().ok());
  EXPECT_EQ(commit_->state(), LogState::ok);
  EXPECT_EQ(commit_->durable(), Sequence{101});
  for (const Bytes& offered : target_.offered) {
    EXPECT_EQ(offered, target_.committed.front());
  }
  ASSERT_TRUE(commit_->write_waiting().ok());
  EXPECT_EQ(commit_->durable(), commit_->last());
  ASSERT_TRUE(append());
  ASSERT_TRUE(commit_->write_waiting().ok());
  EXPECT_EQ(commit_->last().value, 100 + appended_);
}

TEST_F(LogStates, TheThreadTriesAgainUntilTheTargetIsBack) {
  target_.answer = LogState::unavailable;
  Status ended;
  std::thread writer([&] { ended = commit_->run(); });
  ASSERT_TRUE(append());
  while (target_.tries < 3 && commit_->durable() == Sequence{100}) {
    std::this_thread::yield();
  }
  EXPECT_EQ(commit_->durable(), Sequence{100});
  target_.answer = LogState::ok;
  EXPECT_TRUE(commit_->wait_durable(Sequence{101}));
  ASSERT_TRUE(append());
  EXPECT_TRUE(commit_->wait_durable(Sequence{102}));
  commit_->stop();
  writer.join();
  EXPECT_TRUE(ended.ok());
  EXPECT_TRUE(target_.closed);
}

TEST_F(LogStates, AStopDoesNotWaitForATargetThatIsUnavailable) {
  target_.answer = LogState::unavailable;
  Status ended;
  std::thread writer([&] { ended = commit_->run(); });
  ASSERT_TRUE(append());
  while (target_.tries < 1) {
    std::this_thread::yield();
  }
  commit_->stop();
  EXPECT_FALSE(commit_->wait_durable(Sequence{101}));
  writer.join();
  EXPECT_FALSE(ended.ok());
  EXPECT_FALSE(target_.closed);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(LogStates, FencedIsForEver) {
  ASSERT_TRUE(append());
  ASSERT_TRUE(commit_->write_waiting().ok());
  ASSERT_TRUE(append());
  target_.answer = LogState::fenced;
  EXPECT_FALSE(commit_->write_waiting().ok());
  target_.answer = LogState::ok;
  const uint64_t tries = target_.tries;
  EXPECT_EQ(commit_->state(), LogState::fenced);
  EXPECT_FALSE(commit_->reserve(kOfCommand));
  EXPECT_FALSE(commit_->reserve(kOfTimer));
  EXPECT_FALSE(commit_->write_waiting().ok());
  EXPECT_FALSE(commit_->finish().ok());
  EXPECT_FALSE(commit_->wait_durable(Sequence{102}));
  EXPECT_TRUE(commit_->wait_durable(Sequence{101}));
  EXPECT_EQ(told_, (std::vector<uint64_t>{101}));
  EXPECT_EQ(target_.tries, tries);
  EXPECT_FALSE(target_.closed);
  EXPECT_TRUE(failures_.empty())
      << "who is fenced follows another; only a failure ends the process";
}

TEST_F(LogStates, AFailureIsToldOnceAndEndsTheRun) {
  target_.answer = LogState::failed;
  Status ended;
  std::thread writer([&] { ended = commit_->run(); });
  ASSERT_TRUE(append());
  EXPECT_FALSE(commit_->wait_durable(Sequence{101}));
  writer.join();
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(commit_->state(), LogState::failed);
  EXPECT_FALSE(commit_->write_waiting().ok());
  EXPECT_EQ(failures_.size(), 1U);
  EXPECT_EQ(target_.tries, 1U);
}

}  // namespace
}  // namespace plated
