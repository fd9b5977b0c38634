// Room in memory for the bytes of a file: not zeroed before they are read into, and kept in large
// pages where the system has them. A log file is 256 MiB; clearing that and meeting its 65,536
// small pages one by one would cost more than checking what stands in them. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "persistence/file_system.h"

namespace plated {

class Contents {
 public:
  Contents() = default;
  // Room for `size` bytes, of which none has a value yet.
  explicit Contents(std::size_t size);

  // All of it, to be read into; and to be looked at, as far as it has been read into.
  [[nodiscard]] std::span<std::byte> bytes() { return {bytes_.get(), size_}; }
  [[nodiscard]] ByteSpan view() const { return {bytes_.get(), size_}; }
  // Requires a size that is not larger.
  void shrink(std::size_t size);

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  std::size_t size_ = 0;
};

// Reads a whole file of at most `size_max` bytes; a longer one is a mismatch.
Result<Contents> read_contents(FileSystem& files, const std::string& path, uint64_t size_max);

}  // namespace plated
