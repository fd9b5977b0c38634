// What stands on the disk of a running server, and the engine that was recovered from it: the keys,
// the log with its writer, snapshots. Opened before any door, closed after all of them.
//
// It reaches the disk through the FileSystem that it is given and the clocks through their
// functions. What a loop does again and again is a function here; who calls it is said with Loops:
// threads of its own in a running server, the one thread that is everybody in a simulation.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/guarded.h"
#include "net/clock/clocks.h"
#include "net/clock/ticker.h"
#include "net/notices/personal_data.h"
#include "persistence/checkpoint.h"
#include "persistence/file_system.h"
#include "persistence/group_commit.h"
#include "persistence/key_store.h"
#include "persistence/log_writer.h"
#include "persistence/recovery.h"
#include "persistence/spare_files.h"
#include "tools/plated/bound_keys.h"
#include "tools/plated/clock_anchor.h"
#include "tools/plated/server_log.h"

namespace plated {

// Who runs the loops of a server: threads of its own, or whoever calls their rounds one by one.
enum class Loops : uint8_t { threads, caller };

struct StorageOptions {
  std::string directory;
  uint32_t shards = 8;  // a power of two
  uint64_t log_file_size = uint64_t{256} << 20;
  uint32_t spare_files = 2;
  // The log's buffers; its callbacks are Storage's.
  GroupCommitOptions log{};
  bool archive = true;              // retired log files are kept, compressed
  bool checkpoint_process = false;  // by platelog; else in this process
};

// The clocks, from the moment at which recovery has said where service time stands.
class StartedTicks final : public TickSource {
 public:
  void start(const Now& last, const ClockWatch::Before& before, const Clocks& clocks);
  [[nodiscard]] Now now() override;
  // Requires that the clocks were started.
  [[nodiscard]] Ticker& ticker() { return *ticker_; }

 private:
  std::unique_ptr<Ticker> ticker_;
};

class Storage {
 public:
  struct Outside {
    FileSystem& files;
    Clocks clocks{};
    Loops loops = Loops::threads;
    // On the log's thread, whenever the durable sequence has moved; must not block.
    std::function<void(Sequence)> on_durable{};
    // On the log's thread, once: nothing will ever be durable again.
    std::function<void(const Status&)> on_failure{};
    // What the engine writes to, made over the log, for whoever reads along. Empty: the log itself.
    std::function<std::unique_ptr<EventSink>(EventSink& log)> over_log{};
  };

  Storage(StorageOptions options, Outside outside);
  // With threads as close(); without, as if the process had ended here.
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // Requires that nobody else has the directory (DataDirectory). Recovers, tells `say` what was
  // found, and with Loops::threads lets the log's threads run.
  Status open(const Say& say, const RecoveryProgress& progress);
  // What recovery found.
  [[nodiscard]] const RecoveryReport& found() const { return found_; }
  // Makes everything appended durable and ends the log. Ok: nothing was lost.
  Status close();

  // --- The rounds, for Loops::caller ---
  // One of the log's writer. Not ok: the log has failed, and nothing will be durable any more.
  Status write() { return commit_->write_waiting(); }
  // One of the files in advance.
  Status fill_spares() { return spares_->fill(); }

  // True when `sequence` is durable; with threads it waits for that, else it writes. False: never.
  [[nodiscard]] bool wait_durable(Sequence sequence);

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] StartedTicks& ticks() { return ticks_; }
  [[nodiscard]] GroupCommit& commit() { return *commit_; }
  // For reading.
  [[nodiscard]] const KeyStore& keys() const { return *keys_; }
  // For whatever makes or destroys a key.
  [[nodiscard]] BoundKeys& bound_keys() { return *bound_keys_; }
  [[nodiscard]] FileSystem& files() const { return outside_.files; }
  [[nodiscard]] const std::string& directory() const { return options_.directory; }
  [[nodiscard]] const Clocks& clocks() const { return outside_.clocks; }
  [[nodiscard]] Millis since_durable_moved() const;
  // Keeps for the next start what the wall clock is believed to say. For the clockwork alone.
  Status keep_clock() { return clock_anchor_.keep(ticks_.ticker().believed_wall()); }
  // Bytes of records for which there is room in log files that are there already.
  [[nodiscard]] uint64_t log_room() const { return commit_->counters().room_bytes; }
  // Why no more log files can be made, as of the last attempt. Ok: they can.
  [[nodiscard]] Status room_problem() const { return spares_->problem(); }
  // Why new work is refused until there is room on the disk again. Ok: it is not.
  [[nodiscard]] Status out_of_room() const;
  // Log files in the directory now.
  [[nodiscard]] uint64_t log_files() const;

  // A checkpoint up to what is durable now. One at a time; blocks. With threads it runs on one of
  // low priority.
  Result<CheckpointReport> checkpoint();
  // The newest snapshot, and how long ago it was taken or found.
  [[nodiscard]] std::optional<std::pair<Sequence, Millis>> newest_snapshot() const;

  // Nothing when the owner's key is gone or the bytes are not theirs.
  [[nodiscard]] std::optional<PersonalData> open_data(uint64_t key, std::string_view sealed);

 private:
  Status prepare_log();
  Result<Recovered> recover_state(const Say& say, const RecoveryProgress& progress);
  Status provide_secrets();
  void start_clocks(const Say& say);
  void report(const Say& say);
  void start_threads();
  Result<CheckpointReport> run_checkpoint_here(Sequence until);

  const StorageOptions options_;
  const Outside outside_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<SpareFiles> spares_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<GroupCommit> commit_;
  std::unique_ptr<EventSink> over_log_;
  ClockAnchorKeeper clock_anchor_;
  StartedTicks ticks_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<BoundKeys> bound_keys_;
  std::size_t destroyed_again_ = 0;  // keys that an older copy of the store had brought back
  RecoveryReport found_;
  std::thread spares_thread_;
  std::thread writer_thread_;
  std::atomic<int64_t> durable_at_ms_{0};  // monotonic time at which it last moved

  // One checkpoint at a time. Not Guarded: it gives a turn, for seconds, and guards no value.
  std::mutex checkpoint_mutex_;
  mutable Guarded<std::optional<std::pair<Sequence, Millis>>> snapshot_;  // and its monotonic time
};

}  // namespace plated
