// The real file system: whole reads and writes, modes, atomic replacement, a lock that a second
// process feels and that dies with its holder, and errors that say where.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "persistence/data_directory.h"
#include "persistence/key_store.h"
#include "persistence/log_replay.h"
#include "persistence/log_writer.h"
#include "tests/persistence/log_world.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

class PosixFiles : public ::testing::Test {
 protected:
  PosixFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plated-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
  }
  ~PosixFiles() override { std::filesystem::remove_all(directory); }

  static Bytes bytes(std::string_view text) {
    const auto span = std::as_bytes(std::span(text));
    return {span.begin(), span.end()};
  }
  [[nodiscard]] unsigned mode_of(const std::string& path) const {
    struct stat facts {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0);
    return facts.st_mode & 0777U;
  }

  FileSystem& files = posix_file_system();
  std::string directory;
};

TEST_F(PosixFiles, GiveBackWhatWasWrittenAtItsOffset) {
  const std::string path = directory + "/file";
  auto file = files.open(path, OpenMode::create);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(file.value->write(3, bytes("abc")).ok());
  ASSERT_TRUE(file.value->sync().ok());
  EXPECT_EQ(file.value->size().value, 6U);
  Bytes out(10);
  const auto got = file.value->read(2, out);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.value, 4U);
  EXPECT_EQ(Bytes(out.begin(), out.begin() + 4), bytes(std::string_view("\0abc", 4)));
  ASSERT_TRUE(file.value->truncate(4).ok());
  EXPECT_EQ(read_whole_file(files, path, 100).value, bytes(std::string_view("\0\0\0a", 4)));
  EXPECT_EQ(mode_of(path), 0600U);
}

TEST_F(PosixFiles, AreReplacedAsAWhole) {
  ASSERT_TRUE(replace_file(files, directory, "name", bytes("old")).ok());
  ASSERT_TRUE(replace_file(files, directory, "name", bytes("newer")).ok());
  EXPECT_EQ(read_whole_file(files, directory + "/name", 100).value, bytes("newer"));
  EXPECT_EQ(files.list(directory).value, std::vector<std::string>{"name"});
  EXPECT_EQ(read_whole_file(files, directory + "/name", 4).status.code(), StatusCode::mismatch);
}

TEST_F(PosixFiles, AreMadeFullOfZeros) {
  auto file = create_zeroed_file(files, directory + "/zeros", 3'000'000);
  ASSERT_TRUE(file.ok());
  const Bytes contents = read_whole_file(files, directory + "/zeros", 3'000'000).value;
  EXPECT_EQ(contents, Bytes(3'000'000));
}

TEST_F(PosixFiles, SayWhatIsNotThere) {
  const auto missing = files.open(directory + "/none", OpenMode::read);
  EXPECT_EQ(missing.status.code(), StatusCode::not_found);
  EXPECT_NE(missing.status.text().find(directory + "/none"), std::string::npos);
  EXPECT_EQ(files.list(directory + "/none").status.code(), StatusCode::not_found);
  EXPECT_TRUE(files.remove(directory + "/none").ok());
}

