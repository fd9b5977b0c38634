// The log in local files: writes the batches it is given, one write and one sync for all of them,
// and rolls into the next file where one is full. It answers `committed` or `failed` and nothing in
// between: after the first failure the state of the disk is unknown, so every later call fails with
// the same status and touches nothing. Group commit's writer thread is the only caller, but for
// room().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "persistence/batch_target.h"
#include "persistence/spare_files.h"

namespace plated {

class LogWriter final : public BatchTarget {
 public:
  // `new_identity` gives each writer a number that none had before: random. `directory` is there.
  LogWriter(FileSystem& files, std::string directory, SpareFiles& spares,
            std::function<uint64_t()> new_identity);

  // Begins a file at `position`. Replaces a file of the same name, which must hold no records.
  Result<uint64_t> open(const LogPosition& position) override;

  // Writes and syncs. Takes all batches at once.
  CommitAnswer commit(std::span<const SealedBatch> batches) override;

  // The current file's, and that of the files that are ready.
  [[nodiscard]] uint64_t room() const override;

  // Writes the batch, where the current file has room for it, and syncs: from then on damage of
  // anything before it is told from a torn tail.
  Status close(ByteSpan closing) override;

  // Bytes of the current file that are in use. The writer's thread only.
  [[nodiscard]] uint64_t used() const { return used_; }

 private:
  Status begin_file();
  Status write_all(std::span<const SealedBatch> batches);
  Status write_run(std::span<const SealedBatch> run);
  Status write_and_sync(ByteSpan bytes);
  [[nodiscard]] uint64_t room_in_file() const { return file_size_ - used_; }
  [[nodiscard]] bool fits(uint64_t bytes) const { return bytes <= room_in_file(); }

  FileSystem& files_;
  const std::string directory_;
  SpareFiles& spares_;
  const std::function<uint64_t()> new_identity_;

  std::unique_ptr<File> file_;
  std::string path_;  // its name by now; it was opened under its spare one
  uint64_t writer_ = 0;
  uint64_t file_size_;  // of the current file
  uint64_t used_ = 0;
  std::atomic<uint64_t> room_told_{0};  // of the current file, as room() may count on it
  LogPosition at_;                      // of the next batch; `previous` is of the file before
  RunningDigest digest_;
  Status failed_;
  bool closed_ = false;
};

}  // namespace plated
