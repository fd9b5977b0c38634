// A batch: the records of one or more appends as bytes that stand for themselves. They know nothing
// of the file, or of anything else, that holds them: what a log file carries is byte for byte what
// a replicated log carries. A batch says its number, who wrote it, the checksum of the batch before
// it and its own; FORMAT.md has the bytes, and says what each of these protects against.
// Batches of format 1, which knew their file, are still read. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/types.h"
#include "persistence/file_system.h"

namespace plated {

inline constexpr std::size_t kBatchHeaderSize = 52;
inline constexpr std::size_t kBatchSizeBytesMax = 256 * 1024;  // with its header
inline constexpr std::size_t kBatchHeaderSizeOfFormat1 = 32;

// What a batch says of itself. One without records closes a log: everything before it is durable.
struct BatchHeader {
  uint32_t payload_bytes = 0;
  uint32_t records = 0;
  Sequence first;       // of its first record; of the next record when it has none
  Sequence durable;     // known durable when the batch was written: less than `first`
  uint64_t number = 0;  // counts the batches of a log from 1; 0 in format 1
  uint64_t writer = 0;  // random, of whoever wrote it, from one start to its end; 0 in format 1
  uint32_t before = 0;  // checksum of the batch before; 0 in the first one, and in format 1
  uint32_t crc = 0;     // its own checksum; encoding does not read it
};

// Writes the header for `payload`, which must be what `header` says and leave the batch within its
// bound. Returns the batch's checksum, which the next batch carries as `before`.
uint32_t encode_batch_header(const BatchHeader& header, ByteSpan payload,
                             std::span<std::byte, kBatchHeaderSize> out);

// The header of the sound batch at the start of `bytes`, if there is one: its length lies within
// them, and its checksum is right. Whether it belongs there is for the caller to judge. Total: any
// bytes are allowed.
[[nodiscard]] std::optional<BatchHeader> decode_batch(ByteSpan bytes);
// The same of a batch of format 1, written for the file of this identity.
[[nodiscard]] std::optional<BatchHeader> decode_batch_of_format_1(ByteSpan bytes,
                                                                  uint64_t identity);

// What stands at the start of `bytes` if it is a batch's header, of the format `version` (1 or 2);
// nothing of it is checked.
[[nodiscard]] std::optional<BatchHeader> glance_at_batch(ByteSpan bytes, uint32_t version);
// The first offset at or after `from` where a batch of that format could begin; bytes.size() when
// there is none.
[[nodiscard]] std::size_t find_batch_mark(ByteSpan bytes, std::size_t from, uint32_t version);

// Bytes before the payload. Requires a known version.
[[nodiscard]] std::size_t batch_header_size(uint32_t version);

}  // namespace plated
