// Appends batches to the log: one write and one sync for everything it is given, rolling into the
// next file where one is full. After the first failure the state of the disk is unknown: every
// later call fails with the same status and touches nothing. Not thread-safe: group commit's writer
// thread is the only caller.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "persistence/batch_buffer.h"
#include "persistence/spare_files.h"

namespace plated {

// Where a log goes on: the next record's sequence, and the digest of the file before.
struct LogPosition {
  Sequence next{1};
  FileDigest previous{};
};

class LogWriter {
 public:
  // `new_identity` gives each file a number that no file had before: random.
  LogWriter(FileSystem& files, std::string directory, SpareFiles& spares,
            std::function<uint64_t()> new_identity);

  // Begins a file at `position`. Replaces a file of the same name, which must hold no records.
  Status open(const LogPosition& position);

  // Seals and writes all batches of `waiting`, which continue the log, and syncs. When it returns
  // ok they are durable.
  Status write(BatchBuffer& waiting);

  // Writes a batch without records and syncs: from then on damage of anything before it is told
  // from a torn tail. The log takes nothing more.
  Status close();

  // The next record's sequence.
  [[nodiscard]] Sequence next() const { return next_; }
  // Bytes that the current file still takes.
  [[nodiscard]] uint64_t room() const { return file_size_ - used_; }

 private:
  Status begin_file();
  Status write_run(BatchBuffer& waiting, std::size_t from, std::size_t to);
  [[nodiscard]] bool fits(uint64_t bytes) const { return bytes <= room(); }

  FileSystem& files_;
  const std::string directory_;
  SpareFiles& spares_;
  const std::function<uint64_t()> new_identity_;

  std::unique_ptr<File> file_;
  std::string path_;  // its name by now; it was opened under its spare one
  uint64_t identity_ = 0;
  uint64_t file_size_;  // of the current file
  uint64_t used_ = 0;
  Sequence next_{1};
  Sequence durable_;
  FileDigest previous_{};
  RunningDigest digest_;
  Status failed_;
  bool closed_ = false;
};

}  // namespace plated
