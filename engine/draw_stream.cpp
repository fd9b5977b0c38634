#include "engine/draw_stream.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "engine/word_stream.h"

namespace plated {
namespace {

static_assert(crypto_stream_xchacha20_KEYBYTES == sizeof(DrawSecret));
static_assert(crypto_hash_sha256_BYTES == sizeof(Commitment));

std::array<uint8_t, 4> little_endian(uint32_t value) {
  return {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8U),
          static_cast<uint8_t>(value >> 16U), static_cast<uint8_t>(value >> 24U)};
}

// What the nonce is the hash of: each field with its length in front, so that no two draws share
// their bytes. It fits one block of BLAKE2b, so the hash is one compression.
class Message {
 public:
  void add(const void* bytes, std::size_t size) {
    check(size <= kOwnerIdMax, "a field of a draw's name has its limit");
    put(little_endian(static_cast<uint32_t>(size)).data(), 4);
    put(bytes, size);
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  void add(uint32_t number) { add(little_endian(number).data(), 4); }

  [[nodiscard]] const uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void put(const void* bytes, std::size_t size) {
    std::memcpy(bytes_.data() + size_, bytes, size);
    size_ += size;
  }

  static constexpr std::size_t kFields = 4;
  std::array<uint8_t, kFields * 4 + kOwnerIdMax + kVehicleIdMax + 2 * 4> bytes_;
  static_assert(sizeof(bytes_) <= 128);
  std::size_t size_ = 0;
};

}  // namespace

DrawStream::DrawStream(const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
                       uint32_t application, uint32_t draw, std::size_t numbers)
    : secret_(secret) {
  static_assert(sizeof(nonce_) == crypto_stream_xchacha20_NONCEBYTES);
  check(numbers <= kBatchSizeMax, "a draw is at most kBatchSizeMax plates");
  Message message;
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
