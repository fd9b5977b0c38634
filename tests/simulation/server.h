// The server on one thread: everything that plated_server wires but sockets, threads and the
// machine's clocks. Engine, log, key store, snapshots, gate, dispatch and operators' routes are the
// real ones; a round of the log's writer, of the clockwork and of the gate happens when the
// simulation calls for it. It dies by being destroyed, whatever it was doing.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/clock/ticker.h"
#include "net/operators/routes.h"
#include "net/selection/code_desk.h"
#include "net/selection/deliveries.h"
#include "persistence/checkpoint.h"
#include "persistence/data_directory.h"
#include "persistence/group_commit.h"
#include "persistence/key_store.h"
#include "tests/simulation/clocks.h"
#include "tests/simulation/history.h"
#include "tests/support/dice.h"

namespace plated {

class SimulatedServer {
 public:
  struct Outside {
    FileSystem& files;
    const SimulatedClocks& clocks;
    History& history;
    Dice& dice;
    std::string directory;
    bool rehearsal = false;
    std::function<void(const Deliveries::Said&)> deliver;
    std::function<void(std::string_view phone, std::string_view text)> send_sms;
  };

  SimulatedServer(Outside outside, uint32_t shards);
  ~SimulatedServer();
  SimulatedServer(const SimulatedServer&) = delete;
  SimulatedServer& operator=(const SimulatedServer&) = delete;

  // The whole start-up path. `found` says what was recovered.
  Status start(RecoveryReport& found);

  // --- Doors ---
  [[nodiscard]] ConnectionId connect(const std::string& owner);
  void disconnect(ConnectionId connection);
  // One text frame: executed at once, its answer left at the gate.
  void receive(ConnectionId connection, std::string_view frame);
  // Lets everything go that has become durable.
  void release();
  // An operator's request, answered when durable.
  [[nodiscard]] OperatorAnswer ask(const OperatorRequest& request);

  // --- What the server's threads do ---
  // A round of the log's writer; false: the log has failed, and the process ends.
  bool write();
  // A round of the clockwork: timers, the time's record, coming secrets, spare log files, notices.
  void beat();
  Result<CheckpointReport> checkpoint();
  // Makes everything durable and closes the log.
  Status finish() { return commit_->finish(); }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] Ticker& ticker() { return *ticks_.ticker; }
  [[nodiscard]] Sequence durable() const { return commit_->durable(); }
  [[nodiscard]] Sequence last() const { return commit_->last(); }

 private:
  // The clocks, from the moment at which recovery has said where service time stands.
  struct StartedTicks final : TickSource {
    [[nodiscard]] Now now() override { return ticker->now(); }
    std::unique_ptr<Ticker> ticker;
  };
  Status recover_state(RecoveryReport& found);
  Status provide_secrets();
  void open_doors();
  [[nodiscard]] AdminActions actions();
  [[nodiscard]] std::optional<std::vector<SealedData>> seal_all(
      std::span<const SealRequest> requests);
  [[nodiscard]] std::optional<PersonalData> open_data(uint64_t key, std::string_view sealed);
  void settle_notices();

  Outside outside_;
  const uint32_t shards_;
  DataDirectory data_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<SpareFiles> spares_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<GroupCommit> commit_;
  std::unique_ptr<RecordedSink> sink_;
  StartedTicks ticks_;
  std::unique_ptr<Engine> engine_;
  bool failed_ = false;
  bool asking_ = false;  // an operator waits for his answer

  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> draining_{false};
  Watchers watchers_;
  std::unique_ptr<SmsCodes> codes_;
  std::unique_ptr<CodeDesk> desk_;
  std::unique_ptr<Deliveries> deliveries_;
  std::unique_ptr<AdminRoutes> routes_;
  std::deque<Caller> callers_;  // of this life, by slot
  Changes changes_;
  std::optional<Tick> next_second_;
};

}  // namespace plated
