// A file system whose syncs of files wait while they are held, as on a disk that takes seconds.
// Everything else passes through. Thread-safe as far as what it wraps. For tests only.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "persistence/file_system.h"

namespace plated {

class HeldSyncs final : public FileSystem {
 public:
  explicit HeldSyncs(FileSystem& base) : base_(base) {}

  // From now on a sync waits until let_go.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void let_go() {
    {
      const std::lock_guard lock(mutex_);
      held_ = false;
    }
    changed_.notify_all();
  }
  // True when a sync waits now; false when none does so for `patience`.
  [[nodiscard]] bool wait_for_one(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return waiting_ > 0; });
  }

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    auto file = base_.open(path, mode);
    if (!file.ok()) {
      return file.status;
    }
    return std::unique_ptr<File>(std::make_unique<HeldFile>(*this, std::move(file.value)));
  }
  Status rename(const std::string& from, const std::string& to) override {
    return base_.rename(from, to);
  }
  Status remove(const std::string& path) override { return base_.remove(path); }
  Status make_directory(const std::string& path) override { return base_.make_directory(path); }
  Status sync_directory(const std::string& path) override { return base_.sync_directory(path); }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return base_.list(path);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    return base_.lock(path);
  }

 private:
  class HeldFile final : public File {
   public:
    HeldFile(HeldSyncs& syncs, std::unique_ptr<File> base)
        : syncs_(syncs), base_(std::move(base)) {}
    Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) override {
      return base_->read(offset, out);
    }
    Status write(uint64_t offset, ByteSpan bytes) override { return base_->write(offset, bytes); }
    Status sync() override {
      syncs_.wait();
      return base_->sync();
    }
    Status truncate(uint64_t size) override { return base_->truncate(size); }
    Result<uint64_t> size() override { return base_->size(); }

   private:
    HeldSyncs& syncs_;
    const std::unique_ptr<File> base_;
  };

  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    --waiting_;
  }

  FileSystem& base_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
};

}  // namespace plated
