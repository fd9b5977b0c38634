// The records of a batch as bytes, one after the other, told apart by their lengths alone: nothing
// is decoded. So whoever hashes or copies records needs to know none of their types, not even those
// that a later version adds. Not thread-safe; never writes.
#pragma once

#include <cstdint>
#include <optional>

#include "persistence/log_reader.h"

namespace plated {

// One record where it stands. Its bytes, length included, live as long as the batch's.
struct RecordBytes {
  Sequence sequence;
  uint64_t offset = 0;  // in the file
  ByteSpan bytes;
};

class RecordCursor {
 public:
  // Begins at the batch's first record.
  explicit RecordCursor(const LogBatch& batch)
      : rest_(batch.payload),
        offset_(batch.payload_offset()),
        next_(batch.first),
        end_{batch.first.value + batch.records} {}

  // The next record. Nothing at the end, and where the bytes are not as many records as the batch
  // says; problem() tells the two apart.
  [[nodiscard]] std::optional<RecordBytes> next();

  // Null, or what is wrong at offset(): not what was written, however sound the checksum.
  [[nodiscard]] const char* problem() const { return problem_; }
  // Of the next record in the file.
  [[nodiscard]] uint64_t offset() const { return offset_; }

 private:
  ByteSpan rest_;
  uint64_t offset_;
  Sequence next_;
  Sequence end_;  // behind the last record
  const char* problem_ = nullptr;
};

}  // namespace plated
