#include "persistence/batch_decoder.h"

#include <utility>

#include "engine/check.h"
#include "persistence/record_cursor.h"

namespace plated {
namespace {

// A chunk is full with the batch that reaches this.
constexpr std::size_t kChunkRecords = 2048;

std::size_t records_of(std::span<const LogBatch> batches) {
  std::size_t records = 0;
  for (const LogBatch& batch : batches) {
    records += batch.records;
  }
  return records;
}

}  // namespace

BatchDecoder::BatchDecoder(std::string path, std::span<const LogBatch> batches)
    : path_(std::move(path)), batches_(batches) {
  if (records_of(batches) > kChunkRecords) {
    thread_ = std::thread([this] { run(); });
  }
}

BatchDecoder::~BatchDecoder() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  moved_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

const DecodedChunk* BatchDecoder::next() {
  if (!thread_.joinable()) {
    if (decoded_all()) {
      return nullptr;
    }
    if (!ring_[0]) {
      ring_[0] = std::make_unique<DecodedChunk>();
    }
    decode_next(*ring_[0]);
    return ring_[0].get();
  }
  std::unique_lock lock(mutex_);
  check(taken_ <= decoded_ && decoded_ - taken_ <= kAhead, "what is decoded has room");
  if (std::exchange(holding_, false)) {
    ++taken_;
    moved_.notify_all();
  }
  moved_.wait(lock, [this] { return decoded_ > taken_ || finished_; });
  if (decoded_ == taken_) {
    return nullptr;
  }
  holding_ = true;
  return ring_[taken_ % kAhead].get();
}

void BatchDecoder::run() {
  for (uint64_t chunk = 0; !decoded_all(); ++chunk) {
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, [&] { return chunk - taken_ < kAhead || stopping_; });
      if (stopping_) {
        return;
      }
    }
    auto& place = ring_[chunk % kAhead];
    if (!place) {
      place = std::make_unique<DecodedChunk>();
    }
    decode_next(*place);
    const std::scoped_lock lock(mutex_);
    decoded_ = chunk + 1;
    moved_.notify_all();
  }
  const std::scoped_lock lock(mutex_);
  finished_ = true;
  moved_.notify_all();
}

void BatchDecoder::decode_next(DecodedChunk& chunk) {
  check(!decoded_all() && chunk.status.ok(), "nothing is decoded behind the end, or behind damage");
  chunk.records.clear();
  chunk.arena.clear();
  while (!decoded_all() && chunk.records.size() < kChunkRecords) {
    decode_batch_records(batches_[batch_++], chunk);
    done_ = !chunk.status.ok();
  }
}

void BatchDecoder::decode_batch_records(const LogBatch& batch, DecodedChunk& chunk) {
  RecordCursor cursor(batch);
  while (const auto bytes = cursor.next()) {
    ByteSpan rest = bytes->bytes;
    Record record;
    if (const char* problem = decode_record(rest, chunk.arena, record)) {
      chunk.status = Status::corruption(path_, bytes->offset, problem);
      return;
    }
    check(rest.empty(), "a record is as long as it says");
    record.sequence = bytes->sequence;
    chunk.records.push_back(record);
  }
  if (cursor.problem() != nullptr) {
    chunk.status = Status::corruption(path_, cursor.offset(), cursor.problem());
  }
}

}  // namespace plated
