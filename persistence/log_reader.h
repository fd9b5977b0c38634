// Reads one log file and yields its batches in order, telling the two ends of a log apart:
// a torn tail - the last write was cut short by a crash, so nobody was ever told of it - is cut and
// reported; anything else that is not as it was written is damage, and refused with its place.
// Holds the whole file in memory. Not thread-safe; never writes.
#pragma once

#include <string>

#include "persistence/contents.h"
#include "persistence/log_file.h"

namespace plated {

struct LogBatch {
  Sequence first;
  uint32_t records = 0;
  Sequence durable;
  uint64_t offset = 0;  // of its header in the file
  ByteSpan payload;     // lives as long as the reader
};

// Whether the file may have a torn tail: only a log's last file can.
enum class LogPlace : uint8_t { last, followed };

// The last record of a file by the word of its batches' headers alone, unchecked: quick, and good
// enough to tell how long reading it will take.
Result<Sequence> glance_at_log_end(FileSystem& files, const LogFileName& name);

class LogReader {
 public:
  LogReader() = default;
  // Reads the file and its header. The header's first sequence must be the one of its name.
  static Result<LogReader> open(FileSystem& files, const LogFileName& name, LogPlace place);
  // As open. A file of the log that a checkpoint has archived since it was listed is read there.
  static Result<LogReader> open_listed(FileSystem& files, const std::string& directory,
                                       const LogFileName& name, LogPlace place);

  // Sets `batch` to the next batch and returns true; false at the end and at damage, which status()
  // tells apart.
  [[nodiscard]] bool next(LogBatch& batch);
  [[nodiscard]] const Status& status() const { return status_; }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const LogFileHeader& header() const { return header_; }
  // The sequence that the next batch must begin with.
  [[nodiscard]] Sequence expected() const { return expected_; }
  // Bytes from the start to the end of the last batch read.
  [[nodiscard]] uint64_t sound_bytes() const { return at_; }
  // What was cut behind them; 0 unless next() found a torn tail.
  [[nodiscard]] uint64_t torn_bytes() const { return torn_bytes_; }
  [[nodiscard]] ByteSpan contents() const { return contents_.view(); }
  // Of what has been read so far.
  [[nodiscard]] FileDigest digest() const;

 private:
  void end();
  void judge_tail();

  std::string path_;
  LogPlace place_ = LogPlace::last;
  Contents contents_;
  LogFileHeader header_;
  Sequence expected_;
  uint64_t at_ = 0;
  uint64_t torn_bytes_ = 0;
  Status status_;
};

}  // namespace plated
