// A file system that fails where it is told to: the k-th call from now, once or for ever. Loops
// that raise k until nothing fails any more visit every error branch of whatever runs over it.
// Thread-safe as far as what it wraps. For tests only.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persistence/file_system.h"

namespace plated {

class FaultFileSystem final : public FileSystem {
 public:
  enum class Lasting : uint8_t { once, for_ever };
  // What a failing call does before it says so: nothing; half of what it was to write; or all of
  // it, so that only its answer is lost.
  enum class Work : uint8_t { none, half, all };

  explicit FaultFileSystem(FileSystem& base) : base_(base) {}

  // The `k`-th call from now (1 is the next) fails with `error`. Closing never fails.
  void fail_call(uint64_t k, Lasting lasting, int error = EIO, Work work = Work::half);
  // Nothing fails any more.
  void heal();
  [[nodiscard]] bool failed() const { return failures_ > 0; }
  [[nodiscard]] uint64_t calls() const { return calls_; }

  // Called with the path of a file whose sync is made to fail, before it says so.
  std::function<void(const std::string&)> on_failed_sync;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
  friend class FaultFile;
  // Counts a call; true when it is to fail.
  [[nodiscard]] bool strike();
  [[nodiscard]] Status failure(const std::string& path, std::string_view what) const;
  // One call of `base`, unless it is the one to fail.
  template <class Call>
  [[nodiscard]] auto call(const std::string& path, std::string_view what, Call&& base)
      -> decltype(base());

  FileSystem& base_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> failing_call_{UINT64_MAX};
  std::atomic<uint64_t> failures_{0};
  std::atomic<int> error_{EIO};
  std::atomic<Lasting> lasting_{Lasting::once};
  std::atomic<Work> work_{Work::half};
};

}  // namespace plated
