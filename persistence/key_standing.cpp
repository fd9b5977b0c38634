#include "persistence/key_standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

ErasedSlots erased_in(const KeyScan& scan) {
  ErasedSlots erased;
  for (const auto& [index, slot] : scan.erasures) {
    KeySlotDigest& digest = erased[slot.argument];
    if (slot.kind == KeySlotKind::erasure) {
      digest = slot.key;
    }
  }
  return erased;
}

Status older(const std::string& path, const KeyStoreMark& log, uint64_t generation) {
  return Status::outdated(
      path, fmt::format("the key store is older than the log: it is of generation {}, the log goes "
                        "with generation {}; keys that were made in between are not in this copy",
                        generation, log.generation));
}

Status another(const std::string& path, const KeyStoreMark& log) {
  return Status::outdated(
      path, fmt::format("the key store is not the one that the log goes with: up to generation {} "
                        "it holds other keys than those that the log has seen",
                        log.generation));
}

// What the store did behind what `standing` holds.
Status gather_unrecorded(File& file, const std::string& path, const KeyScan& scan,
                         const ErasedSlots& erased, KeyStanding& standing) {
  const auto advance = [&](uint64_t generation, uint64_t destroyed) {
    if (standing.chain.slots() == generation) {
      return Status();
    }
    Status status = standing.chain.read_on(file, path, erased, generation);
    if (status.ok()) {
      put_change(standing.unrecorded, {destroyed, standing.chain.mark()});
    }
    return status;
  };
  for (const auto& [index, slot] : scan.erasures) {
    if (index < standing.chain.slots()) {
      continue;
    }
    if (Status status = advance(index, 0); !status.ok()) {
      return status;
    }
    if (Status status = advance(index + 1, slot.argument); !status.ok()) {
      return status;
    }
  }
  return advance(scan.slots, 0);
}

// Whether `keys`, erased one after the other, lead to what the log says.
Result<bool> leads_to(File& file, const KeyScan& scan, std::span<const uint64_t> keys,
                      KeyChain chain, const KeyStoreMark& log) {
  for (const uint64_t key : keys) {
    KeySlotBytes bytes{};
    const auto got = file.read(key * kKeySlotSize, bytes);
    if (!got.ok()) {
      return got.status;
    }
    const auto slot = KeySlot::decode(scan.identity, key, bytes);
    if (key >= scan.slots || !slot || slot->kind != KeySlotKind::owner_key) {
      return false;
    }
    KeySlot erasure = erasure_of(key, bytes);
    erasure.group = chain.slots();
    KeySlotBytes written{};
    erasure.encode(scan.identity, chain.slots(), written.data());
    chain.add(digest_of_slot(written));
  }
  return chain.mark() == log;
}

}  // namespace

void put_change(std::vector<KeyStoreChange>& changes, const KeyStoreChange& next) {
  check(changes.empty() || changes.back().mark.generation < next.mark.generation,
        "a key store only grows");
  if (!changes.empty() && changes.back().destroyed == 0 && next.destroyed == 0) {
    changes.back() = next;
  } else {
    changes.push_back(next);
  }
}

KeySlot erasure_of(uint64_t slot, ByteSpan bytes) {
  check(slot >= 1, "the header is not erased");
  KeySlot erasure;
  erasure.kind = KeySlotKind::erasure;
  erasure.argument = slot;
  erasure.key = {digest_of_slot(bytes)};
  return erasure;
}

Result<KeyStanding> compare_keys(File& file, const std::string& path, const KeyScan& scan,
                                 const RecordedKeys& log) {
  KeyStanding standing;
  const uint64_t known = log.mark().generation;
  auto chain = begin_chain(file, path);
  if (!chain.ok()) {
    return chain.status;
  }
  standing.chain = chain.value;
  const uint64_t common = known == 0 ? scan.slots : std::min(known, scan.slots);
  const ErasedSlots erased = erased_in(scan);
  if (Status status = standing.chain.read_on(file, path, erased, common); !status.ok()) {
    return status;
  }
  if (known == 0) {
    put_change(standing.unrecorded, {0, standing.chain.mark()});
    return standing;
  }
  if (known <= scan.slots) {
    if (standing.chain.mark() != log.mark()) {
      return another(path, log.mark());
    }
    Status status = gather_unrecorded(file, path, scan, erased, standing);
    return status.ok() ? Result(std::move(standing)) : Result<KeyStanding>(status);
  }
  const uint64_t missing = known - scan.slots;
  if (missing > log.destroyed().size()) {
    return older(path, log.mark(), scan.slots);
  }
  const auto keys = log.destroyed().last(static_cast<std::size_t>(missing));
  const auto fits = leads_to(file, scan, keys, standing.chain, log.mark());
  if (!fits.ok()) {
    return fits.status;
  }
  if (!fits.value) {
    return older(path, log.mark(), scan.slots);
  }
  standing.destroyed.assign(keys.begin(), keys.end());
  check(standing.destroyed.size() == missing, "each erasure takes one slot");
  return standing;
}

}  // namespace plated
