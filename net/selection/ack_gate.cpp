#include "net/selection/ack_gate.h"

#include <algorithm>
#include <utility>

namespace plated {

AckGate::AckGate(const std::atomic<uint64_t>& durable, std::function<void()> wake)
    : durable_(durable), wake_(std::move(wake)) {}

void AckGate::park(Sequence sequence, ConnectionId connection, const Note& note,
                   std::string_view bytes) {
  // What other threads send may rest on less than what waits already; the order stays.
  const uint64_t last = waiting() > 0 ? waiting_.back().sequence : 0;
  const std::size_t begin = bytes_.size();
  bytes_ += bytes;
  waiting_.push_back({std::max(sequence.value, last), begin, static_cast<uint32_t>(bytes.size()),
                      connection, note});
  if (parked_.load(std::memory_order_relaxed)) {
    return;
  }
  // The durable sequence may have passed this one between the caller's look and now; then nobody
  // else will call. Either durable_moved sees `parked_`, or this thread sees the sequence.
  parked_.store(true);
  if (durable_.load() >= waiting_[head_].sequence) {
    wake_once();
  }
}

void AckGate::send(const Push& push, std::string_view bytes) {
  {
    const Hold mail(mail_);
    if (mail->bytes.size() + bytes.size() > kMailMax) {
      return;
    }
    mail->bytes += bytes;
    mail->list.push_back({push, mail->bytes.size()});
  }
  wake_once();
}

void AckGate::durable_moved() {
  if (parked_.load()) {
    wake_once();
  }
}

void AckGate::wake_once() {
  if (!wake_pending_.exchange(true)) {
    wake_();
  }
}

void AckGate::swap_mail() {
  const Hold mail(mail_);
  std::swap(*mail, taken_);
}

// The durable sequence; if it does not cover all that waits, durable_moved will call again.
uint64_t AckGate::watch_durable() {
  if (waiting() == 0) {
    parked_.store(false);
    return 0;
  }
  parked_.store(true);
  return durable_.load();
}

// Gives back the room of what has left: at once when nothing waits, else when it is half of it.
void AckGate::compact() {
  if (waiting() == 0) {
    waiting_.clear();
    bytes_.clear();
    head_ = 0;
    parked_.store(false);
    return;
  }
  if (head_ * 2 < waiting_.size()) {
    return;
  }
  const std::size_t gone = waiting_[head_].begin;
  bytes_.erase(0, gone);
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(head_));
  for (Waiting& entry : waiting_) {
    entry.begin -= gone;
  }
  head_ = 0;
}

}  // namespace plated
