#include "persistence/sealing.h"

#include <sodium.h>

#include "engine/check.h"
#include "persistence/little_endian.h"

namespace plated {
namespace {

static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == kSealNonceSize);
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == kSealTagSize);
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == sizeof(OwnerKey));

using IdBytes = std::array<std::byte, sizeof(uint64_t)>;

IdBytes bytes_of(KeyId id) {
  IdBytes bytes{};
  put(bytes.data(), id.value);
  return bytes;
}

const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

}  // namespace

Bytes seal(const OwnerKey& key, KeyId id, ByteSpan plain) {
  Bytes sealed(plain.size() + kSealOverhead);
  randombytes_buf(sealed.data(), kSealNonceSize);
  const IdBytes bound = bytes_of(id);
  const int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(
      raw(sealed.data() + kSealNonceSize), nullptr, raw(plain.data()), plain.size(),
      raw(bound.data()), bound.size(), nullptr, raw(sealed.data()), key.data());
  check(failed == 0, "sealing cannot fail");
  return sealed;
}

bool open_sealed(const OwnerKey& key, KeyId id, ByteSpan sealed, Bytes& plain) {
  plain.clear();
  if (sealed.size() < kSealOverhead) {
    return false;
  }
  plain.resize(sealed.size() - kSealOverhead);
  const IdBytes bound = bytes_of(id);
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      raw(plain.data()), nullptr, nullptr, raw(sealed.data() + kSealNonceSize),
      sealed.size() - kSealNonceSize, raw(bound.data()), bound.size(), raw(sealed.data()),
      key.data());
  if (failed != 0) {
    plain.clear();
  }
  return failed == 0;
}

}  // namespace plated
