// The records of one checked log file, decoded by a thread ahead of whoever takes them: applying a
// record costs more than decoding it, so on a second core decoding is free. At most a few chunks
// are ahead, so memory is bounded whatever the file's size. It reads memory only and opens nothing:
// what happens on the disk, and in which order, does not depend on it.
//
// One taker. A file that fits one chunk is decoded in the taker's thread.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "persistence/event_arena.h"
#include "persistence/log_reader.h"
#include "persistence/record.h"

namespace plated {

// Records in the order of the log. Texts point into the file's bytes, lists into the arena.
struct DecodedChunk {
  EventArena arena;
  std::vector<Record> records;
  Status status;  // damage behind the last of these records
};

class BatchDecoder {
 public:
  // The batches and what they point to outlive the decoder. `path` is for messages.
  BatchDecoder(std::string path, std::span<const LogBatch> batches);
  ~BatchDecoder();
  BatchDecoder(const BatchDecoder&) = delete;
  BatchDecoder& operator=(const BatchDecoder&) = delete;

  // The next chunk, which stays as it is until the next call; null at the end. One whose status is
  // not ok is the last.
  [[nodiscard]] const DecodedChunk* next();

 private:
  static constexpr std::size_t kAhead = 4;

  void run();
  void decode_next(DecodedChunk& chunk);
  void decode_batch_records(const LogBatch& batch, DecodedChunk& chunk);
  [[nodiscard]] bool decoded_all() const { return done_ || batch_ == batches_.size(); }

  const std::string path_;
  const std::span<const LogBatch> batches_;
  // Of whoever decodes.
  std::size_t batch_ = 0;
  bool done_ = false;

  std::array<std::unique_ptr<DecodedChunk>, kAhead> ring_;
  std::mutex mutex_;  // not Guarded: `moved_` waits with it
  std::condition_variable moved_;
  uint64_t decoded_ = 0;  // chunks, under the mutex
  uint64_t taken_ = 0;    // chunks that may be used again, under the mutex
  bool finished_ = false;
  bool stopping_ = false;
  bool holding_ = false;  // the taker has a chunk
  std::thread thread_;
};

}  // namespace plated
