#include "net/selection/dispatch.h"

#include <algorithm>

#include "engine/check.h"

namespace plated {
namespace {

Who who_asks(const Request& request, Caller& caller) {
  const Watched* const watched = caller.find(request.vehicle);
  return {caller.owner, request.vehicle, watched == nullptr ? kNoIndex : watched->hint};
}

// The place that the caller is about to be told of, if there is one; from now on it hears of it.
const PlaceView* tell_of(const std::optional<PlaceView>& place, Caller& caller) {
  if (!place) {
    return nullptr;
  }
  caller.waits_at(*place);
  return &*place;
}

}  // namespace

std::optional<Millis> Dispatch::too_soon(Caller& caller, Micros now) {
  const std::optional<Millis> wait = caller.pace.request(limits_, now);
  if (wait) {
    tell_to_wait(Limit::requests_per_connection, *wait, caller, now);
  }
  return wait;
}

Executed Dispatch::execute(const Request& request, Caller& caller, Micros now, Messages& out) {
  if (parts_.draining.load(std::memory_order_relaxed)) {
    return refuse(request, {}, {.code = ErrorCode::shutting_down}, out);
  }
  switch (request.op) {
    case Op::vehicles:
      return list_vehicles(request, caller, out);
    case Op::enter:
      return enter(request, caller, out);
    case Op::leave:
      return leave(request, caller, out);
    case Op::give_up:
      return give_up(request, caller, out);
    case Op::send_code:
      return send_code(request, caller, now, out);
    case Op::draw:
      in_turn(Limit::interval_draw, request, caller, now, [&](const Who& who, bool repeats_only) {
        parts_.engine.draw({who, request.draw, request.without4, repeats_only}, outcome_);
      });
      return answer_outcome(request, caller, out);
    case Op::confirm:
      in_turn(Limit::interval_confirm, request, caller, now,
              [&](const Who& who, bool repeats_only) {
                parts_.engine.confirm({who, request.plate, repeats_only}, outcome_);
              });
      return answer_outcome(request, caller, out);
    default:
      ask_engine(request, caller);
      return answer_outcome(request, caller, out);
  }
}

Sequence Dispatch::look_anew(const Watched& watched, Caller& caller, Messages& out) {
  parts_.engine.look({caller.owner, watched.vehicle.view(), watched.hint}, outcome_);
  if (outcome_.settled_first) {
    tell_settled(outcome_.settled, outcome_.rests_on, caller, out);
  } else if (outcome_.refusal == Refusal::none) {
    tell(outcome_.application, caller, out);
  }
  return outcome_.rests_on;
}

void Dispatch::forget(Caller& caller) {
  for (const Watched& watched : caller.watched) {
    parts_.watchers.remove(watched.vehicle.view(), caller.connection);
  }
  caller.watched.clear();
}

Executed Dispatch::list_vehicles(const Request& request, const Caller& caller, Messages& out) {
  parts_.engine.vehicles(caller.owner, request.after, page_);
  const std::string owner_name = parts_.codes.name_of(page_.key, page_.sealed);
  write_vehicles_answer(request.id, page_, owner_name, out.bytes);
  out.end_message();
  return {page_.rests_on};
}

// Watching begins before the engine is asked, so that no change falls between the view and the
// first push; what a push says that the view said already is dropped by its version.
Executed Dispatch::enter(const Request& request, Caller& caller, Messages& out) {
  const bool watched = caller.find(request.vehicle) != nullptr;
  if (!watched && caller.watched.size() == kWatchedMax) {
    return refuse(request, {},
                  {.code = ErrorCode::bad_request,
                   .message = "a connection enters at most 32 vehicles; leave one first",
                   .field = "vehicle"},
                  out);
  }
  const uint64_t mark = owner_mark(caller.owner);
  if (!watched) {
    parts_.watchers.add(request.vehicle, mark, caller.connection);
  }
  parts_.engine.enter({caller.owner, request.vehicle}, outcome_);
  if (outcome_.refusal != Refusal::none) {
    if (!watched) {
      parts_.watchers.remove(request.vehicle, caller.connection);
    }
  } else {
    parts_.watchers.keep_only(request.vehicle, mark);
    // What was settled before it watched is no news to this connection: the answer shows it.
    if (!watched) {
      caller.watched.push_back(
          {VehicleId(request.vehicle), {}, outcome_.application.version, outcome_.hint});
    }
  }
  return answer_outcome(request, caller, out);
}

// Who watches was let in before; anybody else is told, as by every op, whose the vehicle is not.
Executed Dispatch::leave(const Request& request, Caller& caller, Messages& out) {
  Sequence rests_on;
  if (caller.find(request.vehicle) == nullptr) {
    parts_.engine.enter({caller.owner, request.vehicle}, outcome_);
    rests_on = outcome_.rests_on;
    if (outcome_.settled_first) {
      tell_settled(outcome_.settled, rests_on, caller, out);
    }
    if (outcome_.refusal == Refusal::not_your_vehicle) {
      return refuse(request, rests_on, {.code = ErrorCode::not_your_vehicle}, out);
    }
  }
  unwatch(request.vehicle, caller);
  write_empty_answer(request.id, out.bytes);
  out.end_message();
  return {rests_on};
}

Executed Dispatch::give_up(const Request& request, Caller& caller, Messages& out) {
  const Verdict verdict = parts_.engine.give_up(caller.owner, request.office);
  if (verdict.kind == Verdict::Kind::overloaded) {
    return refuse(request, verdict.rests_on,
                  {.code = ErrorCode::overloaded, .retry_in = kOverloadedRetry}, out);
  }
  caller.waits_no_more(request.office);
  write_empty_answer(request.id, out.bytes);
  out.end_message();
  return {verdict.rests_on};
}

Executed Dispatch::send_code(const Request& request, Caller& caller, Micros now, Messages& out) {
  if (const auto told = parts_.limits.code(limits_, caller.peer, now)) {
    caller.pace.told_to_wait(told->limit, told->wait, now);
    return refuse(request, {}, {.code = ErrorCode::too_soon, .retry_in = told->wait}, out);
  }
  parts_.codes.send({caller.owner, request.vehicle}, request.purpose, sent_);
  const Sequence rests_on = sent_.request.rests_on;
  if (sent_.request.settled_first) {
    tell_settled(sent_.request.settled, rests_on, caller, out);
  }
  if (sent_.error != ErrorCode::none) {
    parts_.limits.code_not_sent(limits_, caller.peer);
    return refuse(request, rests_on,
                  {.code = sent_.error,
                   .message = sent_.message,
                   .retry_in = sent_.retry_in,
                   .until = sent_.until,
                   .place = tell_of(sent_.request.place, caller)},
                  out);
  }
  if (request.purpose == CodePurpose::verify) {
    caller.waits_no_more(sent_.request.office);
  }
  write_code_answer(request.id, {sent_.sent_to, sent_.expires_in, sent_.resend_in}, out.bytes);
  out.end_message();
  return {rests_on};
}

// Asks for something that an owner may do once in an interval. Before its end only what was done
// already is answered, which changes nothing; and that does not begin another interval.
template <class Ask>
void Dispatch::in_turn(Limit limit, const Request& request, Caller& caller, Micros now, Ask&& ask) {
  const bool draws = limit == Limit::interval_draw;
  const Millis length = draws ? limits_.interval_draw : limits_.interval_confirm;
  const Who who = who_asks(request, caller);
  if (length == Millis(0) || caller.owner_pace == nullptr) {
    ask(who, false);
    return;
  }
  Interval& interval = draws ? caller.owner_pace->draws : caller.owner_pace->confirms;
  const std::optional<Millis> wait = interval.take(length, now);
  ask(who, wait.has_value());
  if (!wait) {
    if (outcome_.refusal == Refusal::none && !outcome_.changed) {
      interval.give_back(length, now);
    }
  } else if (outcome_.refusal != Refusal::none) {
    outcome_.refusal = Refusal::too_soon;
    outcome_.retry_in = wait;
    outcome_.until.reset();
    tell_to_wait(limit, *wait, caller, now);
  }
}

void Dispatch::tell_to_wait(Limit limit, Millis wait, Caller& caller, Micros now) {
  caller.pace.told_to_wait(limit, wait, now);
  parts_.limits.count(limit);
}

void Dispatch::ask_engine(const Request& request, Caller& caller) {
  const Who who = who_asks(request, caller);
  switch (request.op) {
    case Op::submit:
      parts_.codes.submit(who, request.code, request.terms, outcome_);
      return;
    case Op::verify:
      parts_.codes.verify(who, request.code, outcome_);
      return;
    case Op::shortlist:
      parts_.engine.shortlist({who, request.plate}, outcome_);
      return;
    default:
      check(false, "the op is one about an application");
  }
}

Executed Dispatch::answer_outcome(const Request& request, Caller& caller, Messages& out) {
  const Sequence rests_on = outcome_.rests_on;
  if (outcome_.settled_first) {
    tell_settled(outcome_.settled, rests_on, caller, out);
  }
  if (outcome_.refusal != Refusal::none) {
    if (outcome_.refusal == Refusal::not_your_vehicle) {
      unwatch(request.vehicle, caller);
    }
    return refuse(request, rests_on,
                  {.code = error_of(outcome_.refusal),
                   .retry_in = outcome_.retry_in,
                   .until = outcome_.until,
                   .place = tell_of(outcome_.place, caller)},
                  out);
  }
  const ApplicationView& application = outcome_.application;
  if (tell_of(application.place, caller) == nullptr && request.op == Op::verify) {
    caller.waits_no_more(application.pool.office);
  }
  if (outcome_.changed) {
    parts_.watchers.publish(application, rests_on, owner_mark(caller.owner), caller.connection);
  }
  if (Watched* const watched = caller.find(request.vehicle)) {
    watched->office = application.pool.office;
    watched->version = std::max(watched->version, application.version);
  }
  write_application_answer(request.id, application, out.bytes);
  out.end_message();
  return {rests_on};
}

// What was due concerns every watcher, the caller too; their push comes before their answer.
void Dispatch::tell_settled(const ApplicationView& settled, Sequence rests_on, Caller& caller,
                            Messages& out) {
  parts_.watchers.publish(settled, rests_on, owner_mark(caller.owner), caller.connection);
  tell(settled, caller, out);
}

void Dispatch::tell(const ApplicationView& application, Caller& caller, Messages& out) {
  if (caller.is_news(application.vehicle.view(), application.version, application.pool.office)) {
    write_application_push(application, out.bytes);
    out.end_message();
  }
}

void Dispatch::unwatch(std::string_view vehicle, Caller& caller) {
  parts_.watchers.remove(vehicle, caller.connection);
  std::erase_if(caller.watched, [&](const Watched& w) { return w.vehicle.view() == vehicle; });
}

Executed Dispatch::refuse(const Request& request, Sequence rests_on, const Complaint& complaint,
                          Messages& out) {
  write_error_answer(request.id, complaint, out.bytes);
  out.end_message();
  return {rests_on, complaint.code};
}

}  // namespace plated
