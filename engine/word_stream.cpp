#include "engine/word_stream.h"

#include <sodium.h>

namespace plated {

uint32_t WordStream::next() {
  if (read_ == bytes_.size()) {
    static constexpr std::array<uint8_t, crypto_stream_xchacha20_NONCEBYTES> kNonce{};
    bytes_.fill(0);
    const int failed = crypto_stream_xchacha20_xor_ic(bytes_.data(), bytes_.data(), bytes_.size(),
                                                      kNonce.data(), blocks_, key_.data());
    check(failed == 0, "a key stream has no end");
    blocks_ += kBlocks;
    read_ = 0;
  }
  const uint32_t word = word_at(bytes_.data() + read_);
  read_ += 4;
  return word;
}

}  // namespace plated
