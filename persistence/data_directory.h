// The directory that holds everything plated knows, and the lock that keeps a second process out.
// Whoever holds a DataDirectory is alone in it until it is destroyed or the process dies.
#pragma once

#include <memory>
#include <string>

#include "persistence/file_system.h"

namespace plated {

class DataDirectory {
 public:
  DataDirectory() = default;
  // Makes the directory (its parent must exist, and be readable), so that it is safe, and locks it.
  // `locked` when another process has it.
  static Result<DataDirectory> open(FileSystem& files, const std::string& path);
  // Locks only what a checkpoint by a process of its own writes; the server may have the rest.
  // `locked` while another checkpoint runs. Does not wait.
  static Result<std::unique_ptr<FileLock>> lock_snapshots(FileSystem& files,
                                                          const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<FileLock> lock_;
};

}  // namespace plated
