#include "tests/support/fault_file_system.h"

#include "engine/check.h"

namespace plated {

template <class Call>
auto FaultFileSystem::call(const std::string& path, std::string_view what, Call&& base)
    -> decltype(base()) {
  if (!strike()) {
    return base();
  }
  if (work_ == Work::all) {
    (void)base().ok();
  }
  return failure(path, what);
}

class FaultFile final : public File {
 public:
  FaultFile(FaultFileSystem& faults, std::string path, std::unique_ptr<File> base)
      : faults_(faults), path_(std::move(path)), base_(std::move(base)) {}

  Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) override {
    return faults_.call(path_, "cannot read", [&] { return base_->read(offset, out); });
  }
  Status write(uint64_t offset, ByteSpan bytes) override {
    if (!faults_.strike()) {
      return base_->write(offset, bytes);
    }
    const auto work = faults_.work_.load();
    if (work != FaultFileSystem::Work::none) {
      const std::size_t done =
          work == FaultFileSystem::Work::half ? bytes.size() / 2 : bytes.size();
      check(base_->write(offset, bytes.first(done)).ok(), "a part of a write works");
    }
    return faults_.failure(path_, "cannot write");
  }
  Status sync() override {
    if (!faults_.strike()) {
      return base_->sync();
    }
    if (faults_.work_ == FaultFileSystem::Work::all) {
      check(base_->sync().ok(), "a sync without its answer works");
    } else if (faults_.on_failed_sync) {
      faults_.on_failed_sync(path_);
    }
    return faults_.failure(path_, "cannot sync");
  }
  Status truncate(uint64_t size) override {
    return faults_.call(path_, "cannot truncate", [&] { return base_->truncate(size); });
  }
  Result<uint64_t> size() override {
    return faults_.call(path_, "cannot ask for the size", [&] { return base_->size(); });
  }

 private:
  FaultFileSystem& faults_;
  const std::string path_;
  const std::unique_ptr<File> base_;
};

void FaultFileSystem::fail_call(uint64_t k, Lasting lasting, int error, Work work) {
  check(k >= 1, "the next call is the first");
  failures_ = 0;
  error_ = error;
  lasting_ = lasting;
  work_ = work;
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
  std::unique_ptr<File> file;
  const Status status = call(path, "cannot open", [&] {
    auto opened = base_.open(path, mode);
    file = std::move(opened.value);
    return opened.status;
  });
  if (!status.ok()) {
    return status;
  }
  return std::unique_ptr<File>(std::make_unique<FaultFile>(*this, path, std::move(file)));
}

Status FaultFileSystem::rename(const std::string& from, const std::string& to) {
  return call(from, "cannot rename", [&] { return base_.rename(from, to); });
}

Status FaultFileSystem::remove(const std::string& path) {
  return call(path, "cannot remove", [&] { return base_.remove(path); });
}

Status FaultFileSystem::make_directory(const std::string& path) {
  return call(path, "cannot make the directory", [&] { return base_.make_directory(path); });
}

Status FaultFileSystem::sync_directory(const std::string& path) {
  return call(path, "cannot sync the directory", [&] { return base_.sync_directory(path); });
}

Result<std::vector<std::string>> FaultFileSystem::list(const std::string& path) {
  std::vector<std::string> names;
  const Status status = call(path, "cannot list", [&] {
    auto listed = base_.list(path);
    names = std::move(listed.value);
    return listed.status;
  });
  if (!status.ok()) {
    return status;
  }
  return names;
}

Result<std::unique_ptr<FileLock>> FaultFileSystem::lock(const std::string& path) {
  std::unique_ptr<FileLock> held;
  const Status status = call(path, "cannot lock", [&] {
    auto locked = base_.lock(path);
    held = std::move(locked.value);
    return locked.status;
  });
  if (!status.ok()) {
    return status;
  }
  return held;
}

}  // namespace plated
