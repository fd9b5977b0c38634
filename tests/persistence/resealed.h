// Makes checksums right again after bytes were changed, so that tests reach what stands behind
// them: batches of a log, blocks and header of a snapshot, slots of the key store. Takes any bytes;
// where they have no structure nothing is changed.
#pragma once

#include <xxhash.h>

#include <cstring>

#include "persistence/crc32c.h"
#include "persistence/key_store.h"
#include "persistence/little_endian.h"
#include "persistence/log_file.h"
#include "persistence/snapshot.h"

namespace plated {

// The checksum over all bytes before it.
inline void reseal_header(Bytes& bytes, std::size_t size) {
  if (bytes.size() >= size) {
    put(bytes.data() + size - 4, crc32c(0, ByteSpan(bytes).first(size - 4)));
  }
}

// The batch at `at`, if its length lies within the bytes, as the one after a batch of the checksum
// `before`; returns where it ends, or `at`.
inline std::size_t reseal_batch(Bytes& bytes, std::size_t at, uint32_t& before) {
  if (at > bytes.size() || bytes.size() - at < kBatchHeaderSize) {
    return at;
  }
  std::byte* const head = bytes.data() + at;
  const uint64_t payload = get<uint32_t>(head + 4);
  if (payload > bytes.size() - at - kBatchHeaderSize) {
    return at;
  }
  put(head + 48, before);
  uint32_t crc = crc32c(0, {head, 12});
  crc = crc32c(crc, {head + 16, kBatchHeaderSize - 16});
  before = crc32c(crc, {head + kBatchHeaderSize, static_cast<std::size_t>(payload)});
  put(head + 12, before);
  return at + kBatchHeaderSize + static_cast<std::size_t>(payload);
}

// A log file's header and the run of batches behind it, as their chain goes on from there.
inline void reseal_log(Bytes& bytes) {
  if (bytes.size() < kLogHeaderSize) {
    return;
  }
  reseal_header(bytes, kLogHeaderSize);
  auto before = get<uint32_t>(bytes.data() + 72);
  for (std::size_t at = kLogHeaderSize, end = 0;; at = end) {
    end = reseal_batch(bytes, at, before);
    if (end == at) {
      return;
    }
  }
}

// A snapshot's header and the run of blocks behind it.
inline void reseal_snapshot(Bytes& bytes) {
  if (bytes.size() < kSnapshotHeaderSize) {
    return;
  }
  reseal_header(bytes, kSnapshotHeaderSize);
  const auto sequence = get<uint64_t>(bytes.data() + 16);
  for (std::size_t at = kSnapshotHeaderSize; bytes.size() - at >= kSnapshotBlockHeaderSize;) {
    std::byte* const head = bytes.data() + at;
    const uint64_t payload = get<uint32_t>(head + 4);
    if (payload > bytes.size() - at - kSnapshotBlockHeaderSize) {
      return;
    }
    const uint64_t seed = XXH3_64bits_withSeed(head, kSnapshotBlockHeaderSize - 8, sequence);
    put(head + 24, uint64_t{XXH3_64bits_withSeed(head + kSnapshotBlockHeaderSize,
                                                 static_cast<std::size_t>(payload), seed)});
    at += kSnapshotBlockHeaderSize + static_cast<std::size_t>(payload);
  }
}

// A key store's header and every whole slot.
inline void reseal_keys(Bytes& bytes) {
  reseal_header(bytes, kKeySlotSize);
  for (std::size_t index = 1; (index + 1) * kKeySlotSize <= bytes.size(); ++index) {
    std::array<std::byte, 16> seed{};
    put(put(seed.data(), get<uint64_t>(bytes.data() + 16)), uint64_t{index});
    std::byte* const slot = bytes.data() + index * kKeySlotSize;
    put(slot + kKeySlotSize - 4, crc32c(crc32c(0, seed), {slot, kKeySlotSize - 4}));
  }
}

}  // namespace plated
