// One simulated world from one seed: a server on a disk that loses things, owners and operators who
// ask, and clocks that jump. Power fails at any call to the disk, and an oracle knows only what was
// acknowledged. One thread; the same seed is the same story to the last byte.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/simulation/citizens.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/operators.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/server.h"

namespace plated {

// What one seed, or many together, came to.
struct SimulationCounts {
  uint64_t seeds = 0;
  uint64_t steps = 0;
  uint64_t requests = 0;  // of owners
  uint64_t operator_requests = 0;
  uint64_t acknowledged = 0;  // answers that owners and operators heard
  uint64_t records = 0;
  uint64_t power_cuts = 0;
  uint64_t kills = 0;
  uint64_t let_go = 0;  // states that a process let go and took up again
  uint64_t recoveries = 0;
  uint64_t recoveries_cut = 0;  // that did not come to their end
  uint64_t disk_faults = 0;     // calls that failed
  uint64_t log_failures = 0;    // of these, such as ended the server
  uint64_t checkpoints = 0;
  uint64_t torn_tails = 0;
  History::Kinds kinds{};  // of records
  Millis simulated{};
  Millis beaten{};  // of these, with every beat of the clockwork

  void add(const SimulationCounts& other);
};

class Simulation {
 public:
  static constexpr const char* kDirectory = "/data";

  // With a trace, everything that happens is printed.
  explicit Simulation(uint64_t seed, bool trace = false);

  // Plays the story to its end. What went wrong; empty: nothing.
  std::string run();

  [[nodiscard]] const SimulationCounts& counts() const { return counts_; }
  // A hash of everything that was said and done, and the state's digest at the end.
  [[nodiscard]] uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] const Digest& digest() const { return digest_; }

 private:
  // --- The world's beginning ---
  void found();
  [[nodiscard]] bool found_once();
  [[nodiscard]] bool import_people();
  void add_people();
  [[nodiscard]] Settings first_settings();

  // --- One step ---
  void step();
  void tend();
  void pass_time();
  void pass_to_an_end();
  void pass(Millis span);
  void pass_days(int days);
  void beat();
  void write();
  void step_wall();
  void operate();
  void take_checkpoint();
  void arm_disk();
  void look();
  void end();

  // --- Death and recovery ---
  [[nodiscard]] bool dead() const;
  void kill(bool cut_power);
  void let_go();
  void restart();
  [[nodiscard]] bool start();
  void took_up();
  void check_recovered();
  void check_replay(const char* when);

  [[nodiscard]] CivilTime civil();
  Told ask(const std::string& method, const std::string& target, const std::string& body);
  void deliver(const Deliveries::Said& said);
  bool send_notice(const SmsMessage& message, const SmsGateway::Callback& callback);
  void complain(const std::string& what);
  void complain_unless_struck(const std::string& what);
  void note(std::string_view kind, std::string_view text);
  [[nodiscard]] SimulatedServer::Outside outside();

  const uint64_t seed_;
  const bool trace_;
  Dice dice_;
  const bool rehearsal_;
  const std::array<PoolKey, 2> pools_;
  SimulatedClocks clocks_;
  SimulatedDisk disk_;
  History history_;
  std::string wrong_;
  Oracle oracle_;
  Citizens citizens_;
  Operators operators_;
  std::unique_ptr<SimulatedServer> server_;
  Sequence acknowledged_;  // the highest that anybody was told of
  Millis since_beat_{};
  bool founded_ = false;
  bool stopped_cleanly_ = false;  // with the state of `digest_`
  uint64_t trace_hash_ = 0xcbf29ce484222325U;
  Digest digest_{};
  SimulationCounts counts_;
};

}  // namespace plated
