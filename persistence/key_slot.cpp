#include "persistence/key_slot.h"

#include <sodium.h>

#include <cstring>

#include "engine/check.h"
#include "persistence/crc32c.h"
#include "persistence/little_endian.h"

namespace plated {
namespace {

constexpr std::array<char, 8> kKeyFileMark = {'P', 'L', 'A', 'T', 'E', 'K', 'E', 'Y'};
constexpr uint32_t kVersion = 1;
constexpr std::size_t kChecksumAt = kKeySlotSize - sizeof(uint32_t);

uint32_t slot_checksum(uint64_t identity, uint64_t index, ByteSpan slot) {
  check(slot.size() == kKeySlotSize && index >= 1, "a slot has one size, and is not the header");
  std::array<std::byte, 16> seed{};
  put(put(seed.data(), identity), index);
  return crc32c(crc32c(0, seed), slot.first(kChecksumAt));
}

}  // namespace

// A slot: kind 1, pool 4, zeros 3, group 8, argument 8, key 32, zeros 4, checksum 4.
void KeySlot::encode(uint64_t identity, uint64_t index, std::byte* out) const {
  check(kind != KeySlotKind::none, "a slot that is written is of a kind");
  check(group >= 1 && group <= index, "a slot is part of a write that begins no later");
  std::memset(out, 0, kKeySlotSize);
  out[0] = static_cast<std::byte>(kind);
  out[1] = static_cast<std::byte>(pool.office.province);
  out[2] = static_cast<std::byte>(pool.office.letter);
  out[3] = static_cast<std::byte>(pool.plate_class);
  out[4] = static_cast<std::byte>(pool.power);
  std::memcpy(put(put(out + 8, group), argument), key.data(), key.size());
  put(out + kChecksumAt, slot_checksum(identity, index, {out, kKeySlotSize}));
}

SecretOf KeySlot::secret_of() const {
  check(is_secret(), "only a secret is somebody's");
  return kind == KeySlotKind::pool_secret ? SecretOf(pool) : SecretOf(pool.office);
}

void KeySlot::name_secret(const SecretOf& of) {
  if (const auto* const of_pool = std::get_if<PoolKey>(&of)) {
    kind = KeySlotKind::pool_secret;
    pool = *of_pool;
  } else {
    kind = KeySlotKind::lobby_secret;
    pool = {.office = std::get<OfficeCode>(of), .plate_class = {}, .power = {}};
  }
}

std::optional<KeySlot> KeySlot::decode(uint64_t identity, uint64_t index, ByteSpan bytes) {
  if (slot_checksum(identity, index, bytes) != get<uint32_t>(bytes.data() + kChecksumAt)) {
    return std::nullopt;
  }
  KeySlot slot;
  slot.kind = static_cast<KeySlotKind>(bytes[0]);
  slot.pool.office = {static_cast<uint8_t>(bytes[1]), static_cast<char>(bytes[2])};
  slot.pool.plate_class = static_cast<PlateClass>(bytes[3]);
  slot.pool.power = static_cast<Power>(bytes[4]);
  slot.group = get<uint64_t>(bytes.data() + 8);
  slot.argument = get<uint64_t>(bytes.data() + 16);
  std::memcpy(slot.key.data(), bytes.data() + 24, slot.key.size());
  return slot;
}

KeySlotBytes fresh_key_header() {
  KeySlotBytes header{};
  std::memcpy(header.data(), kKeyFileMark.data(), kKeyFileMark.size());
  put(header.data() + 8, kVersion);
  randombytes_buf(header.data() + 16, sizeof(uint64_t));
  put(header.data() + kChecksumAt, crc32c(0, ByteSpan(header).first(kChecksumAt)));
  return header;
}

Result<uint64_t> key_file_identity(ByteSpan header, const std::string& path) {
  if (header.size() < kKeySlotSize ||
      std::memcmp(header.data(), kKeyFileMark.data(), kKeyFileMark.size()) != 0) {
    return Status::corruption(path, 0, "this is not a key store");
  }
  if (crc32c(0, header.first(kChecksumAt)) != get<uint32_t>(header.data() + kChecksumAt)) {
    return Status::corruption(path, 0, "the header's checksum is wrong");
  }
  if (get<uint32_t>(header.data() + 8) != kVersion) {
    return Status::mismatch(path, "the key store was written by another version of plated");
  }
  return get<uint64_t>(header.data() + 16);
}

}  // namespace plated
