// Death and recovery: how the server ends, how it comes back, and what must be there then. Part of
// simulation.h.
#include <fmt/format.h>

#include "persistence/replay_engine.h"
#include "tests/simulation/simulation.h"

namespace plated {

bool Simulation::dead() const {
  return server_ == nullptr || server_->failed() || disk_.power_is_cut();
}

void Simulation::kill(bool cut_power) {
  note(cut_power ? "power cut" : "kill", "");
  server_.reset();
  citizens_.all_disconnected();
  if (cut_power) {
    ++counts_.power_cuts;
    disk_.lose_power(dice_);
    clocks_.boot_anew();
  } else {
    ++counts_.kills;
  }
  counts_.disk_faults += disk_.struck() && !disk_.power_is_cut() ? 1 : 0;
  disk_.heal();
}

void Simulation::restart() {
  if (server_ != nullptr) {
    counts_.log_failures += server_->failed() && !disk_.power_is_cut() ? 1 : 0;
    kill(disk_.power_is_cut() || dice_.chance(50));
  }
  clocks_.pass(dice_.chance(8) ? Millis(static_cast<int64_t>(dice_.roll(12 * 24))) * 3'600'000
                               : Millis(static_cast<int64_t>(dice_.roll(60'000))));
  if (dice_.chance(10)) {
    step_wall();
  }
  for (int attempt = 0; attempt < 20 && wrong_.empty(); ++attempt) {
    if (attempt < 3 && dice_.chance(30)) {
      arm_disk();
    }
    if (start()) {
      return;
    }
    ++counts_.recoveries_cut;
    kill(disk_.power_is_cut() || dice_.chance(30));
  }
  complain("no start succeeds");
}

bool Simulation::start() {
  server_ = std::make_unique<SimulatedServer>(outside());
  const Status started = server_->start(1U << dice_.roll(4));
  if (!started.ok() || dead()) {
    if (!disk_.struck()) {
      complain("the start was refused: " + started.text());
    }
    return false;
  }
  took_up();
  return true;
}

// A life has begun: what it recovered is what must be there.
void Simulation::took_up() {
  const RecoveryReport& found = server_->storage().found();
  ++counts_.recoveries;
  counts_.torn_tails += found.log.torn_bytes > 0 ? 1 : 0;
  if (!found.damaged_snapshots.empty()) {
    // The disk loses what was not synced, and a snapshot has its name only afterwards.
    complain("a snapshot is damaged: " + found.damaged_snapshots.front().text());
  }
  check_recovered();
  oracle_.restarted();
  oracle_.days_passed(civil());
  look();
}

// The process stays and lets its state go, as a node of a cluster does that is no longer the first;
// then it takes it up again from the disk. All that nobody was told of may be lost with it.
void Simulation::let_go() {
  if (dice_.chance(60)) {
    write();
  }
  if (dead()) {
    return;
  }
  note("let go", std::to_string(server_->durable().value));
  const bool all_durable = server_->durable() == server_->last();
  const Digest before = server_->engine().digest();
  server_->let_go();
  citizens_.all_disconnected();
  ++counts_.let_go;
  clocks_.pass(Millis(static_cast<int64_t>(dice_.roll(10'000))));
  const Status recovered = server_->recover(1U << dice_.roll(4));
  if (!recovered.ok() || dead()) {
    complain_unless_struck("a state that was let go could not be taken up: " + recovered.text());
    restart();
    return;
  }
  if (all_durable && server_->engine().digest() != before) {
    complain("a state that was let go was taken up as another one");
  }
  took_up();
}

void Simulation::check_recovered() {
  const Sequence applied = server_->engine().applied();
  note("recovered", std::to_string(applied.value));
  if (applied < acknowledged_) {
    complain(fmt::format("record {} was acknowledged, and {} was recovered last",
                         acknowledged_.value, applied.value));
  }
  if (applied > history_.last()) {
    complain(fmt::format("record {} was recovered, and {} was appended last", applied.value,
                         history_.last().value));
    return;
  }
  if (stopped_cleanly_ && server_->engine().digest() != digest_) {
    complain("a clean stop and start led to another state");
  }
  history_.cut(applied);
  check_replay("after recovery");
}

// The log from its very first record, archive and all, is what was appended, and leads to the state
// that the server has from wherever it began.
void Simulation::check_replay(const char* when) {
  const auto fresh = make_replay_engine();
  const auto visit = [&](const Record& record) {
    if (!history_.holds(record)) {
      complain(fmt::format("{}: record {} is not what was appended", when, record.sequence.value));
    }
    fresh->apply(record);
    return Status();
  };
  const auto read =
      replay_log(disk_.memory(), kDirectory, {Sequence{}, LogRange::kToTheEnd, true}, visit);
  if (!read.ok() || read.value.last != history_.last()) {
    complain(fmt::format("{}: the log ends at {} instead of {}: {}", when, read.value.last.value,
                         history_.last().value, read.status.text()));
  } else if (fresh->digest() != server_->engine().digest()) {
    complain(fmt::format("{}: replay from empty leads to another state", when));
  }
}

}  // namespace plated
