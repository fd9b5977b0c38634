// Records waiting to be written, laid out as the batches that they will be on disk: one allocation,
// made once. Group commit keeps two and swaps them. Not thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "persistence/log_file.h"

namespace plated {

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
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  // The batches, in order. Each is one span of bytes once sealed.
  [[nodiscard]] std::size_t batches() const { return frames_.size(); }
  [[nodiscard]] std::size_t batch_bytes(std::size_t index) const;
  [[nodiscard]] Sequence batch_first(std::size_t index) const {
    return frames_[index].header.first;
  }
  // Writes the header of a batch for the file `identity`; returns the sequence behind its records.
  Sequence seal(std::size_t index, uint64_t identity, Sequence durable);
  // From the start of batch `from` to the end of batch `to` - 1.
  [[nodiscard]] ByteSpan span(std::size_t from, std::size_t to) const;

  void clear();
  // Requires the same capacity.
  void swap(BatchBuffer& other);

 private:
  struct Frame {
    std::size_t offset = 0;  // of the header
    BatchHeader header;
  };

  const std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t used_ = 0;
  std::vector<Frame> frames_;  // its room is reserved once
};

}  // namespace plated
