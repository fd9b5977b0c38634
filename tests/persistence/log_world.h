// A log in memory with verbs: what the tests of this room write in five lines.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "persistence/group_commit.h"
#include "persistence/log_reader.h"
#include "persistence/log_writer.h"
#include "persistence/record.h"
#include "tests/support/memory_file_system.h"

namespace plated {

inline const std::string kTestDirectory = "/data";

// Group commit over `files` in small log files. Each life of the log is a writer of its own, whose
// number is the one behind `identity`, so bytes repeat.
class LogWorld {
 public:
  explicit LogWorld(FileSystem& files, LogPosition position = {},
                    uint64_t file_size = kLogFileSizeMin, uint64_t identity = 0,
                    uint32_t spares = 3)
      : identity_(identity),
        spares_(files, kTestDirectory, file_size, spares),
        writer_(files, kTestDirectory, spares_, [this] { return ++identity_; }) {
    (void)files.make_directory(kTestDirectory).ok();
    opened_ = spares_.clear();
    if (opened_.ok()) {
      opened_ = spares_.fill();
    }
    GroupCommitOptions options;
    options.buffer_bytes = 16 * kBatchSizeBytesMax;
    options.timer_bytes = kBatchSizeBytesMax;
    options.disk_reserve_bytes = 0;
    options.on_durable = [this](Sequence sequence) { acknowledged_ = sequence; };
    options.on_failure = [this](const Status& status) { failures_.push_back(status); };
    commit_ = std::make_unique<GroupCommit>(writer_, options);
    if (opened_.ok()) {
      opened_ = commit_->open(position);
    }
    if (opened_.ok()) {
      opened_ = spares_.fill();
    }
  }

  [[nodiscard]] const Status& opened() const { return opened_; }

  GroupCommit& commit() { return *commit_; }

  // Appends one event; false when there is no room for it.
  bool append(const Event& event) {
    if (!commit().reserve(EventSink::For::command)) {
      return false;
    }
    last_ = commit().append({Tick(Millis(1)), CivilTime(Millis(2))}, {&event, 1});
    commit().release(EventSink::For::command);
    return true;
  }
  Status sync() { return commit().write_waiting(); }

  [[nodiscard]] Sequence last() const { return last_; }
  // The highest sequence that anybody was told of.
  [[nodiscard]] Sequence acknowledged() const { return acknowledged_; }
  [[nodiscard]] const std::vector<Status>& failures() const { return failures_; }
  SpareFiles& spares() { return spares_; }
  LogWriter& writer() { return writer_; }

 private:
  uint64_t identity_;
  SpareFiles spares_;
  LogWriter writer_;
  std::unique_ptr<GroupCommit> commit_;
  Status opened_;
  Sequence last_;
  Sequence acknowledged_;
  std::vector<Status> failures_;
};

// A record that says which one it is, of about `bytes` bytes.
inline Event numbered(uint64_t number, std::size_t bytes = 0) {
  static thread_local std::string text;
  text = std::to_string(number) + std::string(bytes, '.');
  return OperatorActed{text, kNobody};
}

}  // namespace plated
