#include "tests/support/memory_file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/check.h"

namespace plated {
namespace {

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFileSystem& disk, std::string path, MemoryFileSystem::NodePointer node,
             uint64_t generation)
      : disk_(disk), path_(std::move(path)), node_(std::move(node)), generation_(generation) {}

  Result<std::size_t> read(uint64_t offset, std::span<std::byte> out) override {
    const std::scoped_lock lock(disk_.mutex_);
    check_alive();
    std::size_t got = 0;
    if (offset < node_->now.size()) {
      got = std::min(out.size(), node_->now.size() - static_cast<std::size_t>(offset));
      std::copy_n(node_->now.begin() + static_cast<std::ptrdiff_t>(offset), got, out.begin());
    }
    return got;
  }

  Status write(uint64_t offset, ByteSpan bytes) override {
    const std::scoped_lock lock(disk_.mutex_);
    check_alive();
    const uint64_t end = offset + bytes.size();
    const uint64_t growth = end > node_->now.size() ? end - node_->now.size() : 0;
    if (growth > 0 && disk_.bytes_used() + growth > disk_.capacity_) {
      return Status::io_error(path_, offset, "cannot write", ENOSPC);
    }
    node_->pending.push_back({offset, Bytes(bytes.begin(), bytes.end())});
    MemoryFileSystem::apply(node_->pending.back(), node_->now);
    return {};
  }

  Status sync() override {
    const std::scoped_lock lock(disk_.mutex_);
    check_alive();
    for (const auto& change : node_->pending) {
      MemoryFileSystem::apply(change, node_->safe);
    }
    node_->pending.clear();
    ++disk_.syncs_;
    return {};
  }

  Status truncate(uint64_t size) override {
    const std::scoped_lock lock(disk_.mutex_);
    check_alive();
    check(size <= node_->now.size(), "a truncation makes a file no longer");
    node_->pending.push_back({size, std::nullopt});
    MemoryFileSystem::apply(node_->pending.back(), node_->now);
    return {};
  }

  Result<uint64_t> size() override {
    const std::scoped_lock lock(disk_.mutex_);
    return uint64_t{node_->now.size()};
  }

 private:
  void check_alive() const {
    check(generation_ == disk_.generation_, "a file opened before a crash is dead");
  }

  MemoryFileSystem& disk_;
  const std::string path_;
  const MemoryFileSystem::NodePointer node_;
  const uint64_t generation_;
};

class MemoryLock final : public FileLock {
 public:
  MemoryLock(MemoryFileSystem& disk, std::string path, uint64_t generation)
      : disk_(disk), path_(std::move(path)), generation_(generation) {}
  ~MemoryLock() override {
    const std::scoped_lock lock(disk_.mutex_);
    if (generation_ == disk_.generation_) {
      disk_.locked_.erase(path_);
    }
  }

 private:
  MemoryFileSystem& disk_;
  const std::string path_;
  const uint64_t generation_;
};

void MemoryFileSystem::apply(const Change& change, Bytes& contents) {
  if (!change.bytes) {
    contents.resize(
        std::min<std::size_t>(contents.size(), static_cast<std::size_t>(change.offset)));
    return;
  }
  const auto at = static_cast<std::size_t>(change.offset);
  contents.resize(std::max(contents.size(), at + change.bytes->size()));
  if (!change.bytes->empty()) {
    std::memcpy(contents.data() + at, change.bytes->data(), change.bytes->size());
  }
}

void MemoryFileSystem::apply(const NameChange& change, Names& names) {
  for (const auto& [name, node] : change.names) {
    if (node == nullptr) {
      names.erase(name);
    } else {
      names[name] = node;
    }
  }
}

void MemoryFileSystem::change_names(NameChange change) {
  apply(change, now_);
  pending_.push_back(std::move(change));
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  const std::scoped_lock lock(mutex_);
  auto found = now_.find(path);
  if (mode == OpenMode::create && found == now_.end()) {
    change_names({directory_of(path), {{path, std::make_shared<Node>()}}});
    renamed_.erase(path);
    found = now_.find(path);
  } else if (mode == OpenMode::create) {
    found->second->pending.push_back({0, std::nullopt});
    found->second->now.clear();
  }
  if (found == now_.end()) {
    return Status::io_error(path, 0, "cannot open", ENOENT);
  }
  return std::unique_ptr<File>(
      std::make_unique<MemoryFile>(*this, path, found->second, generation_));
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  const auto found = now_.find(from);
  if (found == now_.end()) {
    return Status::io_error(from, 0, "cannot rename", ENOENT);
  }
  change_names({directory_of(from), {{to, found->second}, {from, nullptr}}});
  renamed_[from] = to;
  return {};
}

