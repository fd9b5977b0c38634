// From files to a state that can go on: the newest sound snapshot, then every record behind it,
// then a tail that is safe whatever the page cache knows. The same path serves every start, every
// checkpoint and every recount.
//
// Refuses rather than guesses: anything damaged but a torn tail ends the start, with file and
// place.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "persistence/log_replay.h"
#include "persistence/snapshot.h"

namespace plated {

// Makes a fresh engine. Called again when a snapshot turned out to be damaged.
using EngineMaker = std::function<std::unique_ptr<Engine>()>;

struct RecoveryReport {
  Sequence snapshot;  // what was built on; 0 without one
  std::vector<Status> damaged_snapshots;
  LogFindings log;
  std::chrono::duration<double> took{};
};

struct Recovered {
  std::unique_ptr<Engine> engine;
  LogPosition position;  // where the log goes on
  RecoveryReport report;
};

// How far a replay is.
struct RecoveryStep {
  Sequence from;     // the snapshot that it builds on; 0: none
  Sequence applied;  // the record applied last
  Sequence end;      // of the last record that is to be applied; 0: the snapshot is being read
};

// Told now and then, on the caller's thread.
using RecoveryProgress = std::function<void(const RecoveryStep&)>;

// Whether what stands beside the log goes with the state that it leads to; what is not ok ends the
// recovery, and nothing was changed.
using StateJudge = std::function<Status(Engine&)>;

// Requires the lock of the data directory. An empty directory gives an empty engine.
Result<Recovered> recover(FileSystem& files, const std::string& directory,
                          const EngineMaker& make_engine, const RecoveryProgress& progress = {},
                          const StateJudge& judge = {});

// What a state may be built on.
struct StateBasis {
  bool snapshots = true;
  bool archive = false;  // begin in the archive where the log does not reach back far enough
};

// The state as of `until` (or of the newest record before a torn tail), and nothing written; for
// checkpoints and inspection.
Result<Recovered> load_state(FileSystem& files, const std::string& directory, Sequence until,
                             const EngineMaker& make_engine, const RecoveryProgress& progress = {},
                             const StateBasis& basis = {});

}  // namespace plated
