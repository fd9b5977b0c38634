// One file of the log: its name and its header; the batches behind the header are batch.h's.
// FORMAT.md has the bytes. A file's header carries the digest of the file before it, so that a file
// cannot be lost, replaced or reordered unseen. It says who wrote its batches, and where they begin
// in the chain of batches. Files of format 1 are still read, and never written. Pure except for
// list_log_files; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"
#include "persistence/batch.h"
#include "persistence/file_system.h"

namespace plated {

inline constexpr uint32_t kLogVersion = 2;        // that is written
inline constexpr uint32_t kLogVersionOldest = 1;  // that is read
inline constexpr std::size_t kLogHeaderSize = 128;
inline constexpr uint64_t kLogFileSizeMin = 4 * kBatchSizeBytesMax;
inline constexpr uint64_t kLogFileSizeMax = 1024 * 1024 * 1024;

// BLAKE2b-256 of a file from its first byte to the end of its last batch.
using FileDigest = std::array<uint8_t, 32>;

// Where a log goes on.
struct LogPosition {
  Sequence next{1};       // of the next record
  FileDigest previous{};  // of the file before; zeros before the very first
  uint64_t number = 1;    // of the next batch; 1 where only files of format 1 stand before
  uint32_t before = 0;    // the checksum of the batch before it; 0 where there is none
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

struct LogFileHeader {
  LogPosition begin;    // of the first record and batch that the file may hold
  uint64_t writer = 0;  // of all its batches; in format 1 random, and the file's identity
  uint32_t version = kLogVersion;
};

// log-<first, 20 digits>.plog; as text in the order of their sequences.
[[nodiscard]] std::string log_file_name(Sequence first);
// The inverse; nothing for any other name.
[[nodiscard]] std::optional<Sequence> log_file_first(std::string_view name);

// Requires the current version.
void encode_log_header(const LogFileHeader& header, std::span<std::byte, kLogHeaderSize> out);
// `path` is for the message only. Corruption when the bytes are not a header, mismatch when they
// are one of a version that is not read.
Result<LogFileHeader> decode_log_header(ByteSpan bytes, const std::string& path);

struct LogFileName {
  std::string path;
  Sequence first;
};

// The log files of a directory, ascending. Does not open them.
Result<std::vector<LogFileName>> list_log_files(FileSystem& files, const std::string& directory);

// The digest of bytes that come in pieces.
class RunningDigest {
 public:
  // Of no bytes.
  RunningDigest();
  // Continues it over the bytes.
  void update(ByteSpan bytes);
  // Of all bytes so far. May go on being updated afterwards.
  [[nodiscard]] FileDigest value() const;

 private:
  static constexpr std::size_t kStateSize = 384;
  alignas(64) std::array<std::byte, kStateSize> state_;
};

}  // namespace plated
