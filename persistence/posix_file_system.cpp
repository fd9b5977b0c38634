// The one real FileSystem. Interrupted calls are repeated, short reads and writes continued; every
// failure carries path, offset and the kernel's error.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "engine/check.h"
#include "persistence/file_system.h"
#include "posix/descriptor.h"

namespace plated {
namespace {

// The disk begins with so large a write before the sync asks for it, and the caller has the time.
constexpr std::size_t kStartsAtOnce = std::size_t{64} << 10;

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int number) : path_(std::move(path)), descriptor_(number) {}

  Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) override {
    std::size_t got = 0;
    while (got < out.size()) {
      const auto at = offset + got;
      const ssize_t count = retry_interrupted([&] {
        return ::pread(descriptor_.number(), out.data() + got, out.size() - got,
                       static_cast<off_t>(at));
      });
      if (count < 0) {
        return Status::io_error(path_, at, "cannot read", errno);
      }
      if (count == 0) {
        break;
      }
      got += static_cast<std::size_t>(count);
    }
    check(got <= out.size(), "no more is read than was asked for");
    return got;
  }

  Status write(uint64_t offset, ByteSpan bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto at = offset + done;
      const ssize_t count = retry_interrupted([&] {
        return ::pwrite(descriptor_.number(), bytes.data() + done, bytes.size() - done,
                        static_cast<off_t>(at));
      });
      if (count <= 0) {
        return Status::io_error(path_, at, "cannot write", count < 0 ? errno : ENOSPC);
      }
      done += static_cast<std::size_t>(count);
    }
    if (bytes.size() >= kStartsAtOnce) {
      // Only a wish: what comes of it, the sync says.
      (void)::sync_file_range(descriptor_.number(), static_cast<off_t>(offset),
                              static_cast<off_t>(bytes.size()), SYNC_FILE_RANGE_WRITE);
    }
    return {};
  }

  Status sync() override {
    if (retry_interrupted([&] { return ::fdatasync(descriptor_.number()); }) != 0) {
      return Status::io_error(path_, 0, "cannot sync", errno);
    }
    return still_named();
  }

  Status truncate(uint64_t size) override {
    if (retry_interrupted(
            [&] { return ::ftruncate(descriptor_.number(), static_cast<off_t>(size)); }) != 0) {
      return Status::io_error(path_, size, "cannot truncate", errno);
    }
    return {};
  }

  Result<uint64_t> size() override {
    struct stat facts {};
    if (::fstat(descriptor_.number(), &facts) != 0) {
      return Status::io_error(path_, 0, "cannot ask for the size", errno);
    }
    return static_cast<uint64_t>(facts.st_size);
  }

 private:
  // What nobody can open again is not safe, however well it was synced.
  Status still_named() {
    struct stat facts {};
    if (::fstat(descriptor_.number(), &facts) != 0) {
      return Status::io_error(path_, 0, "cannot ask for the name", errno);
    }
    return facts.st_nlink > 0 ? Status()
                              : Status::io_error(path_, 0, "the file was deleted while in use", 0);
  }

  const std::string path_;
  const Descriptor descriptor_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int number) : descriptor_(number) {}

 private:
  const Descriptor descriptor_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read:
      return O_RDONLY | O_CLOEXEC;
    case OpenMode::read_write:
      return O_RDWR | O_NOFOLLOW | O_CLOEXEC;
    case OpenMode::create:
      return O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  }
  return O_RDONLY;
}

// Where plated makes or changes a file it follows no symbolic link: whoever made the link would say
// what is overwritten.
Status cannot_open(const std::string& path, OpenMode mode, int error) {
  if (error != ELOOP) {
    return Status::io_error(path, 0, "cannot open", error);
  }
  const std::string quoted = "'" + path + "'";
  const std::string what = "it is a symbolic link, and here plated follows none";
  return Status::io_error(
      path, 0,
      mode == OpenMode::create
          ? what + ": rm " + quoted
          : what + "; put the file itself there: mv \"$(readlink -f " + quoted + ")\" " + quoted,
      0);
}

// Whoever may write in a directory may put other files in the place of plated's.
Status not_for_others(const std::string& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) {
    return Status::io_error(path, 0, "cannot ask for the mode", errno);
  }
  if (!S_ISDIR(facts.st_mode)) {
    return Status::io_error(path, 0, "it is no directory", ENOTDIR);
  }
  return (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0
             ? Status()
             : Status::io_error(path, 0,
                                "others may write in this directory, and so put their own log and "
                                "keys there: chmod go-w '" +
                                    path + "'",
                                0);
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int number =
        retry_interrupted([&] { return ::open(path.c_str(), flags_of(mode), 0600); });
    if (number < 0) {
      return cannot_open(path, mode, errno);
    }
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, number));
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return Status::io_error(from, 0, "cannot rename to " + to, errno);
    }
    return {};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return Status::io_error(path, 0, "cannot remove", errno);
    }
    return {};
  }

  Status make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) {
      return {};
    }
    return errno == EEXIST ? not_for_others(path)
                           : Status::io_error(path, 0, "cannot make the directory", errno);
  }

  Status sync_directory(const std::string& path) override {
    const Descriptor directory(retry_interrupted(
        [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (directory.number() < 0) {
      return Status::io_error(path, 0, "cannot open the directory", errno);
    }
    if (retry_interrupted([&] { return ::fsync(directory.number()); }) != 0) {
      return Status::io_error(path, 0, "cannot sync the directory", errno);
    }
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) {
      return Status::io_error(path, 0, "cannot list", errno);
    }
    std::vector<std::string> names;
    int error = 0;
    while (error == 0) {
      errno = 0;
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) {
        error = errno;
        break;
      }
      struct stat facts {};
      if (::fstatat(::dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        // One that is gone meanwhile was never there; one that cannot be asked must not be missed.
        error = errno == ENOENT ? 0 : errno;
      } else if (S_ISREG(facts.st_mode)) {
        names.emplace_back(entry->d_name);
      }
    }
    ::closedir(directory);
    if (error != 0) {
      return Status::io_error(path, 0, "cannot list", error);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int number = retry_interrupted(
        [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600); });
    if (number < 0) {
      return cannot_open(path, OpenMode::create, errno);
    }
    auto held = std::make_unique<PosixLock>(number);
    if (retry_interrupted([&] { return ::flock(number, LOCK_EX | LOCK_NB); }) != 0) {
      if (errno == EWOULDBLOCK) {
        return Status::locked(path, "another process has this data directory open");
      }
      return Status::io_error(path, 0, "cannot lock", errno);
    }
    return std::unique_ptr<FileLock>(std::move(held));
  }
};

}  // namespace

FileSystem& posix_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace plated
