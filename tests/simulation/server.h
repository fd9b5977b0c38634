// A server on one thread: what ships (tools/plated's Life, net/selection's Deliveries) over a disk
// and clocks that are simulated, without sockets. A round of the log's writer, of what a server
// does by itself and of the deliveries happens when the simulation calls for it. It dies by being
// destroyed, whatever it was doing.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/selection/deliveries.h"
#include "persistence/data_directory.h"
#include "tests/simulation/clocks.h"
#include "tests/simulation/history.h"
#include "tests/support/dice.h"
#include "tools/plated/life.h"

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
    std::function<void(std::string_view phone, std::string_view text)> send_code;
    std::function<bool(const SmsMessage&, const SmsGateway::Callback&)> send_notice;
  };

  explicit SimulatedServer(Outside outside) : outside_(std::move(outside)) {}

  // The process begins: takes the directory, and recovers.
  Status start(uint32_t shards);
  // The process stays, and all that points to its state goes; every connection hears bye.
  void let_go();
  // A new life, from what stands on the disk.
  Status recover(uint32_t shards);

  // --- Doors ---
  [[nodiscard]] ConnectionId connect(const std::string& owner);
  void disconnect(ConnectionId connection);
  // One text frame: executed at once, its answer said or left at the gate.
  void receive(ConnectionId connection, std::string_view frame);
  // Lets everything go that has become durable.
  void release();
  // An operator's request, answered when durable.
  [[nodiscard]] OperatorAnswer ask(const OperatorRequest& request);

  // A round of the log's writer; false: the log has failed, and the process ends.
  bool write() { return storage().write().ok() && !failed_; }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] Life& life() { return *life_; }
  [[nodiscard]] Storage& storage() { return life_->storage(); }
  [[nodiscard]] Engine& engine() { return life_->engine(); }
  [[nodiscard]] Sequence durable() { return storage().commit().durable(); }
  [[nodiscard]] Sequence last() { return storage().commit().last(); }

 private:
  [[nodiscard]] Life::Outside life_outside();
  void made_durable(Sequence sequence);

  const Outside outside_;
  bool failed_ = false;
  bool asking_ = false;  // an operator waits for the answer
  DataDirectory data_;
  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> draining_{false};
  Watchers watchers_;
  LimitBook limits_;  // none is set
  std::unique_ptr<Life> life_;
  std::unique_ptr<Deliveries> deliveries_;
  std::deque<Caller> callers_;  // of this life, by slot
};

}  // namespace plated
