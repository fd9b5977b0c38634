// The log as an inspector sees it: each file by itself, beside a writer, after a crash, damaged.
#include "persistence/log_survey.h"

#include <gtest/gtest.h>

#include "persistence/log_archive.h"
#include "persistence/log_replay.h"
#include "tests/persistence/log_world.h"
#include "tests/support/memory_file_system.h"

namespace plated {
namespace {

// Three files or more: 36 records of 60 kB, two to a write.
void write_three_files(LogWorld& log) {
  for (uint64_t i = 1; i <= 18; ++i) {
    ASSERT_TRUE(log.append(numbered(i, 60'000)));
    ASSERT_TRUE(log.append(numbered(i, 60'000)));
    ASSERT_TRUE(log.sync().ok());
    ASSERT_TRUE(log.spares().fill().ok());
  }
}

std::vector<SurveyedFile> surveyed(FileSystem& disk, const BatchVisitor& visit = {}) {
  auto found = survey_log(disk, kTestDirectory, visit);
  EXPECT_TRUE(found.ok()) << found.status.text();
  return std::move(found.value);
}

TEST(LogSurvey, EveryFileSaysWhatItHoldsAndHowItEnds) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  uint64_t batches = 0;
  uint64_t records = 0;
  const auto files = surveyed(disk, [&](const SurveyedFile&, const LogBatch& batch) {
    ++batches;
    records += batch.records;
  });
  ASSERT_GE(files.size(), 3U);
  uint64_t sum = 0;
  uint64_t batch_sum = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_TRUE(files[i].status.ok());
    EXPECT_EQ(files[i].end, i + 1 < files.size() ? LogFileEnd::sealed : LogFileEnd::open);
    EXPECT_EQ(files[i].bytes, kLogFileSizeMin);
    EXPECT_EQ(files[i].first(), i == 0 ? Sequence{1} : files[i - 1].next());
    sum += files[i].records();
    batch_sum += files[i].batches;
  }
  EXPECT_EQ(sum, 36U);
  EXPECT_EQ(records, 36U);
  EXPECT_EQ(batches, batch_sum);
  // The last write may be durable, but nothing on disk says so.
  EXPECT_EQ(files.back().next(), Sequence{37});
  EXPECT_LT(files.back().durable, Sequence{36});
  EXPECT_EQ(survey_log_end(disk, kTestDirectory).value.next(), Sequence{37});
  EXPECT_EQ(glance_at_log_end(disk, files.back().name).value, Sequence{36});
}

TEST(LogSurvey, ACleanStopVouchesForEverything) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  ASSERT_TRUE(log.append(numbered(1)));
  ASSERT_TRUE(log.commit().finish().ok());
  const auto end = survey_log_end(disk, kTestDirectory);
  EXPECT_EQ(end.value.end, LogFileEnd::closed);
  EXPECT_EQ(end.value.durable, Sequence{1});
}

TEST(LogSurvey, AnEmptyDirectoryHasNoEnd) {
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
  EXPECT_TRUE(surveyed(disk).empty());
  EXPECT_EQ(survey_log_end(disk, kTestDirectory).value.next(), Sequence{1});
}

TEST(LogSurvey, ATornTailIsNoDamage) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  ASSERT_TRUE(log.append(numbered(1)));
  ASSERT_TRUE(log.sync().ok());
  const std::string path = kTestDirectory + "/" + log_file_name(Sequence{1});
  const uint64_t sound = log.writer().used();
  Bytes bytes = *disk.contents(path);
  bytes[sound + 5] = std::byte{7};
  disk.put_file(path, bytes);
  const auto files = surveyed(disk);
  EXPECT_TRUE(files.back().status.ok());
  EXPECT_EQ(files.back().end, LogFileEnd::torn);
  EXPECT_EQ(files.back().torn_bytes, 6U);
  EXPECT_EQ(files.back().sound_bytes, sound);
}

TEST(LogSurvey, DamageOfOneFileHidesNoOther) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  const auto sound = surveyed(disk);
  for (const std::size_t hurt : {std::size_t{0}, std::size_t{1}}) {
    Bytes bytes = *disk.contents(sound[hurt].name.path);
    bytes[sound[hurt].sound_bytes - 1] ^= std::byte{1};
    disk.put_file(sound[hurt].name.path, bytes);
  }
  const auto files = surveyed(disk);
  ASSERT_EQ(files.size(), sound.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(files[i].status.ok(), i > 1) << i;
    EXPECT_EQ(files[i].status.path(), i > 1 ? "" : sound[i].name.path);
  }
  // What is sound before the damage is given all the same.
  uint64_t seen = 0;
  const auto visit = [&](const Record& record) {
    EXPECT_EQ(record.sequence.value, ++seen);
    return Status();
  };
  EXPECT_EQ(replay_log(disk, kTestDirectory, {}, visit).status.code(), StatusCode::corruption);
  EXPECT_EQ(seen, sound[0].records() - 2);
}

TEST(LogSurvey, AFileOfAnotherLogDoesNotFollow) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  const auto sound = surveyed(disk);
  Bytes bytes = *disk.contents(sound[1].name.path);
  LogFileHeader header = sound[1].header;
  header.begin.previous[0] ^= 1;
  encode_log_header(header, std::span<std::byte, kLogHeaderSize>(bytes.data(), kLogHeaderSize));
  disk.put_file(sound[1].name.path, bytes);
  const auto files = surveyed(disk);
  EXPECT_EQ(files[1].end, LogFileEnd::damaged);
  EXPECT_EQ(files[1].status.offset(), 32U);
}

// A moment at which a checkpoint comes in between.
struct Moment {
  std::size_t file = 0;  // just before this file of the log is opened
  int time = 1;          // for so many times
  std::size_t retires = 1;
};

// At the moment, a checkpoint archives the oldest files, or removes them.
class RetiringFileSystem final : public FileSystem {
 public:
  RetiringFileSystem(MemoryFileSystem& disk, bool archive, Moment moment = {})
      : disk_(disk), archive_(archive), moment_(moment), files_(surveyed(disk)) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (path == files_[moment_.file].name.path && ++opened_ == moment_.time) {
      for (std::size_t i = 0; i < moment_.retires; ++i) {
        retire(files_[i]);
      }
    }
    return disk_.open(path, mode);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return disk_.rename(from, to);
  }
  Status remove(const std::string& path) override { return disk_.remove(path); }
  Status make_directory(const std::string& path) override { return disk_.make_directory(path); }
  Status sync_directory(const std::string& path) override { return disk_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return disk_.list(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return disk_.lock(path);
  }

 private:
  void retire(const SurveyedFile& file) {
    Bytes bytes = *disk_.contents(file.name.path);
    bytes.resize(file.sound_bytes);
    EXPECT_TRUE(
        !archive_ ||
        archive_log_file(disk_, kTestDirectory, log_file_name(file.name.first), bytes).ok());
    EXPECT_TRUE(disk_.remove(file.name.path).ok());
  }

  MemoryFileSystem& disk_;
  const bool archive_;
  const Moment moment_;
  const std::vector<SurveyedFile> files_;
  int opened_ = 0;
};

TEST(LogSurvey, AFileThatWasJustArchivedIsReadThere) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  {
    RetiringFileSystem archiving(disk, true);
    const auto files = surveyed(archiving);
    EXPECT_TRUE(files.front().archived);
    for (const SurveyedFile& file : files) {
      EXPECT_TRUE(file.status.ok()) << file.status.text();
    }
  }
  const auto archived = surveyed(disk);
  EXPECT_TRUE(archived.front().archived);
  EXPECT_EQ(archived.front().end, LogFileEnd::sealed);
}

TEST(LogSurvey, AFileThatWasJustRemovedIsNotMissed) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  const std::size_t before = surveyed(disk).size();
  RetiringFileSystem removing(disk, false);
  const auto files = surveyed(removing);
  EXPECT_EQ(files.size(), before - 1);
  EXPECT_TRUE(files.front().status.ok());
}

