// Records decoded ahead are those of the batches, in their order, however many there are.
#include "persistence/batch_decoder.h"

#include <gtest/gtest.h>

#include "tests/persistence/sample_events.h"

namespace plated {
namespace {

Bytes bytes_of(const Event& event) {
  Bytes bytes(encoded_size(event));
  encode_record({Tick(Millis(1)), CivilTime(Millis(2))}, event, bytes.data());
  return bytes;
}

// Batches in memory, as a checked file has them.
class Batches {
 public:
  // `count` batches of `records` records each, over every kind of event.
  Batches(std::size_t count, uint32_t records) {
    const std::vector<Event> events = sample_events();
    Sequence next{1};
    for (std::size_t i = 0; i < count; ++i) {
      Bytes& bytes = bytes_.emplace_back(kBatchHeaderSize);
      for (uint32_t r = 0; r < records; ++r) {
        const Bytes record = bytes_of(events[(next.value + r) % events.size()]);
        bytes.insert(bytes.end(), record.begin(), record.end());
      }
      batches.push_back({next, records, Sequence{}, 1000 * i, {}, {}});
      next.value += records;
    }
    point();
  }
  void point() {
    for (std::size_t i = 0; i < batches.size(); ++i) {
      batches[i].bytes = bytes_[i];
      batches[i].payload = ByteSpan(bytes_[i]).subspan(kBatchHeaderSize);
    }
  }
  Bytes& bytes(std::size_t i) { return bytes_[i]; }

  std::vector<LogBatch> batches;

 private:
  std::vector<Bytes> bytes_;
};

struct Taken {
  uint64_t records = 0;
  Status status;
};

// Takes up to `chunks_max` chunks and holds each record to its place and kind.
Taken take(const Batches& batches, std::size_t chunks_max = SIZE_MAX) {
  const std::vector<Event> events = sample_events();
  BatchDecoder decoder("file", batches.batches);
  Taken taken;
  while (chunks_max-- > 0) {
    const DecodedChunk* const chunk = decoder.next();
    if (chunk == nullptr) {
      break;
    }
    for (const Record& record : chunk->records) {
      EXPECT_EQ(record.sequence.value, ++taken.records);
      EXPECT_EQ(bytes_of(record.event), bytes_of(events[record.sequence.value % events.size()]));
    }
    taken.status = chunk->status;
  }
  return taken;
}

TEST(BatchDecoder, EveryRecordComesOnceAndInOrder) {
  for (const auto& [count, records] :
       {std::pair{0, 0}, {1, 0}, {1, 1}, {7, 3}, {2, 1024}, {2049, 1}, {300, 100}, {3, 5000}}) {
    const Batches batches(static_cast<std::size_t>(count), static_cast<uint32_t>(records));
    const Taken taken = take(batches);
    EXPECT_EQ(taken.records, static_cast<uint64_t>(count) * static_cast<uint64_t>(records));
    EXPECT_TRUE(taken.status.ok());
  }
}

TEST(BatchDecoder, WhatIsSoundBeforeABrokenRecordIsGiven) {
  for (const std::size_t hurt :
       {std::size_t{0}, std::size_t{1}, std::size_t{40}, std::size_t{99}}) {
    Batches batches(100, 100);
    batches.bytes(hurt)[kBatchHeaderSize + 4] = std::byte{0xff};  // the type of its first record
    const Taken taken = take(batches);
    EXPECT_EQ(taken.records, hurt * 100);
    EXPECT_EQ(taken.status.code(), StatusCode::corruption);
    EXPECT_EQ(taken.status.path(), "file");
    EXPECT_EQ(taken.status.offset(), 1000 * hurt + kBatchHeaderSize);
  }
}

TEST(BatchDecoder, ABatchThatHoldsMoreThanItsRecordsIsRefused) {
  Batches batches(3, 2);
  batches.bytes(2).push_back(std::byte{0});
  batches.point();
  const Taken taken = take(batches);
  EXPECT_EQ(taken.records, 6U);
  EXPECT_EQ(taken.status.offset(), 2000 + batches.bytes(2).size() - 1);
}

TEST(BatchDecoder, WhoeverHasEnoughMayLeave) {
  const Batches batches(200, 500);
  for (const std::size_t chunks : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
    EXPECT_LE(take(batches, chunks).records, chunks * 3000);
  }
}

}  // namespace
}  // namespace plated
