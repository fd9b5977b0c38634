// A key store's file read once from end to end: what is sound in it, and where it ends. Writes
// nothing, and wipes what it has read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "persistence/key_slot.h"

namespace plated {

struct KeyScan {
  uint64_t identity = 0;
  uint64_t bytes = 0;       // of the file
  uint64_t slots = 1;       // that are sound or erased, the header among them
  uint64_t last_group = 1;  // of the last sound slot
  uint64_t torn_bytes = 0;  // of a last write that never returned
  // Slots that do not read as what was written: each is erased, or torn.
  std::vector<uint64_t> broken;
  // With the slot where each stands.
  std::vector<std::pair<uint64_t, KeySlot>> erasures;
  std::vector<std::pair<uint64_t, KeySlot>> secrets;
};

// Reads exactly these bytes of a key store that had them before; corruption when it has become
// shorter.
Status read_all(File& file, const std::string& path, uint64_t offset, std::span<std::byte> out);

// Refuses damage. `path` is for what is said of it.
Result<KeyScan> scan_keys(File& file, const std::string& path);

}  // namespace plated