// It is opened for a second time to be measured.
TEST(LogSurvey, AFileThatIsArchivedWhileItIsLookedAtIsReadThere) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  RetiringFileSystem archiving(disk, true, {.time = 2});
  const auto files = surveyed(archiving);
  EXPECT_TRUE(files.front().archived);
  for (const SurveyedFile& file : files) {
    EXPECT_TRUE(file.status.ok()) << file.status.text();
  }
}

TEST(LogSurvey, FilesThatAreRemovedBehindOneThatWasReadAreNotMissed) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  const auto before = surveyed(disk);
  RetiringFileSystem removing(disk, false, {.file = 1, .retires = 2});
  const auto files = surveyed(removing);
  ASSERT_EQ(files.size(), before.size() - 2);
  EXPECT_EQ(files.front().name.first, before[2].name.first);
  for (const SurveyedFile& file : files) {
    EXPECT_TRUE(file.status.ok()) << file.status.text();
  }
}

// One that is gone although older ones are there was not removed by any checkpoint.
TEST(LogSurvey, AFileThatIsMissingInTheMiddleIsTold) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  const auto before = surveyed(disk);
  ASSERT_TRUE(disk.remove(before[1].name.path).ok());
  const auto files = surveyed(disk);
  ASSERT_EQ(files.size(), before.size() - 1);
  EXPECT_TRUE(files[0].status.ok());
  EXPECT_EQ(files[1].status.code(), StatusCode::corruption);
}

