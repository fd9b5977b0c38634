// What stands on the disk of a running server, and the engine that was recovered from it: the lock,
// the keys, the log with its writer's thread, snapshots. Opened before any door, closed after all
// of them.
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
#include "net/clock/ticker.h"
#include "net/notices/personal_data.h"
#include "persistence/checkpoint.h"
#include "persistence/data_directory.h"
#include "persistence/group_commit.h"
#include "persistence/key_store.h"
#include "persistence/recovery.h"
#include "persistence/spare_files.h"
#include "tools/plated/clock_anchor.h"
#include "tools/plated/options.h"

namespace plated {

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
    // On the log's thread, whenever the durable sequence has moved; must not block.
    std::function<void(Sequence)> on_durable;
    // On the log's thread, once: nothing will ever be durable again.
    std::function<void(const Status&)> on_failure;
  };

  Storage(const Options& options, Outside outside);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  using Say = std::function<void(const std::string&)>;

  // Makes the directory and keeps every other server out of it.
  Status lock();
  // Requires the lock. Recovers, tells `say` what was found, and lets the log's threads run.
  Status open(const Say& say, const RecoveryProgress& progress);
  // Makes everything appended durable and ends the log's threads. Ok: nothing was lost.
  Status close();

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] StartedTicks& ticks() { return ticks_; }
  [[nodiscard]] GroupCommit& commit() { return *commit_; }
  [[nodiscard]] KeyStore& keys() { return *keys_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const Clocks& clocks() const { return clocks_; }
  [[nodiscard]] Millis since_durable_moved() const;
  // Keeps for the next start what the wall clock is believed to say. For the clockwork alone.
  Status keep_clock() { return clock_anchor_.keep(ticks_.ticker().believed_wall()); }
  // Log files in the directory now.
  [[nodiscard]] uint64_t log_files() const;

  // A checkpoint up to what is durable now. One at a time; blocks.
  Result<CheckpointReport> checkpoint();
  // The newest snapshot, and how long ago it was taken or found.
  [[nodiscard]] std::optional<std::pair<Sequence, Millis>> newest_snapshot() const;

  // Nothing when the owner's key is gone or the bytes are not theirs.
  [[nodiscard]] std::optional<PersonalData> open_data(uint64_t key, std::string_view sealed);

 private:
  Result<Recovered> recover_state(const Say& say, const RecoveryProgress& progress);
  Status provide_secrets();
  void start_clocks(const Say& say);
  void report(const RecoveryReport& found, const Say& say);

  const Options& options_;
  const std::string directory_;
  Outside outside_;
  DataDirectory data_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<SpareFiles> spares_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<GroupCommit> commit_;
  ClockAnchorKeeper clock_anchor_;
  StartedTicks ticks_;
  std::unique_ptr<Engine> engine_;
  std::thread spares_thread_;
  std::thread writer_thread_;
  const Clocks clocks_ = machine_clocks();
  std::atomic<int64_t> durable_at_ms_{0};  // monotonic time at which it last moved

  std::mutex checkpoint_mutex_;
  mutable std::mutex snapshot_mutex_;
  std::optional<std::pair<Sequence, std::chrono::steady_clock::time_point>> snapshot_;
};

}  // namespace plated
