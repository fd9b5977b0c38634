// The EventSink: commands and timers append to one buffer in memory, and one thread makes what is
// there durable - one write, one sync - while the next is gathering. The order of appends is the
// order of the log.
//
// A record is acknowledged by the durable sequence and by nothing else; it moves only after a sync
// that returned ok. After the first failure it never moves again, no room is given any more, and
// the owner is told once, so that the process can say why and end.
//
// One sync costs more than many draws, so a thread that is about to append for several clients says
// so first: begin_run, its appends, end_run. The log waits for the end of the run, and syncs once:
// of the first run that ends, where there are several, and not longer than it takes to gather 256
// KiB.
//
// reserve, release, append, last, durable, begin_run, end_run and stop may be called from any
// thread. The owner gives run() a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "engine/events.h"
#include "persistence/batch_buffer.h"
#include "persistence/log_writer.h"
#include "persistence/spare_files.h"

namespace plated {

struct GroupCommitOptions {
  // Bytes that may wait while others are being written; there are two such buffers.
  std::size_t buffer_bytes = std::size_t{32} << 20;
  // Of these, what only timers may use.
  std::size_t timer_bytes = std::size_t{8} << 20;
  // Bytes of log files made in advance that only timers may use: new work is refused before a full
  // disk is felt by what has begun.
  uint64_t disk_reserve_bytes = uint64_t{16} << 20;
  // Called on the writer's thread whenever the durable sequence has moved. Must not block.
  std::function<void(Sequence)> on_durable;
  // Called on the writer's thread once, with the first failure.
  std::function<void(const Status&)> on_failure;
};

class GroupCommit final : public EventSink {
 public:
  // `writer` is nobody else's from now on; `spares` are the files that it takes. Gives no room
  // until it is open, so an engine can be made over it and recovered first.
  GroupCommit(LogWriter& writer, SpareFiles& spares, GroupCommitOptions options);

  // Opens the writer where recovery ended. Once, before anything is appended.
  Status open(const LogPosition& position);

  [[nodiscard]] bool reserve(For whose) override;
  void release(For whose) override;
  Sequence append(const Now& now, std::span<const Event> events) override;
  [[nodiscard]] Sequence last() const override;

  // Between these the caller's thread appends more at once, and waits for nothing; runs are short.
  void begin_run();
  void end_run();

  // The highest sequence known to be safe.
  [[nodiscard]] Sequence durable() const;
  // Blocks until `sequence` is durable; false when it never will be. Not for the writer's thread.
  [[nodiscard]] bool wait_durable(Sequence sequence);

  // Writes and syncs until stop() or a failure; then writes what is still waiting and closes the
  // log. Returns the failure, or ok.
  Status run();
  void stop();
  // One round of run() without waiting, for one thread that is everybody: a simulation.
  Status write_waiting();
  // What run() does at its end.
  Status finish();

  struct Counters {
    uint64_t writes = 0;  // each with its sync
    uint64_t bytes = 0;
    uint64_t waiting_bytes = 0;
    uint64_t room_bytes = 0;  // in log files that are there already
  };
  // For the status page; each number is true, not all of the same moment.
  [[nodiscard]] Counters counters() const;

 private:
  [[nodiscard]] int64_t disk_room() const;
  [[nodiscard]] bool writer_to_wake();
  Status write_back();
  void publish(Sequence sequence);
  void fail(const Status& status);

  LogWriter& writer_;
  SpareFiles& spares_;
  const GroupCommitOptions options_;

  std::mutex mutex_;
  std::condition_variable work_;     // for the writer's thread
  std::condition_variable settled_;  // for wait_durable
  BatchBuffer front_;                // under mutex_: what is gathering
  uint32_t runs_ = 0;                // under mutex_: begun and not ended
  bool due_ = false;                 // under mutex_: what gathers is not to gather any longer
  bool writer_waits_ = false;        // under mutex_
  bool stopping_ = false;            // under mutex_
  bool told_failure_ = false;        // under mutex_
  BatchBuffer back_;                 // the writer's thread's alone: what is being written

  // Room is counted without the mutex. A reservation is added first and judged afterwards;
  // an append is seen in `used_` before its room is released. So the sum errs only upwards.
  std::atomic<uint64_t> reserved_{0};  // appends that may still come
  std::atomic<uint64_t> used_{0};      // bytes of front_
  std::atomic<int64_t> file_room_{0};  // of the current file, less what is being written
  std::atomic<uint64_t> last_{0};
  std::atomic<uint64_t> durable_{0};
  std::atomic<uint64_t> writes_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<bool> failed_{true};  // or not yet open
};

}  // namespace plated
