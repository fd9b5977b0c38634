// The operating system as persistence sees it: files written at an offset, synced, renamed, listed,
// locked. The seam at which a test becomes the disk: posix_file_system() is its one real
// implementation; tests have one that forgets unsynced bytes and one that fails the k-th call.
//
// The promise everything here is built on: what was written is safe once sync() of the file
// returned ok; a created, renamed or removed name is safe once sync_directory() returned ok. After
// a sync that failed nothing is known about the file, and it must not be written any further. Calls
// on different files may come from different threads; one File is one thread's at a time, except
// read(), which any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "persistence/status.h"

namespace plated {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;

enum class OpenMode : uint8_t {
  read,        // must exist
  read_write,  // must exist
  create,      // made, mode 0600; an old file of that name is emptied
};

// An open file; closed when destroyed.
class File {
 public:
  virtual ~File() = default;

  // Fills `out` from `offset`. Returns the bytes read: fewer than asked only at the end.
  virtual Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) = 0;
  // Writes all of `bytes` at `offset`, growing the file where it is too short. After a failure the
  // range holds any mixture of old and new.
  virtual Status write(uint64_t offset, ByteSpan bytes) = 0;
  // Makes the contents, and the size as far as it is needed to read them, safe. Fails when the file
  // has been deleted meanwhile.
  virtual Status sync() = 0;
  // Cuts the file to `size` bytes, which is not more than it has.
  virtual Status truncate(uint64_t size) = 0;
  // In bytes.
  virtual Result<uint64_t> size() = 0;
};

// Held as long as it lives; the kernel lets go of it when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Opens a regular file, or makes it, as the mode says. not_found when there is none and the mode
  // makes none.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Replaces `to` when it exists, at once or not at all.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // No error when there is no such file.
  virtual Status remove(const std::string& path) = 0;
  // Mode 0700; no error when it is there already. Its parent must exist.
  virtual Status make_directory(const std::string& path) = 0;
  // Blocks until the names in the directory are safe: of files made, renamed and removed.
  virtual Status sync_directory(const std::string& path) = 0;
  // The names of the regular files in a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  // Makes the file and takes its exclusive lock without waiting; `locked` when another has it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The real one. Stateless; lives for ever.
FileSystem& posix_file_system();

// Reads a whole file of at most `size_max` bytes; a longer one is a mismatch.
Result<Bytes> read_whole_file(FileSystem& files, const std::string& path, uint64_t size_max);

// Replaces `path` by a file of these contents, at once or not at all: writes `path`.tmp, syncs,
// renames, syncs the directory. Safe when it returns ok.
Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteSpan contents);

// Makes `path` a file of `size` zeros, written through and synced, so that overwriting them later
// needs no new blocks and no metadata. On failure the file is removed again, as far as possible.
// `after_piece`, if there is one, is called after every MiB of it.
Result<std::unique_ptr<File>> create_zeroed_file(FileSystem& files, const std::string& path,
                                                 uint64_t size,
                                                 const std::function<void()>& after_piece = {});

}  // namespace plated
