// Log files made in advance: full of zeros and synced, so that writing into one later changes no
// metadata and cannot run out of disk. Rolling the log renames one.
// Thread-safe. The owner gives run() a thread of its own; without one, take() makes files itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "persistence/file_system.h"

namespace plated {

struct SpareFile {
  std::string path;
  std::unique_ptr<File> file;
  uint64_t size = 0;
};

class SpareFiles {
 public:
  // Keeps `count` files, at least one, of `file_size` bytes (kLogFileSizeMin to kLogFileSizeMax)
  // ready in `directory`, which is there once clear() is called.
  SpareFiles(FileSystem& files, std::string directory, uint64_t file_size, uint32_t count);

  // Removes what an earlier process left. Call once, before anything else.
  Status clear();
  // Makes files until there are `count`. Blocks for as long as that takes; fails when the disk
  // does.
  Status fill();
  // Takes one, making it now when none is ready. The first that is made so is small, at most 32
  // MiB, because a start waits for it.
  Result<SpareFile> take();

  // Files that take() gives without making one.
  [[nodiscard]] uint32_t ready() const { return ready_.load(std::memory_order_acquire); }
  // In bytes, of all but a small first one.
  [[nodiscard]] uint64_t file_size() const { return file_size_; }
  // Why the last attempt to make one failed; ok when it did not.
  [[nodiscard]] Status problem() const;

  // Fills up whenever one was taken, slowly while another is ready, and tries again every second
  // while the disk is full, until stop(), which any thread may call.
  void run();
  // Makes run() end, once the file that it is making, if any, is whole.
  void stop();

 private:
  Status make_one(uint64_t size, const std::function<void()>& after_piece = {});
  void rest();

  FileSystem& files_;
  const std::string directory_;
  const uint64_t file_size_;
  const uint32_t count_;

  // Held while a file is being made; before `mutex_`. Not Guarded: it gives a turn, for seconds.
  std::mutex making_;
  uint64_t made_ = 0;  // under `making_`: numbers the names

  mutable std::mutex mutex_;  // not Guarded: `changed_` waits with it
  std::condition_variable changed_;
  std::deque<SpareFile> spares_;
  Status problem_;
  bool stopping_ = false;
  std::atomic<uint32_t> ready_{0};
};

}  // namespace plated
