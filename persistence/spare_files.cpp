#include "persistence/spare_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/check.h"
#include "persistence/log_file.h"

namespace plated {
namespace {

constexpr std::string_view kSparePrefix = "spare-";
constexpr std::chrono::seconds kRetryAfter{1};
constexpr uint64_t kFirstSizeMax = uint64_t{32} << 20;
// Between two pieces of a file that nobody waits for: 20 MiB a second is more than the log of
// 80,000 draws a second uses up, and leaves it the disk.
constexpr std::chrono::milliseconds kRest{50};

}  // namespace

SpareFiles::SpareFiles(FileSystem& files, std::string directory, uint64_t file_size, uint32_t count)
    : files_(files), directory_(std::move(directory)), file_size_(file_size), count_(count) {
  check(file_size >= kLogFileSizeMin && file_size <= kLogFileSizeMax, "a log file holds a batch");
  check(count >= 1, "the log rolls into a file made in advance");
}

Status SpareFiles::clear() {
  check(made_ == 0 && ready() == 0, "what an earlier process left is removed before any is made");
  auto names = files_.list(directory_);
  if (!names.ok()) {
    return names.status;
  }
  for (const std::string& name : names.value) {
    if (name.starts_with(kSparePrefix)) {
      if (Status status = files_.remove(directory_ + "/" + name); !status.ok()) {
        return status;
      }
    }
  }
  return {};
}

// Requires `making_`.
Status SpareFiles::make_one(uint64_t size, const std::function<void()>& after_piece) {
  check(size >= kLogFileSizeMin && size <= file_size_, "a file made in advance holds a batch");
  const std::string path = fmt::format("{}/{}{}", directory_, kSparePrefix, ++made_);
  auto file = create_zeroed_file(files_, path, size, after_piece);
  const std::scoped_lock lock(mutex_);
  problem_ = file.status;
  if (!file.ok()) {
    return file.status;
  }
  check(file.value != nullptr, "a file that was made is open");
  spares_.push_back({path, std::move(file.value), size});
  check(spares_.size() <= count_, "no more files are ready than are kept");
  ready_.store(static_cast<uint32_t>(spares_.size()), std::memory_order_release);
  return {};
}

Status SpareFiles::fill() {
  const std::scoped_lock making(making_);
  while (ready() < count_) {
    if (Status status = make_one(file_size_); !status.ok()) {
      return status;
    }
  }
  return {};
}

Result<SpareFile> SpareFiles::take() {
  if (ready() == 0) {
    // Waits for the one that is being made, if one is.
    const std::scoped_lock making(making_);
    if (ready() == 0) {
      const uint64_t size = made_ == 0 ? std::min(file_size_, kFirstSizeMax) : file_size_;
      if (Status status = make_one(size); !status.ok()) {
        return status;
      }
    }
  }
  const std::scoped_lock lock(mutex_);
  check(!spares_.empty(), "the log has one taker");
  SpareFile spare = std::move(spares_.front());
  spares_.pop_front();
  check(spare.file != nullptr && spare.size >= kLogFileSizeMin, "a file that is taken is whole");
  ready_.store(static_cast<uint32_t>(spares_.size()), std::memory_order_release);
  changed_.notify_all();
  return spare;
}

Status SpareFiles::problem() const {
  const std::scoped_lock lock(mutex_);
  return problem_;
}

void SpareFiles::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    check(spares_.size() == ready(), "who looks without the mutex sees how many there are");
    if (spares_.size() >= count_) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    bool made = false;
    {
      const std::scoped_lock making(making_);
      made = ready() >= count_ || make_one(file_size_, [this] { rest(); }).ok();
    }
    lock.lock();
    if (!made && !stopping_) {
      changed_.wait_for(lock, kRetryAfter);
    }
  }
}

// Unless the log has none that is ready, and may be waiting.
void SpareFiles::rest() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kRest, [this] { return stopping_ || spares_.empty(); });
}

void SpareFiles::stop() {
  const std::scoped_lock lock(mutex_);
  check(spares_.size() == ready(), "no file is lost at a stop");
  stopping_ = true;
  changed_.notify_all();
}

}  // namespace plated
