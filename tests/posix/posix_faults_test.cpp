// Below the seam: whatever the operating system answers, posix_file_system() either does the whole
// of what it was asked or says what failed, where and why. Interrupted calls are repeated, short
// counts go on, everything else is told at once.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "persistence/checkpoint.h"
#include "persistence/data_directory.h"
#include "persistence/key_store.h"
#include "persistence/log_replay.h"
#include "persistence/log_writer.h"
#include "tests/persistence/log_world.h"
#include "tests/posix/scripted_calls.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

const std::set<std::string> kInterruptible = {"open",  "pread",     "pwrite", "fdatasync",
                                              "fsync", "ftruncate", "flock"};
const std::set<std::string> kAll = {"open",      "pread",   "pwrite",  "fdatasync", "fsync",
                                    "ftruncate", "flock",   "fstat",   "rename",    "unlink",
                                    "mkdir",     "fstatat", "opendir", "readdir"};
constexpr uint64_t kRecords = 30;

// A directory of a data directory's own, in which a small life is lived.
class PosixFaults : public ::testing::Test {
 protected:
  PosixFaults() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plated-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    parent = pattern;
    directory = parent + "/data";
    empty();
  }
  ~PosixFaults() override { std::filesystem::remove_all(parent); }

  void empty() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directory(directory);
  }

  // Lock, key, log file, records, closing batch. What of it was told; the first failure ends it.
  struct Told {
    Status failure;
    uint64_t acknowledged = 0;
    std::optional<KeyId> key;
  };
  Told live() {
    Told told;
    auto data = DataDirectory::open(files, directory);
    if (told.failure = data.status; !data.ok()) {
      return told;
    }
    auto keys = open_keys(files, directory);
    if (told.failure = keys.status; !keys.ok()) {
      return told;
    }
    const auto key = keys.value->create_owner_keys(2);
    if (told.failure = key.status; !key.ok()) {
      return told;
    }
    told.key = key.value;
    told.failure = write_records(told.acknowledged);
    return told;
  }

  Status write_records(uint64_t& acknowledged) {
    SpareFiles spares(files, directory, kLogFileSizeMin, 1);
    LogWriter writer(files, directory, spares, [] { return uint64_t{7}; });
    GroupCommitOptions options;
    options.disk_reserve_bytes = 0;
    options.on_durable = [&](Sequence sequence) { acknowledged = sequence.value; };
    GroupCommit commit(writer, options);
    if (Status status = spares.clear(); !status.ok()) {
      return status;
    }
    const auto read = replay_log(files, directory, {}, count_nothing);
    if (!read.ok()) {
      return read.status;
    }
    const auto position = settle_log_tail(files, directory, read.value);
    if (!position.ok()) {
      return position.status;
    }
    if (Status status = commit.open(position.value); !status.ok()) {
      return status;
    }
    for (uint64_t i = 1; i <= kRecords; ++i) {
      const Event event = numbered(i, 1'000);
      if (!commit.reserve(EventSink::For::command)) {
        return Status::io_error(directory, 0, "no room", 0);
      }
      (void)commit.append({}, {&event, 1});
      commit.release(EventSink::For::command);
      if (Status status = i % 4 == 0 ? commit.write_waiting() : Status(); !status.ok()) {
        return status;
      }
    }
    return commit.finish();
  }

  static Status count_nothing(const Record&) { return {}; }

  [[nodiscard]] uint64_t records_on_disk() {
    const auto read = replay_log(files, directory, {}, count_nothing);
    EXPECT_TRUE(read.ok()) << read.status.text();
    return read.value.records;
  }

  // The life was whole, and everything reads back.
  void expect_whole(const Told& told) {
    EXPECT_TRUE(told.failure.ok()) << told.failure.text();
    EXPECT_EQ(told.acknowledged, kRecords);
    EXPECT_EQ(records_on_disk(), kRecords);
  }

  FileSystem& files = posix_file_system();
  std::string parent;
  std::string directory;
};

TEST_F(PosixFaults, AnInterruptedCallIsRepeated) {
  uint64_t calls = 0;
  for (uint64_t k = 1;; ++k) {
    empty();
    Told told;
    {
      const ScriptedCalls script({kInterruptible, k, 1 + k % 3, EINTR});
      told = live();
      calls = ScriptedCalls::changed();
    }
    expect_whole(told);
    if (calls == 0) {
      EXPECT_GT(k, 30U);
      return;
    }
  }
}

