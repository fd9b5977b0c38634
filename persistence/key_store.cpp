#include "persistence/key_store.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include "engine/check.h"
#include "persistence/crc32c.h"
#include "persistence/little_endian.h"
#include "persistence/log_file.h"
#include "persistence/snapshot.h"

namespace plated {
namespace {

constexpr std::array<char, 8> kKeyFileMark = {'P', 'L', 'A', 'T', 'E', 'K', 'E', 'Y'};
constexpr uint32_t kVersion = 1;
constexpr std::size_t kChecksumAt = kKeySlotSize - sizeof(uint32_t);
constexpr std::size_t kPieceSlots = 16 * 1024;  // slots read or written in one call

enum class SlotKind : uint8_t { none, owner_key, pool_secret, erasure };

using SlotBytes = std::array<std::byte, kKeySlotSize>;

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

uint32_t slot_checksum(uint64_t identity, uint64_t index, ByteSpan slot) {
  check(slot.size() == kKeySlotSize && index >= 1, "a slot has one size, and is not the header");
  std::array<std::byte, 16> seed{};
  put(put(seed.data(), identity), index);
  return crc32c(crc32c(0, seed), slot.first(kChecksumAt));
}

}  // namespace

// A slot: kind 1, pool 4, zeros 3, group 8, argument 8, key 32, zeros 4, checksum 4.
struct KeyStore::Slot {
  SlotKind kind = SlotKind::none;
  PoolKey pool;
  uint64_t group = 0;     // the first slot of the write that it was part of
  uint64_t argument = 0;  // the period of a secret, the slot that an erasure erases
  std::array<uint8_t, 32> key{};

  void encode(uint64_t identity, uint64_t index, std::byte* out) const {
    check(kind != SlotKind::none, "a slot that is written is of a kind");
    check(group >= 1 && group <= index, "a slot is part of a write that begins no later");
    std::memset(out, 0, kKeySlotSize);
    out[0] = static_cast<std::byte>(kind);
    out[1] = static_cast<std::byte>(pool.office.province);
    out[2] = static_cast<std::byte>(pool.office.letter);
    out[3] = static_cast<std::byte>(pool.plate_class);
    out[4] = static_cast<std::byte>(pool.power);
    std::memcpy(put(put(out + 8, group), argument), key.data(), key.size());
    put(out + kChecksumAt, slot_checksum(identity, index, {out, kKeySlotSize}));
  }

  static std::optional<Slot> decode(uint64_t identity, uint64_t index, ByteSpan bytes) {
    if (slot_checksum(identity, index, bytes) != get<uint32_t>(bytes.data() + kChecksumAt)) {
      return std::nullopt;
    }
    Slot slot;
    slot.kind = static_cast<SlotKind>(bytes[0]);
    slot.pool.office = {static_cast<uint8_t>(bytes[1]), static_cast<char>(bytes[2])};
    slot.pool.plate_class = static_cast<PlateClass>(bytes[3]);
    slot.pool.power = static_cast<Power>(bytes[4]);
    slot.group = get<uint64_t>(bytes.data() + 8);
    slot.argument = get<uint64_t>(bytes.data() + 16);
    std::memcpy(slot.key.data(), bytes.data() + 24, slot.key.size());
    return slot;
  }
};

// What reading the whole file once has found.
struct KeyStore::Scan {
  uint64_t bytes = 0;       // of the file
  uint64_t slots = 1;       // whole ones, the header among them
  uint64_t last_group = 1;  // of the last sound slot
  std::vector<uint64_t> broken;
  std::vector<std::pair<uint64_t, Slot>> erasures;
  std::vector<std::pair<uint64_t, Slot>> secrets;
};

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
    if (Status status = begin(files, directory); !status.ok()) {
      return status;
    }
    file = files.open(path, OpenMode::read_write);
  }
  if (!file.ok()) {
    return file.status;
  }
  std::unique_ptr<KeyStore> store(new KeyStore(path, std::move(file.value)));
  const auto scan = store->load();
  if (!scan.ok()) {
    return scan.status;
  }
  if (Status status = store->settle(scan.value); !status.ok()) {
    return status;
  }
  check(store->failed_.ok() && store->slots_ >= 1, "a store that was opened can be written");
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
  const auto scan = inspected.keys->load();
  if (!scan.ok()) {
    return scan.status;
  }
  std::set<uint64_t> erased;
  for (const auto& [index, slot] : scan.value.erasures) {
    erased.insert(slot.argument);
  }
  KeyStoreFindings& found = inspected.found;
  found.erased = erased.size();
  found.secrets = scan.value.secrets.size();
  found.owners_keys =
      inspected.keys->slots_ - 1 - found.secrets - scan.value.erasures.size() - found.erased;
  found.torn_bytes = inspected.keys->torn_bytes_;
  return inspected;
}

