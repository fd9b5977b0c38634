#include "tools/plateload/visits.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace plated::load {
namespace {

constexpr int64_t kVisitSweepNs = 100 * kNsPerMs;

// A visitor's timer: it counts only while the visitor still waits for this stamp.
struct Alarm {
  int64_t due_ns = 0;
  std::size_t number = 0;
  uint64_t stamp = 0;
  bool operator>(const Alarm& other) const { return due_ns > other.due_ns; }
};

// What one thread's visitors share.
struct Lane {
  const Load& load;
  Tally& tally;
  Poller poller{};
  MessageReader reader{};
  Scratch scratch{};
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms{};
  std::vector<std::size_t> idle{};  // visitors without an errand
};

// One place for a visitor: their connection, and their walk over as many connections as it takes.
class Visitor {
 public:
  Visitor(Lane& lane, std::size_t number) : lane_(lane), number_(number) {}

  // Takes an errand that was due at `due_ns`. Only when idle.
  void begin(Errand errand, int64_t due_ns);
  void on_ready(uint32_t generation, uint32_t events);
  // Whether it still waits for `alarm`; only then on_alarm() may be told of it.
  [[nodiscard]] bool awaits(const Alarm& alarm) const { return alarm.stamp == alarm_stamp_; }
  void on_alarm(const Alarm& alarm);
  // Drops what has taken too long; with `all`, everything.
  void sweep(int64_t now, bool all);

 private:
  void connect(int64_t due_ns);
  void act(Action action, int64_t due_ns);
  void send(Action action, int64_t due_ns);
  void on_text(std::string_view text);
  void note(const Message& message, int64_t now);
  void note_document(const Message& message, std::string_view op);
  void claim(const Document& document);
  void on_end(const Action& action);
  void lost(const std::string& why);
  void settle();
  void pause(int64_t after_ms);
  [[nodiscard]] int64_t patience_ns() const { return lane_.load.options.give_up_ms * kNsPerMs; }

