// A snapshot is a replay: a second engine is built from the newest snapshot and the log up to a
// durable sequence, written aside, renamed. The live engine is not touched; recovery is exercised
// all day. Then what no recovery can need any more goes: all snapshots but the newest two, and the
// log files wholly older than the older one.
#pragma once

#include "persistence/recovery.h"

namespace plated {

struct CheckpointOptions {
  // Keep retired log files compressed under DIR/archive, for audit; else remove them.
  bool archive = true;
};

struct CheckpointReport {
  SnapshotHeader snapshot;
  uint64_t records = 0;  // replayed
  std::chrono::duration<double> took{};
  std::vector<std::string> retired;  // log files
};

// Runs one checkpoint up to `until`, which must be durable, in the caller's thread. Locks the
// snapshots, and nothing else, so it may run in a process of its own. Compare the digest with the
// live engine's when that stands at `until`.
Result<CheckpointReport> run_checkpoint(FileSystem& files, const std::string& directory,
                                        Sequence until, const EngineMaker& make_engine,
                                        const CheckpointOptions& options);

// What run_checkpoint does last: removes all snapshots but the newest two, and archives or removes
// the log files that lie wholly before the older of these. Returns the names of the log files that
// went, oldest first. Does nothing while there is one snapshot only.
Result<std::vector<std::string>> retire_old_files(FileSystem& files, const std::string& directory,
                                                  bool archive);

}  // namespace plated