TEST_F(PosixFiles, NoneIsMadeOrChangedBehindALink) {
  const std::string link = directory + "/link";
  const std::string target = directory + "/target";
  ASSERT_TRUE(replace_file(files, directory, "target", bytes("mine")).ok());
  std::filesystem::create_symlink(target, link);
  const auto made = files.open(link, OpenMode::create);
  EXPECT_EQ(made.status.code(), StatusCode::io_error);
  EXPECT_TRUE(made.status.text().ends_with(": rm '" + link + "'")) << made.status.text();
  const auto changed = files.open(link, OpenMode::read_write);
  EXPECT_EQ(changed.status.code(), StatusCode::io_error);
  EXPECT_NE(changed.status.text().find(": mv \"$(readlink -f '" + link), std::string::npos);
  EXPECT_EQ(files.lock(link).status.code(), StatusCode::io_error);
  EXPECT_EQ(read_whole_file(files, target, 100).value, bytes("mine"));
  // What replaces a file replaces the link.
  ASSERT_TRUE(replace_file(files, directory, "link", bytes("new")).ok());
  EXPECT_EQ(read_whole_file(files, target, 100).value, bytes("mine"));
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST_F(PosixFiles, ADirectoryInWhichOthersMayWriteIsRefused) {
  const std::string data = directory + "/data";
  for (const mode_t mode : {0700U, 0755U, 0750U}) {
    ASSERT_TRUE(files.make_directory(data).ok());
    ASSERT_EQ(::chmod(data.c_str(), mode), 0);
    EXPECT_TRUE(files.make_directory(data).ok());
  }
  for (const mode_t mode : {0777U, 0702U, 0720U, 01777U}) {
    ASSERT_EQ(::chmod(data.c_str(), mode), 0);
    const auto opened = DataDirectory::open(files, data);
    EXPECT_FALSE(opened.ok()) << mode;
    EXPECT_NE(opened.status.text().find("chmod go-w '" + data + "'"), std::string::npos);
    EXPECT_TRUE(files.list(data).value.empty()) << "nothing is made there";
  }
}

TEST_F(PosixFiles, ADeletedFileCannotBeMadeSafe) {
  const std::string path = directory + "/file";
  auto file = files.open(path, OpenMode::create);
  ASSERT_TRUE(file.ok());
  const Bytes bytes(8);
  ASSERT_TRUE(file.value->write(0, bytes).ok());
  ASSERT_TRUE(file.value->sync().ok());
  ASSERT_TRUE(files.remove(path).ok());
  EXPECT_EQ(file.value->sync().code(), StatusCode::io_error);
}

TEST_F(PosixFiles, AFullQuotaIsNoSpace) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto file = create_zeroed_file(files, directory + "/big", 1 << 20);
    const bool cleaned = !std::filesystem::exists(directory + "/big");
    ::_exit(file.status.code() == StatusCode::no_space && cleaned ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(PosixFiles, ALockDiesWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = DataDirectory::open(files, directory);
    const char answer = held.ok() ? 'y' : 'n';
    (void)!::write(ready[1], &answer, 1);
    ::pause();
    ::_exit(1);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(DataDirectory::open(files, directory).status.code(), StatusCode::locked);
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(DataDirectory::open(files, directory).ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(PosixFiles, HoldALogAndKeysThatOnlyTheirOwnerMayRead) {
  ASSERT_TRUE(open_keys(files, directory).ok());
  SpareFiles spares(files, directory, kLogFileSizeMin, 1);
  LogWriter writer(files, directory, spares, [] { return uint64_t{1}; });
  GroupCommitOptions options;
  options.disk_reserve_bytes = 0;
  GroupCommit commit(writer, options);
  ASSERT_TRUE(commit.open({}).ok());
  ASSERT_TRUE(commit.reserve(EventSink::For::command));
  const Event event = Founded{true};
  EXPECT_EQ(commit.append({}, {&event, 1}), Sequence{1});
  commit.release(EventSink::For::command);
  ASSERT_TRUE(commit.write_waiting().ok());
  const auto nothing = [](const Record&) { return Status(); };
  const auto read = replay_log(files, directory, {}, nothing);
  EXPECT_TRUE(read.ok());
  EXPECT_EQ(read.value.records, 1U);
  EXPECT_EQ(mode_of(directory + "/keys"), 0600U);
  EXPECT_EQ(mode_of(read.value.last_file.path), 0600U);
}

// A process that is killed while it writes has lost nothing of what it said was durable.
TEST_F(PosixFiles, AKilledWriterKeepsWhatItAcknowledged) {
  int said[2];
  ASSERT_EQ(::pipe(said), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    SpareFiles spares(files, directory, kLogFileSizeMin, 2);
    LogWriter writer(files, directory, spares, [id = uint64_t{0}]() mutable { return ++id; });
    GroupCommitOptions options;
    options.disk_reserve_bytes = 0;
    options.on_durable = [&](Sequence sequence) {
      (void)!::write(said[1], &sequence.value, sizeof(sequence.value));
    };
    GroupCommit commit(writer, options);
    bool sound = commit.open({}).ok();
    for (uint64_t i = 1; sound && commit.reserve(EventSink::For::command); ++i) {
      const Event event = numbered(i, 3'000);
      (void)commit.append({}, {&event, 1});
      commit.release(EventSink::For::command);
      sound = commit.write_waiting().ok() && spares.fill().ok();
    }
    ::_exit(1);
  }
  uint64_t acknowledged = 0;
  while (acknowledged < 900) {
    ASSERT_EQ(::read(said[0], &acknowledged, sizeof(acknowledged)),
              static_cast<ssize_t>(sizeof(acknowledged)));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(said[1]);
  for (uint64_t next = 0; ::read(said[0], &next, sizeof(next)) == ssize_t{sizeof(next)};) {
    acknowledged = next;
  }
  ::close(said[0]);
  const auto nothing = [](const Record&) { return Status(); };
  const auto read = replay_log(files, directory, {}, nothing);
  ASSERT_TRUE(read.ok()) << read.status.text();
  EXPECT_GE(read.value.records, acknowledged);
  EXPECT_GE(read.value.files, 2U);
}

}  // namespace
}  // namespace plated
