// The key store and the log that speaks of it, as one: what is made or destroyed here stands in the
// log before anybody can use it, so that no record rests on a key of which the log says nothing.
// Thread-safe; whatever changes something blocks for a sync of the key store.
#pragma once

#include <cstdint>
#include <span>

#include "engine/engine.h"
#include "persistence/key_store.h"

namespace plated {

class BoundKeys {
 public:
  // Both must outlive it.
  BoundKeys(KeyStore& keys, Engine& engine) : keys_(keys), engine_(engine) {}

  [[nodiscard]] const KeyStore& store() const { return keys_; }

  // Puts into the log what it does not know yet. Requires a service that is founded.
  Verdict record();

  // As the calls of KeyStore; not ok as well when the log has no room. What was made then is left
  // unused, what was destroyed is gone, and calling again records it.
  Result<KeyId> create_owner_keys(uint32_t count);
  Status keep_secrets(std::span<const KeptSecret> secrets);
  Status destroy_owner_key(KeyId id);

 private:
  Status recorded();

  KeyStore& keys_;
  Engine& engine_;
};

}  // namespace plated
