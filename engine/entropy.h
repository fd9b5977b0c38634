// Random bytes from a seed that was passed in: the XChaCha20 stream of that key, for voucher codes
// and moments of return. What it yields stands in events, so replay needs none of it. Not
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/types.h"

namespace plated {

using EntropySeed = std::array<uint8_t, 32>;

class Entropy {
 public:
  // `stream` tells apart the users of one seed.
  Entropy(const EntropySeed& seed, uint64_t stream);

  // The next 16 random bytes.
  [[nodiscard]] VoucherCode voucher_code();
  // Uniform in [0, bound]. Requires bound >= 0.
  [[nodiscard]] Millis up_to(Millis bound);

 private:
  void read(uint8_t* out, std::size_t size);

  EntropySeed seed_;
  std::array<uint8_t, 24> nonce_{};
  std::array<uint8_t, 1024> bytes_{};
  std::size_t next_ = sizeof(bytes_);
  uint64_t blocks_ = 0;
};

}  // namespace plated
