// The books, recomputed from the log: every record from the oldest file on is applied to a fresh
// engine and entered, plate by plate, into a ledger that knows nothing of the engine. They must
// agree. For operators' reconciling, and for tests that ask whether anything was given out twice.
#pragma once

#include <string>
#include <vector>

#include "persistence/recovery.h"

namespace plated {

struct PoolRecount {
  PoolKey pool;
  PoolCounts counts;
  bool adds_up = true;  // free + held + reserved + issued + withheld = loaded
};

struct RecountReport {
  Sequence from;  // built on this snapshot; 0: on nothing
  LogFindings log;
  Digest digest{};  // of the state at the end
  std::vector<PoolRecount> pools;
  // What is wrong, for people; at most kProblemsMax.
  std::vector<std::string> problems;
  [[nodiscard]] bool sound() const { return problems.empty(); }
  static constexpr std::size_t kProblemsMax = 100;
};

struct RecountOptions {
  bool archive = false;  // begin at the oldest record of the archive
  // Looks at the state behind each record.
  std::function<void(Engine&, const Record&)> watch;
  // Looks at the state at the end.
  std::function<void(Engine&)> at_end;
};

// Recounts up to `until`, which must be durable (or kToTheEnd when no server is running). A log
// that cannot be read is a failure; books that do not agree are a report. Writes nothing.
Result<RecountReport> recount(FileSystem& files, const std::string& directory, Sequence until,
                              const EngineMaker& make_engine, const RecountOptions& options = {});

}  // namespace plated