TEST(LogReplay, AFileThatWasJustArchivedIsReadThere) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  write_three_files(log);
  RetiringFileSystem archiving(disk, true);
  const auto visit = [](const Record&) { return Status(); };
  const auto read = replay_log(archiving, kTestDirectory, {Sequence{0}, Sequence{36}, true}, visit);
  EXPECT_TRUE(read.ok()) << read.status.text();
  EXPECT_EQ(read.value.records, 36U);
}

// The disk of a machine on which a server writes while the inspector reads: the first reading sees
// a later batch without an earlier one.
class HalfSeenFileSystem final : public FileSystem {
 public:
  HalfSeenFileSystem(MemoryFileSystem& half, MemoryFileSystem& whole)
      : half_(half), whole_(whole) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    return (opened_++ == 0 ? half_ : whole_).open(path, mode);
  }
  Status rename(const std::string& from, const std::string& to) override {
    return whole_.rename(from, to);
  }
  Status remove(const std::string& path) override { return whole_.remove(path); }
  Status make_directory(const std::string& path) override { return whole_.make_directory(path); }
  Status sync_directory(const std::string& path) override { return whole_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return whole_.list(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return whole_.lock(path);
  }

 private:
  MemoryFileSystem& half_;
  MemoryFileSystem& whole_;
  int opened_ = 0;
};

TEST(LogSurvey, HalfOfWhatAWriterWritesIsNotTakenForDamage) {
  MemoryFileSystem whole;
  LogWorld log(whole);
  std::vector<uint64_t> ends;
  for (uint64_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(log.append(numbered(i)));
    ASSERT_TRUE(log.sync().ok());
    ends.push_back(log.writer().used());
  }
  const std::string path = kTestDirectory + "/" + log_file_name(Sequence{1});
  Bytes bytes = *whole.contents(path);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(ends[0]),
            bytes.begin() + static_cast<std::ptrdiff_t>(ends[1]), std::byte{0});
  MemoryFileSystem half;
  half.put_file(path, bytes);
  EXPECT_EQ(survey_log_end(half, kTestDirectory).value.end, LogFileEnd::damaged);
  HalfSeenFileSystem disk(half, whole);
  const auto end = survey_log_end(disk, kTestDirectory);
  EXPECT_EQ(end.value.end, LogFileEnd::open);
  EXPECT_EQ(end.value.next(), Sequence{4});
}

// A file that a writer appends to between two readings of it: the first few see it as it was
// before.
class GrowingFile final : public File {
 public:
  GrowingFile(std::unique_ptr<File> before, std::unique_ptr<File> after, int readings_before)
      : before_(std::move(before)), after_(std::move(after)), readings_before_(readings_before) {}
  Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) override {
    return (readings_before_-- > 0 ? before_ : after_)->read(offset, out);
  }
  Status write(uint64_t, ByteSpan) override { return Status::io_error("", 0, "read only", 0); }
  Status sync() override { return {}; }
  Status truncate(uint64_t) override { return Status::io_error("", 0, "read only", 0); }
  Result<uint64_t> size() override { return after_->size(); }

 private:
  std::unique_ptr<File> before_;
  std::unique_ptr<File> after_;
  int readings_before_;
};

class GrowingFileSystem final : public FileSystem {
 public:
  GrowingFileSystem(MemoryFileSystem& before, MemoryFileSystem& after, int readings_before)
      : before_(before), after_(after), readings_before_(readings_before) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    return std::unique_ptr<File>(
        std::make_unique<GrowingFile>(std::move(before_.open(path, mode).value),
                                      std::move(after_.open(path, mode).value), readings_before_));
  }
  Status rename(const std::string& from, const std::string& to) override {
    return after_.rename(from, to);
  }
  Status remove(const std::string& path) override { return after_.remove(path); }
  Status make_directory(const std::string& path) override { return after_.make_directory(path); }
  Status sync_directory(const std::string& path) override { return after_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return after_.list(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return after_.lock(path);
  }

 private:
  MemoryFileSystem& before_;
  MemoryFileSystem& after_;
  const int readings_before_;
};

