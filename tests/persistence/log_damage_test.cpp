// Exhaustive damage to a log of several files: every truncation, every flipped bit, every sector
// zeroed, moved or replaced by a stale one, every file lost, doubled or exchanged; and the same for
// an archived file.
//
// The oracle looks at the bytes only. A batch is intact when its bytes stand where they were
// written. In a file that another one follows, anything not intact is damage. In the last file, an
// intact batch behind the first one that is not, and written when that was already durable, proves
// damage; without such proof the rest is a torn tail. What is read is always a prefix as written.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "persistence/log_archive.h"
#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/resealed.h"
#include "tests/support/effort.h"

namespace plated {
namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kZerosBehind = 64;  // that a file keeps of what follows its last batch

struct WrittenBatch {
  std::size_t begin = 0;
  std::size_t end = 0;
  uint64_t first = 0;
  uint64_t records = 0;
  uint64_t durable = 0;
};

struct WrittenFile {
  std::string path;
  Bytes bytes;
  std::vector<WrittenBatch> batches;
};

// A log of three files, one for each life, and what stands in it. `identity` tells logs apart whose
// sequences are the same.
struct WrittenLog {
  std::vector<WrittenFile> files;
  uint64_t records = 0;

  explicit WrittenLog(bool closed, std::size_t record_bytes = 0, uint64_t identity = 0) {
    MemoryFileSystem disk;
    LogPosition position;
    for (uint64_t life = 1; life <= 3; ++life) {
      LogWorld log(disk, position, kLogFileSizeMin, identity + 10 * life, 1);
      for (int i = 1; i <= 7; ++i) {
        EXPECT_TRUE(log.append(numbered(++records, record_bytes)));
        // Batches of two records, and one of one at the end.
        EXPECT_TRUE(i % 2 == 1 && i != 7 ? true : log.sync().ok());
      }
      if (closed || life == 2) {
        EXPECT_TRUE(log.commit().finish().ok());
      }
      const auto nothing = [](const Record&) { return Status(); };
      const auto read = replay_log(disk, kTestDirectory, {}, nothing);
      EXPECT_TRUE(read.ok());
      if (life < 3) {
        position = settle_log_tail(disk, kTestDirectory, read.value).value;
      }
    }
    for (const LogFileName& name : list_log_files(disk, kTestDirectory).value) {
      files.push_back(read_file(disk, name));
    }
    EXPECT_EQ(files.size(), 3U);
  }

  // The three files of format 1 that are kept with the golden ones; each was closed.
  static WrittenLog of_format_1() {
    WrittenLog log;
    MemoryFileSystem disk;
    for (const uint64_t first : {1U, 8U, 15U}) {
      const std::string name = log_file_name(Sequence{first});
      std::ifstream file(std::string(PLATED_GOLDEN_DIR) + "/log-v1/" + name, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(file)), {});
      const auto bytes = std::as_bytes(std::span(text));
      disk.put_file(kTestDirectory + "/" + name, {bytes.begin(), bytes.end()});
      log.files.push_back(read_file(disk, {kTestDirectory + "/" + name, Sequence{first}}));
    }
    log.records = 21;
    return log;
  }

  static WrittenFile read_file(MemoryFileSystem& disk, const LogFileName& name) {
    WrittenFile file{name.path, *disk.contents(name.path), {}};
    auto reader = LogReader::open(disk, name, LogPlace::last);
    for (LogBatch batch; reader.value.next(batch);) {
      file.batches.push_back({static_cast<std::size_t>(batch.offset),
                              static_cast<std::size_t>(reader.value.sound_bytes()),
                              batch.first.value, batch.records, batch.durable.value});
    }
    file.bytes.resize(file.batches.back().end + kZerosBehind);
    return file;
  }

 private:
  WrittenLog() = default;
};

struct ReadUntilDamage {
  Status status;
  LogFindings findings;
  uint64_t records = 0;
  bool as_written = true;
};

ReadUntilDamage read_until_damage(FileSystem& disk, bool archived = false) {
  ReadUntilDamage read;
  auto replayed = replay_log(
      disk, kTestDirectory, {.after = {}, .archived = archived}, [&](const Record& record) {
        ++read.records;
        const auto* event = std::get_if<OperatorActed>(&record.event);
        const std::string number = std::to_string(read.records);
        read.as_written &= event != nullptr && record.sequence.value == read.records &&
                           event->what.substr(0, event->what.find('.')) == number;
        return Status();
      });
  read.status = replayed.status;
  read.findings = replayed.value;
  return read;
}