  Lane& lane_;
  const std::size_t number_;
  Connection connection_;
  std::optional<Errand> errand_;
  std::optional<Walk> walk_;
  Op op_ = Op::enter;
  int64_t visit_due_ns_ = 0;
  int64_t due_ns_ = 0;  // of what is in flight
  int64_t deadline_ns_ = kNever;
  int64_t pause_began_ns_ = 0;
  int64_t alarm_ns_ = 0;
  uint64_t alarm_stamp_ = 0;
  uint32_t generation_ = 0;  // of the connection: events of the one before are not its own
  bool reconnecting_ = false;
  bool drew_ = false;
};

void Visitor::begin(Errand errand, int64_t due_ns) {
  errand_ = std::move(errand);
  walk_.emplace(errand_->vehicle, errand_->plan);
  visit_due_ns_ = due_ns;
  reconnecting_ = false;
  drew_ = false;
  ++lane_.tally.counts().visits;
  connect(due_ns);
}

void Visitor::connect(int64_t due_ns) {
  due_ns_ = due_ns;
  deadline_ns_ = now_ns() + patience_ns();
  const uint64_t token = uint64_t{++generation_} << 32 | number_;
  if (!connection_.open(lane_.load.server, number_, ticket_of(lane_.load.key, errand_->owner),
                        lane_.poller, token)) {
    lost(connection_.why());
  }
}

void Visitor::on_ready(uint32_t generation, uint32_t events) {
  while (generation == generation_ && connection_.state() != Connection::State::closed) {
    const Connection::State before = connection_.state();
    if (!connection_.advance(events, lane_.scratch)) {
      before == Connection::State::closing ? settle() : lost(connection_.why());
      return;
    }
    if (before == Connection::State::upgrading && connection_.state() == Connection::State::open) {
      const int64_t now = now_ns();
      lane_.tally.connected(due_ns_, now);
      act(walk_->on_connected(), now);
    }
    while (const auto text = connection_.next_text()) {
      on_text(*text);
    }
    if (!connection_.wants_more()) {
      return;
    }
  }
}

void Visitor::on_alarm(const Alarm& alarm) {
  if (std::exchange(reconnecting_, false)) {
    connect(alarm.due_ns);
  } else {
    act(walk_->on_pause_over(), alarm.due_ns);
  }
}

void Visitor::pause(int64_t after_ms) {
  deadline_ns_ = kNever;
  pause_began_ns_ = now_ns();
  alarm_ns_ = pause_began_ns_ + after_ms * kNsPerMs;
  lane_.alarms.push({alarm_ns_, number_, ++alarm_stamp_});
}

void Visitor::sweep(int64_t now, bool all) {
  if (!errand_ || (!all && now < deadline_ns_)) {
    return;
  }
  if (all || connection_.state() == Connection::State::closing) {
    settle();
  } else {
    lost("no answer in time");
  }
}

void Visitor::act(Action action, int64_t due_ns) {
  switch (action.kind) {
    case Action::Kind::send:
      send(std::move(action), due_ns);
      return;
    case Action::Kind::pause:
      pause(action.after_ms);
      return;
    case Action::Kind::listen:
      return;
    case Action::Kind::reconnect:
      connection_.close();
      reconnecting_ = true;
      pause(action.after_ms);
      return;
    case Action::Kind::finish:
      on_end(action);
      ++alarm_stamp_;
      deadline_ns_ = now_ns() + patience_ns();
      connection_.leave();
      if (connection_.state() == Connection::State::closed) {
        settle();
      }
      return;
  }
}

void Visitor::send(Action action, int64_t due_ns) {
  op_ = action.op;
  due_ns_ = due_ns;
  deadline_ns_ = now_ns() + patience_ns();
  lane_.tally.sent();
  connection_.put(action.text);
  if (!connection_.flush()) {
    lost(connection_.why());
  }
}

void Visitor::on_text(std::string_view text) {
  const auto message = lane_.reader.read(text);
  if (!message) {
    Action unreadable;
    unreadable.kind = Action::Kind::finish;
    unreadable.why = "a frame that is none of the protocol";
    act(std::move(unreadable), 0);
    return;
  }
  const int64_t now = now_ns();
  note(*message, now);
  if (lane_.load.broken.load(std::memory_order_relaxed)) {
    // Not acknowledged as far as the journal knows, so not acted upon; the sweep ends this.
    return;
  }
  Action action = walk_->on_message(*message);
  if (!walk_->is_asking()) {
    // Nothing is due; but a push that never comes must not hold the walk for ever.
    deadline_ns_ = std::max(now + 4 * patience_ns(), alarm_ns_ + patience_ns());
  }
  act(std::move(action), now);
}

// Counts the message and writes down what it acknowledges, before anything is done with it.
void Visitor::note(const Message& message, int64_t now) {
  const bool answers = message.kind == MessageKind::answer || message.kind == MessageKind::refusal;
  if (answers) {
    lane_.tally.answered(op_, due_ns_, now, message.code);
  }
  if (message.kind == MessageKind::application) {
    ++lane_.tally.counts().pushed;
  }
  if (message.kind == MessageKind::answer && op_ == Op::draw && !std::exchange(drew_, true)) {
    const int64_t thought_ns = walk_->thought_ms() * kNsPerMs;
    lane_.tally.first_batch(visit_due_ns_, now - visit_due_ns_ - thought_ns);
  }
  if (message.document) {
    note_document(message, answers ? name_of(op_) : "push");
  }
}

void Visitor::note_document(const Message& message, std::string_view op) {
  const Document& document = *message.document;
  Counts& counts = lane_.tally.counts();
  const bool matters = op != "enter" || document.reservation || document.draw > 0;
  if (lane_.load.journal.is_open() && matters &&
      !lane_.load.journal.write(errand_->owner, op, message.raw_document)) {
    lane_.load.broken = true;
    counts.add_reason("the journal cannot be written");
    return;
  }
  const std::string broken = errand_->oracle.tell(document);
  if (!broken.empty()) {
    ++counts.violations;
    counts.add_reason(errand_->owner + ": " + broken);
  }
  // While others walk, only what is reserved stays; when nobody draws, holds must not overlap
  // either.
  if (document.reservation || errand_->plan.look_only) {
    claim(document);
  }
}

void Visitor::claim(const Document& document) {
  for (const std::string& plate : plates_of(document)) {
    const std::string other = lane_.load.ledger.claim(plate, errand_->owner);
    if (!other.empty()) {
      Counts& counts = lane_.tally.counts();
      ++counts.two_owners;
      counts.add_reason(plate + " belongs to " + other + " and to " + errand_->owner);
    }
  }
}

void Visitor::on_end(const Action& action) {
  const auto& document = walk_->document();
  Counts& counts = lane_.tally.counts();
  ++counts.ends[static_cast<std::size_t>(action.end)];
  if (action.end == WalkEnd::confirmed && document && document->reservation &&
      document->reservation->automatic) {
    ++counts.automatic;
  }
  if (action.end == WalkEnd::failed) {
    counts.add_reason(errand_->owner + ": " + action.why);
  }
}

void Visitor::lost(const std::string& why) {
  const int status = connection_.refused_status();
  if (!connection_.was_made()) {
    lane_.tally.unconnected(due_ns_);
  }
  connection_.close();
  ++alarm_stamp_;
  if (walk_->is_asking()) {
    lane_.tally.unanswered(due_ns_, 1);
  }
  if (status >= 400 && status < 500) {
    Action refused;
    refused.kind = Action::Kind::finish;
    refused.why = why;
    act(std::move(refused), 0);
    return;
  }
  ++lane_.tally.counts().lost;
  act(walk_->on_lost(why, (now_ns() - pause_began_ns_) / kNsPerMs), 0);
}

// The visit is over, and its connection with it.
void Visitor::settle() {
  connection_.close();
  ++alarm_stamp_;
  errand_.reset();
  deadline_ns_ = kNever;
  lane_.idle.push_back(number_);
}

// Everything that happens on one thread.
class Visits {
 public:
  Visits(const Load& load, std::size_t thread, std::size_t connections, Tally& tally)
      : lane_{load, tally}, thread_(thread), connections_max_(connections) {
    pending_ = load.errands.next(thread);
  }

