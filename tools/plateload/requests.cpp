#include "tools/plateload/requests.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/plateload/asker.h"
#include "tools/plateload/owners/schedule.h"

namespace plated::load {
namespace {

constexpr int64_t kSweepNs = 100 * kNsPerMs;
// Requests that are due within so short a time are sent in one go: waking for each of them would
// cost more than sending it.
constexpr int64_t kTogetherNs = 50 * kNsPerUs;
constexpr std::size_t kConnectingMax = 256;  // of one thread at a time

class Requests {
 public:
  Requests(const Load& load, std::size_t thread, Tally& tally);

  void run();

 private:
  [[nodiscard]] bool get_ready();
  [[nodiscard]] bool wait_for_start();
  void connect(std::size_t number);
  void turn(int64_t until_ns);
  void ask_due(int64_t now);
  void keep_in_flight(std::size_t number);
  void ask_next(std::size_t number, int64_t due_ns);
  void on_event(const epoll_event& event);
  void lost(std::size_t number, const std::string& why);
  void touch(std::size_t number);
  void flush_touched();
  void sweep_when_due(int64_t now);
  [[nodiscard]] bool is_over(int64_t now) const;
  [[nodiscard]] bool closed_loop() const { return load_.options.profile.empty(); }
  [[nodiscard]] int64_t end_ns() const {
    return load_.start.at_ns() + load_.options.lasts_ms() * kNsPerMs;
  }

