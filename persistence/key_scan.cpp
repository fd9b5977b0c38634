#include "persistence/key_scan.h"

#include <sodium.h>

#include <algorithm>
#include <optional>
#include <set>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::size_t kPieceSlots = 16 * 1024;  // slots read in one call

// Reads every slot once.
Result<KeyScan> scan_slots(File& file, const std::string& path, uint64_t identity) {
  const auto size = file.size();
  if (!size.ok()) {
    return size.status;
  }
  KeyScan scan;
  scan.identity = identity;
  scan.bytes = size.value;
  scan.slots = scan.bytes / kKeySlotSize;
  Bytes piece(kPieceSlots * kKeySlotSize);
  for (uint64_t index = 1; index < scan.slots;) {
    const auto wanted = static_cast<std::size_t>(
        std::min<uint64_t>(kPieceSlots, scan.slots - index) * kKeySlotSize);
    if (Status status = read_all(file, path, index * kKeySlotSize, std::span(piece).first(wanted));
        !status.ok()) {
      return status;
    }
    for (std::size_t at = 0; at < wanted; at += kKeySlotSize, ++index) {
      const auto slot = KeySlot::decode(identity, index, ByteSpan(piece).subspan(at, kKeySlotSize));
      // Nobody writes a slot whose write began behind it, or with the header.
      if (!slot || slot->group == 0 || slot->group > index) {
        scan.broken.push_back(index);
        continue;
      }
      scan.last_group = slot->group;
      if (slot->erases()) {
        scan.erasures.emplace_back(index, *slot);
      } else if (slot->is_secret()) {
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
Status judge(KeyScan& scan, const std::string& path) {
  std::set<uint64_t> erased;
  for (const auto& [index, slot] : scan.erasures) {
    erased.insert(slot.argument);
  }
  for (const auto& [index, slot] : scan.erasures) {
    if (slot.argument == 0 || slot.argument >= index || erased.contains(index)) {
      return Status::corruption(path, index * kKeySlotSize,
                                "an erasure names what cannot be erased");
    }
  }
  for (const uint64_t index : scan.broken) {
    if (erased.contains(index)) {
      continue;
    }
    if (scan.last_group > index) {
      return Status::corruption(path, index * kKeySlotSize,
                                "a key is damaged: restore this file from a copy; without this "
                                "key one owner's data, or one day's draws, cannot be read");
    }
    scan.slots = index;
    break;
  }
  const auto torn = [&scan](const auto& entry) { return entry.first >= scan.slots; };
  std::erase_if(scan.erasures, torn);
  std::erase_if(scan.secrets, torn);
  check(scan.slots * kKeySlotSize <= scan.bytes, "what is sound lies in the file");
  scan.torn_bytes = scan.bytes - scan.slots * kKeySlotSize;
  return {};
}

}  // namespace

Status read_all(File& file, const std::string& path, uint64_t offset, std::span<std::byte> out) {
  const auto got = file.read(offset, out);
  if (!got.ok()) {
    return got.status;
  }
  return got.value == out.size()
             ? Status()
             : Status::corruption(path, offset + got.value, "the file became shorter");
}

Result<KeyScan> scan_keys(File& file, const std::string& path) {
  KeySlotBytes header{};
  const auto got = file.read(0, header);
  if (!got.ok()) {
    return got.status;
  }
  const auto identity = key_file_identity(ByteSpan(header).first(got.value), path);
  if (!identity.ok()) {
    return identity.status;
  }
  auto scan = scan_slots(file, path, identity.value);
  if (scan.ok()) {
    scan.status = judge(scan.value, path);
  }
  check(!scan.ok() || scan.value.slots >= 1, "the header is a slot");
  return scan;
}

}  // namespace plated