  void run();

 private:
  void begin_due(int64_t now);
  [[nodiscard]] bool find_idle();
  void ring_due(int64_t now);
  void sweep(int64_t now);
  [[nodiscard]] int64_t next_moment() const;
  [[nodiscard]] int64_t pending_due_ns() const {
    return pending_->due_ns ? lane_.load.start.at_ns() + *pending_->due_ns : 0;
  }
  [[nodiscard]] bool all_idle() const { return lane_.idle.size() == visitors_.size(); }

  Lane lane_;
  const std::size_t thread_;
  const std::size_t connections_max_;
  std::vector<std::unique_ptr<Visitor>> visitors_;
  std::optional<Errand> pending_;
  int64_t next_sweep_ns_ = 0;
};

void Visits::run() {
  while (pending_ || !all_idle()) {
    const int64_t now = now_ns();
    ring_due(now);
    begin_due(now);
    if (now >= next_sweep_ns_) {
      sweep(now);
      next_sweep_ns_ = now + kVisitSweepNs;
    }
    lane_.tally.tick(now);
    for (const epoll_event& event : lane_.poller.wait(next_moment())) {
      const auto number = static_cast<std::size_t>(event.data.u64 & 0xFFFFFFFF);
      visitors_[number]->on_ready(static_cast<uint32_t>(event.data.u64 >> 32), event.events);
    }
  }
}

bool Visits::find_idle() {
  if (lane_.idle.empty() && visitors_.size() < connections_max_) {
    lane_.idle.push_back(visitors_.size());
    visitors_.push_back(std::make_unique<Visitor>(lane_, visitors_.size()));
  }
  return !lane_.idle.empty();
}

void Visits::begin_due(int64_t now) {
  while (pending_ && pending_due_ns() <= now) {
    const bool scheduled = pending_->due_ns.has_value();
    if (!find_idle()) {
      // Behind its schedule for want of connections, if it stays so for too long.
      const int64_t behind_ns = scheduled ? now - pending_due_ns() : 0;
      if (behind_ns > lane_.load.options.behind_max_ms * kNsPerMs && !lane_.load.ends()) {
        lane_.load.give_up(Invalid::no_room, behind_ns);
      }
      return;
    }
    const std::size_t number = lane_.idle.back();
    lane_.idle.pop_back();
    if (scheduled) {
      keep_pace(lane_.load, lane_.tally, pending_due_ns(), now);
    }
    const int64_t due_ns = scheduled ? pending_due_ns() : now;
    visitors_[number]->begin(std::move(*pending_), due_ns);
    pending_ = lane_.load.errands.next(thread_);
  }
}

void Visits::ring_due(int64_t now) {
  while (!lane_.alarms.empty() && lane_.alarms.top().due_ns <= now) {
    const Alarm alarm = lane_.alarms.top();
    lane_.alarms.pop();
    if (!visitors_[alarm.number]->awaits(alarm)) {
      continue;  // nothing is due any more
    }
    if (!lane_.load.options.profile.empty()) {
      keep_pace(lane_.load, lane_.tally, alarm.due_ns, now);
    }
    visitors_[alarm.number]->on_alarm(alarm);
  }
}

void Visits::sweep(int64_t now) {
  const bool all = lane_.load.ends();
  if (all) {
    pending_.reset();
  }
  for (const auto& visitor : visitors_) {
    visitor->sweep(now, all);
  }
}

int64_t Visits::next_moment() const {
  int64_t moment = std::min(next_sweep_ns_, lane_.tally.next_tick_ns());
  if (!lane_.alarms.empty()) {
    moment = std::min(moment, lane_.alarms.top().due_ns);
  }
  if (pending_ && (visitors_.size() < connections_max_ || !lane_.idle.empty())) {
    moment = std::min(moment, pending_due_ns());
  }
  return moment;
}

}  // namespace

void run_visits(const Load& load, std::size_t thread, std::size_t connections, Tally& tally) {
  std::make_unique<Visits>(load, thread, connections, tally)->run();
}

}  // namespace plated::load
