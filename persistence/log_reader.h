// Reads one log file and yields its batches in order, telling the two ends of a log apart:
// a torn tail - the last write was cut short by a crash, so nobody was ever told of it - is cut and
// reported; anything else that is not as it was written is damage, and refused with its place.
// What has been read stays in memory; the file is read a piece at a time, as far as its batches are
// asked for. Not thread-safe; never writes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "persistence/contents.h"
#include "persistence/log_file.h"

namespace plated {

// A sound batch in its place. Its bytes live as long as the reader.
struct LogBatch {
  Sequence first;
  uint32_t records = 0;
  Sequence durable;
  uint64_t offset = 0;  // of its header in the file
  ByteSpan bytes;       // header and payload: what another place would hold of it
  ByteSpan payload;

  [[nodiscard]] uint64_t payload_offset() const { return offset + bytes.size() - payload.size(); }
};

// Whether the file may have a torn tail: only a log's last file can.
enum class LogPlace : uint8_t { last, followed };

// The last record of a file by the word of its batches' headers alone, unchecked: quick, and good
// enough to tell how long reading it will take.
Result<Sequence> glance_at_log_end(FileSystem& files, const LogFileName& name);

class LogReader {
 public:
  LogReader() = default;
  // Opens the file and reads its header. The header's first sequence must be the one of its name.
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
  [[nodiscard]] Sequence expected() const { return expected_.next; }
  // Where the log goes on behind what has been read; costs a digest of all of it.
  [[nodiscard]] LogPosition position() const;
  // Bytes from the start to the end of the last batch read.
  [[nodiscard]] uint64_t sound_bytes() const { return at_; }
  // What was cut behind them; 0 unless next() found a torn tail.
  [[nodiscard]] uint64_t torn_bytes() const { return torn_bytes_; }
  // What has been read so far: all that next() gave, and some of what follows.
  [[nodiscard]] ByteSpan contents() const { return contents_.view().first(read_); }

 private:
  Status open_file(FileSystem& files);
  [[nodiscard]] bool unread_is_zeros();
  [[nodiscard]] bool read_anew();
  // What was read behind the last batch.
  [[nodiscard]] ByteSpan rest() const { return contents().subspan(static_cast<std::size_t>(at_)); }
  [[nodiscard]] bool read_up_to(std::size_t end);
  [[nodiscard]] std::optional<BatchHeader> batch_at(ByteSpan bytes) const;
  [[nodiscard]] std::optional<BatchHeader> next_header();
  [[nodiscard]] bool is_misplaced(const BatchHeader& header) const;
  void judge_end();
  void judge_tail();

  std::string path_;
  LogPlace place_ = LogPlace::last;
  std::unique_ptr<File> file_;  // null: all of it has been read
  Contents contents_;           // room for the whole file
  std::size_t read_ = 0;        // bytes of it that have been read
  LogFileHeader header_;
  LogPosition expected_;  // of the next batch; `previous` is of the file before
  uint64_t at_ = 0;
  uint64_t torn_bytes_ = 0;
  Status status_;
};

}  // namespace plated