void put_all(MemoryFileSystem& disk, const WrittenLog& log) {
  for (const WrittenFile& file : log.files) {
    disk.put_file(file.path, file.bytes);
  }
}

bool zeros_from(const Bytes& bytes, std::size_t at) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at, bytes.size())),
                     bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool intact(const WrittenFile& file, const Bytes& hurt, std::size_t begin, std::size_t end) {
  return hurt.size() >= end && std::equal(hurt.begin() + static_cast<std::ptrdiff_t>(begin),
                                          hurt.begin() + static_cast<std::ptrdiff_t>(end),
                                          file.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
}

// What the oracle says of a log in which one file was hurt.
struct Verdict {
  bool refused = false;
  uint64_t records = 0;  // when it is not refused
  std::string path;      // when it is
  std::size_t offset = 0;
  bool torn = false;
};

Verdict judge(const WrittenLog& log, std::size_t index, const Bytes& hurt) {
  const WrittenFile& file = log.files[index];
  const bool followed = index + 1 < log.files.size();
  if (!intact(file, hurt, 0, kLogHeaderSize)) {
    return {true, 0, file.path, 0, false};
  }
  const auto broken = std::find_if(
      file.batches.begin(), file.batches.end(),
      [&](const WrittenBatch& batch) { return !intact(file, hurt, batch.begin, batch.end); });
  const bool whole = broken == file.batches.end();
  const std::size_t sound = whole ? file.batches.back().end : broken->begin;
  const uint64_t records =
      whole ? file.batches.back().first + file.batches.back().records - 1 : broken->first - 1;
  const bool ends = zeros_from(hurt, sound);
  if (followed) {
    if (ends) {  // the file after it misses the rest, if records or the closing batch are gone
      return whole ? Verdict{false, log.records, {}, 0, false}
                   : Verdict{true, 0, log.files[index + 1].path, 0, false};
    }
    return {true, 0, file.path, sound, false};
  }
  const bool proved = !whole && std::any_of(broken + 1, file.batches.end(), [&](const auto& later) {
    return intact(file, hurt, later.begin, later.end) && later.durable >= broken->first;
  });
  if (proved) {
    return {true, 0, file.path, sound, false};
  }
  return {false, records, {}, 0, !ends};
}

// The reader does what the oracle says.
void expect_verdict(const WrittenLog& log, MemoryFileSystem& disk, std::size_t index,
                    const Bytes& hurt, const std::string& what) {
  disk.put_file(log.files[index].path, hurt);
  const Verdict verdict = judge(log, index, hurt);
  const ReadUntilDamage read = read_until_damage(disk);
  disk.put_file(log.files[index].path, log.files[index].bytes);
  ASSERT_TRUE(read.as_written) << what;
  ASSERT_EQ(read.status.ok(), !verdict.refused) << what << ": " << read.status.text();
  if (verdict.refused) {
    ASSERT_EQ(read.status.code(), StatusCode::corruption) << what;
    ASSERT_EQ(read.status.path(), verdict.path) << what << ": " << read.status.text();
    if (verdict.offset > 0) {
      ASSERT_EQ(read.status.offset(), verdict.offset) << what;
    }
    ASSERT_FALSE(read.status.message().empty());
  } else {
    ASSERT_EQ(read.records, verdict.records) << what;
    ASSERT_EQ(read.findings.torn_bytes > 0, verdict.torn) << what;
  }
}

std::string place(std::size_t file, std::size_t at) {
  return "file " + std::to_string(file) + ", place " + std::to_string(at);
}

void expect_verdict_of_every_truncation(const WrittenLog& log) {
  MemoryFileSystem disk;
  put_all(disk, log);
  for (std::size_t file = 0; file < log.files.size(); ++file) {
    const Bytes& whole = log.files[file].bytes;
    for (std::size_t size = 0; size <= whole.size(); size += every_or(5)) {
      const Bytes hurt(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      expect_verdict(log, disk, file, hurt, place(file, size));
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

void expect_verdict_of_every_flipped_bit(const WrittenLog& log) {
  MemoryFileSystem disk;
  put_all(disk, log);
  for (std::size_t file = 0; file < log.files.size(); ++file) {
    for (std::size_t bit = 0; bit < log.files[file].bytes.size() * 8; bit += every_or(23)) {
      Bytes hurt = log.files[file].bytes;
      hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      expect_verdict(log, disk, file, hurt, place(file, bit));
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
}

class LogDamage : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Logs, LogDamage, ::testing::Bool(),
                         [](const auto& param) { return param.param ? "Closed" : "CutShort"; });

TEST_P(LogDamage, EveryTruncationIsCutOrRefusedAtItsPlace) {
  expect_verdict_of_every_truncation(WrittenLog(GetParam()));
}

TEST_P(LogDamage, EveryFlippedBitIsCutOrRefusedAtItsPlace) {
  expect_verdict_of_every_flipped_bit(WrittenLog(GetParam()));
}

TEST(LogDamageOfFormat1, EveryTruncationIsCutOrRefusedAtItsPlace) {
  expect_verdict_of_every_truncation(WrittenLog::of_format_1());
}

TEST(LogDamageOfFormat1, EveryFlippedBitIsCutOrRefusedAtItsPlace) {
  expect_verdict_of_every_flipped_bit(WrittenLog::of_format_1());
}

// Any run of sectors lost, as zeros or as what another log had there before.
TEST_P(LogDamage, EveryRunOfLostSectorsIsCutOrRefusedAtItsPlace) {
  const WrittenLog log(GetParam(), 700);
  const WrittenLog stale(true, 700, 500);
  MemoryFileSystem disk;
  put_all(disk, log);
  for (std::size_t file = 0; file < log.files.size(); ++file) {
    const Bytes& whole = log.files[file].bytes;
    const Bytes& old = stale.files[file].bytes;
    for (std::size_t from = 0; from < whole.size(); from += kSector) {
      for (std::size_t to = from + kSector; to < whole.size() + kSector; to += kSector) {
        const std::size_t end = std::min({to, whole.size(), old.size()});
        Bytes zeroed = whole;
        std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(from),
                  zeroed.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
        expect_verdict(log, disk, file, zeroed, "zeroed " + place(file, from));
        Bytes replaced = whole;
        std::copy(old.begin() + static_cast<std::ptrdiff_t>(from),
                  old.begin() + static_cast<std::ptrdiff_t>(end),
                  replaced.begin() + static_cast<std::ptrdiff_t>(from));
        if (from > 0) {  // with its header the old file would be another one
          expect_verdict(log, disk, file, replaced, "stale " + place(file, from));
        }
        ASSERT_FALSE(HasFailure());
      }
    }
  }
}

// Sectors and batches that stand in each other's place, of one file or of two: a batch of this file
// that stands in a wrong place is sound, and its sequence gives it away. Refused, or cut without
// losing what is proved.
TEST_P(LogDamage, WhatIsMovedOrDoubledIsNeverReadInItsNewPlace) {
  const WrittenLog log(GetParam(), 300);
  MemoryFileSystem disk;
  put_all(disk, log);
  uint64_t refused = 0;
  uint64_t tried = 0;
  const auto expect_safe = [&](std::size_t file, const Bytes& hurt) {
    disk.put_file(log.files[file].path, hurt);
    const ReadUntilDamage read = read_until_damage(disk);
    const Verdict verdict = judge(log, file, hurt);
    ASSERT_TRUE(read.as_written);
    ASSERT_TRUE(!read.status.ok() || !verdict.refused) << read.records;
    ASSERT_TRUE(!read.status.ok() || read.records == verdict.records);
    refused += read.status.ok() ? 0 : 1;
    ++tried;
    disk.put_file(log.files[file].path, log.files[file].bytes);
  };
  for (std::size_t file = 0; file < log.files.size(); ++file) {
    for (const WrittenFile& other : log.files) {
      for (const WrittenBatch& from : other.batches) {
        const auto begin = other.bytes.begin() + static_cast<std::ptrdiff_t>(from.begin);
        const auto size = static_cast<std::ptrdiff_t>(from.end - from.begin);
        for (const WrittenBatch& to : log.files[file].batches) {
          const auto at = static_cast<std::ptrdiff_t>(to.begin);
          Bytes doubled = log.files[file].bytes;
          doubled.insert(doubled.begin() + at, begin, begin + size);
          expect_safe(file, doubled);
          Bytes over = log.files[file].bytes;
          over.resize(std::max(over.size(), to.begin + static_cast<std::size_t>(size)));
          std::copy(begin, begin + size, over.begin() + at);
          expect_safe(file, over);
          Bytes gone = log.files[file].bytes;
          gone.erase(gone.begin() + at, gone.begin() + static_cast<std::ptrdiff_t>(to.end));
          expect_safe(file, gone);
          ASSERT_FALSE(HasFailure());
        }
      }
    }
  }
  EXPECT_GT(refused, tried / 2);
}

// Every assignment of contents to names: of this log, of another one with the same sequences, or
// nothing. Only the log itself is read, or a beginning of it whose end nothing proves.
TEST_P(LogDamage, FilesThatAreLostOrExchangedAreMissed) {
  const WrittenLog log(GetParam());
  const WrittenLog other(GetParam(), 0, 500);
  std::vector<std::optional<Bytes>> contents = {std::nullopt};
  for (const WrittenLog* from : {&log, &other}) {
    for (const WrittenFile& file : from->files) {
      contents.emplace_back(file.bytes);
    }
  }
  const std::size_t kinds = contents.size();
  for (std::size_t pick = 0; pick < kinds * kinds * kinds; ++pick) {
    MemoryFileSystem disk;
    ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
    const std::array<std::size_t, 3> picked = {pick % kinds, pick / kinds % kinds,
                                               pick / kinds / kinds};
    for (std::size_t i = 0; i < 3; ++i) {
      if (contents[picked[i]]) {
        disk.put_file(log.files[i].path, *contents[picked[i]]);
      }
    }
    // A beginning of one of the two logs: file 1, 1 and 2, or all.
    const bool first = picked[0] == 1 || picked[0] == 4;
    const bool second = picked[1] == picked[0] + 1;
    const bool third = picked[2] == picked[0] + 2;
    const bool none = picked[0] == 0 && picked[1] == 0 && picked[2] == 0;
    const bool beginning = first && (second ? third || picked[2] == 0 : picked[1] + picked[2] == 0);
    const ReadUntilDamage read = read_until_damage(disk);
    ASSERT_EQ(read.status.ok(), none || beginning) << pick << ' ' << read.status.text();
    ASSERT_TRUE(read.as_written);
    if (!read.status.ok()) {
      ASSERT_EQ(read.status.code(), StatusCode::corruption);
      ASSERT_TRUE(read.status.path().starts_with(kTestDirectory));
    }
  }
}

TEST(LogVersions, AFileOfALaterVersionIsRefusedByName) {
  const WrittenLog log(true);
  for (const WrittenFile& file : log.files) {
    MemoryFileSystem disk;
    put_all(disk, log);
    Bytes later = file.bytes;
    put(later.data() + 8, kLogVersion + 1);
    reseal_header(later, kLogHeaderSize);
    disk.put_file(file.path, later);
    const ReadUntilDamage read = read_until_damage(disk);
    EXPECT_EQ(read.status.code(), StatusCode::mismatch);
    EXPECT_EQ(read.status.path(), file.path);
    EXPECT_NE(read.status.text().find("another version"), std::string::npos);
  }
}

// An archived file is followed by others, so nothing of it may be missing.
TEST(ArchiveDamage, EveryTruncationAndFlippedBitIsRefusedOrHarmless) {
  const WrittenLog log(true, 40);
  MemoryFileSystem disk;
  put_all(disk, log);
  const WrittenFile& first = log.files[0];
  const std::string name = log_file_name(Sequence{1});
  const ByteSpan sound = ByteSpan(first.bytes).first(first.batches.back().end);
  ASSERT_TRUE(archive_log_file(disk, kTestDirectory, name, sound).ok());
  ASSERT_TRUE(disk.remove(first.path).ok());
  const std::string path = kTestDirectory + "/archive/" + name + ".zst";
  const Bytes whole = *disk.contents(path);
  ASSERT_EQ(read_until_damage(disk, true).records, log.records);
  uint64_t harmless = 0;
  const auto expect_safe = [&](const Bytes& hurt, std::size_t at) {
    disk.put_file(path, hurt);
    const ReadUntilDamage read = read_until_damage(disk, true);
    ASSERT_TRUE(read.as_written) << at;
    if (read.status.ok()) {
      ++harmless;  // a bit that says nothing of the contents
      ASSERT_EQ(read.records, log.records) << at;
    } else {
      ASSERT_EQ(read.status.code(), StatusCode::corruption) << at << read.status.text();
      ASSERT_TRUE(read.status.path() == path || read.status.path() == log.files[1].path) << at;
    }
  };
  for (std::size_t size = 0; size < whole.size(); size += every_or(3)) {
    expect_safe(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)), size);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_EQ(harmless, 0U);
  for (std::size_t bit = 0; bit < whole.size() * 8; bit += every_or(11)) {
    Bytes hurt = whole;
    hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    expect_safe(hurt, bit);
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_LT(harmless, whole.size() * 8 / 50);
  Bytes doubled = whole;
  doubled.insert(doubled.end(), whole.begin(), whole.end());
  expect_safe(doubled, whole.size());
}

}  // namespace
}  // namespace plated
