// The log as a whole: its files in order, each sealed by the next, every record once. Recovery,
// checkpoints, recounts, audits and the inspector read the log through this and nothing else. While
// the caller works on a record, one thread decodes the next ones of its file, and another reads and
// checks the next file. Never writes.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "persistence/log_reader.h"
#include "persistence/record.h"

namespace plated {

// Records after `after`, up to `until`. Without an end, the log's last file may have a torn tail;
// with one, every record up to it must be there, and the log may be growing meanwhile.
struct LogRange {
  static constexpr Sequence kToTheEnd{UINT64_MAX};
  Sequence after;
  Sequence until = kToTheEnd;
  // Begin in the archive, if the records are no longer in the log; for history, not for recovery.
  bool archived = false;
};

// What was read.
struct LogFindings {
  Sequence oldest;  // the first record of the oldest file there is; 0 without files
  Sequence last;    // the last record read, or `after`
  uint64_t files = 0;
  uint64_t records = 0;  // given to the visitor
  uint64_t bytes = 0;    // of sound batches read
  // The tail that was cut, if one was.
  uint64_t torn_bytes = 0;
  uint64_t torn_offset = 0;
  // The last file read, where a writer would go on.
  LogFileName last_file;
  uint64_t last_file_bytes = 0;  // to the end of its last batch
  LogPosition last_file_begin;   // what its header says
  LogPosition last_file_end;     // behind its last batch

  [[nodiscard]] uint64_t last_file_records() const {
    return last_file_end.next.value - last_file_begin.next.value;
  }
};

// Gives every record of the range to `visit`, in order. Damage is returned, and so is a failure of
// `visit`, which ends the reading. Views in the record live for the call only. What is sound before
// a damaged place is given before the damage is returned, so whoever builds a state throws it away
// then.
Result<LogFindings> replay_log(FileSystem& files, const std::string& directory,
                               const LogRange& range,
                               const std::function<Status(const Record&)>& visit);

// The same, with as many consecutive records at once as are decoded: whoever applies them can look
// ahead.
using RunVisitor = std::function<Status(std::span<const Record>)>;
Result<LogFindings> replay_log_runs(FileSystem& files, const std::string& directory,
                                    const LogRange& range, const RunVisitor& visit);

// Makes what was read to the end safe whatever the page cache knows: writes the last file anew, up
// to its last sound batch, syncs and renames it into place. Returns where a writer goes on.
// Requires the findings of a replay without an end, and that nobody writes meanwhile; corruption
// when the file reads differently by now.
Result<LogPosition> settle_log_tail(FileSystem& files, const std::string& directory,
                                    const LogFindings& findings);

}  // namespace plated
