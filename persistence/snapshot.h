// One file with the whole state as of one sequence: DIR/snapshot-<sequence>.psnap. It appears whole
// or not at all: written under another name, synced, renamed, its directory synced. FORMAT.md has
// the bytes. Callers own the engine alone while it is written or read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "persistence/file_system.h"

namespace plated {

inline constexpr uint32_t kSnapshotVersion = 1;
inline constexpr std::size_t kSnapshotHeaderSize = 64;
inline constexpr std::size_t kSnapshotBlockHeaderSize = 32;
// Items are gathered to blocks of about this size; a block is never more than twice as long.
inline constexpr std::size_t kSnapshotBlockBytes = std::size_t{1} << 20;

// What a snapshot says of itself.
struct SnapshotHeader {
  Sequence sequence;  // of the last record that it contains
  Now now;            // the greatest times of what it contains
  Digest digest{};    // of the engine's state
};

struct SnapshotName {
  std::string path;
  Sequence sequence;
};

// snapshot-<sequence, 20 digits>.psnap; as text in the order of their sequences.
[[nodiscard]] std::string snapshot_name(Sequence sequence);
// The snapshots of a directory, newest first. Does not open them.
Result<std::vector<SnapshotName>> list_snapshots(FileSystem& files, const std::string& directory);

// Writes the state of `engine`, which nobody else uses and which has applied a record. Replaces a
// snapshot of the same sequence. Safe when it returns ok; a failure leaves no snapshot of half a
// state.
Result<SnapshotHeader> write_snapshot(FileSystem& files, const std::string& directory,
                                      Engine& engine);

// What the snapshot says of itself, if its header is sound; reads no more than that.
Result<SnapshotHeader> read_snapshot_header(FileSystem& files, const SnapshotName& name);

// Fills `engine`, which must be fresh. After a failure the engine holds part of a state: throw it
// away. Checks every block's checksum and, at the end, the digest of the state that came out.
Result<SnapshotHeader> read_snapshot(FileSystem& files, const SnapshotName& name, Engine& engine);

}  // namespace plated
