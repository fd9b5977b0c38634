#include "engine/entropy.h"

#include <sodium.h>

#include <cstring>

#include "engine/check.h"

namespace plated {

Entropy::Entropy(const EntropySeed& seed, uint64_t stream) : seed_(seed) {
  std::memcpy(nonce_.data(), &stream, sizeof(stream));
}

void Entropy::read(uint8_t* out, std::size_t size) {
  if (next_ + size > bytes_.size()) {
    bytes_.fill(0);
    crypto_stream_xchacha20_xor_ic(bytes_.data(), bytes_.data(), bytes_.size(), nonce_.data(),
                                   blocks_, seed_.data());
    blocks_ += bytes_.size() / 64;
    next_ = 0;
  }
  std::memcpy(out, bytes_.data() + next_, size);
  next_ += size;
}

VoucherCode Entropy::voucher_code() {
  VoucherCode code;
  read(code.data(), code.size());
  return code;
}

Millis Entropy::up_to(Millis bound) {
  check(bound.count() >= 0, "a span of time is not negative");
  const uint64_t choices = static_cast<uint64_t>(bound.count()) + 1;
  const uint64_t unfair = (0 - choices) % choices;  // words below it would favour small results
  uint64_t word = 0;
  do {
    read(reinterpret_cast<uint8_t*>(&word), sizeof(word));
  } while (word < unfair);
  return Millis(static_cast<int64_t>(word % choices));
}

}  // namespace plated