// A log of one file, larger than what is read of it at once, with records of 60 kB.
class LargeFile : public testing::Test {
 protected:
  static constexpr uint64_t kSize = 4 * kLogFileSizeMin;

  LargeFile() : log_(disk_, {}, kSize) {}

  void write(uint64_t records) {
    for (uint64_t i = 0; i < records; ++i) {
      ASSERT_TRUE(log_.append(numbered(i, 60'000)));
      ASSERT_TRUE(log_.sync().ok());
    }
  }
  [[nodiscard]] Bytes bytes() const { return *disk_.contents(name_.path); }
  // Up to which record the file was read.
  [[nodiscard]] LogReader read(FileSystem& files) const {
    auto reader = LogReader::open(files, name_, LogPlace::last);
    EXPECT_TRUE(reader.ok()) << reader.status.text();
    for (LogBatch batch; reader.value.next(batch);) {
    }
    return std::move(reader.value);
  }

  MemoryFileSystem disk_;
  LogWorld log_;
  const LogFileName name_{kTestDirectory + "/" + log_file_name(Sequence{1}), Sequence{1}};
};

TEST_F(LargeFile, IsReadToItsEndAPieceAtATime) {
  write(40);
  const LogReader reader = read(disk_);
  EXPECT_TRUE(reader.status().ok()) << reader.status().text();
  EXPECT_EQ(reader.torn_bytes(), 0U);
  EXPECT_EQ(reader.expected(), Sequence{41});
}

TEST_F(LargeFile, HasItsTornTailCutWhereverItStands) {
  write(40);
  MemoryFileSystem torn;
  Bytes with_hole = bytes();
  const auto end = static_cast<std::ptrdiff_t>(log_.writer().used());
  with_hole[static_cast<std::size_t>(end) - 1] ^= std::byte{1};
  torn.put_file(name_.path, with_hole);
  const LogReader reader = read(torn);
  EXPECT_TRUE(reader.status().ok()) << reader.status().text();
  EXPECT_GT(reader.torn_bytes(), 60'000U);
  EXPECT_EQ(reader.expected(), Sequence{40});
}

TEST_F(LargeFile, ThatGrowsWhileItIsReadIsNotTakenForDamaged) {
  write(3);
  MemoryFileSystem before;
  before.put_file(name_.path, bytes());
  write(37);
  GrowingFileSystem growing(before, disk_, 1);
  const LogReader reader = read(growing);
  EXPECT_TRUE(reader.status().ok()) << reader.status().text();
  EXPECT_EQ(reader.torn_bytes(), 0U);
  EXPECT_EQ(reader.expected(), Sequence{41});
}

// What it has grown by begins where the last but one piece was still empty.
TEST_F(LargeFile, ThatGrowsBeforeItsLastPieceIsReadIsNotTakenForDamaged) {
  constexpr int kPiecesBefore = 3;
  write(50);
  ASSERT_LT(log_.writer().used(), kPiecesBefore * kSize / 4);
  MemoryFileSystem before;
  before.put_file(name_.path, bytes());
  write(10);
  ASSERT_GT(log_.writer().used(), kPiecesBefore * kSize / 4);
  GrowingFileSystem growing(before, disk_, kPiecesBefore);
  const LogReader reader = read(growing);
  EXPECT_TRUE(reader.status().ok()) << reader.status().text();
  EXPECT_EQ(reader.torn_bytes(), 0U);
  EXPECT_EQ(reader.expected(), Sequence{61});
}

// Garbage that a failing disk gives once, and zeros when it is asked again.
TEST_F(LargeFile, WhoseEndTheDiskGivesInTwoWaysIsNotTorn) {
  write(3);
  ASSERT_TRUE(log_.append(TimeRecorded{}));  // its last byte is a zero
  ASSERT_TRUE(log_.sync().ok());
  Bytes garbage = bytes();
  garbage[static_cast<std::size_t>(log_.writer().used()) + 100] = std::byte{0xa5};
  MemoryFileSystem before;
  before.put_file(name_.path, garbage);
  GrowingFileSystem changing(before, disk_, 1);
  const LogReader reader = read(changing);
  EXPECT_TRUE(reader.status().ok()) << reader.status().text();
  EXPECT_EQ(reader.torn_bytes(), 0U);
  EXPECT_EQ(reader.expected(), Sequence{5});
}

}  // namespace
}  // namespace plated
