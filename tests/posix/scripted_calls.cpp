#include "tests/posix/scripted_calls.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <mutex>

#include "engine/check.h"

namespace plated {
namespace {

std::mutex mutex;
std::optional<CallScript> script;  // under mutex
uint64_t calls_seen = 0;           // under mutex
uint64_t calls_changed = 0;        // under mutex

// How the script answers this call; nothing when it is to be passed on.
std::optional<CallScript> answer_of(const char* call) {
  const std::scoped_lock lock(mutex);
  if (!script || !script->calls.contains(call)) {
    return std::nullopt;
  }
  ++calls_seen;
  if (calls_seen < script->at || calls_seen - script->at >= script->times) {
    return std::nullopt;
  }
  ++calls_changed;
  return script;
}

// The script's failure of a call that moves no bytes, or what `real` does.
template <class Failed, class Real>
auto scripted(const char* call, Failed failed, Real&& real) -> decltype(real()) {
  if (const auto answer = answer_of(call); answer && answer->error != 0) {
    errno = answer->error;
    return failed;
  }
  return real();
}

template <class Real>
ssize_t scripted_bytes(const char* call, std::size_t size, Real&& real) {
  const auto answer = answer_of(call);
  if (answer && answer->error != 0) {
    errno = answer->error;
    return -1;
  }
  if (answer && answer->bytes == 0) {
    return 0;
  }
  return real(answer ? std::min(size, answer->bytes) : size);
}

}  // namespace

ScriptedCalls::ScriptedCalls(CallScript next) {
  const std::scoped_lock lock(mutex);
  check(!script.has_value(), "one script at a time");
  script = std::move(next);
  calls_seen = 0;
  calls_changed = 0;
}

ScriptedCalls::~ScriptedCalls() {
  const std::scoped_lock lock(mutex);
  script.reset();
}

uint64_t ScriptedCalls::seen() {
  const std::scoped_lock lock(mutex);
  return calls_seen;
}

uint64_t ScriptedCalls::changed() {
  const std::scoped_lock lock(mutex);
  return calls_changed;
}

}  // namespace plated

using plated::scripted;
using plated::scripted_bytes;

extern "C" {
// The linker's names for what is wrapped and for what stands in its place.
int __real_open(const char*, int, ...);
ssize_t __real_pread(int, void*, size_t, off_t);
ssize_t __real_pwrite(int, const void*, size_t, off_t);
int __real_fdatasync(int);
int __real_fsync(int);
int __real_ftruncate(int, off_t);
int __real_fstat(int, struct stat*);
int __real_rename(const char*, const char*);
int __real_unlink(const char*);
int __real_mkdir(const char*, mode_t);
DIR* __real_opendir(const char*);
dirent* __real_readdir(DIR*);
int __real_fstatat(int, const char*, struct stat*, int);
int __real_flock(int, int);

int __wrap_open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = va_arg(rest, mode_t);
  va_end(rest);
  return scripted("open", -1, [&] { return __real_open(path, flags, mode); });
}
ssize_t __wrap_pread(int file, void* to, size_t size, off_t at) {
  return scripted_bytes("pread", size,
                        [&](std::size_t bytes) { return __real_pread(file, to, bytes, at); });
}
ssize_t __wrap_pwrite(int file, const void* from, size_t size, off_t at) {
  return scripted_bytes("pwrite", size,
                        [&](std::size_t bytes) { return __real_pwrite(file, from, bytes, at); });
}
int __wrap_fdatasync(int file) {
  return scripted("fdatasync", -1, [&] { return __real_fdatasync(file); });
}
int __wrap_fsync(int file) {
  return scripted("fsync", -1, [&] { return __real_fsync(file); });
}
int __wrap_ftruncate(int file, off_t size) {
  return scripted("ftruncate", -1, [&] { return __real_ftruncate(file, size); });
}
int __wrap_fstat(int file, struct stat* facts) {
  return scripted("fstat", -1, [&] { return __real_fstat(file, facts); });
}
int __wrap_rename(const char* from, const char* to) {
  return scripted("rename", -1, [&] { return __real_rename(from, to); });
}
int __wrap_unlink(const char* path) {
  return scripted("unlink", -1, [&] { return __real_unlink(path); });
}
int __wrap_mkdir(const char* path, mode_t mode) {
  return scripted("mkdir", -1, [&] { return __real_mkdir(path, mode); });
}
DIR* __wrap_opendir(const char* path) {
  return scripted("opendir", static_cast<DIR*>(nullptr), [&] { return __real_opendir(path); });
}
dirent* __wrap_readdir(DIR* directory) {
  return scripted("readdir", static_cast<dirent*>(nullptr),
                  [&] { return __real_readdir(directory); });
}
int __wrap_fstatat(int directory, const char* path, struct stat* facts, int flags) {
  return scripted("fstatat", -1, [&] { return __real_fstatat(directory, path, facts, flags); });
}
int __wrap_flock(int file, int how) {
  return scripted("flock", -1, [&] { return __real_flock(file, how); });
}
}
