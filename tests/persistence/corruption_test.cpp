// Every way in which a log's bytes can be hurt: cut anywhere, any bit flipped, any write torn. The
// reader recovers a prefix of what was written or refuses; it never gives anything else, and what
// was acknowledged is never lost to a crash.
#include <gtest/gtest.h>

#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/support/effort.h"

namespace plated {
namespace {

struct Read {
  Status status;
  LogFindings findings;
  uint64_t records = 0;
  bool as_written = true;  // each record says its own number
};

Read read_all(FileSystem& files) {
  Read read;
  auto replayed = replay_log(files, kTestDirectory, {}, [&](const Record& record) {
    ++read.records;
    const auto* event = std::get_if<OperatorActed>(&record.event);
    const std::string number = std::to_string(read.records);
    read.as_written &= event != nullptr && event->what.substr(0, number.size()) == number &&
                       record.sequence.value == read.records;
    return Status();
  });
  read.status = replayed.status;
  read.findings = replayed.value;
  return read;
}

const std::string kFirst = kTestDirectory + "/" + log_file_name(Sequence{1});

// Three batches of three records, each batch synced before the next, and where each ends.
struct SmallLog {
  MemoryFileSystem disk;
  std::vector<std::size_t> ends;
  Bytes bytes;

  explicit SmallLog(bool closed = false) {
    LogWorld log(disk);
    for (uint64_t i = 1; i <= 9; ++i) {
      EXPECT_TRUE(log.append(numbered(i)));
      if (i % 3 == 0) {
        EXPECT_TRUE(log.sync().ok());
        ends.push_back(static_cast<std::size_t>(log.writer().used()));
      }
    }
    if (closed) {
      EXPECT_TRUE(log.commit().finish().ok());
    }
    bytes = *disk.contents(kFirst);
    bytes.resize(ends.back() + 256);  // enough of the zeros behind
  }
  [[nodiscard]] uint64_t records_before(std::size_t offset) const {
    uint64_t records = 0;
    for (const std::size_t end : ends) {
      records += end <= offset ? 3 : 0;
    }
    return records;
  }
};

TEST(Corruption, ALogCutAtAnyByteKeepsItsWholeBatches) {
  SmallLog log;
  for (std::size_t size = 0; size <= log.ends.back(); ++size) {
    log.disk.put_file(
        kFirst, Bytes(log.bytes.begin(), log.bytes.begin() + static_cast<std::ptrdiff_t>(size)));
    const Read read = read_all(log.disk);
    EXPECT_TRUE(read.as_written);
    if (size < kLogHeaderSize) {
      EXPECT_EQ(read.status.code(), StatusCode::corruption) << size;
      continue;
    }
    EXPECT_TRUE(read.status.ok()) << size << ' ' << read.status.text();
    EXPECT_EQ(read.records, log.records_before(size)) << size;
  }
}

TEST(Corruption, ZerosFromAnyByteOnAreATornTail) {
  SmallLog log;
  for (std::size_t size = kLogHeaderSize; size <= log.ends.back(); ++size) {
    Bytes cut = log.bytes;
    std::fill(cut.begin() + static_cast<std::ptrdiff_t>(size), cut.end(), std::byte{0});
    log.disk.put_file(kFirst, cut);
    const Read read = read_all(log.disk);
    EXPECT_TRUE(read.status.ok()) << size << ' ' << read.status.text();
    EXPECT_EQ(read.records, log.records_before(size)) << size;
    EXPECT_TRUE(read.as_written);
  }
}

// A flip in the last batch looks like a torn write and costs that batch; everywhere else it is
// found and refused, because later batches prove that the place was once sound.
TEST(Corruption, AnyFlippedBitIsRefusedOrCostsTheLastBatchOnly) {
  SmallLog log;
  for (std::size_t bit = 0; bit < log.ends.back() * 8; ++bit) {
    Bytes hurt = log.bytes;
    hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    log.disk.put_file(kFirst, hurt);
    const Read read = read_all(log.disk);
    EXPECT_TRUE(read.as_written) << bit;
    if (bit / 8 < log.ends[1]) {
      EXPECT_EQ(read.status.code(), StatusCode::corruption) << bit;
    } else {
      EXPECT_TRUE(read.status.ok()) << bit << ' ' << read.status.text();
      EXPECT_EQ(read.records, 6U) << bit;
      EXPECT_GT(read.findings.torn_bytes, 0U);
    }
  }
}

// Nothing but the checksum notices a flipped bit within a text, and it has to reach that far.
TEST(Corruption, TheChecksumCoversALargeBatchToItsEnd) {
  constexpr std::size_t kText = 10'000;
  constexpr std::size_t kStride = 1'000;
  MemoryFileSystem disk;
  LogWorld log(disk);
  for (uint64_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(log.append(numbered(i, kText)));
  }
  ASSERT_TRUE(log.sync().ok());
  const Bytes bytes = *disk.contents(kFirst);
  const auto end = static_cast<std::size_t>(log.writer().used());
  ASSERT_EQ(read_all(disk).records, 20U);
  for (std::size_t at = kLogHeaderSize + kStride; at < end; at += kStride) {
    Bytes hurt = bytes;
    hurt[at] ^= std::byte{1};
    disk.put_file(kFirst, std::move(hurt));
    const Read read = read_all(disk);
    EXPECT_TRUE(!read.status.ok() || read.records < 20) << at;
  }
}

TEST(Corruption, AfterACleanStopEveryFlippedBitOfARecordIsRefused) {
  SmallLog log(true);
  for (std::size_t bit = 0; bit < log.ends.back() * 8; ++bit) {
    Bytes hurt = log.bytes;
    hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    log.disk.put_file(kFirst, hurt);
    EXPECT_EQ(read_all(log.disk).status.code(), StatusCode::corruption) << bit;
  }
}

TEST(Corruption, DamageNamesFileAndOffset) {
  SmallLog log;
  log.bytes[log.ends[0] + 40] ^= std::byte{1};
  log.disk.put_file(kFirst, log.bytes);
  const Read read = read_all(log.disk);
  EXPECT_EQ(read.status.path(), kFirst);
  EXPECT_EQ(read.status.offset(), log.ends[0]);
}

TEST(Corruption, GarbageBehindTheLastBatchIsCut) {
  SmallLog log;
  for (std::size_t i = 0; i < 100; ++i) {
    log.bytes[log.ends.back() + i] = static_cast<std::byte>(i * 37 + 1);
  }
  log.disk.put_file(kFirst, log.bytes);
  const Read read = read_all(log.disk);
  EXPECT_TRUE(read.status.ok());
  EXPECT_EQ(read.records, 9U);
  EXPECT_EQ(read.findings.torn_bytes, 100U);
  EXPECT_EQ(read.findings.torn_offset, log.ends.back());
}

// What another log or another life has left in a place, in the very words that would be next there:
// only who wrote it gives it away.
TEST(Corruption, AStaleBatchOfAnotherFileNeverPasses) {
  SmallLog log;
  Bytes stale = log.bytes;
  const std::span<std::byte> batch =
      std::span(stale).subspan(log.ends[1], log.ends[2] - log.ends[1]);
  BatchHeader header = *decode_batch(batch);
  EXPECT_EQ(header.first, Sequence{7});
  header.writer = 999;
  (void)encode_batch_header(header, batch.subspan(kBatchHeaderSize),
                            batch.first<kBatchHeaderSize>());
  log.disk.put_file(kFirst, stale);
  const Read read = read_all(log.disk);
  EXPECT_TRUE(read.status.ok());
  EXPECT_EQ(read.records, 6U);
  EXPECT_GT(read.findings.torn_bytes, 0U);
}

// A place that was another file's of the same life holds an older batch of the same writer, where
// the write that was to replace it was cut short.
TEST(Corruption, AnOlderBatchOfTheSameWriterIsCutLikeATornOne) {
  SmallLog log;
  Bytes stale = log.bytes;
  const auto at = [&](std::size_t offset) {
    return stale.begin() + static_cast<std::ptrdiff_t>(offset);
  };
  const Bytes first(at(kLogHeaderSize), at(log.ends[0]));
  std::fill(at(log.ends[1]), stale.end(), std::byte{0});
  std::copy(first.begin(), first.end(), at(log.ends[1]));
  log.disk.put_file(kFirst, stale);
  const Read read = read_all(log.disk);
  EXPECT_TRUE(read.status.ok()) << read.status.text();
  EXPECT_EQ(read.records, 6U);
  EXPECT_EQ(read.findings.torn_bytes, first.size());
}

// Every batch names the one before by its checksum, so no history is ever joined to another one.
TEST(Corruption, ABatchThatWasWrittenBehindAnotherOneIsRefused) {
  SmallLog log;
  const std::span<std::byte> batch =
      std::span(log.bytes).subspan(log.ends[1], log.ends[2] - log.ends[1]);
  const BatchHeader sound = *decode_batch(batch);
  for (int wrong = 0; wrong < 4; ++wrong) {
    BatchHeader header = sound;
    header.before ^= wrong == 0 ? 1 : 0;
    header.number += wrong == 1 ? 1 : 0;
    header.first.value += wrong == 2 ? 1 : 0;
    (void)encode_batch_header(header, batch.subspan(kBatchHeaderSize),
                              batch.first<kBatchHeaderSize>());
    log.disk.put_file(kFirst, log.bytes);
    const Read read = read_all(log.disk);
    EXPECT_EQ(read.status.ok(), wrong == 3) << wrong;
    EXPECT_EQ(read.records, wrong == 3 ? 9U : 6U) << wrong;
  }
}

// Batches of one write reach the disk in any order: a hole before a sound companion is a torn
// write.
TEST(Corruption, AHoleWithinOneUnsyncedWriteIsATornTail) {
  MemoryFileSystem disk;
  std::size_t first_end = 0;
  {
    LogWorld log(disk, {}, 4 << 20);
    ASSERT_TRUE(log.append(numbered(1)));
    ASSERT_TRUE(log.sync().ok());
    first_end = static_cast<std::size_t>(log.writer().used());
    for (uint64_t i = 2; i <= 16; ++i) {
      ASSERT_TRUE(log.append(numbered(i, 30'000)));
    }
    ASSERT_TRUE(log.sync().ok());
  }
  Bytes torn = *disk.contents(kFirst);
  torn[first_end + 100] ^= std::byte{0xff};
  disk.put_file(kFirst, torn);
  const Read read = read_all(disk);
  EXPECT_TRUE(read.status.ok()) << read.status.text();
  EXPECT_EQ(read.records, 1U);
  EXPECT_GT(read.findings.torn_bytes, 400'000U);
}

// Crashes with every mixture of sectors; what was acknowledged is there, and nothing foreign.
TEST(Corruption, WhatWasAcknowledgedSurvivesEveryCrash) {
  for (uint64_t seed = 1; seed <= 60; seed += every_or(3)) {
    std::mt19937_64 random(seed);
    MemoryFileSystem disk;
    LogPosition position;
    uint64_t written = 0;
    for (int life = 0; life < 4; ++life) {
      LogWorld log(disk, position);
      ASSERT_TRUE(log.opened().ok()) << log.opened().text();
      uint64_t acknowledged = written;
      for (uint64_t step = random() % 60; step > 0; --step) {
        ASSERT_TRUE(log.append(numbered(++written, random() % 20'000)));
        if (random() % 3 == 0) {
          ASSERT_TRUE(log.sync().ok());
          ASSERT_TRUE(log.spares().fill().ok());
          acknowledged = log.acknowledged().value;
        }
      }
      disk.crash(random());
      const Read read = read_all(disk);
      ASSERT_TRUE(read.status.ok()) << "seed " << seed << ": " << read.status.text();
      ASSERT_TRUE(read.as_written) << "seed " << seed;
      ASSERT_GE(read.records, acknowledged) << "seed " << seed;
      ASSERT_LE(read.records, written) << "seed " << seed;
      const auto settled = settle_log_tail(disk, kTestDirectory, read.findings);
      ASSERT_TRUE(settled.ok()) << settled.status.text();
      position = settled.value;
      written = read.records;
      disk.crash(random());
    }
  }
}

}  // namespace
}  // namespace plated
