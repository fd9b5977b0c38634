// Opens a key store and settles it, as a start does: beside a log that says nothing of it, or what
// it is given. For tests only.
#pragma once

#include <memory>
#include <string>

#include "persistence/key_store.h"

namespace plated {

inline Result<std::unique_ptr<KeyStore>> open_keys(FileSystem& files, const std::string& directory,
                                                   const RecordedKeys& log = {}) {
  auto store = KeyStore::open(files, directory);
  if (store.ok()) {
    store.status = store.value->settle(log).status;
  }
  return store;
}

}  // namespace plated
