#include "persistence/data_directory.h"

namespace plated {

Result<DataDirectory> DataDirectory::open(FileSystem& files, const std::string& path) {
  if (Status status = files.make_directory(path); !status.ok()) {
    return status;
  }
  auto lock = files.lock(path + "/lock");
  if (!lock.ok()) {
    return lock.status;
  }
  DataDirectory directory;
  directory.path_ = path;
  directory.lock_ = std::move(lock.value);
  return directory;
}

Result<std::unique_ptr<FileLock>> DataDirectory::lock_snapshots(FileSystem& files,
                                                                const std::string& path) {
  auto lock = files.lock(path + "/snapshots.lock");
  if (!lock.ok() && lock.status.code() == StatusCode::locked) {
    return Status::locked(path, "another checkpoint is running");
  }
  return lock;
}

}  // namespace plated
