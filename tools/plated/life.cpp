#include "tools/plated/life.h"

#include <utility>

#include "engine/check.h"
#include "engine/secret_memory.h"

namespace plated {

Life::Life(LifeOptions options, Outside outside)
    : options_(std::move(options)),
      outside_(std::move(outside)),
      storage_(options_.storage, outside_.storage),
      codes_(make_locked<SmsCodes>(options_.rehearsal)) {}

Life::~Life() { stop(); }

Status Life::recover(const RecoveryProgress& progress) {
  if (Status opened = storage_.open(outside_.say, progress); !opened.ok()) {
    return opened;
  }
  desk_ = std::make_unique<CodeDesk>(
      engine(), *codes_,
      CodeDesk::Outside{opener(), outside_.send_code, options_.rehearsal, outside_.sms_held_up});
  desk_->restore_counts();
  outbox_ = std::make_unique<NoticeOutbox>(
      engine(), NoticeOutbox::Outside{opener(), outside_.send_notice,
                                      [this] { return storage_.commit().durable(); },
                                      storage_.clocks().monotonic});
  routes_ = std::make_unique<AdminRoutes>(engine(), make_actions());
  clockwork_ = std::make_unique<Clockwork>(
      storage_, Clockwork::Outside{outside_.publish, [this] { every_second(); }, outside_.say,
                                   options_.checkpoint_interval});
  return {};
}

void Life::start() {
  check(clockwork_ != nullptr, "what was recovered starts");
  if (outside_.storage.loops == Loops::threads) {
    outbox_->start();
    clockwork_->start();
  }
}

void Life::every_second() {
  outside_.every_second();
  if (outside_.storage.loops == Loops::caller) {
    (void)storage_.fill_spares();  // what went wrong shows when the log has no room
    outbox_->look();
  }
}

void Life::stop() {
  if (clockwork_) {
    clockwork_->stop();
    outbox_->stop();
  }
}

Life::End Life::finish() {
  const Digest live = engine().digest();
  const Sequence last = storage_.commit().last();
  if (!storage_.wait_durable(last)) {
    return End::log_failed;
  }
  bool same = true;
  const auto snapshot = storage_.checkpoint();
  if (!snapshot.ok()) {
    outside_.say(LogLevel::error, "the last checkpoint failed; the log alone is complete: " +
                                      snapshot.status.text());
  } else if (snapshot.value.snapshot.sequence == last) {
    same = snapshot.value.snapshot.digest == live;
  }
  if (!same) {
    outside_.say(
        LogLevel::error,
        "the replayed state differs from the live one; keep this directory for inspection");
  }
  const bool closed = storage_.close().ok();
  if (!same) {
    return End::state_differs;
  }
  return closed ? End::safe : End::log_failed;
}

OpenPersonalData Life::opener() {
  return [this](uint64_t key, std::string_view sealed) {
    std::optional<PersonalData> data = storage_.open_data(key, sealed);
    wipe_stack();
    return data;
  };
}

}  // namespace plated
