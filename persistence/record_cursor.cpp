#include "persistence/record_cursor.h"

#include "engine/check.h"
#include "persistence/little_endian.h"
#include "persistence/record.h"

namespace plated {

std::optional<RecordBytes> RecordCursor::next() {
  check(next_ <= end_, "a cursor stops at its end");
  if (problem_ != nullptr) {
    return std::nullopt;
  }
  if (next_ == end_) {
    problem_ = rest_.empty() ? nullptr : "a batch holds more than its records";
    return std::nullopt;
  }
  const std::size_t size = record_size(rest_);
  if (size == 0) {
    problem_ = "a batch ends within a record, or a record's length is impossible";
    return std::nullopt;
  }
  check(size >= kRecordHeaderSize && size <= rest_.size(), "a record lies within its batch");
  const RecordBytes record{next_, offset_, rest_.first(size)};
  rest_ = rest_.subspan(size);
  offset_ += size;
  ++next_.value;
  return record;
}

}  // namespace plated