Status KeyStore::begin(FileSystem& files, const std::string& directory) {
  SlotBytes header{};
  std::memcpy(header.data(), kKeyFileMark.data(), kKeyFileMark.size());
  put(header.data() + 8, kVersion);
  randombytes_buf(header.data() + 16, sizeof(uint64_t));
  put(header.data() + kChecksumAt, crc32c(0, ByteSpan(header).first(kChecksumAt)));
  return replace_file(files, directory, "keys", header);
}

Result<KeyStore::Scan> KeyStore::load() {
  if (Status status = read_header(); !status.ok()) {
    return status;
  }
  auto scan = scan_slots();
  if (scan.ok()) {
    scan.status = judge(scan.value);
  }
  check(!scan.ok() || (slots_ >= 1 && slots_ <= std::max<uint64_t>(scan.value.slots, 1)),
        "what is taken for sound lies in the file");
  return scan;
}

Status KeyStore::read_header() {
  SlotBytes header{};
  const auto got = file_->read(0, header);
  if (!got.ok()) {
    return got.status;
  }
  if (got.value < header.size() ||
      std::memcmp(header.data(), kKeyFileMark.data(), kKeyFileMark.size()) != 0) {
    return Status::corruption(path_, 0, "this is not a key store");
  }
  if (crc32c(0, ByteSpan(header).first(kChecksumAt)) !=
      get<uint32_t>(header.data() + kChecksumAt)) {
    return Status::corruption(path_, 0, "the header's checksum is wrong");
  }
  if (get<uint32_t>(header.data() + 8) != kVersion) {
    return Status::mismatch(path_, "the key store was written by another version of plated");
  }
  identity_ = get<uint64_t>(header.data() + 16);
  return {};
}

Result<KeyStore::Scan> KeyStore::scan_slots() {
  const auto size = file_->size();
  if (!size.ok()) {
    return size.status;
  }
  Scan scan;
  scan.bytes = size.value;
  scan.slots = scan.bytes / kKeySlotSize;
  Bytes piece(kPieceSlots * kKeySlotSize);
  for (uint64_t index = 1; index < scan.slots;) {
    const auto wanted = static_cast<std::size_t>(
        std::min<uint64_t>(kPieceSlots, scan.slots - index) * kKeySlotSize);
    const auto got = file_->read(index * kKeySlotSize, std::span(piece).first(wanted));
    if (!got.ok()) {
      return got.status;
    }
    if (got.value != wanted) {
      return Status::corruption(path_, index * kKeySlotSize + got.value, "the file became shorter");
    }
    for (std::size_t at = 0; at < wanted; at += kKeySlotSize, ++index) {
      const auto slot = Slot::decode(identity_, index, ByteSpan(piece).subspan(at, kKeySlotSize));
      // Nobody writes a slot whose write began behind it, or with the header.
      if (!slot || slot->group == 0 || slot->group > index) {
        scan.broken.push_back(index);
        continue;
      }
      scan.last_group = slot->group;
      if (slot->kind == SlotKind::erasure) {
        scan.erasures.emplace_back(index, *slot);
      } else if (slot->kind == SlotKind::pool_secret) {
        scan.secrets.emplace_back(index, *slot);
      }
    }
  }
  sodium_memzero(piece.data(), piece.size());
  check(scan.broken.size() + scan.erasures.size() + scan.secrets.size() <
            std::max<uint64_t>(scan.slots, 1),
        "each slot counts once");
  return scan;
}

