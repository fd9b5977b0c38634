// The digest of a key store at each of its generations, which the log repeats: BLAKE2b-256 over the
// header, then over the BLAKE2b-256 of each slot as it was written. An erasure bears the digest of
// the slot that it erases, so all generations can be computed again when their keys are gone.
#pragma once

#include <sodium.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "engine/recorded_keys.h"
#include "persistence/key_slot.h"

namespace plated {

using KeySlotDigest = std::array<uint8_t, 32>;

// Of a slot's bytes as they were written.
[[nodiscard]] KeySlotDigest digest_of_slot(ByteSpan slot);

// The digests of slots that are erased, by slot; zeros where nobody noted it.
using ErasedSlots = std::map<uint64_t, KeySlotDigest>;

class KeyChain {
 public:
  // Of nothing; begin_chain makes one that can go on.
  KeyChain() = default;
  // Of a file that has its header only.
  explicit KeyChain(const KeySlotBytes& header);
  // Requires the digest of the slot that comes next in the file.
  void add(const KeySlotDigest& slot);
  // Adds the file's slots, up to `generation` of them in all.
  Status read_on(File& file, const std::string& path, const ErasedSlots& erased,
                 uint64_t generation);

  // So far, the header among them.
  [[nodiscard]] uint64_t slots() const { return slots_; }
  // That generation and its digest; more may be added.
  [[nodiscard]] KeyStoreMark mark() const;

 private:
  crypto_generichash_state state_{};
  uint64_t slots_ = 0;
};

// The chain of the file's header.
Result<KeyChain> begin_chain(File& file, const std::string& path);

}  // namespace plated
