// A disk in memory that remembers what was synced. crash() leaves what a power cut could leave: all
// that was synced, and of the rest nothing, everything, or whichever sectors and names a seed
// picks. Thread-safe. For tests only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "persistence/file_system.h"

namespace plated {

class MemoryFileSystem final : public FileSystem {
 public:
  static constexpr std::size_t kSector = 512;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

  // The power fails. Files opened before are dead; locks are gone.
  void crash_losing_all();
  void crash_keeping_all();
  // Keeps each unsynced sector with the probability of a coin, and of the unsynced names a prefix.
  void crash(uint64_t seed);
  // The pages of a failed sync count as clean: what was written is readable and will be lost.
  // `path` may be a name that the file had when it was opened.
  void forget_unsynced(const std::string& path);

  // Bytes that all files together may have; further growth is refused.
  void set_capacity(uint64_t bytes);

  // What a file holds now; nothing when there is no such file.
  [[nodiscard]] std::optional<Bytes> contents(const std::string& path) const;
  // What of it is safe: a power cut now would leave at least this.
  [[nodiscard]] std::optional<Bytes> safe_contents(const std::string& path) const;
  // Puts a file there, synced.
  void put_file(const std::string& path, Bytes contents);
  [[nodiscard]] uint64_t syncs() const;

 private:
  friend class MemoryFile;
  friend class MemoryLock;

  // A write that may be lost; without bytes, a truncation to `offset`.
  struct Change {
    uint64_t offset = 0;
    std::optional<Bytes> bytes;
  };
  struct Node {
    Bytes now;
    Bytes safe;
    std::vector<Change> pending;
  };
  using NodePointer = std::shared_ptr<Node>;
  using Names = std::map<std::string, NodePointer>;
  // A change of names that happens as a whole; a null node removes the name.
  struct NameChange {
    std::string directory;
    std::vector<std::pair<std::string, NodePointer>> names;
  };

  static void apply(const Change& change, Bytes& contents);
  static void apply(const NameChange& change, Names& names);
  void change_names(NameChange change);
  void after_crash();
  [[nodiscard]] uint64_t bytes_used() const;

  mutable std::mutex mutex_;
  Names now_;
  Names safe_;
  std::vector<NameChange> pending_;
  std::map<std::string, std::string> renamed_;  // names that files had, to what they became
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  uint64_t generation_ = 0;
  uint64_t capacity_ = UINT64_MAX;
  uint64_t syncs_ = 0;
};

}  // namespace plated
