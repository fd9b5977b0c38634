// Every file of the log and of its archive, each looked at by itself: what it says of itself, how
// much of it is sound, how it ends, and whether it follows the one before. For inspection, which
// goes on where recovery must refuse. A server may be appending, rolling and archiving meanwhile.
// Never writes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/log_reader.h"

namespace plated {

// How a log file ends, as far as it alone can tell.
enum class LogFileEnd : uint8_t {
  sealed,   // another file follows
  open,     // the last one: whoever writes goes on here
  closed,   // the last one, after a clean stop: nothing is missing behind it
  torn,     // the last one, and a write that never returned stands behind its last sound batch
  damaged,  // the file's status says where
};
// As an inspector prints it: "sealed", "open", and so on.
[[nodiscard]] std::string_view name_of(LogFileEnd end);

struct SurveyedFile {
  LogFileName name;
  bool archived = false;
  uint64_t bytes = 0;  // on disk
  LogFileHeader header;
  uint64_t sound_bytes = 0;  // to the end of the last sound batch, unpacked
  uint64_t torn_bytes = 0;
  uint64_t batches = 0;
  LogPosition position;  // where the log goes on behind its last sound batch
  Sequence durable;      // by the word of the file itself; its last write may be, too
  LogFileEnd end = LogFileEnd::open;
  Status status;

  // The sequences of its first record, and behind its last sound one.
  [[nodiscard]] Sequence first() const { return header.begin.next; }
  [[nodiscard]] Sequence next() const { return position.next; }
  [[nodiscard]] uint64_t records() const { return next().value - first().value; }
};

// Told every sound batch, in order; its payload lives for the call only.
using BatchVisitor = std::function<void(const SurveyedFile&, const LogBatch&)>;

// The archive's files and then the log's. Fails only where the directory cannot be listed: damage
// stands in the files.
Result<std::vector<SurveyedFile>> survey_log(FileSystem& files, const std::string& directory,
                                             const BatchVisitor& visit = {});

// The log's last file alone; a default one when there is none. Its next() says where the log ends
// now. Fails as survey_log does.
Result<SurveyedFile> survey_log_end(FileSystem& files, const std::string& directory);

}  // namespace plated
