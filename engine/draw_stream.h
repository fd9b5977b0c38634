// The committed randomness of one draw: a secret of the pool's period and the name of the draw make
// an endless stream of words, reduced without bias to places. Deterministic and total; DRAW.md
// specifies it byte for byte. Whoever decides or verifies a draw makes one for it, before any lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/types.h"

namespace plated {

class DrawStream {
 public:
  // `application` is the application's number, `draw` the draw's, from 1. Computes the words that
  // `numbers` calls of below() are likely to need, and some more, so that these are only arithmetic
  // under a lock; further ones are computed when they are asked for. Requires
  // numbers <= kBatchSizeMax.
  DrawStream(const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
             uint32_t application, uint32_t draw, std::size_t numbers = kBatchSizeMax);
  // Wipes the secret and the words.
  ~DrawStream();
  DrawStream(const DrawStream&) = delete;
  DrawStream& operator=(const DrawStream&) = delete;

  // The next number, uniform in [0, bound). Requires bound > 0.
  [[nodiscard]] uint32_t below(uint32_t bound);

  // The words that the first `count` numbers are made of, if none is passed over. Requires a count
  // of at most the constructor's `numbers`, and that nothing was taken yet.
  [[nodiscard]] std::span<const uint32_t> first_words(std::size_t count) const {
    return std::span(words_).first(count);
  }

 private:
  static constexpr std::size_t kWordsPerBlock = 16;  // of XChaCha20's key stream
  static constexpr std::size_t kBlocks = kBatchSizeMax / kWordsPerBlock + 1;

  uint32_t next_word();
  void fill(std::size_t blocks);

  DrawSecret secret_;
  std::array<uint8_t, 24> nonce_{};
  uint64_t blocks_read_ = 0;
  std::size_t next_ = 0;                                  // index of the next word in words_
  std::size_t ready_ = 0;                                 // words there
  std::array<uint32_t, kBlocks * kWordsPerBlock> words_;  // the first ready_
};

// What is published a day ahead of a secret: its SHA-256.
[[nodiscard]] Commitment commitment_of(const DrawSecret& secret);

}  // namespace plated
