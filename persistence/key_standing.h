// How the key store stands to what the log says of it. It may be ahead: a key is safe before the
// record that needs it. It may not be behind, or go another way: then it is a copy of another time,
// and its next keys would be mistaken for those that are missing. But where nothing is missing
// except erasures, they can be carried out again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/recorded_keys.h"
#include "persistence/key_chain.h"
#include "persistence/key_scan.h"

namespace plated {

struct KeyStanding {
  KeyChain chain;                          // of all that the store holds
  std::vector<uint64_t> destroyed;         // keys that the log knows to be, and the store does not
  std::vector<KeyStoreChange> unrecorded;  // what the store did, and the log does not know
};

// Reads the file again, as far as that is needed. Outdated: it is not the log's.
Result<KeyStanding> compare_keys(File& file, const std::string& path, const KeyScan& scan,
                                 const RecordedKeys& log);

// Puts a change behind those that wait to be recorded; keys that were made one after the other are
// one change.
void put_change(std::vector<KeyStoreChange>& changes, const KeyStoreChange& next);

// The slot that erases another one, of which `bytes` were written.
[[nodiscard]] KeySlot erasure_of(uint64_t slot, ByteSpan bytes);

}  // namespace plated
