#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "persistence/recount.h"
#include "persistence/replay_engine.h"
#include "tests/simulation/seeded_entropy.h"

namespace plated {
namespace {

constexpr CivilTime kFirstMorning{Millis{1'772'589'600'000}};  // 2026-03-04, 10:00 in Shenzhen
constexpr Millis kHour{3'600'000};
// Between two looks of the clockwork; less than what must be between two records of the time.
constexpr Millis kBeatMax{450};
constexpr uint64_t kStepsLeast = 80;
constexpr uint64_t kStepsMore = 160;

}  // namespace

void SimulationCounts::add(const SimulationCounts& other) {
  seeds += other.seeds;
  steps += other.steps;
  requests += other.requests;
  operator_requests += other.operator_requests;
  acknowledged += other.acknowledged;
  records += other.records;
  power_cuts += other.power_cuts;
  kills += other.kills;
  let_go += other.let_go;
  recoveries += other.recoveries;
  recoveries_cut += other.recoveries_cut;
  disk_faults += other.disk_faults;
  log_failures += other.log_failures;
  checkpoints += other.checkpoints;
  torn_tails += other.torn_tails;
  std::transform(kinds.begin(), kinds.end(), other.kinds.begin(), kinds.begin(), std::plus<>());
  simulated += other.simulated;
  beaten += other.beaten;
}

Simulation::Simulation(uint64_t seed, bool trace)
    : seed_(seed),
      trace_(trace),
      dice_(seed),
      rehearsal_(dice_.chance(25)),
      // The rehearsal's owners have small vehicles; a pool of large ones is quicker to hash.
      pools_{PoolKey{*parse_office("粤B").office,
                     rehearsal_ ? PlateClass::small : PlateClass::large, Power::electric},
             PoolKey{*parse_office("粤A").office, PlateClass::large, Power::hybrid}},
      clocks_(kFirstMorning),
      oracle_([this](const std::string& what) { complain(what); }),
      citizens_(dice_, oracle_, rehearsal_),
      operators_(dice_, oracle_,
                 [this](const std::string& method, const std::string& target,
                        const std::string& body) { return ask(method, target, body); }) {
  seed_entropy(seed);
}

std::string Simulation::run() {
  const Millis began = clocks_.monotonic();
  add_people();
  restart();
  found();
  const uint64_t steps = kStepsLeast + dice_.roll(kStepsMore);
  for (; counts_.steps < steps && wrong_.empty(); ++counts_.steps) {
    step();
  }
  if (wrong_.empty()) {
    end();
  }
  counts_.seeds = 1;
  counts_.requests = citizens_.counts().requests;
  counts_.acknowledged += citizens_.counts().answers;
  counts_.operator_requests = operators_.requests();
  counts_.records = history_.last().value;
  counts_.kinds = history_.kinds();
  counts_.simulated = clocks_.monotonic() - began;
  server_.reset();
  return wrong_.empty() ? "" : fmt::format("seed {}, step {}: {}", seed_, counts_.steps, wrong_);
}

void Simulation::complain(const std::string& what) {
  if (wrong_.empty()) {
    wrong_ = what;
    note("WRONG", what);
  }
}

void Simulation::note(std::string_view kind, std::string_view text) {
  for (const std::string_view part : {kind, text}) {
    for (const char c : part) {
      trace_hash_ = (trace_hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  }
  trace_hash_ ^= static_cast<uint64_t>(clocks_.monotonic().count());
  if (trace_) {
    std::printf("%12ld %-10.*s %.*s\n", static_cast<long>(clocks_.monotonic().count()),
                static_cast<int>(kind.size()), kind.data(), static_cast<int>(text.size()),
                text.data());
  }
}

// What failed may do so while the disk does, and at no other time.
void Simulation::complain_unless_struck(const std::string& what) {
  if (!dead() && !disk_.struck()) {
    complain(what);
  }
}

// --- One step ---

void Simulation::step() {
  if (!disk_.armed() && dice_.chance(4)) {
    arm_disk();
  }
  const uint64_t kind = dice_.roll(1000);
  if (kind < 680) {
    for (uint64_t i = 1 + dice_.roll(6); i > 0 && !dead(); --i) {
      citizens_.act(*server_);
    }
  } else if (kind < 780) {
    operate();
  } else if (kind < 950) {
    pass_time();
  } else if (kind < 970) {
    take_checkpoint();
  } else if (kind < 985) {
    kill(dice_.chance(70));
  } else if (kind < 992) {
    let_go();
  } else {
    look();
  }
  if (server_ != nullptr && dice_.chance(60)) {
    write();
  }
  tend();
}

// Whoever finds the server dead starts it again.
void Simulation::tend() {
  if (wrong_.empty() && dead()) {
    restart();
  }
}

void Simulation::arm_disk() {
  const uint64_t call = 1 + dice_.roll(dice_.chance(50) ? 8 : 60);
  if (dice_.chance(60)) {
    disk_.cut_power_at(call);
  } else {
    disk_.fail_at(call, dice_.chance(50) ? EIO : ENOSPC,
                  static_cast<FaultFileSystem::Work>(dice_.roll(3)));
  }
}

void Simulation::pass_time() {
  const uint64_t kind = dice_.roll(100);
  if (kind < 35) {
    pass(Millis(static_cast<int64_t>(dice_.roll(3000))));
  } else if (kind < 65) {
    pass_to_an_end();
  } else if (kind < 90) {
    pass(Millis(static_cast<int64_t>(dice_.roll(60'000))));
  } else if (kind < 94) {
    step_wall();
  } else if (kind < 99 || dice_.chance(70)) {
    pass_days(static_cast<int>(1 + dice_.roll(6)));
  } else {
    pass_days(static_cast<int>(200 + dice_.roll(800)));
  }
}

// To the very end of some countdown, or a millisecond beside it; and somebody tries their luck.
void Simulation::pass_to_an_end() {
  const auto countdown = oracle_.some_countdown(dice_);
  const int64_t left = countdown ? countdown->left : 1000;
  pass(Millis(std::max<int64_t>(0, left + static_cast<int64_t>(dice_.roll(3)) - 1)));
  if (countdown && !dead() && dice_.chance(80)) {
    citizens_.act_on(*server_, countdown->vehicle);
  }
}

// The service runs, and its threads with it.
void Simulation::pass(Millis span) {
  write();
  while (span > Millis(0) && !dead()) {
    const Millis stretch = std::min(span, kBeatMax - since_beat_);
    clocks_.pass(stretch);
    oracle_.ran(stretch);
    span -= stretch;
    since_beat_ += stretch;
    counts_.beaten += stretch;
    if (since_beat_ >= kBeatMax || dice_.chance(60)) {
      beat();
      write();
    }
  }
}

// Long times go by in long strides; the power fails before or after them, and not in between.
void Simulation::pass_days(int days) {
  if (disk_.armed()) {
    kill(true);
    return;
  }
  for (int hour = 0; hour < 24 * days && wrong_.empty(); hour += days > 30 ? 24 : 3) {
    const Millis stride = (days > 30 ? 24 : 3) * kHour;
    clocks_.pass(stride);
    oracle_.ran(stride);
    oracle_.days_passed(civil());
    beat();
    write();
  }
}

void Simulation::beat() {
  since_beat_ = Millis(0);
  if (!dead()) {
    server_->life().beat();
  }
}

void Simulation::write() {
  if (!dead() && server_->write() && !dead()) {
    server_->release();
  }
}

// An operator who accepts the wall clock may end an outage of days for the dates.
void Simulation::operate() {
  const CivilTime before = civil();
  operators_.act(before);
  if (civil() - before >= std::chrono::hours(1)) {
    oracle_.days_passed(civil());
  }
}

void Simulation::step_wall() {
  const bool far = dice_.chance(30);
  const Millis by = far ? Millis(static_cast<int64_t>(dice_.roll(6)) - 2) * 24 * 3'600'000
                        : Millis(static_cast<int64_t>(dice_.roll(1'000'000)) - 500'000);
  clocks_.step_wall(by);
  oracle_.wall_stepped();
  note("wall", std::to_string(by.count()));
  if (far) {
    oracle_.days_passed(civil());
  }
}

void Simulation::take_checkpoint() {
  if (dice_.chance(50) && !disk_.armed()) {
    arm_disk();
  }
  write();
  if (dead()) {
    return;
  }
  const auto report = server_->storage().checkpoint();
  note("checkpoint", report.ok() ? std::to_string(report.value.snapshot.sequence.value) : "failed");
  if (!report.ok()) {
    complain_unless_struck("the checkpoint failed: " + report.status.text());
    return;
  }
  ++counts_.checkpoints;
  if (report.value.snapshot.sequence == server_->last() &&
      report.value.snapshot.digest != server_->engine().digest()) {
    complain("the replayed state differs from the live one");
  }
}

// Everything durable, everything due done: then the oracle looks at the state.
void Simulation::look() {
  write();
  beat();
  write();
  if (!dead() && founded_) {
    oracle_.look(server_->engine());
  }
}

void Simulation::end() {
  disk_.heal();
  tend();
  look();
  if (!wrong_.empty()) {
    return;
  }
  check_replay("at the end");
  const auto books = recount(disk_.memory(), kDirectory, server_->durable(), make_replay_engine);
  if (!books.ok() || !books.value.sound()) {
    complain("the recount: " + (books.ok() ? books.value.problems.front() : books.status.text()));
  }
  server_->life().stop();
  if (server_->life().finish() != Life::End::safe || server_->durable() != server_->last()) {
    complain("the end was not clean");
  }
  digest_ = server_->engine().digest();
  stopped_cleanly_ = true;
  kill(false);
  restart();
}

// --- Between the world and its server ---

CivilTime Simulation::civil() {
  return server_ == nullptr ? clocks_.wall() : server_->storage().ticks().now().civil;
}

SimulatedServer::Outside Simulation::outside() {
  return {disk_.files(),
          clocks_,
          history_,
          dice_,
          kDirectory,
          rehearsal_,
          [this](const Deliveries::Said& said) { deliver(said); },
          [this](std::string_view, std::string_view text) { citizens_.receive_sms(text); },
          [this](const SmsMessage& message, const SmsGateway::Callback& callback) {
            return send_notice(message, callback);
          }};
}

void Simulation::deliver(const Deliveries::Said& said) {
  acknowledged_ = std::max(acknowledged_, said.rests_on);
  note("told", said.bytes);
  citizens_.hear(said.caller.connection, said.bytes);
}

// A gateway that is sometimes full and sometimes fails. What left cannot be taken back: it counts
// as acknowledged.
bool Simulation::send_notice(const SmsMessage& message, const SmsGateway::Callback& callback) {
  note("notice", message.id + " " + message.text);
  const Sequence record{std::stoull(message.id)};
  if (record > server_->durable()) {
    complain("a notice left before what it says was durable");
  }
  acknowledged_ = std::max(acknowledged_, record);
  const uint64_t way = dice_.roll(10);
  if (way > 0) {
    callback(way > 1);
  }
  return way > 0;
}

Told Simulation::ask(const std::string& method, const std::string& target,
                     const std::string& body) {
  note("operator", method + " " + target + " " + body.substr(0, 200));
  if (dead()) {
    return Told::nothing;
  }
  const OperatorAnswer answer = server_->ask({method, target, body, Actor{1000}});
  if (dead()) {
    return Told::nothing;
  }
  note("answered", answer.body);
  acknowledged_ = std::max(acknowledged_, answer.rests_on);
  ++counts_.acknowledged;
  return answer.status == 200 ? Told::done : Told::refused;
}

}  // namespace plated
