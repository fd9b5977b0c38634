#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>

#include "persistence/recount.h"
#include "tests/simulation/seeded_entropy.h"
#include "tools/plated_replay_engine.h"

namespace plated {
namespace {

const std::string kDirectory = "/data";
constexpr CivilTime kFirstMorning{Millis{1'772'589'600'000}};  // 2026-03-04, 10:00 in Shenzhen
constexpr Millis kSecond{1000};
constexpr Millis kHour{3'600'000};
constexpr Millis kDay = 24 * kHour;
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

// --- The world's beginning ---

Settings Simulation::first_settings() {
  Settings settings;
  settings.terms = "2026-01";
  settings.draws = static_cast<uint32_t>(1 + dice_.roll(6));
  settings.batch_size = static_cast<uint32_t>(1 + dice_.roll(6));
  settings.batch_hold = Millis(static_cast<int64_t>(1 + dice_.roll(40)) * 1000);
  settings.shortlist_hold = 2 * settings.batch_hold;
  settings.verified_for = Millis(static_cast<int64_t>(60 + dice_.roll(60)) * 1000);
  return settings;
}

void Simulation::add_people() {
  for (const PoolKey pool : pools_) {
    operators_.add_office(std::string(text_of(pool.office).view()), first_settings());
  }
  const uint64_t owners = 3 + dice_.roll(4);
  for (uint64_t i = 1; i <= owners; ++i) {
    const std::string owner = fmt::format("r-{}", i);
    std::vector<std::string> vehicles = {fmt::format("RHRSL{:012}", i)};
    oracle_.add_vehicle(owner, vehicles[0], "粤B");
    if (!rehearsal_ && dice_.chance(50)) {
      vehicles.push_back(fmt::format("LARGE{:012}", i));
      oracle_.add_vehicle(owner, vehicles[1], "粤A");
    }
    citizens_.add_owner(owner, vehicles, 1 + dice_.roll(2));
    operators_.add_owner(owner, vehicles);
  }
}

// Like an operator with a script: whatever fails is done again.
void Simulation::found() {
  while (wrong_.empty() && !found_once()) {
    complain_unless_struck("the service could not be founded");
    restart();
  }
  founded_ = true;
  for (const PoolKey pool : pools_) {
    const auto plates = static_cast<uint32_t>(10 + dice_.roll(40));
    while (wrong_.empty() && operators_.load(pool, plates, civil()) == Told::refused) {
      complain_unless_struck("the first plates were refused");
      restart();
    }
    tend();
  }
}

bool Simulation::found_once() {
  if (dice_.chance(20)) {
    arm_disk();
  }
  if (!server_->engine().found(rehearsal_).ok() ||
      ask("PUT", "/v1/terms/2026-01", R"({"zh":"条款","en":"terms"})") != Told::done) {
    return false;
  }
  for (const PoolKey pool : pools_) {
    const std::string office(text_of(pool.office).view());
    const Settings& s = oracle_.settings_of(office);
    const std::string settings = fmt::format(
        R"({{"settings":{{"terms":"{}","draws":{},"batch_size":{},"batch_hold_ms":{},"shortlist_hold_ms":{},"verified_for_ms":{}}}}})",
        s.terms, s.draws, s.batch_size, s.batch_hold.count(), s.shortlist_hold.count(),
        s.verified_for.count());
    if (ask("PUT", "/v1/offices/" + office, settings) != Told::done ||
        ask("POST", "/v1/offices/" + office + "/open", "{}") != Told::done) {
      return false;
    }
  }
  return import_people();
}

bool Simulation::import_people() {
  std::string owners;
  std::string vehicles;
  for (const auto& [owner, vehicle, office] : oracle_.people()) {
    owners +=
        fmt::format(R"({{"owner":"{}","kind":"organisation","name":"张三","phone":"13800001{}"}})"
                    "\n",
                    owner, owner.substr(2));
    vehicles += fmt::format(
        R"({{"vehicle":"{}","owner":"{}","office":"{}","class":"{}","power":"{}","plate":"粤B12345"}})"
        "\n",
        vehicle, owner, office, "large", office == "粤A" ? "hybrid" : "electric");
  }
  if (rehearsal_) {
    return ask("POST", "/v1/rehearsal/owners",
               fmt::format(R"({{"from":1,"count":{}}})", oracle_.people().size())) == Told::done;
  }
  return ask("POST", "/v1/owners", owners) == Told::done &&
         ask("POST", "/v1/vehicles", vehicles) == Told::done && !disk_.struck();
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
    operators_.act(civil());
  } else if (kind < 950) {
    pass_time();
  } else if (kind < 970) {
    take_checkpoint();
  } else if (kind < 985) {
    kill(dice_.chance(70));
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
    // To the very end of some countdown, or a millisecond beside it.
    const std::optional<int64_t> left = oracle_.some_countdown(dice_);
    pass(Millis(
        std::max<int64_t>(0, left.value_or(1000) + static_cast<int64_t>(dice_.roll(3)) - 1)));
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
    server_->beat();
  }
}

void Simulation::write() {
  if (!dead() && server_->write() && !dead()) {
    server_->release();
  }
}

void Simulation::step_wall() {
  const bool far = dice_.chance(30);
  const Millis by = far ? Millis(static_cast<int64_t>(dice_.roll(6)) - 2) * 24 * 3'600'000
                        : Millis(static_cast<int64_t>(dice_.roll(1'000'000)) - 500'000);
  clocks_.step_wall(by);
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
  const auto report = server_->checkpoint();
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
  if (!server_->finish().ok() || server_->durable() != server_->last()) {
    complain("the log could not be closed");
  }
  digest_ = server_->engine().digest();
  stopped_cleanly_ = true;
  kill(false);
  restart();
}

// --- Death and recovery ---

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
  server_ = std::make_unique<SimulatedServer>(outside(), 1U << dice_.roll(4));
  RecoveryReport found;
  const Status started = server_->start(found);
  if (!started.ok() || dead()) {
    if (!disk_.struck()) {
      complain("the start was refused: " + started.text());
    }
    return false;
  }
  ++counts_.recoveries;
  counts_.torn_tails += found.log.torn_bytes > 0 ? 1 : 0;
  check_recovered();
  oracle_.restarted();
  oracle_.days_passed(civil());
  look();
  return true;
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
  LogFindings findings;
  const auto visit = [&](const Record& record) {
    if (!history_.holds(record)) {
      complain(fmt::format("{}: record {} is not what was appended", when, record.sequence.value));
    }
    fresh->apply(record);
    return Status();
  };
  const Status read = replay_log(disk_.memory(), kDirectory,
                                 {Sequence{}, LogRange::kToTheEnd, true}, visit, findings);
  if (!read.ok() || findings.last != history_.last()) {
    complain(fmt::format("{}: the log ends at {} instead of {}: {}", when, findings.last.value,
                         history_.last().value, read.text()));
  } else if (fresh->digest() != server_->engine().digest()) {
    complain(fmt::format("{}: replay from empty leads to another state", when));
  }
}

// --- Between the world and its server ---

CivilTime Simulation::civil() {
  return server_ == nullptr ? clocks_.wall() : server_->ticker().now().civil;
}

SimulatedServer::Outside Simulation::outside() {
  return {disk_.files(),
          clocks_,
          history_,
          dice_,
          kDirectory,
          rehearsal_,
          [this](const SimulatedServer::Delivery& delivery) { deliver(delivery); },
          [this](std::string_view, std::string_view text) { citizens_.receive_sms(text); }};
}

void Simulation::deliver(const SimulatedServer::Delivery& delivery) {
  acknowledged_ = std::max(acknowledged_, delivery.rests_on);
  note("told", delivery.text);
  citizens_.hear(delivery.connection, delivery.text);
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
