// What the log says of the key store that stands beside it: how far it had come, and a digest of
// all that it held. So a store that is older than the log, or another one, is told from the right
// one at the next start; and what a copy lacks of erasures can be carried out again.
// Part of the register; changed under every shard's mutex, read under any one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace plated {

using KeyStoreDigest = std::array<uint8_t, 32>;

// A state of the key store. Its slots are only ever added, so their number is its generation.
struct KeyStoreMark {
  uint64_t generation = 0;  // 0: none
  KeyStoreDigest digest{};
  static void fields(auto& s, auto&& f) {
    f("generation", s.generation), f("key_store_digest", s.digest);
  }
  friend bool operator==(const KeyStoreMark&, const KeyStoreMark&) = default;
};

// One write of the key store, and where it stood then.
struct KeyStoreChange {
  uint64_t destroyed = 0;  // the key that was; 0: keys or secrets were made
  KeyStoreMark mark;
  friend bool operator==(const KeyStoreChange&, const KeyStoreChange&) = default;
};

class RecordedKeys {
 public:
  // The keys that are remembered as destroyed are at most so many.
  static constexpr std::size_t kDestroyedMax = 4096;

  [[nodiscard]] const KeyStoreMark& mark() const { return mark_; }
  // The keys destroyed since one was made last, in that order; each took one slot.
  [[nodiscard]] std::span<const uint64_t> destroyed() const { return destroyed_; }

  // Requires a change that follows; the first one may be any.
  void apply(const KeyStoreChange& change);
  // As a snapshot has it. False: it contradicts itself.
  [[nodiscard]] bool restore(const KeyStoreMark& mark, std::span<const uint64_t> destroyed);

 private:
  KeyStoreMark mark_;
  std::vector<uint64_t> destroyed_;
};

}  // namespace plated