// A broken slot was erased, or is part of the last write, cut short by a crash; or it is damage.
Status KeyStore::judge(Scan& scan) {
  std::set<uint64_t> erased;
  for (const auto& [index, slot] : scan.erasures) {
    erased.insert(slot.argument);
  }
  for (const auto& [index, slot] : scan.erasures) {
    if (slot.argument == 0 || slot.argument >= index || erased.contains(index)) {
      return Status::corruption(path_, index * kKeySlotSize,
                                "an erasure names what cannot be erased");
    }
  }
  slots_ = std::max<uint64_t>(scan.slots, 1);
  for (const uint64_t index : scan.broken) {
    if (erased.contains(index)) {
      continue;
    }
    if (scan.last_group > index) {
      return Status::corruption(path_, index * kKeySlotSize,
                                "a key is damaged: restore this file from a copy; without this "
                                "key one owner's data, or one pool's draws, cannot be read");
    }
    slots_ = index;
    break;
  }
  const auto torn = [this](const auto& entry) { return entry.first >= slots_; };
  std::erase_if(scan.erasures, torn);
  std::erase_if(scan.secrets, torn);
  check(slots_ * kKeySlotSize <= scan.bytes, "what is sound lies in the file");
  torn_bytes_ = scan.bytes - slots_ * kKeySlotSize;
  for (const auto& [index, slot] : scan.secrets) {
    const Day period{std::chrono::days(static_cast<int64_t>(slot.argument))};
    secrets_[{slot.pool, period}] = slot.key;
  }
  return {};
}

// What stands in the file may never have reached the disk: the last write is made again, as are the
// erasures, before anybody builds on them.
Status KeyStore::settle(const Scan& scan) {
  if (torn_bytes_ > 0) {
    if (Status status = file_->truncate(slots_ * kKeySlotSize); !status.ok()) {
      return status;
    }
  }
  const uint64_t from = std::min(scan.last_group, slots_);
  check(from >= 1, "the header is no part of the last write");
  Bytes last(static_cast<std::size_t>((slots_ - from) * kKeySlotSize));
  const auto got = file_->read(from * kKeySlotSize, last);
  if (!got.ok()) {
    return got.status;
  }
  if (Status status = file_->write(from * kKeySlotSize, ByteSpan(last).first(got.value));
      !status.ok()) {
    return status;
  }
  sodium_memzero(last.data(), last.size());
  for (const auto& [index, slot] : scan.erasures) {
    check(slot.argument > 0 && slot.argument < index, "an erasure was judged before");
    const SlotBytes zeros{};
    if (Status status = file_->write(slot.argument * kKeySlotSize, zeros); !status.ok()) {
      return status;
    }
  }
  return file_->sync();
}

// Requires the mutex. Numbers the group and writes the slots at the end.
Status KeyStore::append(std::span<Slot> slots) {
  check(!slots.empty(), "a write of the key store is not empty");
  if (!failed_.ok()) {
    return failed_;
  }
  check(slots_ >= 1, "keys stand behind the header");
  const uint64_t group = slots_;
  Bytes bytes(slots.size() * kKeySlotSize);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    slots[i].group = group;
    std::byte* const at = bytes.data() + i * kKeySlotSize;
    slots[i].encode(identity_, group + i, at);
    check(Slot::decode(identity_, group + i, {at, kKeySlotSize}).has_value(),
          "what is written will be read");
  }
  failed_ = file_->write(group * kKeySlotSize, bytes);
  if (failed_.ok()) {
    failed_ = file_->sync();
  }
  sodium_memzero(bytes.data(), bytes.size());
  if (failed_.ok()) {
    slots_ += slots.size();
  }
  return failed_;
}

