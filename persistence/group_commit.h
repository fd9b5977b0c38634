// The EventSink: commands and timers append to one buffer in memory, and one thread makes what is
// there durable - one write, one sync - while the next is gathering. The order of appends is the
// order of the log. Where it becomes durable is the BatchTarget's affair.
//
// A record is acknowledged by the durable sequence and by nothing else; it moves only after the
// target has said that the record is committed. How the log does is its LogState:
//
//            .--> unavailable --.     nothing is acknowledged; the same bytes are tried again
//     ok <---+------------------'     and again, and new work is taken while there is room
//      |     |
//      '-----+--> fenced              for ever: nothing is acknowledged, no room is given
//            '--> failed              as fenced; on_failure is called once, so that the process
//                                     can say why and end
//
// One sync costs more than many draws, so a thread that is about to append for several clients says
// so first: begin_run, its appends, end_run. The log waits for the end of the run, and syncs once:
// of the first run that ends, where there are several, and not longer than it takes to gather 256
// KiB.
//
// reserve, release, append, last, durable, state, counters, begin_run, end_run, wait_durable and
// stop may be called from any thread. The owner gives run() a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "engine/events.h"
#include "persistence/batch_buffer.h"
#include "persistence/batch_target.h"

namespace plated {

struct GroupCommitOptions {
  // Bytes that may wait while others are being written; there are two such buffers.
  std::size_t buffer_bytes = std::size_t{32} << 20;
  // Of these, what only timers may use.
  std::size_t timer_bytes = std::size_t{8} << 20;
  // Bytes of the target's room that only timers may use: new work is refused before a full disk is
  // felt by what has begun.
  uint64_t disk_reserve_bytes = uint64_t{16} << 20;
  // How long run() waits before it tries a target again that is unavailable.
  std::chrono::milliseconds retry_after{100};
  // Called on the writer's thread whenever the durable sequence has moved. Must not block.
  std::function<void(Sequence)> on_durable;
  // Called on the writer's thread once, when the log has failed.
  std::function<void(const Status&)> on_failure;
};

class GroupCommit final : public EventSink {
 public:
  // `target` is nobody else's from now on. Gives no room until it is open, so an engine can be made
  // over it and recovered first. Requires a buffer that holds a batch beside what timers may use.
  GroupCommit(BatchTarget& target, GroupCommitOptions options);

  // Opens the target where recovery ended. Once, before anything is appended.
  Status open(const LogPosition& position);

  // Sets room aside for one append; false when there is none in memory or at the target (a command
  // is refused earlier than a timer), and always in a log that is fenced, failed or not open.
  [[nodiscard]] bool reserve(For whose) override;
  // Whether a command would be given room now. For whoever looks, not for who appends.
  [[nodiscard]] bool has_room_for_commands() const;
  // Gives a reservation back, used or not.
  void release(For whose) override;
  // Encodes 1 to kEventsPerAppend events into one batch; returns the sequence of the last. Requires
  // a reservation. Never blocks for the disk.
  Sequence append(const Now& now, std::span<const Event> events) override;
  // The sequence appended last; of recovery's last record before the first append.
  [[nodiscard]] Sequence last() const override;

  // From here to end_run the caller's thread appends more at once, and waits for nothing; runs are
  // short. Meanwhile what gathers is not written, unless it is worth a sync by itself.
  void begin_run();
  // Ends a run that this thread began. What has gathered is to be written now.
  void end_run();

  // The highest sequence known to be safe.
  [[nodiscard]] Sequence durable() const;
  // How the log did when the target was last heard of.
  [[nodiscard]] LogState state() const { return state_.load(std::memory_order_acquire); }
  // Blocks until `sequence` is durable; false when it never will be by this sink. Not for the
  // writer's thread.
  [[nodiscard]] bool wait_durable(Sequence sequence);

  // Writes until stop(), or until the log is fenced or failed; at a stop does what finish() does.
  // Returns ok, or why not everything that was appended is durable.
  Status run();
  // Any thread: makes run() end.
  void stop();
  // One round of run() without waiting, for one thread that is everybody: a simulation. Ok: what
  // was waiting before is durable.
  Status write_waiting();
  // Writes what is waiting, closes the target and gives no room any more. A target that is
  // unavailable is tried once more. Ok: everything appended is durable.
  Status finish();

  struct Counters {
    uint64_t writes = 0;  // each with its sync
    uint64_t bytes = 0;
    uint64_t waiting_bytes = 0;
    uint64_t room_bytes = 0;  // that the target has, as in log files that are there already
  };
  // For the status page; each number is true, not all of the same moment.
  [[nodiscard]] Counters counters() const;

 private:
  [[nodiscard]] bool writer_to_wake();
  [[nodiscard]] bool wait_for_work();
  [[nodiscard]] bool take_gathered();
  Status commit_taken();
  void publish(Sequence sequence);
  void enter(LogState state, const Status& why);
  void give_up();

  BatchTarget& target_;
  const GroupCommitOptions options_;

  std::mutex mutex_;                 // not Guarded: threads wait with it for what is below
  std::condition_variable work_;     // for the writer's thread
  std::condition_variable settled_;  // for wait_durable
  BatchBuffer front_;                // under mutex_: what is gathering
  uint32_t runs_ = 0;                // under mutex_: begun and not ended
  bool due_ = false;                 // under mutex_: what gathers is not to gather any longer
  bool writer_waits_ = false;        // under mutex_
  bool stopping_ = false;            // under mutex_

  // The writer's thread's alone.
  BatchBuffer back_;           // what is being written
  std::size_t committed_ = 0;  // of its batches
  ChainPlace place_;           // of the next batch to be sealed
  Status ended_;               // why nothing is written any more

  // Room is counted without the mutex. Who reserves is counted first and looks afterwards; what is
  // appended is counted in `used_` before its reservation is given back. So the sum errs only
  // upwards.
  std::atomic<uint64_t> reserved_{0};  // appends that may still come
  std::atomic<uint64_t> used_{0};      // bytes of front_
  std::atomic<uint64_t> writing_{0};   // bytes of back_, as long as the target may still need room
  std::atomic<uint64_t> last_{0};
  std::atomic<uint64_t> durable_{0};
  std::atomic<uint64_t> writes_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<LogState> state_{LogState::ok};
  std::atomic<bool> refusing_{true};  // not open yet, or never again
};

}  // namespace plated
