#include "net/notices/sms_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "posix/descriptor.h"

namespace plated {
namespace {

using WallTime = std::chrono::system_clock::time_point;

std::string failed_at(const std::string& path) {
  return path + ": " + std::generic_category().message(errno);
}

WallTime wall_time(const struct statx_timestamp& time) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace

SmsFile::SmsFile(SmsFileOptions options)
    : options_(std::move(options)), old_path_(options_.path + ".old") {}

// Its time began when it was made; where the file system does not know that, with its last line.
bool SmsFile::has_had_its_time(int file) const {
  struct statx facts {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME | STATX_SIZE, &facts) != 0 ||
      facts.stx_size == 0) {
    return false;
  }
  const bool made_known = (facts.stx_mask & STATX_BTIME) != 0;
  const WallTime began = wall_time(made_known ? facts.stx_btime : facts.stx_mtime);
  return facts.stx_size >= options_.size_max || options_.now() - began > options_.keep;
}

std::string SmsFile::append(std::string line) {
  if (std::string failed = tend(); !failed.empty()) {
    return failed;
  }
  const Descriptor file(::open(options_.path.c_str(),
                               O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                               S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    return failed_at(options_.path);
  }
  struct stat facts {};
  if (::fstat(file.number(), &facts) == 0 && (facts.st_mode & S_IRWXO) != 0) {
    // What somebody else made for everybody's eyes; a group that is to read it is an operator's.
    (void)::fchmod(file.number(), facts.st_mode & (S_IRWXU | S_IRWXG));
  }
  // A crash or a full disk may have left half a line; this one begins on its own.
  char last = '\n';
  if (facts.st_size > 0 && ::pread(file.number(), &last, 1, facts.st_size - 1) == 1 &&
      last != '\n') {
    line.insert(line.begin(), '\n');
  }
  line.push_back('\n');
  return write_all(file, line) ? std::string() : failed_at(options_.path);
}

std::string SmsFile::tend() {
  if (options_.keep == Millis{}) {
    return {};
  }
  struct statx old {};
  if (::statx(AT_FDCWD, old_path_.c_str(), AT_SYMLINK_NOFOLLOW, STATX_MTIME, &old) == 0 &&
      options_.now() - wall_time(old.stx_mtime) > options_.keep &&
      ::unlink(old_path_.c_str()) != 0 && errno != ENOENT) {
    return failed_at(old_path_);
  }
  const Descriptor file(::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() || !has_had_its_time(file.number())) {
    return {};  // what cannot be opened is told when a line is to be written
  }
  return std::rename(options_.path.c_str(), old_path_.c_str()) == 0 ? std::string()
                                                                    : failed_at(options_.path);
}

}  // namespace plated
