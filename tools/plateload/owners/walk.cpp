#include "tools/plateload/owners/walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/check.h"
#include "tools/plateload/owners/schedule.h"

namespace plated::load {
namespace {

constexpr const char* kRehearsalCode = "000000";
constexpr int64_t kWaitMs = 500;       // when a refusal does not say how long
constexpr int64_t kWaitMaxMs = 5'000;  // however long it says: the state of things may change
constexpr int64_t kBackoffMs = 100;
// Every walk to a plate decides as often: two codes, submit, verify, draw, shortlist, confirm.
constexpr uint64_t kDecisions = 7;

// What no client should send; {0} is the id, {1} the vehicle.
constexpr std::array<fmt::string_view, 6> kNonsense = {
    R"({{"id":{0},"op":"draw","vehicle":)",
    R"([{0},"{1}"])",
    R"({{"id":{0},"op":"steal","vehicle":"{1}"}})",
    R"({{"id":{0},"op":"draw","vehicle":"{1}","draw":"one","without4":false}})",
    R"({{"id":{0},"op":"draw","vehicle":"{1}","draw":0,"without4":false}})",
    R"({{"id":{0},"op":"enter","vehicle":"{1}","please":true}})"};

bool chance(uint64_t& state, double share) { return random_share(state) < share; }

// Refusals that say nothing but "later".
bool asks_to_wait(const std::string& code) {
  return code == "not_open" || code == "paused" || code == "maintenance" || code == "overloaded" ||
         code == "shutting_down" || code == "all_held" || code == "too_soon";
}

}  // namespace

WalkPlan make_plan(const PlanShares& shares, uint64_t seed, uint64_t owner) {
  uint64_t state = seed ^ (owner * 0xD1342543DE82EF95);
  WalkPlan plan;
  plan.draws =
      chance(state, shares.redraws) ? 2 + static_cast<uint32_t>(random_number(state) % 4) : 1;
  plan.without4 = chance(state, shares.without4);
  plan.abandon = chance(state, shares.abandon);
  plan.exhaust = chance(state, 0.5);
  if (chance(state, shares.reconnect)) {
    plan.reconnect_at = 1 + static_cast<uint32_t>(random_number(state) % kDecisions);
  }
  if (chance(state, shares.nonsense)) {
    plan.nonsense_at = 1 + static_cast<uint32_t>(random_number(state) % kDecisions);
  }
  plan.seed = random_number(state);
  return plan;
}

Walk::Walk(std::string vehicle, const WalkPlan& plan)
    : vehicle_(std::move(vehicle)), plan_(plan), random_state_(plan.seed) {}

uint64_t Walk::random() { return random_number(random_state_); }

const std::string& Walk::any_of(const std::vector<std::string>& plates) {
  check(!plates.empty(), "there is a plate to choose");
  return plates[random() % plates.size()];
}

Action Walk::finish(WalkEnd end, std::string why) {
  finished_ = true;
  Action action;
  action.kind = Action::Kind::finish;
  action.end = end;
  action.why = std::move(why);
  return action;
}

Action Walk::send(Op op, std::string text) {
  asking_ = true;
  Action action;
  action.kind = Action::Kind::send;
  action.op = op;
  action.text = std::move(text);
  return action;
}

Action Walk::enter() {
  entering_ = true;
  Request request;
  request.vehicle = vehicle_;
  return send(Op::enter, encode(request, ++id_));
}

Action Walk::ask(Request request) {
  check(!request_.has_value(), "a walk asks one thing at a time");
  request.vehicle = vehicle_;
  request_ = std::move(request);
  const Think& think = plan_.think.before[static_cast<std::size_t>(request_->op)];
  thinking_ms_ = take_time(think, random_state_);
  return thinking_ms_ > 0 ? pause(thinking_ms_) : ask_again();
}

Action Walk::pause(int64_t after_ms) {
  pausing_ = true;
  Action action;
  action.kind = Action::Kind::pause;
  action.after_ms = after_ms;
  return action;
}

Action Walk::talk_nonsense() {
  talking_nonsense_ = true;
  const fmt::string_view nonsense = kNonsense[random() % kNonsense.size()];
  return send(Op::nonsense, fmt::format(fmt::runtime(nonsense), ++id_, vehicle_));
}

Action Walk::ask_again() { return send(request_->op, encode(*request_, ++id_)); }

Action Walk::on_connected() {
  check(!finished_, "a finished walk needs no connection");
  waiting_room_ = false;
  pausing_ = false;
  thought_ms_ += std::exchange(thinking_ms_, 0);
  return enter();
}

Action Walk::on_lost(const std::string& why, int64_t waited_ms) {
  thought_ms_ += std::min(std::exchange(thinking_ms_, 0), waited_ms);
  asking_ = false;
  entering_ = false;
  pausing_ = false;
  talking_nonsense_ = false;
  if (++lost_ > kReconnectsMax) {
    return finish(WalkEnd::failed, "no connection: " + why);
  }
  const int64_t backoff = std::min(kBackoffMs << std::min(lost_ - 1, 6U), kWaitMaxMs);
  Action action;
  action.kind = Action::Kind::reconnect;
  // With jitter, so that those whom one moment cut off do not all come back in one moment.
  action.after_ms = std::exchange(reconnect_in_ms_, 0) + backoff / 2 +
                    static_cast<int64_t>(random() % static_cast<uint64_t>(backoff));
  return action;
}

Action Walk::on_pause_over() {
  if (!std::exchange(pausing_, false)) {
    return {};
  }
  thought_ms_ += std::exchange(thinking_ms_, 0);
  if (!document_ || waiting_room_) {
    return enter();
  }
  return request_ ? ask_again() : decide();
}

Action Walk::on_message(const Message& message) {
  if (finished_) {
    return {};
  }
  switch (message.kind) {
    case MessageKind::answer:
    case MessageKind::refusal:
      // What cannot be read has no id.
      if (!asking_ || (message.id != id_ && !(talking_nonsense_ && !message.id))) {
        return finish(WalkEnd::failed, "an answer to no question");
      }
      asking_ = false;
      lost_ = 0;
      if (std::exchange(talking_nonsense_, false)) {
        return message.kind == MessageKind::refusal
                   ? decide()
                   : finish(WalkEnd::failed, "nonsense was taken for a request");
      }
      return message.kind == MessageKind::answer ? on_answer(message) : on_refusal(message);
    case MessageKind::application:
      document_ = message.document;
      return asking_ || pausing_ || waiting_room_ ? Action{} : decide();
    case MessageKind::admitted:
      return on_admitted();
    case MessageKind::bye:
      reconnect_in_ms_ = std::clamp<int64_t>(message.retry_in_ms.value_or(0), 0, kWaitMaxMs);
      return {};
    case MessageKind::waiting:
    case MessageKind::other_event:
      return {};
  }
  return {};
}

// Whoever was just giving a sign of life asks again once that is answered.
Action Walk::on_admitted() {
  if (!std::exchange(waiting_room_, false) || !request_ || asking_) {
    return {};
  }
  pausing_ = false;
  return ask_again();
}

Action Walk::on_answer(const Message& message) {
  patience_ = 0;
  const bool entered = std::exchange(entering_, false);
  if (!entered && request_->op == Op::send_code) {
    code_sent_ = true;
    request_.reset();
    return decide();
  }
  if (!message.document) {
    return finish(WalkEnd::failed, "an answer without an application");
  }
  const WalkStep before = document_ ? document_->step : message.document->step;
  document_ = message.document;
  code_sent_ = code_sent_ && before == document_->step;
  if (entered) {
    const bool fresh = document_->step == WalkStep::submit && document_->draw == 0;
    if (std::exchange(first_enter_, false) && !plan_.resume && !plan_.look_only && !fresh) {
      return finish(WalkEnd::failed, "the application is already on its way");
    }
    return request_ ? ask_again() : decide();
  }
  const Op op = request_->op;
  request_.reset();
  if (op == Op::draw || op == Op::repeat) {
    keeping_ = random() % 2 == 0;
    repeated_ = true;
  }
  return decide();
}

Action Walk::on_refusal(const Message& message) {
  const bool entered = std::exchange(entering_, false);
  if (message.code == "waiting" && !entered) {
    waiting_room_ = true;
    return pause(kSignOfLifeMs);
  }
  // A code may have been sent by a request whose answer was lost: then it is there to be used.
  if (message.code == "too_soon" && !entered && request_->op == Op::send_code && patience_ == 0) {
    ++patience_;
    code_sent_ = true;
    request_.reset();
    return decide();
  }
  if (asks_to_wait(message.code)) {
    if (entered) {
      document_.reset();
    }
    return wait(message);
  }
  return entered ? finish(WalkEnd::failed, message.code + ": " + message.text) : on_no(message);
}

// A refusal of what was asked, for good.
Action Walk::on_no(const Message& message) {
  const Op op = request_->op;
  request_.reset();
  const std::string& code = message.code;
  if (code == "pool_empty") {
    return finish(plan_.until_empty ? WalkEnd::pool_empty : WalkEnd::failed, code);
  }
  if (code == "code_expired") {
    code_sent_ = false;
    return wait(message);
  }
  if (code == "expired" && op == Op::shortlist) {
    document_->batch.reset();
    return decide();
  }
  if ((code == "expired" || code == "not_on_shortlist") && op == Op::confirm) {
    document_->shortlist.reset();
    return decide();
  }
  if (code == "terms_outdated" || code == "wrong_step" || code == "no_draws_left") {
    return surprise(message);
  }
  if (code == "wrong_draw_number" || code == "not_in_batch" || code == "already_confirmed" ||
      code == "internal") {
    return surprise(message);
  }
  return finish(WalkEnd::failed, code + ": " + message.text);
}

Action Walk::wait(const Message& message) {
  if (++patience_ > kPatienceMax) {
    return finish(WalkEnd::failed, "still refused: " + message.code);
  }
  return pause(std::clamp<int64_t>(message.retry_in_ms.value_or(kWaitMs), 1, kWaitMaxMs));
}

// The server knows better where this application is: ask again, but not for ever.
Action Walk::surprise(const Message& message) {
  if (++surprises_ > kSurprisesMax) {
    return finish(WalkEnd::failed, message.code + ": " + message.text);
  }
  code_sent_ = false;
  return enter();
}

Action Walk::decide() {
  if (plan_.look_only) {
    return look();
  }
  if (plan_.reconnect_at > 0 && --plan_.reconnect_at == 0) {
    Action action;
    action.kind = Action::Kind::reconnect;
    action.after_ms = take_time(plan_.think.away, random_state_);
    thinking_ms_ = action.after_ms;
    return action;
  }
  if (plan_.nonsense_at > 0 && --plan_.nonsense_at == 0) {
    return talk_nonsense();
  }
  return decide_step();
}

Action Walk::decide_step() {
  switch (document_->step) {
    case WalkStep::submit:
      return decide_code("submit");
    case WalkStep::notice:
      return decide_code("verify");
    case WalkStep::pick:
      return decide_pick();
    case WalkStep::done:
    case WalkStep::issued:
      return plan_.prepare_only ? finish(WalkEnd::failed, "the owner has a plate already")
                                : finish(WalkEnd::confirmed);
    case WalkStep::lapsed:
      return finish(WalkEnd::failed, "lapsed");
  }
  return {};
}

Action Walk::decide_code(const char* purpose) {
  Request request;
  if (!code_sent_) {
    request.op = Op::send_code;
    request.purpose = purpose;
    return ask(std::move(request));
  }
  request.op = document_->step == WalkStep::submit ? Op::submit : Op::verify;
  request.code = kRehearsalCode;
  request.terms = document_->terms;
  return ask(std::move(request));
}

bool Walk::batch_is_untouched() const {
  if (!document_->batch || document_->batch->empty()) {
    return false;
  }
  const auto kept = document_->shortlist.value_or(std::vector<std::string>{});
  return std::none_of(kept.begin(), kept.end(), [&](const std::string& plate) {
    return std::find(document_->batch->begin(), document_->batch->end(), plate) !=
           document_->batch->end();
  });
}

Action Walk::decide_pick() {
  if (plan_.prepare_only && document_->draw >= plan_.draws) {
    return finish(WalkEnd::ready);
  }
  const bool draws_more =
      plan_.abandon && plan_.exhaust ? document_->draws_left > 0 : document_->draw < plan_.draws;
  if (plan_.abandon && (!draws_more || document_->draws_left == 0)) {
    return finish(WalkEnd::abandoned);
  }
  if (!draws_more || document_->draws_left == 0) {
    return choose();
  }
  Request request;
  if (keeping_ && document_->draw > 0 && batch_is_untouched()) {
    request.op = Op::shortlist;
    request.plate = any_of(*document_->batch);
    return ask(std::move(request));
  }
  request.op = Op::draw;
  request.draw = document_->draw + 1;
  request.without4 = plan_.without4;
  return ask(std::move(request));
}

// Every draw that was meant is made: one of the batch to the shortlist, one of the shortlist for
// good.
Action Walk::choose() {
  Request request;
  if (batch_is_untouched()) {
    request.op = Op::shortlist;
    request.plate = any_of(*document_->batch);
    return ask(std::move(request));
  }
  if (document_->shortlist && !document_->shortlist->empty()) {
    request.op = Op::confirm;
    request.plate = any_of(*document_->shortlist);
    return ask(std::move(request));
  }
  if (document_->draws_left > 0) {
    request.op = Op::draw;
    request.draw = document_->draw + 1;
    request.without4 = plan_.without4;
    return ask(std::move(request));
  }
  // Nothing is live any more: the fallback is about to be confirmed, and that is pushed.
  return {};
}

Action Walk::look() {
  const bool repeats = document_->step == WalkStep::pick && plan_.repeat_draw > 0 &&
                       document_->draw == plan_.repeat_draw && !repeated_;
  if (!repeats) {
    return finish(WalkEnd::looked);
  }
  Request request;
  request.op = Op::repeat;
  request.draw = plan_.repeat_draw;
  request.without4 = plan_.without4;
  return ask(std::move(request));
}

}  // namespace plated::load
