#include "persistence/key_chain.h"

#include <algorithm>
#include <vector>

#include "engine/check.h"
#include "engine/secret_memory.h"
#include "persistence/key_scan.h"

namespace plated {
namespace {

// Slots read in one call. Keys are among them, and locked memory gives out so much in one piece.
constexpr uint64_t kChainPieceSlots = 256;
using LockedBytes = std::vector<std::byte, LockedAllocator<std::byte>>;

}  // namespace

KeySlotDigest digest_of_slot(ByteSpan slot) {
  check(slot.size() == kKeySlotSize, "slots have one size");
  KeySlotDigest digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(slot.data()), slot.size(), nullptr, 0);
  return digest;
}

KeyChain::KeyChain(const KeySlotBytes& header) : slots_(1) {
  crypto_generichash_init(&state_, nullptr, 0, std::tuple_size_v<KeyStoreDigest>);
  crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(header.data()),
                            header.size());
}

void KeyChain::add(const KeySlotDigest& slot) {
  check(slots_ >= 1, "a chain begins with the header");
  crypto_generichash_update(&state_, slot.data(), slot.size());
  ++slots_;
}

Status KeyChain::read_on(File& file, const std::string& path, const ErasedSlots& erased,
                         uint64_t generation) {
  check(slots_ <= generation, "a chain only grows");
  LockedBytes piece(
      static_cast<std::size_t>(std::min(kChainPieceSlots, generation - slots_) * kKeySlotSize));
  while (slots_ < generation) {
    const auto wanted = std::span(piece).first(
        static_cast<std::size_t>(std::min(kChainPieceSlots, generation - slots_) * kKeySlotSize));
    if (Status status = read_all(file, path, slots_ * kKeySlotSize, wanted); !status.ok()) {
      return status;
    }
    for (std::size_t at = 0; at < wanted.size(); at += kKeySlotSize) {
      const auto gone = erased.find(slots_);
      add(gone == erased.end() ? digest_of_slot(ByteSpan(wanted).subspan(at, kKeySlotSize))
                               : gone->second);
    }
  }
  return {};
}

KeyStoreMark KeyChain::mark() const {
  check(slots_ >= 1, "a chain begins with the header");
  KeyStoreMark mark{slots_, {}};
  crypto_generichash_state ended = state_;
  crypto_generichash_final(&ended, mark.digest.data(), mark.digest.size());
  return mark;
}

Result<KeyChain> begin_chain(File& file, const std::string& path) {
  KeySlotBytes header{};
  if (Status status = read_all(file, path, 0, header); !status.ok()) {
    return status;
  }
  return KeyChain(header);
}

}  // namespace plated
