// The log: round trips, rolling, the chain of its files, and what a writer does after a failure.
#include <gtest/gtest.h>

#include <thread>

#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/support/fault_file_system.h"

namespace plated {
namespace {

// What a replay gives, as texts.
struct ReadRange {
  Status status;
  LogFindings findings;
  std::vector<std::string> records;
};

ReadRange read_range(FileSystem& files, LogRange range = {}) {
  ReadRange read;
  auto replayed = replay_log(files, kTestDirectory, range, [&](const Record& record) {
    EXPECT_EQ(record.sequence.value, range.after.value + read.records.size() + 1);
    read.records.emplace_back(std::get<OperatorActed>(record.event).what);
    return Status();
  });
  read.status = replayed.status;
  read.findings = replayed.value;
  return read;
}

TEST(Log, NamesSortAsTheirSequences) {
  EXPECT_EQ(log_file_name(Sequence{42}), "log-00000000000000000042.plog");
  EXPECT_EQ(log_file_first("log-00000000000000000042.plog"), Sequence{42});
  EXPECT_EQ(log_file_first(log_file_name(Sequence{UINT64_MAX})), Sequence{UINT64_MAX});
  for (const char* other : {"log-42.plog", "log-0000000000000000004x.plog", "spare-1", "lock",
                            "log-00000000000000000042.plog.tmp", "log-99999999999999999999.plog"}) {
    EXPECT_EQ(log_file_first(other), std::nullopt) << other;
  }
}

TEST(Log, GivesBackWhatWasWrittenInOrder) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  ASSERT_TRUE(log.opened().ok()) << log.opened().text();
  for (uint64_t i = 1; i <= 100; ++i) {
    ASSERT_TRUE(log.append(numbered(i)));
    if (i % 7 == 0) {
      ASSERT_TRUE(log.sync().ok());
    }
  }
  ASSERT_TRUE(log.sync().ok());
  const ReadRange read = read_range(disk);
  ASSERT_TRUE(read.status.ok()) << read.status.text();
  EXPECT_EQ(read.records.size(), 100U);
  EXPECT_EQ(read.records[99], "100");
  EXPECT_EQ(read.findings.last, Sequence{100});
  EXPECT_EQ(read.findings.torn_bytes, 0U);
}

TEST(Log, AnEmptyDirectoryIsAnEmptyLog) {
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
  const ReadRange read = read_range(disk);
  EXPECT_TRUE(read.status.ok());
  EXPECT_EQ(read.findings.files, 0U);
}

// Fills several files with records of about 30 KiB.
void write_many_files(LogWorld& log, uint64_t records = 200) {
  for (uint64_t i = 1; i <= records; ++i) {
    ASSERT_TRUE(log.append(numbered(i, 30'000)));
    ASSERT_TRUE(log.sync().ok());
    ASSERT_TRUE(log.spares().fill().ok());
  }
}

TEST(Log, RollsIntoFilesThatAreSealedByTheirSuccessors) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_many_files(log);
  const ReadRange read = read_range(disk);
  ASSERT_TRUE(read.status.ok()) << read.status.text();
  EXPECT_EQ(read.records.size(), 200U);
  EXPECT_GE(read.findings.files, 6U);
}

TEST(Log, ReadsARangeWithoutTheFilesBeforeIt) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_many_files(log);
  const ReadRange read = read_range(disk, {Sequence{140}, Sequence{150}});
  ASSERT_TRUE(read.status.ok()) << read.status.text();
  EXPECT_EQ(read.records.size(), 10U);
  EXPECT_EQ(read.findings.last, Sequence{150});
  EXPECT_LE(read.findings.files, 2U);
  EXPECT_EQ(read_range(disk, {Sequence{200}, LogRange::kToTheEnd}).records.size(), 0U);
}

TEST(Log, ARecordThatWasDurableAndIsMissingIsDamage) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_many_files(log, 5);
  EXPECT_EQ(read_range(disk, {{}, Sequence{6}}).status.code(), StatusCode::corruption);
}

TEST(Log, AFileThatIsMissingOrFromAnotherLogIsDamage) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_many_files(log);
  const auto names = list_log_files(disk, kTestDirectory).value;
  MemoryFileSystem other;
  LogWorld other_log(other);
  for (uint64_t i = 1; i <= 200; ++i) {
    ASSERT_TRUE(other_log.append(numbered(i + 1000, 30'000)));
    ASSERT_TRUE(other_log.sync().ok());
    ASSERT_TRUE(other_log.spares().fill().ok());
  }
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const Bytes mine = *disk.contents(names[i].path);
    ASSERT_TRUE(disk.remove(names[i].path).ok());
    EXPECT_EQ(read_range(disk).status.code(), StatusCode::corruption) << i;
    if (other.contents(names[i].path)) {
      disk.put_file(names[i].path, *other.contents(names[i].path));
      EXPECT_EQ(read_range(disk).status.code(), StatusCode::corruption) << i;
    }
    disk.put_file(names[i].path, mine);
  }
  EXPECT_TRUE(read_range(disk).status.ok());
}

TEST(Log, RecordsOfOneAppendStandInOneBatchAndManyBatchesInOneWrite) {
  MemoryFileSystem disk;
  LogWorld log(disk, {}, 2 << 20);
  const uint64_t before = disk.syncs();
  for (uint64_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(log.append(numbered(i, 25'000)));
  }
  ASSERT_TRUE(log.sync().ok());
  EXPECT_EQ(disk.syncs(), before + 1);
  auto reader = LogReader::open(disk, {kTestDirectory + "/" + log_file_name(Sequence{1}), {1}},
                                LogPlace::last);
  ASSERT_TRUE(reader.ok());
  LogBatch batch;
  std::size_t batches = 0;
  while (reader.value.next(batch)) {
    EXPECT_LE(batch.bytes.size(), kBatchSizeBytesMax);
    EXPECT_EQ(batch.durable, Sequence{0});
    ++batches;
  }
  EXPECT_EQ(batches, 2U);
}

TEST(Log, SettlingATailLeavesTheSameRecordsInASafeFile) {
  MemoryFileSystem disk;
  {
    LogWorld log(disk);
    write_many_files(log, 10);
  }
  const ReadRange read = read_range(disk);
  const auto position = settle_log_tail(disk, kTestDirectory, read.findings);
  ASSERT_TRUE(position.ok()) << position.status.text();
  EXPECT_EQ(position.value.next, Sequence{11});
  disk.crash_losing_all();
  LogWorld log(disk, position.value);
  ASSERT_TRUE(log.opened().ok()) << log.opened().text();
  ASSERT_TRUE(log.append(numbered(11)));
  ASSERT_TRUE(log.sync().ok());
  const ReadRange again = read_range(disk);
  ASSERT_TRUE(again.status.ok()) << again.status.text();
  EXPECT_EQ(again.records.size(), 11U);
}

// The process died, the machine did not: what reads back may never have reached the disk.
TEST(Log, ATailThatOnlyThePageCacheKnewIsSafeOnceSettled) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
  {
    LogWorld log(faults);
    ASSERT_TRUE(log.append(numbered(1)));
    ASSERT_TRUE(log.sync().ok());
    ASSERT_TRUE(log.append(numbered(2)));
    faults.fail_call(2, FaultFileSystem::Lasting::once);
    ASSERT_FALSE(log.sync().ok());
  }
  const ReadRange before = read_range(disk);
  ASSERT_EQ(before.records.size(), 2U);
  ASSERT_TRUE(settle_log_tail(disk, kTestDirectory, before.findings).ok());
  disk.crash_losing_all();
  EXPECT_EQ(read_range(disk).records.size(), 2U);
}

TEST(Log, AFileWithoutRecordsGivesItsPlaceToTheNext) {
  MemoryFileSystem disk;
  LogPosition position;
  for (int start = 0; start < 3; ++start) {
    LogWorld log(disk, position);
    ASSERT_TRUE(log.opened().ok());
    const ReadRange read = read_range(disk);
    ASSERT_TRUE(read.status.ok()) << read.status.text();
    const auto settled = settle_log_tail(disk, kTestDirectory, read.findings);
    ASSERT_TRUE(settled.ok());
    position = settled.value;
  }
  EXPECT_EQ(position.next, Sequence{1});
  EXPECT_EQ(list_log_files(disk, kTestDirectory).value.size(), 1U);
}

TEST(Log, AFailureNamesTheFileByTheNameThatItHas) {
  for (const uint64_t write_or_sync : {uint64_t{1}, uint64_t{2}}) {
    MemoryFileSystem disk;
    FaultFileSystem faults(disk);
    LogWorld log(faults);
    ASSERT_TRUE(log.append(numbered(1)));
    faults.fail_call(write_or_sync, FaultFileSystem::Lasting::once);
    EXPECT_EQ(log.sync().path(), std::string(kTestDirectory) + "/" + log_file_name(Sequence{1}));
  }
}

TEST(Log, AfterAFailureTheWriterTouchesNothing) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  LogWorld log(faults);
  ASSERT_TRUE(log.append(numbered(1)));
  faults.fail_call(2, FaultFileSystem::Lasting::once);
  EXPECT_EQ(log.sync().code(), StatusCode::io_error);
  const uint64_t calls = faults.calls();
  EXPECT_FALSE(log.sync().ok());
  EXPECT_EQ(log.writer().commit({}).state, LogState::failed);
  EXPECT_FALSE(log.writer().close({}).ok());
  EXPECT_EQ(faults.calls(), calls);
}

TEST(SpareFiles, OnlyTheFileThatAStartWaitsForIsSmall) {
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
  constexpr uint64_t kUsual = uint64_t{40} << 20;
  SpareFiles spares(disk, kTestDirectory, kUsual, 1);
  auto first = spares.take();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first.value.size, uint64_t{32} << 20);
  auto second = spares.take();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second.value.size, kUsual);
  SpareFiles fresh(disk, kTestDirectory, kUsual, 1);
  LogWriter small(disk, kTestDirectory, fresh, [] { return uint64_t{1}; });
  ASSERT_TRUE(small.open({}).ok());
  EXPECT_EQ(small.room(), (uint64_t{32} << 20) - kLogHeaderSize);
}

// The thread rests between the pieces of the second file, but not while somebody waits for one.
TEST(SpareFiles, AreThereForWhoeverTakesThemFasterThanTheyAreMade) {
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
  constexpr uint64_t kSize = 4 * kLogFileSizeMin;
  SpareFiles spares(disk, kTestDirectory, kSize, 2);
  std::thread maker([&] { spares.run(); });
  while (spares.ready() < 2) {
    std::this_thread::yield();
  }
  for (int i = 0; i < 5; ++i) {
    const auto spare = spares.take();
    ASSERT_TRUE(spare.ok());
    EXPECT_EQ(spare.value.size, kSize);
    EXPECT_EQ(disk.contents(spare.value.path)->size(), kSize);
  }
  spares.stop();
  maker.join();
}

}  // namespace
}  // namespace plated
