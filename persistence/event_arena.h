// Memory for the lists of decoded events and items: handed out piece by piece, given back at once.
// Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace plated {

// Where decoded lists live, until clear().
class EventArena {
 public:
  EventArena() = default;
  EventArena(const EventArena&) = delete;
  EventArena& operator=(const EventArena&) = delete;
  // Keeps one block, large enough for as much again.
  void clear();
  // So many bytes, aligned for anything.
  [[nodiscard]] void* allocate(std::size_t bytes) {
    const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (rounded > static_cast<std::size_t>(end_ - at_)) {
      add_block(rounded);
    }
    void* const place = at_;
    at_ += rounded;
    return place;
  }

 private:
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size = 0;
  };
  void add_block(std::size_t least);

  std::vector<Block> blocks_;
  std::byte* at_ = nullptr;  // what is unused of the last block
  std::byte* end_ = nullptr;
};

}  // namespace plated
