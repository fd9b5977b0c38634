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

// Whether a place is another one than was told. The rate of admissions and the time that follows
// from it change all the time: they are news only when they become known, or unknown.
bool is_news(const PlaceView& told, const PlaceView& place) {
  return place.lobby != told.lobby || place.opens_at != told.opens_at ||
         place.in_lobby != told.in_lobby || place.ahead != told.ahead ||
         place.eta_low.has_value() != told.eta_low.has_value() ||
         place.admitted_per_minute.has_value() != told.admitted_per_minute.has_value();
}

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
    : read_moment_(read_moment),
      gate_(durable, std::move(wake)),
      dispatch_(parts),
      engine_(parts.engine) {}

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
  waiting_.remove(caller);
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
    execution.note.code = decoder_.complaint().code;
  }
  // Whatever a client sends shows that it is there; of what was done the engine knows by itself.
  if (execution.note.code != ErrorCode::none || request.op == Op::leave) {
    engine_.heard_of(caller.owner);
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
    case AckGate::Push::About::owner:
      return accept_of_owner(push, bytes);
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
    park_push(*caller, push.rests_on, bytes);
  }
}

void Deliveries::accept_of_office(const AckGate::Push& push, std::string_view bytes) {
  for (Caller* const caller : callers_) {
    if (caller != nullptr && std::ranges::any_of(caller->watched, [&](const Watched& w) {
          return w.office == push.office;
        })) {
      park_push(*caller, push.rests_on, bytes);
    }
  }
}

void Deliveries::accept_of_owner(const AckGate::Push& push, std::string_view bytes) {
  waiting_.each_of(push.owner, [&](Caller& caller) {
    const std::size_t before = caller.places.size();
    caller.waits_no_more(push.office);
    if (caller.places.size() < before) {
      park_push(caller, push.rests_on, bytes);
      waiting_.note(caller);
    }
  });
}

void Deliveries::tell_places(Micros now) {
  waiting_.look_at_next(now, [this](Caller& caller) { look_at_places(caller); });
}

// A place that ended otherwise than by its owner being let in is told by nobody here: whoever gave
// it up knows, and that the office closed is a push of its own.
void Deliveries::look_at_places(Caller& caller) {
  if (!caller.hears || caller.parked > 0) {
    return;
  }
  std::erase_if(caller.places, [&](PlaceView& told) {
    const StandingView standing = engine_.standing(caller.owner, told.office);
    place_text_.clear();
    if (standing.place && is_news(told, *standing.place)) {
      told = *standing.place;
      write_waiting_push(told, place_text_);
    } else if (standing.act_within) {
      write_admitted_push(told.office, *standing.act_within, place_text_);
    }
    if (!place_text_.empty()) {
      park_push(caller, standing.rests_on, place_text_);
    }
    return !standing.place;
  });
}

void Deliveries::park_push(Caller& caller, Sequence rests_on, std::string_view bytes) {
  if (caller.hears) {
    ++caller.parked;
    gate_.park(rests_on, caller.connection, kNoNote, bytes);
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