Result<KeyId> KeyStore::create_owner_keys(uint32_t count) {
  check(count >= 1, "at least one key is asked for");
  const std::scoped_lock lock(mutex_);
  std::vector<Slot> slots(count);
  for (Slot& slot : slots) {
    slot.kind = SlotKind::owner_key;
    randombytes_buf(slot.key.data(), slot.key.size());
  }
  const KeyId first{slots_};
  Status status = append(slots);
  sodium_memzero(slots.data(), slots.size() * sizeof(Slot));
  if (!status.ok()) {
    return status;
  }
  check(first.value + count == slots_, "keys are numbered by their place");
  return first;
}

Result<OwnerKey> KeyStore::owner_key(KeyId id) {
  const std::scoped_lock lock(mutex_);
  const Status none =
      Status::io_error(path_, id.value * kKeySlotSize, "there is no such owner's key", ENOENT);
  if (id.value == 0 || id.value >= slots_) {
    return none;
  }
  SlotBytes bytes{};
  if (const auto got = file_->read(id.value * kKeySlotSize, bytes); !got.ok()) {
    return got.status;
  }
  const auto slot = Slot::decode(identity_, id.value, bytes);
  sodium_memzero(bytes.data(), bytes.size());
  if (!slot || slot->kind != SlotKind::owner_key) {
    return none;
  }
  return slot->key;
}

Status KeyStore::destroy_owner_key(KeyId id) {
  auto key = owner_key(id);
  if (key.status.code() == StatusCode::not_found) {
    return {};
  }
  if (!key.ok()) {
    return key.status;
  }
  sodium_memzero(key.value.data(), key.value.size());
  check(id.value > 0, "the header is not erased");
  // First the intention, so that a torn overwrite is not taken for damage.
  const std::scoped_lock lock(mutex_);
  Slot erasure;
  erasure.kind = SlotKind::erasure;
  erasure.argument = id.value;
  if (Status status = append({&erasure, 1}); !status.ok()) {
    return status;
  }
  return erase_slot(id.value);
}

// Requires the mutex, and an erasure of this slot that is safe.
Status KeyStore::erase_slot(uint64_t index) {
  check(index > 0 && index < slots_, "the header is not erased");
  const SlotBytes zeros{};
  failed_ = file_->write(index * kKeySlotSize, zeros);
  if (failed_.ok()) {
    failed_ = file_->sync();
  }
  return failed_;
}

Status KeyStore::keep_secrets(std::span<const PoolSecret> secrets) {
  const std::scoped_lock lock(mutex_);
  std::vector<Slot> slots;
  for (const PoolSecret& secret : secrets) {
    const auto known = secrets_.find({secret.pool, secret.period});
    if (known != secrets_.end()) {
      check(known->second == secret.secret, "a period has one secret");
      continue;
    }
    Slot& slot = slots.emplace_back();
    slot.kind = SlotKind::pool_secret;
    slot.pool = secret.pool;
    slot.argument = static_cast<uint64_t>(int64_t{secret.period.time_since_epoch().count()});
    slot.key = secret.secret;
  }
  if (slots.empty()) {
    return failed_;
  }
  if (Status status = append(slots); !status.ok()) {
    return status;
  }
  for (const Slot& slot : slots) {
    const Day period{std::chrono::days(static_cast<int64_t>(slot.argument))};
    secrets_[{slot.pool, period}] = slot.key;
  }
  return {};
}

std::vector<PoolSecret> KeyStore::secrets() const {
  const std::scoped_lock lock(mutex_);
  std::vector<PoolSecret> all;
  all.reserve(secrets_.size());
  for (const auto& [name, secret] : secrets_) {
    all.push_back({name.first, name.second, secret});
  }
  check(all.size() == secrets_.size(), "every secret is given once");
  return all;
}

std::optional<DrawSecret> KeyStore::secret(PoolKey pool, Day period) const {
  const std::scoped_lock lock(mutex_);
  const auto found = secrets_.find({pool, period});
  return found == secrets_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace plated
