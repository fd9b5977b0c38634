#include "persistence/batch_decoder.h"

#include <utility>

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
  chunk.records.clear();
  chunk.arena.clear();
  while (!decoded_all() && chunk.records.size() < kChunkRecords) {
    decode_batch_records(batches_[batch_++], chunk);
    done_ = !chunk.status.ok();
  }
}

void BatchDecoder::decode_batch_records(const LogBatch& batch, DecodedChunk& chunk) {
  ByteSpan payload = batch.payload;
  for (uint32_t i = 0; i < batch.records; ++i) {
    const uint64_t offset =
        batch.offset + kBatchHeaderSize + (batch.payload.size() - payload.size());
    Record record;
    if (const char* problem = decode_record(payload, chunk.arena, record)) {
      chunk.status = Status::corruption(path_, offset, problem);
      return;
    }
    record.sequence = Sequence{batch.first.value + i};
    chunk.records.push_back(record);
  }
  if (!payload.empty()) {
    chunk.status = Status::corruption(path_, batch.offset, "a batch holds more than its records");
  }
}

}  // namespace plated
