#include "persistence/batch_buffer.h"

#include <utility>

#include "engine/check.h"

namespace plated {

// Two neighbouring batches hold more than one batch's bound together, or they would be one.
BatchBuffer::BatchBuffer(std::size_t capacity)
    : capacity_(capacity), bytes_(new std::byte[capacity]) {
  check(capacity >= kBatchSizeBytesMax, "a buffer holds a batch");
  frames_.reserve(2 * (capacity / kBatchSizeBytesMax) + 2);
  sealed_.reserve(frames_.capacity());
}

std::byte* BatchBuffer::place(std::size_t bytes, uint32_t records, Sequence first) {
  check(sealed_.empty(), "what is sealed does not change");
  check(bytes <= kBatchSizeBytesMax - kBatchHeaderSize, "what stands together fits into a batch");
  const bool joins =
      !frames_.empty() &&
      kBatchHeaderSize + frames_.back().header.payload_bytes + bytes <= kBatchSizeBytesMax;
  const std::size_t needed = bytes + (joins ? 0 : kBatchHeaderSize);
  check(needed <= capacity_ - used_, "room was reserved for what is appended");
  if (!joins) {
    BatchHeader header;
    header.first = first;
    frames_.push_back({used_, header});
  }
  BatchHeader& header = frames_.back().header;
  check(header.first.value + header.records == first.value, "records are consecutive");
  std::byte* const at = bytes_.get() + used_ + (joins ? 0 : kBatchHeaderSize);
  header.payload_bytes += static_cast<uint32_t>(bytes);
  header.records += records;
  used_ += needed;
  return at;
}

ChainPlace BatchBuffer::seal(ChainPlace place, Sequence durable) {
  check(sealed_.empty(), "batches are sealed once");
  for (Frame& frame : frames_) {
    BatchHeader& header = frame.header;
    header.durable = durable;
    header.number = place.number++;
    header.writer = place.writer;
    header.before = place.before;
    std::byte* const at = bytes_.get() + frame.offset;
    place.before =
        encode_batch_header(header, {at + kBatchHeaderSize, header.payload_bytes},
                            std::span<std::byte, kBatchHeaderSize>(at, kBatchHeaderSize));
    sealed_.push_back({{at, kBatchHeaderSize + header.payload_bytes},
                       header.first,
                       Sequence{header.first.value + header.records}});
  }
  check(sealed_.empty() ||
            sealed_.back().bytes.data() + sealed_.back().bytes.size() == bytes_.get() + used_,
        "the last batch ends where the buffer does");
  return place;
}

void BatchBuffer::clear() {
  frames_.clear();
  sealed_.clear();
  used_ = 0;
}

void BatchBuffer::swap(BatchBuffer& other) {
  check(capacity_ == other.capacity_, "buffers of one size change places");
  check(sealed_.empty() && other.sealed_.empty(), "what is sealed stays where it is");
  std::swap(bytes_, other.bytes_);
  std::swap(used_, other.used_);
  std::swap(frames_, other.frames_);
}

}  // namespace plated
