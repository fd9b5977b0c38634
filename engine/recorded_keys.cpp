#include "engine/recorded_keys.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {

void RecordedKeys::apply(const KeyStoreChange& change) {
  check(change.mark.generation > mark_.generation, "a key store only grows");
  if (change.destroyed == 0) {
    destroyed_.clear();
  } else {
    check(change.mark.generation == mark_.generation + 1, "an erasure takes one slot");
    check(change.destroyed < mark_.generation, "what is destroyed was made before");
    if (destroyed_.size() == kDestroyedMax) {
      destroyed_.erase(destroyed_.begin());
    }
    destroyed_.push_back(change.destroyed);
  }
  mark_ = change.mark;
  check(destroyed_.size() < mark_.generation, "each erasure has a slot, and so has the header");
}

bool RecordedKeys::restore(const KeyStoreMark& mark, std::span<const uint64_t> destroyed) {
  const bool sound = destroyed.size() <= kDestroyedMax && destroyed.size() < mark.generation &&
                     std::all_of(destroyed.begin(), destroyed.end(),
                                 [&](uint64_t key) { return key > 0 && key < mark.generation; });
  if (sound) {
    mark_ = mark;
    destroyed_.assign(destroyed.begin(), destroyed.end());
  }
  return sound;
}

}  // namespace plated
