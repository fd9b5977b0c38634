// An endless stream of words from a key, and the unbiased way to make a number of them. DRAW.md
// specifies both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/check.h"

namespace plated {

// Uniform in [0, bound): Lemire, ACM TOMACS 29(1), 2019. `next` gives the next word of a uniform
// stream; a word that is refused is used up. Requires bound > 0.
template <class Next>
[[nodiscard]] uint32_t uniform_below(uint32_t bound, Next&& next) {
  check(bound > 0, "there is something to choose from");
  uint64_t product = uint64_t{next()} * bound;
  if (static_cast<uint32_t>(product) < bound) {
    const uint32_t threshold = (0U - bound) % bound;  // 2^32 mod bound
    while (static_cast<uint32_t>(product) < threshold) {
      product = uint64_t{next()} * bound;
    }
  }
  return static_cast<uint32_t>(product >> 32U);
}

// The word that four bytes stand for, the least significant first.
[[nodiscard]] inline uint32_t word_at(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8U |
         static_cast<uint32_t>(bytes[2]) << 16U | static_cast<uint32_t>(bytes[3]) << 24U;
}

// XChaCha20 with the key and a nonce of zeros, from block 0, read as words.
class WordStream {
 public:
  explicit WordStream(const std::array<uint8_t, 32>& key) : key_(key) {}

  [[nodiscard]] uint32_t next();

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kBlocks = 16;  // computed at once

  std::array<uint8_t, 32> key_;
  std::array<uint8_t, kBlock * kBlocks> bytes_{};
  std::size_t read_ = sizeof(bytes_);
  uint64_t blocks_ = 0;
};

}  // namespace plated
