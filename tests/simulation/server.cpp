#include "tests/simulation/server.h"

#include <utility>

#include "engine/plate.h"

namespace plated {

Status SimulatedServer::start(uint32_t shards) {
  auto data = DataDirectory::open(outside_.files, outside_.directory);
  if (!data.ok()) {
    return data.status;
  }
  data_ = std::move(data.value);
  return recover(shards);
}

Status SimulatedServer::recover(uint32_t shards) {
  LifeOptions options;
  options.storage.directory = outside_.directory;
  options.storage.shards = shards;
  options.storage.log_file_size = kLogFileSizeMin;
  options.storage.spare_files = 1;
  options.storage.log.buffer_bytes = 4 * kBatchSizeBytesMax;
  options.storage.log.timer_bytes = kBatchSizeBytesMax;
  options.rehearsal = outside_.rehearsal;
  options.rehearsal_office = *parse_office("粤B").office;
  life_ = std::make_unique<Life>(options, life_outside());
  if (Status recovered = life_->recover(); !recovered.ok()) {
    return recovered;
  }
  durable_.store(durable().value);
  deliveries_ = std::make_unique<Deliveries>(
      Dispatch::Parts{engine(), life_->codes(), watchers_, draining_, limits_}, durable_, [] {},
      [] { return std::chrono::steady_clock::time_point{}; });
  watchers_.set_gates({&deliveries_->gate()});
  life_->start();
  return {};
}

Life::Outside SimulatedServer::life_outside() {
  const auto over_log = [this](EventSink& log) -> std::unique_ptr<EventSink> {
    return std::make_unique<RecordedSink>(log, outside_.history);
  };
  return {.storage = {.files = outside_.files,
                      .clocks = {[this] { return outside_.clocks.monotonic(); },
                                 [this] { return outside_.clocks.wall(); },
                                 [this] { return std::optional(outside_.clocks.boot()); }},
                      .loops = Loops::caller,
                      .on_durable = [this](Sequence sequence) { made_durable(sequence); },
                      .on_failure = [this](const Status&) { failed_ = true; },
                      .over_log = over_log},
          .publish = [this](const Changes& changes) { watchers_.publish(changes); },
          .send_code =
              [this](const SmsMessage& message) {
                outside_.send_code(message.to, message.text);
                return true;
              },
          .send_notice = outside_.send_notice,
          .every_second = [] {},
          .report = [] { return ServiceReport{}; },
          .drain = [this] { draining_.store(true); },
          .say = [](LogLevel, const std::string&) {}};
}

void SimulatedServer::made_durable(Sequence sequence) {
  durable_.store(sequence.value);
  deliveries_->gate().durable_moved();
  // A net thread may be quick; but what an operator did is not told before the operator is
  // answered, or nobody outside could know why.
  if (!asking_ && outside_.dice.chance(50)) {
    release();
  }
}

void SimulatedServer::let_go() {
  for (Caller& caller : callers_) {
    Deliveries::dismiss(caller);
    if (Deliveries::bye_is_due(caller)) {
      outside_.deliver({caller, bye_to(caller.connection, "shutting_down"), {}});
    }
    disconnect(caller.connection);
  }
  callers_.clear();
  deliveries_.reset();
  life_.reset();
}

ConnectionId SimulatedServer::connect(const std::string& owner) {
  Caller& caller = callers_.emplace_back();
  caller.owner = owner;
  caller.connection = {0, static_cast<uint32_t>(callers_.size() - 1), 1};
  deliveries_->join(caller);
  return caller.connection;
}

void SimulatedServer::disconnect(ConnectionId connection) {
  Caller& caller = callers_.at(connection.slot);
  if (std::exchange(caller.hears, false)) {
    deliveries_->leave(caller);
  }
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

OperatorAnswer SimulatedServer::ask(const OperatorRequest& request) {
  asking_ = true;
  OperatorAnswer answer = life_->routes().answer(request);
  asking_ = false;
  return answer;
}

}  // namespace plated
