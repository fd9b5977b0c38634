#include "tests/support/fault_file_system.h"

#include "engine/check.h"

namespace plated {

class FaultFile final : public File {
 public:
  FaultFile(FaultFileSystem& faults, std::string path, std::unique_ptr<File> base)
      : faults_(faults), path_(std::move(path)), base_(std::move(base)) {}

  Status read(uint64_t offset, std::span<std::byte> out, std::size_t& got) override {
    return faults_.strike() ? faults_.failure(path_, "cannot read") : base_->read(offset, out, got);
  }
  Status write(uint64_t offset, ByteSpan bytes) override {
    if (faults_.strike()) {
      check(base_->write(offset, bytes.first(bytes.size() / 2)).ok(), "half a write works");
      return faults_.failure(path_, "cannot write");
    }
    return base_->write(offset, bytes);
  }
  Status sync() override {
    if (faults_.strike()) {
      if (faults_.on_failed_sync) {
        faults_.on_failed_sync(path_);
      }
      return faults_.failure(path_, "cannot sync");
    }
    return base_->sync();
  }
  Status truncate(uint64_t size) override {
    return faults_.strike() ? faults_.failure(path_, "cannot truncate") : base_->truncate(size);
  }
  Status size(uint64_t& bytes) override { return base_->size(bytes); }

 private:
  FaultFileSystem& faults_;
  const std::string path_;
  const std::unique_ptr<File> base_;
};

void FaultFileSystem::fail_call(uint64_t k, Lasting lasting, int error) {
  check(k >= 1, "the next call is the first");
  failures_ = 0;
  error_ = error;
  lasting_ = lasting;
  failing_call_ = calls_ + k;
}

void FaultFileSystem::heal() { failing_call_ = UINT64_MAX; }

bool FaultFileSystem::strike() {
  const uint64_t call = ++calls_;
  const uint64_t failing = failing_call_;
  const bool fails = lasting_ == Lasting::once ? call == failing : call >= failing;
  failures_ += fails ? 1 : 0;
  return fails;
}

Status FaultFileSystem::failure(const std::string& path, std::string_view what) const {
  return Status::io_error(path, 0, what, error_);
}

Result<std::unique_ptr<File>> FaultFileSystem::open(const std::string& path, OpenMode mode) {
  if (strike()) {
    return failure(path, "cannot open");
  }
  auto file = base_.open(path, mode);
  if (!file.ok()) {
    return file.status;
  }
  return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, path, std::move(file.value)));
}

Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
  return strike() ? failure(from, "cannot rename") : base_.rename(from, to);
}

Status FaultFileSystem::remove(const std::string& path) {
  return strike() ? failure(path, "cannot remove") : base_.remove(path);
}

Status FaultFileSystem::make_directory(const std::string& path) {
  return strike() ? failure(path, "cannot make the directory") : base_.make_directory(path);
}

Status FaultFileSystem::sync_directory(const std::string& path) {
  return strike() ? failure(path, "cannot sync the directory") : base_.sync_directory(path);
}

Result<std::vector<std::string>> FaultFileSystem::list(const std::string& path) {
  if (strike()) {
    return failure(path, "cannot list");
  }
  return base_.list(path);
}

Result<std::unique_ptr<FileLock>> FaultFileSystem::lock(const std::string& path) {
  if (strike()) {
    return failure(path, "cannot lock");
  }
  return base_.lock(path);
}

}  // namespace plated
