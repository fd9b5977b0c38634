// The keys beside the log: one for each owner's personal data, and the secrets behind the draws.
// They stand nowhere else: destroying the key of an owner erases the person from log, snapshots and
// archive.
// A key is safe before the caller has it. The file is DIR/keys, mode 0600; FORMAT.md has the bytes.
//
// An owner's key is found by its place in the file, so ten million of them cost no memory; secrets,
// which are few, are kept in memory. Thread-safe. A call that changes something blocks for a sync;
// one that reads never waits for it.
//
// The log repeats how far the store has come (RecordedKeys), so that a copy of another time is
// refused: settle() compares. Keys have the numbers of their slots, and no slot is used twice.
//
// A write that fails leaves nothing behind and may be repeated, as when the disk is full for a
// while. A sync that fails for any other reason is the end: every later call that writes fails.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/recorded_keys.h"
#include "engine/secret_memory.h"
#include "engine/types.h"
#include "persistence/file_system.h"
#include "persistence/key_slot.h"
#include "persistence/sealing.h"

namespace plated {

// The secret of one pool, or of one office's lobbies, for one period.
struct KeptSecret {
  SecretOf of;
  Day period{};
  DrawSecret secret{};
};

// What a key store holds, in numbers.
struct KeyStoreFindings {
  uint64_t owners_keys = 0;
  uint64_t erased = 0;
  uint64_t secrets = 0;
  uint64_t generation = 0;  // its slots, with the header
  uint64_t torn_bytes = 0;  // of a last write that never returned
};

struct InspectedKeys;
struct KeyScan;
class KeyChain;

class KeyStore {
 public:
  // Reads DIR/keys, making it when there is none; beside a log or a snapshot it must be there.
  // Refuses damage, and changes nothing else: settle() comes next.
  static Result<std::unique_ptr<KeyStore>> open(FileSystem& files, const std::string& directory);
  ~KeyStore();

  // Once, before anything is written. Refuses, as outdated, a store that is not the log's, and
  // changes nothing then. Cuts a torn tail, finishes erasures that a crash cut short, and carries
  // those out again that the log knows of and that are all that is missing; returns how many.
  Result<std::size_t> settle(const RecordedKeys& log);

  // Reads it and never writes. What it returns must not be settled. A server may be writing
  // meanwhile.
  static Result<InspectedKeys> inspect(FileSystem& files, const std::string& directory);

  // Makes `count` keys, at least one, with one sync; they are numbered from the returned one on.
  Result<KeyId> create_owner_keys(uint32_t count);
  // not_found when there never was such a key, or it was destroyed.
  [[nodiscard]] Result<OwnerKey> owner_key(KeyId id) const;
  // The key is gone for good when it returns ok; after a failure it may be gone, and is destroyed
  // by calling again. Destroying a destroyed key changes nothing.
  Status destroy_owner_key(KeyId id);

  // Keeps secrets, with one sync. A period of theirs that has one already must get the same again.
  Status keep_secrets(std::span<const KeptSecret> secrets);
  // All secrets that are kept, those of pools first, by whose they are and by period.
  [[nodiscard]] std::vector<KeptSecret> secrets() const;
  // Nothing when none was kept.
  [[nodiscard]] std::optional<DrawSecret> secret(const SecretOf& of, Day period) const;

  // What the store has done and the log does not know yet, in order.
  [[nodiscard]] std::vector<KeyStoreChange> unrecorded() const;
  // The log knows of everything up to this generation.
  void recorded(uint64_t generation);

  // Bytes of a torn tail that settle() cuts.
  [[nodiscard]] uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  KeyStore(std::string path, std::unique_ptr<File> file);
  void take_over(KeyScan&& scan);
  Status make_safe();
  Status mend();
  Status synced();
  Status append(std::span<KeySlot> slots);
  void publish(std::span<const KeySlot> slots, ByteSpan bytes);
  Status erase(uint64_t index);
  Status overwrite(uint64_t index);

  const std::string path_;
  const std::unique_ptr<File> file_;
  uint64_t identity_ = 0;
  uint64_t torn_bytes_ = 0;
  std::unique_ptr<KeyScan> scan_;  // until it is settled

  // Held by whoever writes, over syncs too. Its holder is the only one who changes what mutex_
  // guards, and so may read that without mutex_. Both are therefore not Guarded.
  std::mutex writing_;
  bool in_doubt_ = false;  // a write failed: something may stand behind the last whole slot
  Status failed_;          // why nothing is written any more
  std::unique_ptr<KeyChain> chain_;

  mutable std::mutex mutex_;  // for moments, never over a call on the file; not Guarded: see above
  uint64_t slots_ = 1;        // that are safe; the header is slot 0
  std::set<uint64_t> going_;  // erased, but not yet overwritten
  std::vector<KeyStoreChange> unrecorded_;
  using SecretName = std::pair<SecretOf, Day>;
  using Named = std::pair<const SecretName, DrawSecret>;
  std::map<SecretName, DrawSecret, std::less<>, LockedAllocator<Named>> secrets_;
};

struct InspectedKeys {
  std::unique_ptr<KeyStore> keys;
  KeyStoreFindings found;
};

// Compares the store as it stands on the disk with what the log says, and writes nothing: the keys
// that settle() would destroy again. Outdated: it would refuse. A server may be writing meanwhile.
Result<std::vector<uint64_t>> keys_left_over(FileSystem& files, const std::string& directory,
                                             const RecordedKeys& log);

}  // namespace plated
