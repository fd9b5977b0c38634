// The bytes of the key store's file: a header and slots, all of one size. FORMAT.md has the
// grammar. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "engine/secret_memory.h"
#include "engine/types.h"
#include "persistence/file_system.h"

namespace plated {

inline constexpr std::size_t kKeySlotSize = 64;

// Wiped where they end.
struct KeySlotBytes : std::array<std::byte, kKeySlotSize> {
  ~KeySlotBytes() { wipe(data(), size()); }
};

// Values on disk never change meaning.
enum class KeySlotKind : uint8_t {
  none,
  owner_key,
  pool_secret,
  bare_erasure,  // of earlier versions: says nothing of what it erased
  erasure,
  lobby_secret,
};

// Whose a secret is: a pool's, or the lobbies' of an office.
using SecretOf = std::variant<PoolKey, OfficeCode>;

// One key, secret or erasure where it stands.
struct KeySlot {
  KeySlotKind kind = KeySlotKind::none;
  PoolKey pool;           // of a secret; of the lobbies' one, the office alone
  uint64_t group = 0;     // the first slot of the write that it was part of
  uint64_t argument = 0;  // the period of a secret, the slot that an erasure erases
  // Or the secret; of an erasure, the digest of what it erases. Wiped where the slot ends.
  SecretBytes<32> key{};

  [[nodiscard]] bool erases() const {
    return kind == KeySlotKind::erasure || kind == KeySlotKind::bare_erasure;
  }

  [[nodiscard]] bool is_secret() const {
    return kind == KeySlotKind::pool_secret || kind == KeySlotKind::lobby_secret;
  }
  // Requires a secret.
  [[nodiscard]] SecretOf secret_of() const;
  // Makes it a secret.
  void name_secret(const SecretOf& of);

  // Requires `out` to have kKeySlotSize bytes.
  void encode(uint64_t identity, uint64_t index, std::byte* out) const;
  // Nothing when these bytes were not written as the slot `index` of the file `identity`.
  static std::optional<KeySlot> decode(uint64_t identity, uint64_t index, ByteSpan bytes);
};

// The header of a fresh file, with an identity of its own.
[[nodiscard]] KeySlotBytes fresh_key_header();
// The identity in the header of the file `path`, which may be shorter than a header.
[[nodiscard]] Result<uint64_t> key_file_identity(ByteSpan header, const std::string& path);

}  // namespace plated
