// Group commit: nobody is told before the sync, and the order of appends is the order of the log.
// Room is bounded in memory and on disk, and after a failure nothing is acknowledged ever again.
#include "persistence/group_commit.h"

#include <gtest/gtest.h>

#include <thread>

#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/support/effort.h"
#include "tests/support/fault_file_system.h"

namespace plated {
namespace {

constexpr auto kCommand = EventSink::For::command;
constexpr auto kTimer = EventSink::For::timer;

uint64_t records_on(FileSystem& files) {
  uint64_t records = 0;
  const Status status = replay_log(files, kTestDirectory, {}, [&](const Record&) {
                          ++records;
                          return Status();
                        }).status;
  EXPECT_TRUE(status.ok()) << status.text();
  return records;
}

TEST(GroupCommit, NothingIsAcknowledgedBeforeItsSync) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  ASSERT_TRUE(log.append(numbered(1)));
  ASSERT_TRUE(log.append(numbered(2)));
  EXPECT_EQ(log.last(), Sequence{2});
  EXPECT_EQ(log.commit().last(), Sequence{2});
  EXPECT_EQ(log.commit().durable(), Sequence{0});
  EXPECT_EQ(log.acknowledged(), Sequence{0});
  ASSERT_TRUE(log.sync().ok());
  EXPECT_EQ(log.commit().durable(), Sequence{2});
  EXPECT_EQ(log.acknowledged(), Sequence{2});
  disk.crash_losing_all();
  EXPECT_EQ(records_on(disk), 2U);
}

TEST(GroupCommit, WhatIsAcknowledgedIsSafeWhateverCallFails) {
  for (const auto lasting : {FaultFileSystem::Lasting::once, FaultFileSystem::Lasting::for_ever}) {
    bool failed = true;
    for (uint64_t k = 1; failed; k += every_or(3)) {
      MemoryFileSystem disk;
      FaultFileSystem faults(disk);
      faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
      faults.fail_call(k, lasting);
      uint64_t acknowledged = 0;
      {
        LogWorld log(faults);
        if (log.opened().ok()) {
          for (uint64_t i = 1; i <= 60 && log.append(numbered(i, 30'000)); ++i) {
            if (!log.sync().ok()) {
              EXPECT_EQ(log.failures().size(), 1U);
              EXPECT_FALSE(log.commit().reserve(kCommand));
              EXPECT_FALSE(log.commit().reserve(kTimer));
            }
          }
          acknowledged = log.acknowledged().value;
        }
      }
      failed = faults.failed();
      faults.heal();
      disk.crash_losing_all();
      if (disk.list(kTestDirectory).ok()) {
        EXPECT_GE(records_on(disk), acknowledged) << "call " << k;
      }
      ASSERT_LT(k, 1000U);
      if (!failed) {
        EXPECT_EQ(acknowledged, 60U);
      }
    }
  }
}

TEST(GroupCommit, AFailureIsToldOnceAndEndsTheThread) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  LogWorld log(faults);
  GroupCommit& commit = log.commit();
  faults.fail_call(2, FaultFileSystem::Lasting::once);
  Status ended;
  std::thread writer([&] { ended = commit.run(); });
  ASSERT_TRUE(log.append(numbered(1)));
  EXPECT_FALSE(commit.wait_durable(Sequence{1}));
  writer.join();
  EXPECT_EQ(ended.code(), StatusCode::io_error);
  EXPECT_EQ(log.failures().size(), 1U);
  EXPECT_EQ(log.acknowledged(), Sequence{0});
}

TEST(GroupCommit, MemoryIsBoundedAndTimersHaveAReserve) {
  MemoryFileSystem disk;
  LogWorld log(disk, {}, 16 << 20);
  GroupCommit& commit = log.commit();
  uint64_t commands = 0;
  while (commit.reserve(kCommand)) {
    ++commands;
  }
  EXPECT_EQ(commands, 15U);  // 16 batches of buffer, one of them for timers
  EXPECT_TRUE(commit.reserve(kTimer));
  EXPECT_FALSE(commit.reserve(kTimer));
  commit.release(kTimer);
  for (; commands > 0; --commands) {
    commit.release(kCommand);
  }
  uint64_t appended = 0;
  while (log.append(numbered(appended + 1, 60'000))) {
    ++appended;
  }
  EXPECT_GT(appended, 50U);
  EXPECT_TRUE(commit.reserve(kTimer));
  commit.release(kTimer);
  ASSERT_TRUE(log.sync().ok());
  EXPECT_TRUE(log.append(numbered(appended + 1)));
}

TEST(GroupCommit, AFullDiskRefusesNewWorkLosesNothingAndRecovers) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  disk.set_capacity(4 << 20);  // what is there, and not a byte more
  uint64_t appended = 0;
  while (log.append(numbered(appended + 1, 30'000))) {
    ++appended;
    ASSERT_TRUE(log.sync().ok());
    (void)log.spares().fill().ok();
  }
  EXPECT_GT(appended, 50U);
  EXPECT_EQ(log.spares().problem().code(), StatusCode::no_space);
  EXPECT_TRUE(log.failures().empty());
  EXPECT_EQ(log.acknowledged(), Sequence{appended});
  disk.set_capacity(UINT64_MAX);
  ASSERT_TRUE(log.spares().fill().ok());
  EXPECT_TRUE(log.append(numbered(appended + 1)));
  ASSERT_TRUE(log.sync().ok());
  EXPECT_EQ(records_on(disk), appended + 1);
}

// Reserves as an engine would, on a disk that is full from the start: whatever was let in is
// written.
TEST(GroupCommit, WhatWasLetInFitsOnTheDisk) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random(seed);
    MemoryFileSystem disk;
    LogWorld log(disk);
    disk.set_capacity(4 << 20);
    uint64_t appended = 0;
    // Few syncs make large batches, which leave much unused at the end of a file.
    const uint64_t appends_per_sync = seed % 2 == 0 ? 4 : 40;
    while (log.append(numbered(appended + 1, random() % 65'000))) {
      ++appended;
      if (random() % appends_per_sync == 0) {
        ASSERT_TRUE(log.sync().ok()) << "seed " << seed;
      }
    }
    ASSERT_TRUE(log.commit().finish().ok()) << "seed " << seed;
    EXPECT_EQ(records_on(disk), appended);
  }
}

TEST(GroupCommit, AStopWritesWhatIsWaitingAndClosesTheLog) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  ASSERT_TRUE(log.append(numbered(1)));
  std::thread writer([&] { EXPECT_TRUE(log.commit().run().ok()); });
  log.commit().stop();
  writer.join();
  EXPECT_EQ(log.acknowledged(), Sequence{1});
  EXPECT_EQ(records_on(disk), 1U);
}

TEST(GroupCommit, ARunIsSyncedOnce) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  GroupCommit& commit = log.commit();
  std::thread writer([&] { EXPECT_TRUE(commit.run().ok()); });
  for (uint64_t run = 1; run <= 20; ++run) {
    commit.begin_run();
    for (uint64_t i = 0; i < 100; ++i) {
      ASSERT_TRUE(log.append(numbered(i)));
    }
    EXPECT_LT(commit.durable(), log.last());
    commit.end_run();
    EXPECT_TRUE(commit.wait_durable(log.last()));
    EXPECT_EQ(commit.counters().writes, run);
  }
  commit.begin_run();
  commit.end_run();
  // Without a run nobody has to say that it ends.
  ASSERT_TRUE(log.append(numbered(0)));
  EXPECT_TRUE(commit.wait_durable(log.last()));
  // A run that is as long as that waits for its end no more.
  commit.begin_run();
  for (uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(log.append(numbered(i, 40'000)));
  }
  EXPECT_TRUE(commit.wait_durable(Sequence{log.last().value - 8}));
  commit.end_run();
  commit.stop();
  writer.join();
}

// Many threads, one writer, one thread making files: no record is lost, doubled or out of order.
TEST(GroupCommit, ManyThreadsMakeOneLog) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 3'000;
  MemoryFileSystem disk;
  LogWorld log(disk);
  GroupCommit& commit = log.commit();
  std::thread writer([&] { EXPECT_TRUE(commit.run().ok()); });
  std::thread maker([&] { log.spares().run(); });
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&commit, thread] {
      const std::string text = std::to_string(thread) + std::string(300, 'x');
      for (uint64_t i = 0; i < kEach;) {
        if (!commit.reserve(kCommand)) {
          std::this_thread::yield();
          continue;
        }
        const std::array<Event, 2> events = {OperatorActed{text, kNobody}, TimeRecorded{}};
        const Sequence last = commit.append({Tick(Millis(i)), {}}, events);
        commit.release(kCommand);
        if (i++ % 100 == 0) {
          EXPECT_TRUE(commit.wait_durable(last));
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  commit.stop();
  writer.join();
  log.spares().stop();
  maker.join();
  std::array<int64_t, kThreads> next{};
  const auto read = replay_log(disk, kTestDirectory, {}, [&](const Record& record) {
    if (const auto* acted = std::get_if<OperatorActed>(&record.event)) {
      const auto thread = static_cast<std::size_t>(acted->what[0] - '0');
      EXPECT_EQ(record.now.tick, Tick(Millis(next.at(thread)++)));
      EXPECT_EQ(record.sequence.value % 2, 1U);
    }
    return Status();
  });
  ASSERT_TRUE(read.ok()) << read.status.text();
  EXPECT_EQ(read.value.records, kThreads * kEach * 2);
}

}  // namespace
}  // namespace plated
