// One file of the log: its name, its header, its batches' frames. FORMAT.md has the bytes.
// A file's header carries the digest of the file before it, so that a file cannot be lost, replaced
// or reordered unseen; a batch's checksum begins with the file's identity, so that no stale block
// of another file ever passes for one of this. Pure except for list_log_files; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"
#include "persistence/file_system.h"

namespace plated {

inline constexpr uint32_t kLogVersion = 1;
inline constexpr std::size_t kLogHeaderSize = 128;
inline constexpr std::size_t kBatchHeaderSize = 32;
inline constexpr std::size_t kBatchSizeBytesMax = 256 * 1024;  // with its header
inline constexpr uint64_t kLogFileSizeMin = 4 * kBatchSizeBytesMax;
inline constexpr uint64_t kLogFileSizeMax = 1024 * 1024 * 1024;

// BLAKE2b-256 of a file from its first byte to the end of its last batch.
using FileDigest = std::array<uint8_t, 32>;

struct LogFileHeader {
  Sequence first;         // of the first record that the file may hold
  uint64_t identity = 0;  // random
  FileDigest previous{};  // of the file before; zeros for the very first
};

// log-<first, 20 digits>.plog; as text in the order of their sequences.
[[nodiscard]] std::string log_file_name(Sequence first);
// The inverse; nothing for any other name.
[[nodiscard]] std::optional<Sequence> log_file_first(std::string_view name);

void encode_log_header(const LogFileHeader& header, std::span<std::byte, kLogHeaderSize> out);
// `path` is for the message only. Corruption when the bytes are not a header, mismatch when they
// are one of another version.
Status decode_log_header(ByteSpan bytes, const std::string& path, LogFileHeader& header);

// The frame of a batch. A batch without records closes a log: everything before it is durable.
struct BatchHeader {
  uint32_t payload_bytes = 0;
  uint32_t records = 0;
  Sequence first;    // of its first record; of the next record when it has none
  Sequence durable;  // known durable when the batch was written: less than `first`
};

// Writes the header for `payload`, which must be what `header` says.
void encode_batch_header(const BatchHeader& header, uint64_t identity, ByteSpan payload,
                         std::span<std::byte, kBatchHeaderSize> out);
// The batch at the start of `bytes`, if there is a sound one. Total: any bytes are allowed.
[[nodiscard]] std::optional<BatchHeader> decode_batch(ByteSpan bytes, uint64_t identity);
// What stands at the start of `bytes` if it is a batch's header; nothing of it is checked.
[[nodiscard]] std::optional<BatchHeader> glance_at_batch(ByteSpan bytes);
// The first offset at or after `from` where a batch could begin; bytes.size() when there is none.
[[nodiscard]] std::size_t find_batch_mark(ByteSpan bytes, std::size_t from);

struct LogFileName {
  std::string path;
  Sequence first;
};

// The log files of a directory, ascending. Does not open them.
Result<std::vector<LogFileName>> list_log_files(FileSystem& files, const std::string& directory);

// The digest of bytes that come in pieces.
class RunningDigest {
 public:
  RunningDigest();
  void update(ByteSpan bytes);
  // May go on being updated afterwards.
  [[nodiscard]] FileDigest value() const;

 private:
  static constexpr std::size_t kStateSize = 384;
  alignas(64) std::array<std::byte, kStateSize> state_;
};

}  // namespace plated
