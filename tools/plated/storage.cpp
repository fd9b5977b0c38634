#include "tools/plated/storage.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/resource.h>

#include <algorithm>

#include "engine/check.h"
#include "persistence/file_system.h"
#include "persistence/replay_engine.h"
#include "persistence/sealing.h"
#include "persistence/snapshot.h"
#include "tools/plated/checkpoint_process.h"

namespace plated {
namespace {

constexpr int kCheckpointNice = 10;
constexpr std::chrono::seconds kCheckpointPatience{60};
constexpr std::chrono::milliseconds kCheckpointLook{20};

EntropySeed fresh_seed() {
  EntropySeed seed;
  randombytes_buf(seed.data(), seed.size());
  return seed;
}

uint64_t fresh_identity() {
  uint64_t identity = 0;
  randombytes_buf(&identity, sizeof(identity));
  return identity;
}

}  // namespace

void StartedTicks::start(const Now& last, const ClockWatch::Before& before, const Clocks& clocks) {
  ticker_ = std::make_unique<Ticker>(last.tick, before, clocks);
}

Now StartedTicks::now() {
  check(ticker_ != nullptr, "nobody asks for the time before recovery has ended");
  return ticker_->now();
}

Storage::Storage(StorageOptions options, Outside outside)
    : options_(std::move(options)),
      outside_(std::move(outside)),
      clock_anchor_(outside_.files, options_.directory, outside_.clocks.boot) {}

Storage::~Storage() {
  if (outside_.loops == Loops::threads) {
    (void)close();
  }
}

// A checkpoint in a process of its own may still be busy: of a server that died, for a moment, or
// an operator's.
Result<Recovered> Storage::recover_state(const Say& say, const RecoveryProgress& progress) {
  const EngineMaker make_engine = [this] {
    EventSink& log = *commit_;
    return std::make_unique<Engine>(EngineOptions{options_.shards, fresh_seed()},
                                    over_log_ ? *over_log_ : log, ticks_);
  };
  const StateJudge settle_keys = [this](Engine& engine) {
    const auto settled = keys_->settle(engine.recorded_keys());
    destroyed_again_ = settled.ok() ? settled.value : 0;
    return settled.status;
  };
  const auto patience = std::chrono::steady_clock::now() + kCheckpointPatience;
  auto recovered = recover(files(), directory(), make_engine, progress, settle_keys);
  if (recovered.status.code() == StatusCode::locked) {
    say(LogLevel::info, "a checkpoint is running in this directory; waiting for it to end");
  }
  while (recovered.status.code() == StatusCode::locked &&
         std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(kCheckpointLook);
    recovered = recover(files(), directory(), make_engine, progress, settle_keys);
  }
  return recovered;
}

Status Storage::prepare_log() {
  auto keys = KeyStore::open(files(), directory());
  if (!keys.ok()) {
    return keys.status;
  }
  keys_ = std::move(keys.value);
  spares_ = std::make_unique<SpareFiles>(files(), directory(), options_.log_file_size,
                                         options_.spare_files);
  writer_ = std::make_unique<LogWriter>(files(), directory(), *spares_, fresh_identity);
  GroupCommitOptions log = options_.log;
  // Small log files must leave room for new work even while no spare one is ready, as at the start.
  log.disk_reserve_bytes = std::min(log.disk_reserve_bytes, options_.log_file_size / 4);
  log.on_durable = [this](Sequence sequence) {
    durable_at_ms_.store(clocks().monotonic().count(), std::memory_order_relaxed);
    outside_.on_durable(sequence);
  };
  log.on_failure = outside_.on_failure;
  commit_ = std::make_unique<GroupCommit>(*writer_, log);
  if (outside_.over_log) {
    over_log_ = outside_.over_log(*commit_);
  }
  return spares_->clear();
}

Status Storage::open(const Say& say, const RecoveryProgress& progress) {
  check(engine_ == nullptr, "a storage is opened once");
  if (Status prepared = prepare_log(); !prepared.ok()) {
    return prepared;
  }
  auto recovered = recover_state(say, progress);
  if (!recovered.ok()) {
    return recovered.status;
  }
  engine_ = std::move(recovered.value.engine);
  bound_keys_ = std::make_unique<BoundKeys>(*keys_, *engine_);
  found_ = std::move(recovered.value.report);
  start_clocks(say);
  durable_at_ms_.store(clocks().monotonic().count());
  if (found_.snapshot.value > 0) {
    Hold(snapshot_)->emplace(found_.snapshot, clocks().monotonic());
  }
  report(say);
  if (Status provided = provide_secrets(); !provided.ok()) {
    return provided;
  }
  if (Status opened = commit_->open(recovered.value.position); !opened.ok()) {
    return opened;
  }
  if (outside_.loops == Loops::threads) {
    start_threads();
  }
  return {};
}

void Storage::start_threads() {
  spares_thread_ = std::thread([this] { spares_->run(); });
  writer_thread_ = std::thread([this] { (void)commit_->run(); });
  // As they are called where an operator looks at threads.
  ::pthread_setname_np(spares_thread_.native_handle(), "log files");
  ::pthread_setname_np(writer_thread_.native_handle(), "log");
}

void Storage::start_clocks(const Say& say) {
  const Now last = engine_->last_now();
  ClockWatch::Before before;
  if (last.civil != CivilTime{}) {
    before.recorded = last.civil;
    std::string why;
    before.expected = clock_anchor_.expected(why);
    if (!why.empty()) {
      say(LogLevel::warning, "how long the service was down is not known: " + why);
    }
  }
  if (const auto remark = clock_remark(before, clocks().wall())) {
    say(LogLevel::warning, *remark);
  }
  ticks_.start(last, before, clocks());
}

void Storage::report(const Say& say) {
  for (const Status& damaged : found_.damaged_snapshots) {
    say(LogLevel::warning,
        fmt::format("a snapshot is damaged and was passed over: {}", damaged.text()));
  }
  if (found_.log.torn_bytes > 0) {
    say(LogLevel::warning,
        fmt::format("the log's last {} bytes were never acknowledged and are cut (offset {})",
                    found_.log.torn_bytes, found_.log.torn_offset));
  }
  if (destroyed_again_ > 0) {
    say(LogLevel::warning,
        fmt::format("the key store is an older copy: {} {} that the log has seen erased {} erased "
                    "again",
                    destroyed_again_, destroyed_again_ == 1 ? "person" : "persons",
                    destroyed_again_ == 1 ? "was" : "were"));
  }
  if (engine_->applied().value > 0) {
    say(LogLevel::info,
        fmt::format("recovered up to record {}: snapshot at {}, {} records replayed in {:.2f} s",
                    engine_->applied().value, found_.snapshot.value, found_.log.records,
                    found_.took.count()));
  }
}

// The secrets of current and coming periods, of pools and of lobbies, from the key store into the
// engine.
Status Storage::provide_secrets() {
  bool provided = true;
  for (const auto& [pool, period] : engine_->secrets_wanted()) {
    const auto secret = keys_->secret(pool, period.day);
    provided = provided && secret && engine_->provide_secret(pool, period.day, *secret);
  }
  for (const auto& [office, period] : engine_->lobby_secrets_wanted()) {
    const auto secret = keys_->secret(office, period.day);
    provided = provided && secret && engine_->provide_lobby_secret(office, period.day, *secret);
  }
  return provided ? Status()
                  : Status::corruption(directory() + "/keys", 0,
                                       "a secret that the log has committed to is not there");
}

Status Storage::close() {
  if (engine_ == nullptr) {
    return {};
  }
  if (outside_.loops == Loops::caller) {
    (void)commit_->finish();  // what it came to shows below
  } else if (writer_thread_.joinable()) {
    commit_->stop();
    writer_thread_.join();
    spares_->stop();
    spares_thread_.join();
  }
  const bool all = commit_->durable() == commit_->last();
  return all ? Status{} : Status::io_error(directory(), 0, "the log could not be written", 0);
}

bool Storage::wait_durable(Sequence sequence) {
  if (outside_.loops == Loops::caller) {
    return write().ok() && commit_->durable() >= sequence;
  }
  return commit_->wait_durable(sequence);
}

Millis Storage::since_durable_moved() const {
  return clocks().monotonic() - Millis(durable_at_ms_.load(std::memory_order_relaxed));
}

Status Storage::out_of_room() const {
  return commit_->has_room_for_commands() ? Status{} : spares_->problem();
}

uint64_t Storage::log_files() const {
  const auto listed = list_log_files(files(), directory());
  return listed.ok() ? listed.value.size() : 0;
}

Result<CheckpointReport> Storage::run_checkpoint_here(Sequence until) {
  const CheckpointOptions how{options_.archive};
  const auto run = [&] {
    return run_checkpoint(files(), directory(), until, make_replay_engine, how);
  };
  if (options_.checkpoint_process) {
    return run_checkpoint_process(directory(), until, how);
  }
  if (outside_.loops == Loops::caller) {
    return run();
  }
  // A thread of its own, because a lowered priority cannot be raised again.
  std::optional<Result<CheckpointReport>> result;
  std::thread([&] {
    (void)setpriority(PRIO_PROCESS, 0, kCheckpointNice);
    result = run();
  }).join();
  return std::move(*result);
}

Result<CheckpointReport> Storage::checkpoint() {
  const std::lock_guard one_at_a_time(checkpoint_mutex_);
  Result<CheckpointReport> result = run_checkpoint_here(commit_->durable());
  if (result.ok()) {
    Hold(snapshot_)->emplace(result.value.snapshot.sequence, clocks().monotonic());
  }
  return result;
}

std::optional<std::pair<Sequence, Millis>> Storage::newest_snapshot() const {
  const auto snapshot = *Hold(snapshot_);
  if (!snapshot) {
    return std::nullopt;
  }
  return std::pair(snapshot->first, clocks().monotonic() - snapshot->second);
}

std::optional<PersonalData> Storage::open_data(uint64_t key, std::string_view sealed) {
  if (key == 0) {
    return std::nullopt;
  }
  const auto owner_key = keys_->owner_key(KeyId{key});
  Bytes plain;
  const ByteSpan bytes(reinterpret_cast<const std::byte*>(sealed.data()), sealed.size());
  if (!owner_key.ok() || !open_sealed(owner_key.value, KeyId{key}, bytes, plain)) {
    return std::nullopt;
  }
  return personal_data_of({reinterpret_cast<const char*>(plain.data()), plain.size()});
}

}  // namespace plated
