// Records waiting to be written, laid out as the batches that they will be on disk: one allocation,
// made once. Group commit keeps two and swaps them. Not thread-safe.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "persistence/batch.h"

namespace plated {

// Where a buffer's batches stand in the chain of a log's batches.
struct ChainPlace {
  uint64_t writer = 0;
  uint64_t number = 1;  // of the first of them
  uint32_t before = 0;  // the checksum of the batch before it
};

// A batch that will not change any more.
struct SealedBatch {
  ByteSpan bytes;  // header and payload
  Sequence first;  // of its first record
  Sequence next;   // behind its last one
};

class BatchBuffer {
 public:
  // Requires room for at least one batch.
  explicit BatchBuffer(std::size_t capacity);

  // A place of `bytes` bytes for `records` records that stand together in one batch, the first of
  // which is `first`. The caller fills it at once. Requires the room, and consecutive sequences.
  [[nodiscard]] std::byte* place(std::size_t bytes, uint32_t records, Sequence first);

  // Bytes in use, headers included.
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] bool empty() const { return frames_.empty(); }

  // Writes the headers of all batches, as they stand from `place` on and with what is durable now;
  // returns the place behind them. From then on the buffer takes nothing more until clear().
  ChainPlace seal(ChainPlace place, Sequence durable);
  // The batches, in order and one behind the other in memory; none before seal(). They live until
  // clear().
  [[nodiscard]] std::span<const SealedBatch> sealed() const { return sealed_; }

  // Empties it; what was sealed is gone.
  void clear();
  // Requires the same capacity, and that neither is sealed.
  void swap(BatchBuffer& other);

 private:
  struct Frame {
    std::size_t offset = 0;  // of the header
    BatchHeader header;
  };

  const std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t used_ = 0;
  std::vector<Frame> frames_;  // their room, and the next one's, is reserved once
  std::vector<SealedBatch> sealed_;
};

}  // namespace plated
