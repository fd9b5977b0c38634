#include "engine/draw_stream.h"

#include <sodium.h>

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::size_t kBlockBytes = 64;  // of XChaCha20's key stream

static_assert(crypto_stream_xchacha20_KEYBYTES == sizeof(DrawSecret));
static_assert(crypto_hash_sha256_BYTES == sizeof(Commitment));

std::array<uint8_t, 4> little_endian(uint32_t value) {
  return {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8U),
          static_cast<uint8_t>(value >> 16U), static_cast<uint8_t>(value >> 24U)};
}

uint32_t from_little_endian(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8U |
         static_cast<uint32_t>(bytes[2]) << 16U | static_cast<uint32_t>(bytes[3]) << 24U;
}

// Hashes a field with its length in front, so that no two draws share their bytes.
void absorb(crypto_generichash_state& state, const uint8_t* bytes, std::size_t size) {
  const std::array<uint8_t, 4> length = little_endian(static_cast<uint32_t>(size));
  crypto_generichash_update(&state, length.data(), length.size());
  crypto_generichash_update(&state, bytes, size);
}

void absorb(crypto_generichash_state& state, std::string_view text) {
  absorb(state, reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

void absorb(crypto_generichash_state& state, uint32_t number) {
  const std::array<uint8_t, 4> bytes = little_endian(number);
  absorb(state, bytes.data(), bytes.size());
}

}  // namespace

DrawStream::DrawStream(const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
                       uint32_t application, uint32_t draw)
    : secret_(secret) {
  static_assert(sizeof(nonce_) == crypto_stream_xchacha20_NONCEBYTES);
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, nonce_.size());
  absorb(state, owner);
  absorb(state, vehicle);
  absorb(state, application);
  absorb(state, draw);
  crypto_generichash_final(&state, nonce_.data(), nonce_.size());
  fill();
}

DrawStream::~DrawStream() {
  sodium_memzero(secret_.data(), secret_.size());
  sodium_memzero(words_.data(), sizeof(words_));
}

uint32_t DrawStream::below(uint32_t bound) {
  check(bound > 0, "a draw has something to choose from");
  uint64_t product = uint64_t{next_word()} * bound;
  if (static_cast<uint32_t>(product) < bound) {
    const uint32_t threshold = (0U - bound) % bound;  // 2^32 mod bound
    while (static_cast<uint32_t>(product) < threshold) {
      product = uint64_t{next_word()} * bound;
    }
  }
  return static_cast<uint32_t>(product >> 32U);
}

uint32_t DrawStream::next_word() {
  if (next_ == words_.size()) {
    fill();
  }
  return words_[next_++];
}

void DrawStream::fill() {
  std::array<uint8_t, sizeof(words_)> bytes{};
  static_assert(sizeof(bytes) % kBlockBytes == 0);
  const int failed = crypto_stream_xchacha20_xor_ic(bytes.data(), bytes.data(), bytes.size(),
                                                    nonce_.data(), blocks_read_, secret_.data());
  check(failed == 0, "a key stream has no end");
  for (std::size_t i = 0; i < words_.size(); ++i) {
    words_[i] = from_little_endian(bytes.data() + 4 * i);
  }
  sodium_memzero(bytes.data(), bytes.size());
  blocks_read_ += bytes.size() / kBlockBytes;
  next_ = 0;
}

Commitment commitment_of(const DrawSecret& secret) {
  Commitment commitment;
  crypto_hash_sha256(commitment.data(), secret.data(), secret.size());
  return commitment;
}

}  // namespace plated