  const Load& load_;
  Tally& tally_;
  MessageReader reader_;
  Poller poller_;
  Scratch scratch_;
  std::vector<std::unique_ptr<Asker>> askers_;
  std::vector<std::size_t> touched_;  // to be flushed
  std::vector<bool> is_touched_;
  std::optional<Arrivals> arrivals_;
  std::optional<Arrival> next_;
  uint64_t turn_ = 0;
  uint64_t random_state_;
  int64_t next_sweep_ns_ = 0;
  bool running_ = false;
};

Requests::Requests(const Load& load, std::size_t thread, Tally& tally)
    : load_(load),
      tally_(tally),
      random_state_(load.options.seed ^ (thread + 1) * 0xD1342543DE82EF95) {
  const LoadOptions& options = load.options;
  for (uint64_t index = thread; index < options.connections; index += options.threads) {
    askers_.push_back(std::make_unique<Asker>(load, tally, reader_,
                                              load.errands.errand_of(index).owner, askers_.size()));
  }
  is_touched_.resize(askers_.size());
  if (!options.profile.empty()) {
    arrivals_.emplace(options.profile, options.seed, thread, options.threads);
    next_ = arrivals_->next();
  }
}

void Requests::run() {
  if (!get_ready() || !wait_for_start()) {
    return;
  }
  running_ = true;
  const int64_t start_ns = load_.start.at_ns();
  if (closed_loop()) {
    for (std::size_t number = 0; number < askers_.size(); ++number) {
      keep_in_flight(number);
    }
    flush_touched();
  }
  for (int64_t now = now_ns(); !is_over(now); now = now_ns()) {
    ask_due(now);
    flush_touched();
    tally_.tick(now);
    sweep_when_due(now);
    int64_t until = std::min(next_sweep_ns_, tally_.next_tick_ns());
    if (next_) {
      until = std::min(until, std::max(start_ns + next_->due_ns, now + kTogetherNs));
    }
    turn(until);
  }
}

void Requests::connect(std::size_t number) {
  if (!askers_[number]->connect(poller_)) {
    lost(number, askers_[number]->why());
  }
}

// Connects every owner, not too many at a time. False: the load ends.
bool Requests::get_ready() {
  std::size_t begun = 0;
  std::size_t ready = 0;
  while (ready < askers_.size()) {
    while (begun < askers_.size() && begun < ready + kConnectingMax) {
      connect(begun++);
    }
    turn(now_ns() + 10 * kNsPerMs);
    sweep_when_due(now_ns());
    if (load_.ends()) {
      return false;
    }
    ready = static_cast<std::size_t>(std::count_if(
        askers_.begin(), askers_.end(), [](const auto& one) { return one->is_ready(); }));
  }
  return true;
}

bool Requests::wait_for_start() {
  load_.start.ready();
  while (load_.start.at_ns() == 0 || now_ns() < load_.start.at_ns()) {
    if (load_.ends()) {
      return false;
    }
    turn(now_ns() + kNsPerMs);
    sweep_when_due(now_ns());
  }
  tally_.start(load_.start.at_ns(), load_.measure_from_ns(), load_.measure_until_ns());
  return true;
}

bool Requests::is_over(int64_t now) const {
  if (load_.ends()) {
    return true;
  }
  if (next_ || (closed_loop() && now < end_ns())) {
    return false;
  }
  return std::all_of(askers_.begin(), askers_.end(), [](const auto& asker) {
    return asker->in_flight() == 0 && asker->waiting() == 0;
  });
}

void Requests::turn(int64_t until_ns) {
  for (const epoll_event& event : poller_.wait(until_ns)) {
    on_event(event);
  }
  flush_touched();
}

void Requests::ask_due(int64_t now) {
  const int64_t start_ns = load_.start.at_ns();
  while (next_ && !load_.ends() && start_ns + next_->due_ns <= now) {
    const int64_t due_ns = start_ns + next_->due_ns;
    keep_pace(load_, tally_, due_ns, now);
    ask_next(turn_++ / load_.options.burst % askers_.size(), due_ns);
    next_ = arrivals_->next();
  }
}

void Requests::ask_next(std::size_t number, int64_t due_ns) {
  const Op op = load_.options.mix.pick(random_state_);
  Asker& asker = *askers_[number];
  // The last draw stays: with it the owner would soon have a plate and be of no use any more.
  if (op == Op::draw && asker.draws_left() <= 1 + asker.waiting_draws()) {
    load_.give_up(Invalid::used_up, 0);
    return;
  }
  tally_.sent();
  asker.ask(op, due_ns);
  touch(number);
}

void Requests::keep_in_flight(std::size_t number) {
  const int64_t now = now_ns();
  const Asker& asker = *askers_[number];
  while (now < end_ns() && !load_.ends() &&
         asker.in_flight() + asker.waiting() < load_.options.in_flight) {
    ask_next(number, now);
  }
}

void Requests::on_event(const epoll_event& event) {
  const auto number = static_cast<std::size_t>(event.data.u64 & 0xFFFFFFFF);
  if (!askers_[number]->on_ready(static_cast<uint32_t>(event.data.u64 >> 32), event.events,
                                 scratch_)) {
    lost(number, askers_[number]->why());
    return;
  }
  if (running_ && closed_loop() && askers_[number]->is_ready()) {
    keep_in_flight(number);
  }
  touch(number);
}

// Before the start a load that cannot connect ends; afterwards the owner comes back.
void Requests::lost(std::size_t number, const std::string& why) {
  Asker& asker = *askers_[number];
  asker.lose();
  ++tally_.counts().lost;
  if (!running_) {
    tally_.counts().add_reason("an owner cannot be connected: " + why);
    load_.broken = true;
  }
}

void Requests::touch(std::size_t number) {
  if (!is_touched_[number]) {
    is_touched_[number] = true;
    touched_.push_back(number);
  }
}

void Requests::flush_touched() {
  for (const std::size_t number : touched_) {
    is_touched_[number] = false;
    if (!askers_[number]->flush()) {
      lost(number, askers_[number]->why());
    }
  }
  touched_.clear();
}

// Gives up what has taken too long, and connects who is not connected.
void Requests::sweep_when_due(int64_t now) {
  if (now < next_sweep_ns_) {
    return;
  }
  next_sweep_ns_ = now + kSweepNs;
  const int64_t patience_ns = load_.options.give_up_ms * kNsPerMs;
  for (std::size_t number = 0; number < askers_.size(); ++number) {
    Asker& asker = *askers_[number];
    if (now - asker.waits_since_ns(now) > patience_ns) {
      lost(number, "no answer in time");
    }
    if (!asker.is_ready()) {
      asker.drop_waiting(now - patience_ns);
    }
    // Before the start get_ready() connects, and who is lost is not awaited.
    if (running_ && !asker.is_connected()) {
      connect(number);
    }
  }
}

}  // namespace

void run_requests(const Load& load, std::size_t thread, Tally& tally) {
  std::make_unique<Requests>(load, thread, tally)->run();
}

}  // namespace plated::load
