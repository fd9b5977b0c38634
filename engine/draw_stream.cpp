#include "engine/draw_stream.h"

#include <sodium.h>

#include <algorithm>

#include "engine/check.h"
#include "engine/field_message.h"
#include "engine/word_stream.h"

namespace plated {
namespace {

static_assert(crypto_stream_xchacha20_KEYBYTES == sizeof(DrawSecret));
static_assert(crypto_hash_sha256_BYTES == sizeof(Commitment));

}  // namespace

DrawStream::DrawStream(const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
                       uint32_t application, uint32_t draw, std::size_t numbers)
    : secret_(secret) {
  static_assert(sizeof(nonce_) == crypto_stream_xchacha20_NONCEBYTES);
  check(numbers <= kBatchSizeMax, "a draw is at most kBatchSizeMax plates");
  FieldMessage message;
  message.add(owner);
  message.add(vehicle);
  message.add(application);
  message.add(draw);
  crypto_generichash(nonce_.data(), nonce_.size(), message.data(), message.size(), nullptr, 0);
  fill(numbers / kWordsPerBlock + 1);
}

DrawStream::~DrawStream() {
  sodium_memzero(secret_.data(), secret_.size());
  sodium_memzero(words_.data(), sizeof(words_));
}

uint32_t DrawStream::below(uint32_t bound) {
  return uniform_below(bound, [this] { return next_word(); });
}

uint32_t DrawStream::next_word() {
  if (next_ == ready_) {
    fill(1);
  }
  return words_[next_++];
}

void DrawStream::fill(std::size_t blocks) {
  std::array<uint8_t, sizeof(words_)> bytes{};
  ready_ = blocks * kWordsPerBlock;
  const int failed = crypto_stream_xchacha20_xor_ic(bytes.data(), bytes.data(), 4 * ready_,
                                                    nonce_.data(), blocks_read_, secret_.data());
  check(failed == 0, "a key stream has no end");
  for (std::size_t i = 0; i < ready_; ++i) {
    words_[i] = word_at(bytes.data() + 4 * i);
  }
  sodium_memzero(bytes.data(), 4 * ready_);
  blocks_read_ += blocks;
  next_ = 0;
}

Commitment commitment_of(const DrawSecret& secret) {
  Commitment commitment;
  crypto_hash_sha256(commitment.data(), secret.data(), secret.size());
  return commitment;
}

}  // namespace plated
