#include "persistence/key_store.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "engine/check.h"
#include "persistence/key_chain.h"
#include "persistence/key_scan.h"
#include "persistence/key_standing.h"
#include "persistence/log_file.h"
#include "persistence/snapshot.h"

namespace plated {
namespace {

// Whether a key store may be begun at `path`. It is there before the first log file, so where there
// is a log or a snapshot it has been lost; numbers of its keys must not be given out again.
Status nothing_refers_to(FileSystem& files, const std::string& directory, const std::string& path) {
  auto logs = list_log_files(files, directory);
  if (!logs.ok()) {
    return logs.status;
  }
  auto snapshots = list_snapshots(files, directory);
  if (!snapshots.ok()) {
    return snapshots.status;
  }
  return logs.value.empty() && snapshots.value.empty()
             ? Status()
             : Status::corruption(path, 0,
                                  "the key store is missing, but there is a log that needs it: "
                                  "restore the file from its copy");
}

Day period_of(const KeySlot& slot) {
  return Day(std::chrono::days(static_cast<int64_t>(slot.argument)));
}

KeyStoreFindings counted(const KeyScan& scan) {
  std::set<uint64_t> erased;
  for (const auto& [index, slot] : scan.erasures) {
    erased.insert(slot.argument);
  }
  KeyStoreFindings found;
  found.erased = erased.size();
  found.secrets = scan.secrets.size();
  found.owners_keys = scan.slots - 1 - found.secrets - scan.erasures.size() - found.erased;
  found.generation = scan.slots;
  found.torn_bytes = scan.torn_bytes;
  return found;
}

}  // namespace

KeyStore::~KeyStore() = default;

KeyStore::KeyStore(std::string path, std::unique_ptr<File> file)
    : path_(std::move(path)), file_(std::move(file)) {
  check(file_ != nullptr, "a key store is a file");
}

Result<std::unique_ptr<KeyStore>> KeyStore::open(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/keys";
  auto file = files.open(path, OpenMode::read_write);
  if (file.status.code() == StatusCode::not_found) {
    if (Status status = nothing_refers_to(files, directory, path); !status.ok()) {
      return status;
    }
    if (Status status = replace_file(files, directory, "keys", fresh_key_header()); !status.ok()) {
      return status;
    }
    file = files.open(path, OpenMode::read_write);
  }
  if (!file.ok()) {
    return file.status;
  }
  std::unique_ptr<KeyStore> store(new KeyStore(path, std::move(file.value)));
  auto scan = scan_keys(*store->file_, path);
  if (!scan.ok()) {
    return scan.status;
  }
  store->take_over(std::move(scan.value));
  return store;
}

Result<InspectedKeys> KeyStore::inspect(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/keys";
  auto file = files.open(path, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  InspectedKeys inspected;
  inspected.keys.reset(new KeyStore(path, std::move(file.value)));
  auto scan = scan_keys(*inspected.keys->file_, path);
  if (!scan.ok()) {
    return scan.status;
  }
  inspected.found = counted(scan.value);
  inspected.keys->take_over(std::move(scan.value));
  return inspected;
}

void KeyStore::take_over(KeyScan&& scan) {
  check(scan.slots >= 1 && scan.slots * kKeySlotSize <= scan.bytes, "what is sound is in the file");
  identity_ = scan.identity;
  torn_bytes_ = scan.torn_bytes;
  {
    const std::lock_guard lock(mutex_);
    slots_ = scan.slots;
    for (const auto& [index, slot] : scan.secrets) {
      secrets_[{slot.secret_of(), period_of(slot)}] = slot.key;
    }
  }
  scan.secrets.clear();  // and wiped: from now on they stand in locked memory only
  scan_ = std::make_unique<KeyScan>(std::move(scan));
}

Result<std::size_t> KeyStore::settle(const RecordedKeys& log) {
  const std::lock_guard writing(writing_);
  check(scan_ != nullptr && !in_doubt_, "a store is settled once, before anything is written");
  auto standing = compare_keys(*file_, path_, *scan_, log);
  if (!standing.ok()) {
    return standing.status;
  }
  if (Status status = make_safe(); !status.ok()) {
    return status;
  }
  chain_ = std::make_unique<KeyChain>(standing.value.chain);
  check(going_.empty() && unrecorded_.empty(), "nothing was written before");
  check(chain_->slots() == slots_, "the digest is of all that is there");
  for (const uint64_t key : standing.value.destroyed) {
    if (Status status = erase(key); !status.ok()) {
      return status;
    }
  }
  check(log.mark().generation <= slots_, "the store has come as far as the log says");
  const std::lock_guard lock(mutex_);
  unrecorded_ = std::move(standing.value.unrecorded);
  return standing.value.destroyed.size();
}

// Requires writing_. What stands in the file may never have reached the disk: the last write is
// made again, as are the erasures, before anybody builds on them.
Status KeyStore::make_safe() {
  const std::unique_ptr<KeyScan> scan = std::move(scan_);
  check(scan->slots == slots_, "what was read is what is settled");
  if (torn_bytes_ > 0) {
    if (Status status = file_->truncate(slots_ * kKeySlotSize); !status.ok()) {
      return status;
    }
  }
  const uint64_t from = std::min(scan->last_group, slots_);
  check(from >= 1, "the header is no part of the last write");
  Bytes last(static_cast<std::size_t>((slots_ - from) * kKeySlotSize));
  const auto got = file_->read(from * kKeySlotSize, last);
  if (!got.ok()) {
    return got.status;
  }
  Status rewritten = file_->write(from * kKeySlotSize, ByteSpan(last).first(got.value));
  sodium_memzero(last.data(), last.size());
  if (!rewritten.ok()) {
    return rewritten;
  }
  for (const auto& [index, slot] : scan->erasures) {
    check(slot.argument > 0 && slot.argument < index, "an erasure was judged before");
    const KeySlotBytes zeros{};
    if (Status status = file_->write(slot.argument * kKeySlotSize, zeros); !status.ok()) {
      return status;
    }
  }
  return file_->sync();
}

// Requires writing_. Cuts what a failed write has left behind the last whole slot. With it goes
// every page that a sync may have lost: the page of the cut is written and synced with the next
// slots.
Status KeyStore::mend() {
  if (!failed_.ok() || !in_doubt_) {
    return failed_;
  }
  check(slots_ >= 1, "the header is never cut");
  Status status = file_->truncate(slots_ * kKeySlotSize);
  in_doubt_ = !status.ok();
  return status;
}

// Requires writing_. A sync that failed for any reason but a full disk leaves nothing known of the
// file: it is the last call that writes.
Status KeyStore::synced() {
  Status status = file_->sync();
  if (!status.ok() && status.code() != StatusCode::no_space) {
    failed_ = status;
  }
  return status;
}

// Requires writing_. Numbers the group and writes the slots at the end; readers see them when they
// are safe.
Status KeyStore::append(std::span<KeySlot> slots) {
  check(!slots.empty(), "a write of the key store is not empty");
  check(chain_ != nullptr, "a store is settled before it is written");
  if (Status status = mend(); !status.ok()) {
    return status;
  }
  const uint64_t group = slots_;
  check(group >= 1, "keys stand behind the header");
  Bytes bytes(slots.size() * kKeySlotSize);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    slots[i].group = group;
    std::byte* const at = bytes.data() + i * kKeySlotSize;
    slots[i].encode(identity_, group + i, at);
    check(KeySlot::decode(identity_, group + i, {at, kKeySlotSize}).has_value(),
          "what is written will be read");
  }
  Status status = file_->write(group * kKeySlotSize, bytes);
  if (status.ok()) {
    status = synced();
  }
  if (status.ok()) {
    publish(slots, bytes);
  } else {
    in_doubt_ = true;
    (void)mend();  // else the next write does it, and says why not
  }
  sodium_memzero(bytes.data(), bytes.size());
  return status;
}

// Requires writing_, and that these bytes are safe.
void KeyStore::publish(std::span<const KeySlot> slots, ByteSpan bytes) {
  check(!slots.empty() && slots.front().group == slots_, "slots are seen in the order of writes");
  for (std::size_t i = 0; i < slots.size(); ++i) {
    chain_->add(digest_of_slot(bytes.subspan(i * kKeySlotSize, kKeySlotSize)));
  }
  const std::lock_guard lock(mutex_);
  for (const KeySlot& slot : slots) {
    if (slot.is_secret()) {
      secrets_[{slot.secret_of(), period_of(slot)}] = slot.key;
    } else if (slot.erases()) {
      going_.insert(slot.argument);
    }
  }
  slots_ += slots.size();
  put_change(unrecorded_, {slots.front().erases() ? slots.front().argument : 0, chain_->mark()});
}

std::vector<KeyStoreChange> KeyStore::unrecorded() const {
  const std::lock_guard lock(mutex_);
  return unrecorded_;
}

void KeyStore::recorded(uint64_t generation) {
  const std::lock_guard lock(mutex_);
  check(generation <= slots_, "the log knows of nothing that has not happened");
  std::erase_if(unrecorded_, [generation](const KeyStoreChange& change) {
    return change.mark.generation <= generation;
  });
}

Result<KeyId> KeyStore::create_owner_keys(uint32_t count) {
  check(count >= 1, "at least one key is asked for");
  const std::lock_guard writing(writing_);
  std::vector<KeySlot> slots(count);
  for (KeySlot& slot : slots) {
    slot.kind = KeySlotKind::owner_key;
    randombytes_buf(slot.key.data(), slot.key.size());
  }
  const KeyId first{slots_};
  if (Status status = append(slots); !status.ok()) {
    return status;
  }
  check(first.value + count == slots_, "keys are numbered by their place");
  return first;
}

Result<OwnerKey> KeyStore::owner_key(KeyId id) const {
  const Status none =
      Status::io_error(path_, id.value * kKeySlotSize, "there is no such owner's key", ENOENT);
  {
    const std::lock_guard lock(mutex_);
    if (id.value == 0 || id.value >= slots_ || going_.contains(id.value)) {
      return none;
    }
  }
  KeySlotBytes bytes{};
  if (const auto got = file_->read(id.value * kKeySlotSize, bytes); !got.ok()) {
    return got.status;
  }
  const auto slot = KeySlot::decode(identity_, id.value, bytes);
  if (!slot || slot->kind != KeySlotKind::owner_key) {
    return none;
  }
  return slot->key;
}

Status KeyStore::destroy_owner_key(KeyId id) {
  const std::lock_guard writing(writing_);
  if (going_.contains(id.value)) {
    return overwrite(id.value);
  }
  auto key = owner_key(id);
  if (key.status.code() == StatusCode::not_found) {
    return {};
  }
  if (!key.ok()) {
    return key.status;
  }
  return erase(id.value);
}

// Requires writing_, and an owner's key there. First the intention, so that a torn overwrite is not
// taken for damage.
Status KeyStore::erase(uint64_t index) {
  check(index > 0 && index < slots_, "the header is not erased");
  KeySlotBytes bytes{};
  if (const auto got = file_->read(index * kKeySlotSize, bytes); !got.ok()) {
    return got.status;
  }
  KeySlot erasure = erasure_of(index, bytes);
  if (Status status = append({&erasure, 1}); !status.ok()) {
    return status;
  }
  return overwrite(index);
}

// Requires writing_, and an erasure of this slot that is safe. After a failure it is called again.
Status KeyStore::overwrite(uint64_t index) {
  check(index > 0 && index < slots_, "the header is not erased");
  check(going_.contains(index), "what is overwritten was erased before");
  if (Status status = mend(); !status.ok()) {
    return status;
  }
  const KeySlotBytes zeros{};
  Status status = file_->write(index * kKeySlotSize, zeros);
  if (status.ok()) {
    status = synced();
  }
  if (!status.ok()) {
    return status;
  }
  const std::lock_guard lock(mutex_);
  going_.erase(index);
  return {};
}

Status KeyStore::keep_secrets(std::span<const KeptSecret> secrets) {
  const std::lock_guard writing(writing_);
  std::vector<KeySlot> slots;
  for (const KeptSecret& kept : secrets) {
    if (const auto known = secret(kept.of, kept.period)) {
      check(*known == kept.secret, "a period has one secret");
      continue;
    }
    KeySlot& slot = slots.emplace_back();
    slot.name_secret(kept.of);
    slot.argument = static_cast<uint64_t>(int64_t{kept.period.time_since_epoch().count()});
    slot.key = kept.secret;
  }
  return slots.empty() ? mend() : append(slots);
}

std::vector<KeptSecret> KeyStore::secrets() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeptSecret> all;
  all.reserve(secrets_.size());
  for (const auto& [name, secret] : secrets_) {
    all.push_back({name.first, name.second, secret});
  }
  check(all.size() == secrets_.size(), "every secret is given once");
  return all;
}

std::optional<DrawSecret> KeyStore::secret(const SecretOf& of, Day period) const {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find({of, period});
  return found == secrets_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::vector<uint64_t>> keys_left_over(FileSystem& files, const std::string& directory,
                                             const RecordedKeys& log) {
  const std::string path = directory + "/keys";
  constexpr int kLooks = 2;  // an erasure in between is seen as a whole the second time
  Status why;
  for (int look = 0; look < kLooks; ++look) {
    auto file = files.open(path, OpenMode::read);
    if (!file.ok()) {
      return file.status;
    }
    const auto scan = scan_keys(*file.value, path);
    why = scan.status;
    if (!scan.ok()) {
      continue;
    }
    auto standing = compare_keys(*file.value, path, scan.value, log);
    if (standing.ok()) {
      return std::move(standing.value.destroyed);
    }
    why = standing.status;
  }
  return why;
}

}  // namespace plated
