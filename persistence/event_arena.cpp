#include "persistence/event_arena.h"

#include <algorithm>

namespace plated {
namespace {

// Bytes of an arena's first block.
constexpr std::size_t kFirstBlock = 16 * 1024;

}  // namespace

void EventArena::add_block(std::size_t least) {
  const std::size_t size =
      std::max({least, kFirstBlock, blocks_.empty() ? 0 : 2 * blocks_.back().size});
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
  at_ = blocks_.back().bytes.get();
  end_ = at_ + size;
}

void EventArena::clear() {
  if (blocks_.empty()) {
    return;
  }
  std::size_t size = 0;
  for (const Block& block : blocks_) {
    size += block.size;
  }
  if (blocks_.size() > 1) {
    blocks_.clear();
    add_block(size);
  }
  at_ = blocks_.back().bytes.get();
}

}  // namespace plated
