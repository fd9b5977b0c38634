// A log in the temporary directory (TMPDIR), for benchmarks, as the server writes it.
#pragma once

#include <sodium.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/check.h"
#include "persistence/group_commit.h"
#include "persistence/log_writer.h"

namespace plated {

inline constexpr uint64_t kBenchLogFileSize = uint64_t{64} << 20;
inline constexpr uint32_t kBenchLogSpares = 3;
// Room for all that making a world of applications appends at once.
inline constexpr std::size_t kBenchLogBuffer = std::size_t{128} << 20;

// Gone at the end.
class Directory {
 public:
  Directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plated-bench-XXXXXX").string();
    check(::mkdtemp(pattern.data()) != nullptr, "a directory for the benchmark can be made");
    path = pattern;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path); }

  std::string path;
};

// A log in a directory, written by whoever calls write or write_and_sync.
class Log {
 public:
  explicit Log(const std::string& directory)
      : spares_(posix_file_system(), directory, kBenchLogFileSize, kBenchLogSpares),
        writer_(posix_file_system(), directory, spares_, [this] { return ++identity_; }),
        commit(writer_, options()) {
    check(sodium_init() >= 0, "libsodium starts, and with it its fastest code, as in the server");
    check(spares_.fill().ok() && commit.open({}).ok() && spares_.fill().ok(), "a log can be begun");
  }

  void write() {
    write_and_sync();
    refill();
  }
  void write_and_sync() { check(commit.write_waiting().ok(), "a log can be written"); }
  // A server has a thread for it.
  void refill() { check(spares_.fill().ok(), "files can be made in advance"); }
  [[nodiscard]] bool wants_refill() const { return spares_.ready() < kBenchLogSpares; }

 private:
  static GroupCommitOptions options() {
    GroupCommitOptions options;
    options.buffer_bytes = kBenchLogBuffer;
    options.disk_reserve_bytes = 0;
    return options;
  }

  uint64_t identity_ = 0;
  SpareFiles spares_;
  LogWriter writer_;

 public:
  GroupCommit commit;
};

}  // namespace plated
