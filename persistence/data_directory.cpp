#include "persistence/data_directory.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

std::string parent_of(std::string path) {
  check(!path.empty(), "what has no name has no parent");
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
}

}  // namespace

Result<DataDirectory> DataDirectory::open(FileSystem& files, const std::string& path) {
  check(!path.empty(), "a data directory has a name");
  if (Status status = files.make_directory(path); !status.ok()) {
    return status;
  }
  // What will be safe within it is lost with its name.
  if (Status status = files.sync_directory(parent_of(path)); !status.ok()) {
    return status;
  }
  auto lock = files.lock(path + "/lock");
  if (!lock.ok()) {
    return lock.status;
  }
  DataDirectory directory;
  directory.path_ = path;
  directory.lock_ = std::move(lock.value);
  check(directory.lock_ != nullptr, "whoever has a data directory is alone in it");
  return directory;
}

Result<std::unique_ptr<FileLock>> DataDirectory::lock_snapshots(FileSystem& files,
                                                                const std::string& path) {
  auto lock = files.lock(path + "/snapshots.lock");
  if (!lock.ok() && lock.status.code() == StatusCode::locked) {
    return Status::locked(path, "another checkpoint is running");
  }
  check(!lock.ok() || lock.value != nullptr, "whoever writes snapshots is alone with them");
  return lock;
}

}  // namespace plated
