#include "tests/simulation/server.h"

#include <algorithm>
#include <utility>

#include "engine/check.h"
#include "engine/plate.h"
#include "persistence/recount.h"
#include "persistence/replay_engine.h"
#include "persistence/sealing.h"
#include "tools/plated/secrets.h"

namespace plated {
namespace {

constexpr uint32_t kSpareFiles = 1;
constexpr Millis kSecond{1000};
constexpr Millis kTimeRecordedEvery{500};
constexpr std::size_t kNoticesAtOnce = 10;
constexpr uint32_t kRoundsMax = 100'000;  // of timers, in one beat

GroupCommitOptions commit_options() {
  GroupCommitOptions options;
  options.buffer_bytes = 4 * kBatchSizeBytesMax;
  options.timer_bytes = kBatchSizeBytesMax;
  options.disk_reserve_bytes = kLogFileSizeMin / 4;
  return options;
}

ByteSpan bytes_in(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace

SimulatedServer::SimulatedServer(Outside outside, uint32_t shards)
    : outside_(std::move(outside)), shards_(shards) {}

SimulatedServer::~SimulatedServer() = default;

// --- Start ---

Status SimulatedServer::start(RecoveryReport& found) {
  FileSystem& files = outside_.files;
  auto data = DataDirectory::open(files, outside_.directory);
  if (!data.ok()) {
    return data.status;
  }
  data_ = std::move(data.value);
  auto keys = KeyStore::open(files, outside_.directory);
  if (!keys.ok()) {
    return keys.status;
  }
  keys_ = std::move(keys.value);
  spares_ = std::make_unique<SpareFiles>(files, outside_.directory, kLogFileSizeMin, kSpareFiles);
  writer_ = std::make_unique<LogWriter>(files, outside_.directory, *spares_,
                                        [this] { return outside_.dice.word(); });
  GroupCommitOptions options = commit_options();
  options.on_durable = [this](Sequence sequence) {
    durable_.store(sequence.value);
    deliveries_->gate().durable_moved();
    // A net thread may be quick; but what an operator did is not told before he is answered, or
    // nobody outside could know why.
    if (!asking_ && outside_.dice.chance(50)) {
      release();
    }
  };
  options.on_failure = [this](const Status&) { failed_ = true; };
  commit_ = std::make_unique<GroupCommit>(*writer_, *spares_, options);
  sink_ = std::make_unique<RecordedSink>(*commit_, outside_.history);
  if (Status cleared = spares_->clear(); !cleared.ok()) {
    return cleared;
  }
  return recover_state(found);
}

Status SimulatedServer::recover_state(RecoveryReport& found) {
  EntropySeed seed;
  std::generate(seed.begin(), seed.end(),
                [this] { return static_cast<uint8_t>(outside_.dice.roll(256)); });
  const EngineMaker make_engine = [&] {
    return std::make_unique<Engine>(EngineOptions{shards_, seed}, *sink_, ticks_);
  };
  auto recovered = recover(outside_.files, outside_.directory, make_engine);
  if (!recovered.ok()) {
    return recovered.status;
  }
  engine_ = std::move(recovered.value.engine);
  found = recovered.value.report;
  const Now last = engine_->last_now();
  const bool ever = last.civil != CivilTime{};
  ticks_.ticker = std::make_unique<Ticker>(
      last.tick, ClockWatch::Before{ever ? std::optional(last.civil) : std::nullopt, {}},
      Clocks{[this] { return outside_.clocks.monotonic(); },
             [this] { return outside_.clocks.wall(); }});
  if (Status provided = provide_secrets(); !provided.ok()) {
    return provided;
  }
  if (Status opened = commit_->open(recovered.value.position); !opened.ok()) {
    return opened;
  }
  open_doors();
  return {};
}

Status SimulatedServer::provide_secrets() {
  const auto kept = keys_->secrets();
  for (const auto& wanted : engine_->secrets_wanted()) {
    const bool provided = std::any_of(kept.begin(), kept.end(), [&](const PoolSecret& secret) {
      return secret.pool == wanted.first && secret.period == wanted.second.day &&
             engine_->provide_secret(secret.pool, secret.period, secret.secret);
    });
    if (!provided) {
      return Status::corruption(outside_.directory + "/keys", 0,
                                "a secret that the log has committed to is not there");
    }
  }
  return {};
}

void SimulatedServer::open_doors() {
  durable_.store(commit_->durable().value);
  codes_ = std::make_unique<SmsCodes>(outside_.rehearsal);
  desk_ = std::make_unique<CodeDesk>(
      *engine_, *codes_,
      CodeDesk::Outside{
          [this](uint64_t key, std::string_view sealed) { return open_data(key, sealed); },
          [this](std::string_view phone, std::string_view text) {
            outside_.send_sms(phone, text);
            return true;
          },
          outside_.rehearsal});
  deliveries_ = std::make_unique<Deliveries>(
      Dispatch::Parts{*engine_, *desk_, watchers_, draining_}, durable_, [] {},
      [] { return std::chrono::steady_clock::time_point{}; });
  watchers_.set_gates({&deliveries_->gate()});
  routes_ = std::make_unique<AdminRoutes>(*engine_, actions());
}

OperatorAnswer SimulatedServer::ask(const OperatorRequest& request) {
  asking_ = true;
  OperatorAnswer answer = routes_->answer(request);
  asking_ = false;
  return answer;
}

// --- The citizens' door ---

ConnectionId SimulatedServer::connect(const std::string& owner) {
  Caller& caller = callers_.emplace_back();
  caller.owner = owner;
  caller.connection = {0, static_cast<uint32_t>(callers_.size() - 1), 1};
  deliveries_->join(caller);
  return caller.connection;
}

void SimulatedServer::disconnect(ConnectionId connection) {
  deliveries_->leave(callers_.at(connection.slot));
}

void SimulatedServer::receive(ConnectionId connection, std::string_view frame) {
  std::string padded(frame);
  padded.append(kFramePadding, ' ');
  deliveries_->receive(std::string_view(padded).substr(0, frame.size()),
                       callers_.at(connection.slot), outside_.deliver);
}

void SimulatedServer::release() {
  deliveries_->release(outside_.deliver, [](ConnectionId) {});
}

// --- What threads do ---

bool SimulatedServer::write() { return commit_->write_waiting().ok() && !failed_; }

void SimulatedServer::beat() {
  if (ticker().jumped() && !engine_->clock_suspended()) {
    engine_->suspend_clock(ticker().now().civil);
  }
  uint32_t rounds = 0;
  for (bool more = true; more;) {
    check(++rounds < kRoundsMax, "what is due comes to an end");
    changes_ = {};
    more = engine_->advance(changes_);
    watchers_.publish(changes_);
  }
  engine_->record_time(kTimeRecordedEvery);
  const Tick now = ticker().now().tick;
  if (!next_second_ || now >= *next_second_) {
    next_second_ = now + kSecond;
    (void)commit_coming_secrets(*engine_, *keys_).ok();
    (void)spares_->fill().ok();
    settle_notices();
  }
}

// Every notice goes out as soon as what it says is durable.
void SimulatedServer::settle_notices() {
  for (const PendingNotice& notice : engine_->notices({}, kNoticesAtOnce)) {
    if (notice.id <= durable()) {
      (void)engine_->settle_notice(notice.owner, notice.id, true);
    }
  }
}

Result<CheckpointReport> SimulatedServer::checkpoint() {
  return run_checkpoint(outside_.files, outside_.directory, durable(), make_replay_engine,
                        CheckpointOptions{});
}

// --- The operators' door ---

std::optional<std::vector<SealedData>> SimulatedServer::seal_all(
    std::span<const SealRequest> requests) {
  std::vector<SealedData> sealed;
  for (const SealRequest& request : requests) {
    KeyId id{request.key};
    if (request.key == 0) {
      const auto made = keys_->create_owner_keys(1);
      if (!made.ok()) {
        return std::nullopt;
      }
      id = made.value;
    }
    const auto key = keys_->owner_key(id);
    if (!key.ok()) {
      return std::nullopt;
    }
    const Bytes bytes = seal(key.value, id, bytes_in(bytes_of(request.data)));
    sealed.push_back(
        {id.value, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size())});
  }
  return sealed;
}

std::optional<PersonalData> SimulatedServer::open_data(uint64_t key, std::string_view sealed) {
  Bytes plain;
  const auto owner_key =
      key == 0 ? Result<OwnerKey>(Status::mismatch("", "no key")) : keys_->owner_key(KeyId{key});
  if (!owner_key.ok() || !open_sealed(owner_key.value, KeyId{key}, bytes_in(sealed), plain)) {
    return std::nullopt;
  }
  return personal_data_of({reinterpret_cast<const char*>(plain.data()), plain.size()});
}

AdminActions SimulatedServer::actions() {
  AdminActions actions;
  actions.wait_durable = [this](Sequence sequence) {
    (void)write();
    return durable() >= sequence;
  };
  actions.publish = [this](const Changes& changes) { watchers_.publish(changes); };
  actions.make_pool = [this](PoolKey pool) {
    return make_pool_with_secrets(*engine_, *keys_, pool);
  };
  actions.seal = [this](std::span<const SealRequest> requests) { return seal_all(requests); };
  actions.open = [this](uint64_t key, std::string_view sealed) { return open_data(key, sealed); };
  actions.destroy_key = [this](uint64_t key) { return keys_->destroy_owner_key(KeyId{key}).ok(); };
  actions.history = [](const HistoryQuery&) {
    return std::optional(std::vector<boost::json::object>{});
  };
  actions.recount = [this](Sequence until) {
    const auto counted = recount(outside_.files, outside_.directory, until, make_replay_engine);
    return Recounted{counted.ok() && counted.value.sound(), "", until, {}};
  };
  actions.report = [] { return ServiceReport{}; };
  actions.snapshot = [this] {
    const auto taken = checkpoint();
    return ActionReport{taken.ok(), "", taken.ok() ? taken.value.snapshot.sequence : Sequence{}};
  };
  actions.drain = [this] { draining_.store(true); };
  actions.accept_clock = [this] {
    if (ticker().jumped()) {
      ticker().accept_jump();
    }
  };
  actions.retry_notice = [](Sequence) { return false; };
  actions.rehearsal_office = *parse_office("粤B").office;
  return actions;
}

}  // namespace plated