Status MemoryFileSystem::remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (now_.contains(path)) {
    change_names({directory_of(path), {{path, nullptr}}});
  }
  return {};
}

Status MemoryFileSystem::make_directory(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  directories_.insert(path);
  return {};
}

Status MemoryFileSystem::sync_directory(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  for (const NameChange& change : pending_) {
    if (change.directory == path) {
      apply(change, safe_);
    }
  }
  std::erase_if(pending_, [&](const NameChange& change) { return change.directory == path; });
  return {};
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, node] : now_) {
    if (directory_of(name) == path) {
      names.push_back(name.substr(path.size() + 1));
    }
  }
  if (names.empty() && !directories_.contains(path)) {
    return Status::io_error(path, 0, "cannot list", ENOENT);
  }
  return names;
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (!locked_.insert(path).second) {
    return Status::locked(path, "another process has this data directory open");
  }
  return std::unique_ptr<FileLock>(std::make_unique<MemoryLock>(*this, path, generation_));
}

void MemoryFileSystem::after_crash() {
  pending_.clear();
  now_ = safe_;
  for (auto& [name, node] : now_) {
    // A new node, so that a file that is still open cannot reach it.
    node = std::make_shared<Node>(Node{node->safe, node->safe, {}});
  }
  safe_ = now_;
  locked_.clear();
  ++generation_;
}

void MemoryFileSystem::crash_losing_all() {
  const std::scoped_lock lock(mutex_);
  after_crash();
}

void MemoryFileSystem::crash_keeping_all() {
  const std::scoped_lock lock(mutex_);
  safe_ = now_;
  for (auto& [name, node] : safe_) {
    node->safe = node->now;
  }
  after_crash();
}

void MemoryFileSystem::crash(uint64_t seed) {
  const std::scoped_lock lock(mutex_);
  std::mt19937_64 random(seed);
  const std::size_t kept = pending_.empty() ? 0 : random() % (pending_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) {
    apply(pending_[i], safe_);
  }
  for (auto& [name, node] : safe_) {
    for (const Change& change : node->pending) {
      if (!change.bytes) {
        if (random() % 2 == 0) {
          apply(change, node->safe);
        }
        continue;
      }
      for (uint64_t at = change.offset; at < change.offset + change.bytes->size();) {
        const uint64_t sector_end = (at / kSector + 1) * kSector;
        const uint64_t end = std::min(sector_end, change.offset + change.bytes->size());
        if (random() % 2 == 0) {
          const auto from = change.bytes->begin() + static_cast<std::ptrdiff_t>(at - change.offset);
          const auto size = static_cast<std::ptrdiff_t>(end - at);
          apply(Change{at, Bytes(from, from + size)}, node->safe);
        }
        at = end;
      }
    }
  }
  after_crash();
}

void MemoryFileSystem::forget_unsynced(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  auto found = now_.find(path);
  for (auto renamed = renamed_.find(path); found == now_.end() && renamed != renamed_.end();
       renamed = renamed_.find(renamed->second)) {
    found = now_.find(renamed->second);
  }
  if (found != now_.end()) {
    found->second->pending.clear();
  }
}

void MemoryFileSystem::set_capacity(uint64_t bytes) {
  const std::scoped_lock lock(mutex_);
  capacity_ = bytes;
}

uint64_t MemoryFileSystem::bytes_used() const {
  uint64_t bytes = 0;
  for (const auto& [name, node] : now_) {
    bytes += node->now.size();
  }
  return bytes;
}

std::optional<Bytes> MemoryFileSystem::contents(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = now_.find(path);
  return found == now_.end() ? std::nullopt : std::optional(found->second->now);
}

std::optional<Bytes> MemoryFileSystem::safe_contents(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = safe_.find(path);
  return found == safe_.end() ? std::nullopt : std::optional(found->second->safe);
}

void MemoryFileSystem::put_file(const std::string& path, Bytes contents) {
  const std::scoped_lock lock(mutex_);
  auto node = std::make_shared<Node>();
  node->now = contents;
  node->safe = std::move(contents);
  now_[path] = node;
  safe_[path] = node;
  std::erase_if(pending_, [&](const NameChange& change) {
    return std::ranges::any_of(change.names,
                               [&](const auto& entry) { return entry.first == path; });
  });
}

uint64_t MemoryFileSystem::syncs() const {
  const std::scoped_lock lock(mutex_);
  return syncs_;
}

}  // namespace plated
