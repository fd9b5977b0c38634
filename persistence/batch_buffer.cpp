#include "persistence/batch_buffer.h"

#include <utility>

#include "engine/check.h"

namespace plated {

// Two neighbouring batches hold more than one batch's bound together, or they would be one.
BatchBuffer::BatchBuffer(std::size_t capacity)
    : capacity_(capacity), bytes_(new std::byte[capacity]) {
  check(capacity >= kBatchSizeBytesMax, "a buffer holds a batch");
  frames_.reserve(2 * (capacity / kBatchSizeBytesMax) + 2);
}

std::byte* BatchBuffer::place(std::size_t bytes, uint32_t records, Sequence first) {
  check(bytes <= kBatchSizeBytesMax - kBatchHeaderSize, "what stands together fits into a batch");
  const bool joins =
      !frames_.empty() &&
      kBatchHeaderSize + frames_.back().header.payload_bytes + bytes <= kBatchSizeBytesMax;
  const std::size_t needed = bytes + (joins ? 0 : kBatchHeaderSize);
  check(needed <= capacity_ - used_, "room was reserved for what is appended");
  if (!joins) {
    frames_.push_back({used_, {0, 0, first, {}}});
  }
  BatchHeader& header = frames_.back().header;
  check(header.first.value + header.records == first.value, "records are consecutive");
  std::byte* const at = bytes_.get() + used_ + (joins ? 0 : kBatchHeaderSize);
  header.payload_bytes += static_cast<uint32_t>(bytes);
  header.records += records;
  used_ += needed;
  return at;
}

std::size_t BatchBuffer::batch_bytes(std::size_t index) const {
  return kBatchHeaderSize + frames_[index].header.payload_bytes;
}

Sequence BatchBuffer::seal(std::size_t index, uint64_t identity, Sequence durable) {
  Frame& frame = frames_[index];
  frame.header.durable = durable;
  std::byte* const at = bytes_.get() + frame.offset;
  encode_batch_header(frame.header, identity, {at + kBatchHeaderSize, frame.header.payload_bytes},
                      std::span<std::byte, kBatchHeaderSize>(at, kBatchHeaderSize));
  return Sequence{frame.header.first.value + frame.header.records};
}

ByteSpan BatchBuffer::span(std::size_t from, std::size_t to) const {
  check(from < to && to <= frames_.size(), "a span of batches is not empty");
  const std::size_t end = frames_[to - 1].offset + batch_bytes(to - 1);
  return {bytes_.get() + frames_[from].offset, end - frames_[from].offset};
}

void BatchBuffer::clear() {
  frames_.clear();
  used_ = 0;
}

void BatchBuffer::swap(BatchBuffer& other) {
  check(capacity_ == other.capacity_, "buffers of one size change places");
  std::swap(bytes_, other.bytes_);
  std::swap(used_, other.used_);
  std::swap(frames_, other.frames_);
}

}  // namespace plated
