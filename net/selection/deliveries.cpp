#include "net/selection/deliveries.h"

#include <algorithm>
#include <utility>

#include "engine/secret_memory.h"
#include "net/protocol/answer_text.h"

namespace plated {
namespace {

// So many applications are looked at before the thread goes back to its sockets.
constexpr std::size_t kLooksAtOnce = 128;

constexpr Millis kReconnectLeast{500};
constexpr uint32_t kReconnectSpread = 4000;  // milliseconds

// What is left of a code that was sent or tried, and of the phone.
void forget_code(const Request& request) {
  if (request.op != Op::send_code && request.code.empty()) {
    return;
  }
  // The decoder has copied it into memory of its own, and nobody reads it any more.
  wipe(const_cast<char*>(request.code.data()), request.code.size());
  wipe_stack();
}

}  // namespace

Deliveries::Deliveries(const Dispatch::Parts& parts, const std::atomic<uint64_t>& durable,
                       std::function<void()> wake, ReadMoment read_moment)
    : read_moment_(read_moment), gate_(durable, std::move(wake)), dispatch_(parts) {}

void Deliveries::join(Caller& caller) {
  const std::size_t slot = caller.connection.slot;
  if (slot >= callers_.size()) {
    callers_.resize(slot + 1);
  }
  check(callers_[slot] == nullptr, "one connection stands in a slot");
  callers_[slot] = &caller;
}

void Deliveries::leave(Caller& caller) {
  check(find(caller.connection) == &caller, "who leaves has joined");
  dispatch_.forget(caller);
  callers_[caller.connection.slot] = nullptr;
}

Caller* Deliveries::find(ConnectionId connection) {
  Caller* const caller = connection.slot < callers_.size() ? callers_[connection.slot] : nullptr;
  return caller != nullptr && caller->connection == connection ? caller : nullptr;
}

Deliveries::Execution Deliveries::execute(std::string_view frame, Caller& caller) {
  Execution execution;
  execution.note.answer = true;
  execution.note.since = read_moment_();
  messages_.clear();
  const auto now = std::chrono::duration_cast<Micros>(execution.note.since.time_since_epoch());
  const bool decoded = decoder_.decode(frame);
  const Request& request = decoder_.request();
  if (const auto wait = dispatch_.too_soon(caller, now)) {
    write_error_answer(request.id, {.code = ErrorCode::too_soon, .retry_in = *wait},
                       messages_.bytes);
    messages_.end_message();
    execution.note.understood = decoded;
    execution.note.op = request.op;
    execution.note.code = ErrorCode::too_soon;
  } else if (decoded) {
    const Executed executed = dispatch_.execute(request, caller, now, messages_);
    execution.rests_on = executed.rests_on;
    execution.note.understood = true;
    execution.note.op = request.op;
    execution.note.code = executed.code;
  } else {
    write_error_answer(request.id, decoder_.complaint(), messages_.bytes);
    messages_.end_message();
  }
  forget_code(decoder_.request());
  return execution;
}

void Deliveries::accept(const AckGate::Push& push, std::string_view bytes) {
  switch (push.about) {
    case AckGate::Push::About::vehicle:
      return accept_of_vehicle(push, bytes);
    case AckGate::Push::About::office:
      return accept_of_office(push, bytes);
    case AckGate::Push::About::applications:
      return look_anew(push);
  }
}

// Whoever enters meanwhile sees it as it is, and hears nothing twice: it is the same version.
void Deliveries::look_anew(const AckGate::Push& push) {
  std::size_t looks = 0;
  for (std::size_t slot = push.connection.slot; slot < callers_.size(); ++slot) {
    Caller* const caller = callers_[slot];
    if (caller == nullptr || !caller->hears) {
      continue;
    }
    if (looks >= kLooksAtOnce) {
      AckGate::Push rest = push;
      rest.connection.slot = static_cast<uint32_t>(slot);
      gate_.send(rest, {});
      return;
    }
    for (const Watched& watched : caller->watched) {
      if (watched.office == push.office) {
        ++looks;
        messages_.clear();
        const Sequence rests_on = dispatch_.look_anew(watched, *caller, messages_);
        for (std::size_t i = 0; i < messages_.size(); ++i) {
          ++caller->parked;
          gate_.park(std::max(rests_on, push.rests_on), caller->connection, kNoNote, messages_[i]);
        }
      }
    }
  }
}

void Deliveries::accept_of_vehicle(const AckGate::Push& push, std::string_view bytes) {
  Caller* const caller = find(push.connection);
  if (caller != nullptr && caller->is_news(push.vehicle.view(), push.version, push.office)) {
    park_push(*caller, push, bytes);
  }
}

void Deliveries::accept_of_office(const AckGate::Push& push, std::string_view bytes) {
  for (Caller* const caller : callers_) {
    if (caller != nullptr && std::ranges::any_of(caller->watched, [&](const Watched& w) {
          return w.office == push.office;
        })) {
      park_push(*caller, push, bytes);
    }
  }
}

void Deliveries::park_push(Caller& caller, const AckGate::Push& push, std::string_view bytes) {
  if (caller.hears) {
    ++caller.parked;
    gate_.park(push.rests_on, caller.connection, kNoNote, bytes);
  }
}

void Deliveries::measure(const AckGate::Note& note) {
  if (note.understood) {
    const auto took = read_moment_() - note.since;
    meter_.record(note.op, note.code,
                  std::chrono::duration_cast<std::chrono::microseconds>(took).count());
  }
}

std::string bye_to(ConnectionId connection, std::string_view reason) {
  const uint32_t place = connection.slot * 37 + connection.thread * uint32_t{11};
  std::string text;
  write_bye_push(reason, kReconnectLeast + Millis(place % kReconnectSpread), text);
  return text;
}

std::string bye_for_new_ticket() {
  std::string text;
  write_bye_push("ticket_expired", Millis(0), text);
  return text;
}

}  // namespace plated
