#include "tools/plated/clockwork.h"

#include <fmt/format.h>

#include <utility>

#include "engine/secret_memory.h"
#include "tools/plated/secrets.h"

namespace plated {
namespace {

constexpr Millis kBeat{10};
constexpr Millis kSecond{1000};
// Less than the second that a crash may give back, by what writing may take.
constexpr Millis kTimeRecordedEvery{500};
constexpr Millis kRoomToldEvery{60'000};

}  // namespace

Clockwork::Clockwork(Storage& storage, Outside outside)
    : storage_(storage), outside_(std::move(outside)) {}

Clockwork::~Clockwork() { stop(); }

void Clockwork::start() {
  timers_ = std::thread([this] {
    while (wait(kBeat)) {
      beat();
    }
  });
  checkpoints_ = std::thread([this] {
    while (wait(outside_.checkpoint_interval)) {
      checkpoint_if_newer();
    }
  });
}

void Clockwork::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (timers_.joinable()) {
    timers_.join();
    checkpoints_.join();
  }
}

bool Clockwork::wait(Millis span) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, span, [this] { return stopping_; });
}

void Clockwork::beat() {
  heed_jumps();
  run_timers();
  storage_.engine().record_time(kTimeRecordedEvery);
  const Millis now = storage_.clocks().monotonic();
  if (next_second_ && now < *next_second_) {
    return;
  }
  next_second_ = now + kSecond;
  outside_.every_second();
  keep_clock();
  watch_room(now);
  if (Status kept = commit_coming_secrets(storage_.engine(), storage_.bound_keys()); !kept.ok()) {
    outside_.say(LogLevel::error, "tomorrow's secrets could not be kept: " + kept.text());
  }
  wipe_stack();  // a secret may have come this way
}

void Clockwork::heed_jumps() {
  Ticker& ticker = storage_.ticks().ticker();
  if (ticker.jumped() != told_jump_) {
    told_jump_ = ticker.jumped();
    if (told_jump_) {
      outside_.say(LogLevel::warning,
                   "the wall clock jumped; lapses wait until an operator accepts it");
    }
  }
  // Again and again, because a full log has no room for it.
  if (ticker.jumped() && !storage_.engine().clock_suspended()) {
    storage_.engine().suspend_clock(ticker.now().civil);
  }
}

void Clockwork::keep_clock() {
  const bool kept = storage_.keep_clock().ok();
  if (!kept && !told_clock_) {
    outside_.say(LogLevel::warning,
                 "where the clock stands could not be kept; the next start will know less of it");
  }
  told_clock_ = !kept;
}

// A full disk is told while it lasts, and long before it costs anything: files made in advance are
// room for a while.
void Clockwork::watch_room(Millis now) {
  const Status problem = storage_.room_problem();
  if (problem.ok()) {
    if (told_room_) {
      outside_.say(LogLevel::info, "log files can be made again");
    }
    told_room_.reset();
    return;
  }
  if (told_room_ && now - *told_room_ < kRoomToldEvery) {
    return;
  }
  told_room_ = now;
  const bool refusing = !storage_.out_of_room().ok();
  outside_.say(LogLevel::error,
               fmt::format("no more log files can be made: {}. {}", problem.text(),
                           refusing ? std::string("New work is refused until there is room")
                                    : fmt::format("There is room for another {} KiB of records",
                                                  storage_.log_room() / 1024)));
}

void Clockwork::run_timers() {
  bool more = true;
  while (more) {
    changes_.clear();
    more = storage_.engine().advance(changes_);
    outside_.publish(changes_);
  }
}

void Clockwork::checkpoint_if_newer() {
  const auto newest = storage_.newest_snapshot();
  if (newest && newest->first == storage_.commit().durable()) {
    return;  // nothing has happened since
  }
  const auto report = storage_.checkpoint();
  if (!report.ok()) {
    outside_.say(LogLevel::error, "the checkpoint failed: " + report.status.text());
    return;
  }
  outside_.say(LogLevel::debug,
               fmt::format("a snapshot up to record {}", report.value.snapshot.sequence.value));
}

}  // namespace plated
