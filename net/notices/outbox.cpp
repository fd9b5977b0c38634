#include "net/notices/outbox.h"

#include <algorithm>
#include <utility>

#include "engine/secret_memory.h"
#include "net/notices/office_texts.h"

namespace plated {
namespace {

constexpr std::size_t kPage = 1024;             // notices read from the engine at once
constexpr std::size_t kLookMax = kSmsQueueMax;  // notices of one look
constexpr std::chrono::seconds kLookEvery{1};

}  // namespace

NoticeOutbox::NoticeOutbox(Engine& engine, Outside outside)
    : engine_(engine), outside_(std::move(outside)) {}

NoticeOutbox::~NoticeOutbox() { stop(); }

void NoticeOutbox::start() {
  thread_ = std::thread([this] { work(); });
}

void NoticeOutbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void NoticeOutbox::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    news_ = false;
    lock.unlock();
    look();
    wipe_stack();
    lock.lock();
    wake_.wait_for(lock, kLookEvery, [this] { return stopping_ || news_; });
  }
}

void NoticeOutbox::look() {
  const std::lock_guard one_at_a_time(look_mutex_);
  const Sequence durable = outside_.durable();
  const Millis now = outside_.monotonic();
  {
    const std::lock_guard lock(mutex_);
    ++looks_;
  }
  Sequence after;
  bool all = false;
  for (std::size_t seen = 0; seen < kLookMax && !all; seen += kPage) {
    const std::vector<PendingNotice> page = engine_.notices(after, kPage);
    all = page.size() < kPage;
    for (const PendingNotice& notice : page) {
      after = notice.id;
      if (notice.id <= durable) {
        handle(notice, now);
      }
    }
  }
  // What is owed no more needs no memory; what is with the gateway still calls back.
  const std::lock_guard lock(mutex_);
  std::erase_if(attempts_, [&](const auto& entry) {
    return all && entry.second.look != looks_ && entry.second.way != Way::with_gateway;
  });
}

void NoticeOutbox::handle(const PendingNotice& notice, Millis now) {
  bool delivered = false;
  {
    const std::lock_guard lock(mutex_);
    Attempt& attempt = attempts_[notice.id.value];
    attempt.look = looks_;
    delivered = attempt.way == Way::delivered;
    if (attempt.way == Way::with_gateway || (!delivered && attempt.due > now)) {
      return;
    }
  }
  if (delivered) {
    (void)engine_.settle_notice(notice.owner, notice.id, true);  // refused: at the next look
    return;
  }
  const auto data = notice.key == 0 ? std::nullopt : outside_.open(notice.key, notice.sealed);
  if (!data || data->phone.empty()) {
    (void)engine_.settle_notice(notice.owner, notice.id, false);
    return;
  }
  hand_over(notice, data->phone);
}

void NoticeOutbox::hand_over(const PendingNotice& notice, std::string phone) {
  Office office = engine_.office(notice.plate.pool.office).value_or(Office{});
  office.code = notice.plate.pool.office;
  const uint64_t id = notice.id.value;
  {
    const std::lock_guard lock(mutex_);
    attempts_[id].way = Way::with_gateway;
  }
  SmsMessage message{std::to_string(id), std::move(phone), text_of(notice, office)};
  message.wanted = [open = outside_.open, key = notice.key, sealed = notice.sealed] {
    return open(key, sealed).has_value();
  };
  const bool taken =
      outside_.send(std::move(message), [this, id](bool delivered) { called_back(id, delivered); });
  if (!taken) {
    const std::lock_guard lock(mutex_);
    failed(attempts_[id]);
  }
}

// Requires mutex_. The pause doubles with each failure.
void NoticeOutbox::failed(Attempt& attempt) const {
  constexpr uint32_t kDoublings = 10;
  const Millis pause = kBackoffFirst * (1U << std::min(attempt.failures, kDoublings));
  attempt.way = Way::waits;
  attempt.due = outside_.monotonic() + std::min(pause, kBackoffMost);
  ++attempt.failures;
}

void NoticeOutbox::called_back(uint64_t id, bool delivered) {
  const std::lock_guard lock(mutex_);
  Attempt& attempt = attempts_[id];
  if (!delivered) {
    failed(attempt);
    return;
  }
  attempt.way = Way::delivered;
  news_ = true;
  wake_.notify_all();
}

bool NoticeOutbox::retry(Sequence notice) {
  const std::lock_guard lock(mutex_);
  const auto found = attempts_.find(notice.value);
  if (found == attempts_.end() || found->second.way != Way::waits) {
    return false;
  }
  found->second.due = Millis{};
  found->second.failures = 0;
  news_ = true;
  wake_.notify_all();
  return true;
}

}  // namespace plated
