#include "engine/free_set.h"

#include <algorithm>
#include <array>

#include "engine/check.h"

namespace plated {
namespace {

// One array as it would be after some removals, without touching it: it is shorter by them, and a
// few of its indices show a plate that stood further back.
class ShrunkArray {
 public:
  explicit ShrunkArray(std::span<const PlateNumber> plates)
      : plates_(plates.data()), size_(static_cast<uint32_t>(plates.size())) {}

  [[nodiscard]] uint32_t size() const { return size_; }

  // Removes the plate at `index` and gives where it truly stands, already on its way to the cache.
  const PlateNumber* remove(uint32_t index) {
    check(index < size_, "a pick is of what is left");
    const uint32_t source = source_of(index);
    __builtin_prefetch(plates_ + source);
    --size_;
    if (index != size_) {
      move(index, source_of(size_));
    }
    return plates_ + source;
  }

 private:
  struct Move {
    uint32_t index;
    uint32_t source;
  };

  // A bit for each index, by its last six bits: where it is 0 the index was never moved to, which
  // spares most of the searches.
  [[nodiscard]] static uint64_t bit_of(uint32_t index) { return uint64_t{1} << (index % 64); }

  [[nodiscard]] uint32_t source_of(uint32_t index) const {
    if ((moved_ & bit_of(index)) == 0) {
      return index;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (moves_[i].index == index) {
        return moves_[i].source;
      }
    }
    return index;
  }

  void move(uint32_t index, uint32_t source) {
    moved_ |= bit_of(index);
    for (std::size_t i = 0; i < count_; ++i) {
      if (moves_[i].index == index) {
        moves_[i].source = source;
        return;
      }
    }
    check(count_ < moves_.size(), "a draw moves no more plates than it takes");
    moves_[count_++] = {index, source};
  }

  const PlateNumber* plates_;
  uint32_t size_;
  uint64_t moved_ = 0;
  std::size_t count_ = 0;
  std::array<Move, kBatchSizeMax> moves_;  // the first count_
};

}  // namespace

FreeSet::Outline FreeSet::outline() const {
  check(size() >= size_without4(), "the plates without a 4 are part of all");
  return {reinterpret_cast<uintptr_t>(without4_.data()), reinterpret_cast<uintptr_t>(with4_.data()),
          size_without4(), size()};
}

const void* FreeSet::Outline::address_of(uint64_t place) const {
  check(size_without4 <= size, "the plates without a 4 are part of all");
  const uintptr_t at = place < size_without4
                           ? without4 + place * sizeof(PlateNumber)
                           : with4 + (place - size_without4) * sizeof(PlateNumber);
  return reinterpret_cast<const void*>(at);
}

void FreeSet::Outline::prefetch(std::span<const uint32_t> words, bool without4_only) const {
  check(words.size() <= kBatchSizeMax, "a draw is at most kBatchSizeMax plates");
  const uint64_t bound = without4_only ? size_without4 : size;
  for (const uint32_t word : words) {
    __builtin_prefetch(address_of((word * bound) >> 32U));
  }
}

void FreeSet::prefetch(std::span<const Pick> picks) const {
  check(picks.size() <= kPlatesPerEvent, "an event's picks have their limit");
  const Outline here = outline();
  for (const Pick& pick : picks) {
    __builtin_prefetch(here.address_of(pick.place));
  }
}

PlateNumber FreeSet::at(uint32_t place) const {
  check(place < size(), "a place lies in the set");
  const uint32_t boundary = size_without4();
  return place < boundary ? without4_[place] : with4_[place - boundary];
}

void FreeSet::reserve(uint32_t with4, uint32_t without4) {
  with4_.reserve(with4);
  without4_.reserve(without4);
  check(with4_.capacity() >= with4 && without4_.capacity() >= without4, "room is there");
}

std::size_t FreeSet::pick(DrawStream& stream, std::size_t count, bool without4_only,
                          std::span<Pick> out) const {
  check(count <= kBatchSizeMax, "a draw is at most kBatchSizeMax plates");
  const std::size_t available = without4_only ? size_without4() : size();
  const std::size_t picks = std::min(count, available);
  check(picks <= out.size(), "the picks have room");
  ShrunkArray without4(without4_);
  ShrunkArray with4(with4_);
  std::array<const PlateNumber*, kBatchSizeMax> sources;
  for (std::size_t i = 0; i < picks; ++i) {
    const uint32_t boundary = without4.size();
    const uint32_t bound = without4_only ? boundary : boundary + with4.size();
    const uint32_t place = stream.below(bound);
    check(place < bound, "a number of the stream is below its bound");
    out[i].place = place;
    sources[i] = place < boundary ? without4.remove(place) : with4.remove(place - boundary);
  }
  for (std::size_t i = 0; i < picks; ++i) {
    out[i].plate = *sources[i];
    check(out[i].plate != kNoPlate, "a place holds a plate");
  }
  return picks;
}

}  // namespace plated
