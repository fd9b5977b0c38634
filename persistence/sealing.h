// Personal data under an owner's key: XChaCha20-Poly1305 with a random nonce, bound to the number
// of the key. Whoever destroys the key has destroyed the data, wherever copies of the sealed bytes
// are. Pure but for the nonce; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "engine/secret_memory.h"
#include "persistence/file_system.h"

namespace plated {

// The place of an owner's key in the key store; 0 is none.
struct KeyId {
  uint64_t value = 0;
  friend auto operator<=>(const KeyId&, const KeyId&) = default;
};
using OwnerKey = SecretBytes<32>;  // read for each use, and wiped after it

inline constexpr std::size_t kSealNonceSize = 24;
inline constexpr std::size_t kSealTagSize = 16;
inline constexpr std::size_t kSealOverhead = kSealNonceSize + kSealTagSize;

// `plain` under the key of this number, with a fresh nonce: nonce | ciphertext | tag, which is
// kSealOverhead bytes more.
[[nodiscard]] Bytes seal(const OwnerKey& key, KeyId id, ByteSpan plain);
// False when these bytes were not sealed under this key and number; `plain` is then empty.
[[nodiscard]] bool open_sealed(const OwnerKey& key, KeyId id, ByteSpan sealed, Bytes& plain);

}  // namespace plated
