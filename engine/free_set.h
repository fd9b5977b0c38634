// The free plates of one pool, in an order that is part of the state: two dense arrays of plate
// numbers, those without a 4 and those with one. Places count through both, the plates without a 4
// first. A plate leaves from any place, and the last of its array takes that place; a plate comes
// in at the end of its array. Every operation is constant time a plate. DRAW.md specifies the
// order. Not thread-safe: the holder of the pool's mutex is the only caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/check.h"
#include "engine/draw_stream.h"
#include "engine/types.h"

namespace plated {

class FreeSet {
 public:
  // Where the arrays stand at one moment: enough to ask the cache for what a draw will look at
  // while somebody else has the mutex. Nothing is read through it.
  struct Outline {
    uintptr_t without4 = 0;
    uintptr_t with4 = 0;
    uint32_t size_without4 = 0;
    uint32_t size = 0;

    // Where the place is, or would be: it may lie beyond the arrays, so it is not to be read.
    [[nodiscard]] const void* address_of(uint64_t place) const;
    // The places that a stream with these first words picks, or places close to them.
    void prefetch(std::span<const uint32_t> words, bool without4_only) const;
  };
  // Where the arrays are now. The next change may make that untrue; prefetching may still use it.
  [[nodiscard]] Outline outline() const;
  // Asks the cache for the places of picks that are about to be removed.
  void prefetch(std::span<const Pick> picks) const;

  // How many plates are free, and how many of them are without a 4.
  [[nodiscard]] uint32_t size() const {
    return static_cast<uint32_t>(without4_.size() + with4_.size());
  }
  [[nodiscard]] uint32_t size_without4() const { return static_cast<uint32_t>(without4_.size()); }

  // The plate at `place`. Requires a place below size().
  [[nodiscard]] PlateNumber at(uint32_t place) const;

  // Makes room for so many plates in all, of each array, and for no more: four bytes a plate. Never
  // takes room away. Costs one copy of an array that has to grow, and for that moment both copies.
  void reserve(uint32_t with4, uint32_t without4);

  // Puts a plate at the end of its array. Requires room from reserve(), and a plate that is not in
  // the set; the second is the pool's to know and is not checked.
  void put(PlateNumber plate, bool has_four) {
    std::vector<PlateNumber>& plates = has_four ? with4_ : without4_;
    check(plates.size() < plates.capacity(), "room for a plate was reserved");
    plates.push_back(plate);
  }

  // Takes the plate at `place` out; the last of its array takes its place. Requires a place below
  // size().
  PlateNumber remove(uint32_t place) {
    check(place < size(), "a place lies in the set");
    const uint32_t boundary = size_without4();
    return place < boundary ? remove_from(without4_, place) : remove_from(with4_, place - boundary);
  }

  // Chooses up to `count` plates (those without a 4 only, if `without4_only`), uniformly without
  // replacement, and changes nothing but the stream. Writes the picks to `out` and returns how
  // many: `count`, or all there are. remove(pick.place) for each pick in order takes exactly these
  // plates. Requires count <= kBatchSizeMax and room for it in `out`.
  [[nodiscard]] std::size_t pick(DrawStream& stream, std::size_t count, bool without4_only,
                                 std::span<Pick> out) const;

  // Both arrays in their order, for digest and snapshot. put() in this order restores the set.
  [[nodiscard]] std::span<const PlateNumber> without4() const { return without4_; }
  [[nodiscard]] std::span<const PlateNumber> with4() const { return with4_; }

 private:
  static PlateNumber remove_from(std::vector<PlateNumber>& plates, uint32_t index) {
    const PlateNumber plate = plates[index];
    plates[index] = plates.back();
    plates.pop_back();
    return plate;
  }

  std::vector<PlateNumber> without4_;
  std::vector<PlateNumber> with4_;
};

}  // namespace plated
