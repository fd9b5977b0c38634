// Records are found in a batch by their lengths alone, and are the bytes that were appended.
#include "persistence/record_cursor.h"

#include <gtest/gtest.h>

#include "persistence/little_endian.h"
#include "persistence/record.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/sample_events.h"

namespace plated {
namespace {

// A log of every kind of event; its only file, read.
class SampleLog : public testing::Test {
 protected:
  SampleLog() {
    LogWorld log(disk_);
    for (const Event& event : events_) {
      EXPECT_TRUE(log.append(event));
    }
    EXPECT_TRUE(log.sync().ok());
    auto reader = LogReader::open(disk_, {kTestDirectory + "/" + log_file_name(Sequence{1}), {1}},
                                  LogPlace::last);
    EXPECT_TRUE(reader.ok());
    reader_ = std::move(reader.value);
    EXPECT_TRUE(reader_.next(batch_));
  }

  // The batch with a payload of the test's own.
  [[nodiscard]] LogBatch with(const Bytes& payload, uint32_t records) const {
    LogBatch batch = batch_;
    batch.bytes = batch.payload = payload;
    batch.records = records;
    return batch;
  }
  [[nodiscard]] Bytes payload() const { return {batch_.payload.begin(), batch_.payload.end()}; }

  const std::vector<Event> events_ = sample_events();
  MemoryFileSystem disk_;
  LogReader reader_;
  LogBatch batch_;
};

TEST_F(SampleLog, GivesEveryRecordAsItWasAppended) {
  RecordCursor cursor(batch_);
  uint64_t offset = batch_.offset + kBatchHeaderSize;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const auto record = cursor.next();
    ASSERT_TRUE(record.has_value()) << i;
    EXPECT_EQ(record->sequence.value, i + 1);
    EXPECT_EQ(record->offset, offset);
    Bytes appended(encoded_size(events_[i]));
    (void)encode_record({Tick(Millis(1)), CivilTime(Millis(2))}, events_[i], appended.data());
    EXPECT_TRUE(std::ranges::equal(record->bytes, appended)) << i;
    offset += record->bytes.size();
  }
  EXPECT_FALSE(cursor.next().has_value());
  EXPECT_EQ(cursor.problem(), nullptr);
}

TEST_F(SampleLog, NeedsToKnowNoTypeOfRecord) {
  Bytes later = payload();
  later[4] = std::byte{0xff};  // a type that nobody knows yet
  later[5] = std::byte{0xff};
  RecordCursor cursor(with(later, batch_.records));
  uint64_t records = 0;
  while (cursor.next()) {
    ++records;
  }
  EXPECT_EQ(records, events_.size());
  EXPECT_EQ(cursor.problem(), nullptr);
}

TEST_F(SampleLog, SaysWhereABatchIsNotItsRecords) {
  const uint32_t records = batch_.records;
  const Bytes whole = payload();
  const auto problem_of = [&](const Bytes& bytes, uint32_t count) {
    RecordCursor cursor(with(bytes, count));
    while (cursor.next()) {
    }
    EXPECT_FALSE(cursor.next().has_value()) << "it stays at its end";
    return cursor.problem() != nullptr;
  };
  EXPECT_FALSE(problem_of(whole, records));
  EXPECT_TRUE(problem_of(whole, records + 1));
  EXPECT_TRUE(problem_of(whole, records - 1));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(problem_of(cut, records)) << size;
  }
  for (const uint32_t length : {0U, 1U, 17U, 0x7fffffffU, 0xffffffffU}) {
    Bytes impossible = whole;
    put(impossible.data(), length);
    EXPECT_TRUE(problem_of(impossible, records)) << length;
  }
}

}  // namespace
}  // namespace plated