TEST_F(PosixFaults, AShortCountGoesOnWhereItEnded) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{511}, std::size_t{4096}}) {
    for (uint64_t k = 1;; ++k) {
      empty();
      Told told;
      uint64_t changed = 0;
      {
        const ScriptedCalls script({{"pread", "pwrite"}, k, 5, 0, bytes});
        told = live();
        changed = ScriptedCalls::changed();
        expect_whole(told);
      }
      if (changed == 0) {
        break;
      }
    }
  }
}

TEST_F(PosixFaults, EveryCountMayBeShort) {
  const ScriptedCalls script({{"pread", "pwrite"}, 1, UINT64_MAX, 0, 700});
  expect_whole(live());
  EXPECT_GT(ScriptedCalls::changed(), 3'000U);
}

// Once or from then on, for every error and every call: it is told, and nothing that was
// acknowledged is missing when the next process looks.
TEST_F(PosixFaults, AnyOtherFailureIsToldAndLosesNothing) {
  for (const int error : {EIO, ENOSPC, EDQUOT, EROFS}) {
    for (const uint64_t times : {uint64_t{1}, UINT64_MAX}) {
      bool changed = true;
      for (uint64_t k = 1; changed; ++k) {
        empty();
        Told told;
        {
          const ScriptedCalls script({kAll, k, times, error});
          told = live();
          changed = ScriptedCalls::changed() > 0;
        }
        if (changed) {
          EXPECT_FALSE(told.failure.ok()) << "call " << k;
          EXPECT_EQ(told.failure.error_number(), error) << told.failure.text();
          const std::string path = told.failure.path();
          EXPECT_TRUE(path.starts_with(directory) || path == parent) << told.failure.text();
          const bool full = error == ENOSPC || error == EDQUOT;
          EXPECT_EQ(told.failure.code(), full ? StatusCode::no_space : StatusCode::io_error);
        }
        EXPECT_GE(records_on_disk(), told.acknowledged);
        const auto keys = open_keys(files, directory);
        ASSERT_TRUE(keys.ok()) << keys.status.text();
        EXPECT_TRUE(!told.key || keys.value->owner_key(*told.key).ok());
      }
    }
  }
}

// What a failure says of the place is where the bytes ended that had gone through.
TEST_F(PosixFaults, AFailureBehindAShortCountNamesItsOffset) {
  const std::string path = directory + "/file";
  auto file = files.open(path, OpenMode::create);
  ASSERT_TRUE(file.ok());
  const Bytes bytes(10'000, std::byte{7});
  ASSERT_TRUE(file.value->write(0, bytes).ok());
  {
    const ScriptedCalls script({{"pwrite"}, 1, UINT64_MAX, 0, 0});
    const Status status = file.value->write(500, bytes);
    EXPECT_EQ(status.code(), StatusCode::no_space) << "a write that moves nothing has no room";
    EXPECT_EQ(status.offset(), 500U);
  }
  {
    const ScriptedCalls script({{"pread"}, 1, 1, EIO});
    Bytes out(100);
    const Status status = file.value->read(300, out).status;
    EXPECT_EQ(status.code(), StatusCode::io_error);
    EXPECT_EQ(status.offset(), 300U);
  }
}

TEST_F(PosixFaults, ALockThatAnotherHasIsNoFailure) {
  const ScriptedCalls script({{"flock"}, 1, 1, EWOULDBLOCK});
  EXPECT_EQ(DataDirectory::open(files, directory).status.code(), StatusCode::locked);
}

TEST_F(PosixFaults, ADataDirectoryIsSafeBeforeAnythingInIt) {
  {
    const ScriptedCalls script({{"fsync"}, 1, 1, EIO});
    const auto opened = DataDirectory::open(files, directory + "/new/");
    EXPECT_EQ(opened.status.code(), StatusCode::io_error);
    EXPECT_EQ(opened.status.path(), directory);
  }
  EXPECT_TRUE(DataDirectory::open(files, directory + "/new").ok());
}

TEST_F(PosixFaults, AnInterruptedLockIsTakenAllTheSame) {
  const ScriptedCalls script({{"flock"}, 1, 3, EINTR});
  EXPECT_TRUE(DataDirectory::open(files, directory).ok());
  EXPECT_EQ(ScriptedCalls::seen(), 4U);
}

}  // namespace
}  // namespace plated
