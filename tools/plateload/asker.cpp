#include "tools/plateload/asker.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "engine/check.h"

namespace plated::load {
namespace {

// Of so many answers one is read whole: that the others have the right form is likely enough then.
constexpr int64_t kCloseLookEvery = 64;

// A request, put together without an allocation.
class RequestText {
 public:
  RequestText& operator<<(std::string_view text) {
    check(size_ + text.size() <= text_.size(), "a request of a steady load is short");
    std::memcpy(text_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  RequestText& operator<<(int64_t number) {
    const auto [end, error] =
        std::to_chars(text_.data() + size_, text_.data() + text_.size(), number);
    check(error == std::errc{}, "a number fits into a request");
    size_ = static_cast<std::size_t>(end - text_.data());
    return *this;
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

}  // namespace

Asker::Asker(const Load& load, Tally& tally, MessageReader& reader, std::string owner,
             std::size_t number)
    : load_(load),
      tally_(tally),
      reader_(reader),
      owner_(std::move(owner)),
      vehicle_(rehearsal_vehicle(owner_)),
      number_(number) {}

bool Asker::connect(Poller& poller) {
  const uint64_t token = uint64_t{++generation_} << 32 | number_;
  began_ns_ = now_ns();
  if (connection_.open(load_.server, number_, ticket_of(load_.key, owner_), poller, token)) {
    return true;
  }
  why_ = connection_.why();
  return false;
}

void Asker::lose() {
  if (!connection_.was_made()) {
    tally_.unconnected(began_ns_);
  }
  while (in_flight_ > 0) {
    const Asked asked = take_oldest();
    if (ready_) {
      tally_.unanswered(asked.due_ns, 1);
    }
  }
  ready_ = false;
  in_step_ = true;
  connection_.close();
}

void Asker::drop_waiting(int64_t before_ns) {
  while (!waiting_.empty() && waiting_.front().due_ns < before_ns) {
    tally_.unanswered(take_waiting().due_ns, 1);
  }
}

bool Asker::may_ask(Op op) const {
  if (!ready_ || in_flight_ == kInFlightMax || !in_step_) {
    return false;
  }
  // A plate must be of the batch that is there when the request arrives.
  return op != Op::shortlist || in_flight_ == 0;
}

void Asker::ask(Op op, int64_t due_ns) {
  if (waiting_.empty() && may_ask(op)) {
    put(op, due_ns);
  } else {
    waiting_.push_back({op, due_ns, 0});
    waiting_draws_ += op == Op::draw ? 1 : 0;
  }
}

void Asker::put_waiting() {
  while (!waiting_.empty() && may_ask(waiting_.front().op)) {
    const Asked asked = take_waiting();
    put(asked.op, asked.due_ns);
  }
}

void Asker::put(Op op, int64_t due_ns) {
  const Op wire = op == Op::repeat ? Op::draw : op;
  RequestText text;
  text << R"({"id":)" << ++id_ << R"(,"op":")" << name_of(wire) << R"(","vehicle":")" << vehicle_;
  if (wire == Op::draw) {
    draw_ += op == Op::draw ? 1 : 0;
    draws_left_ -= op == Op::draw ? 1 : 0;
    text << R"(","draw":)" << draw_ << R"(,"without4":false})";
  } else if (op == Op::shortlist) {
    text << R"(","plate":")" << plate_ << R"("})";
  } else {
    text << R"("})";
  }
  connection_.put(text.view());
  ring_[(oldest_ + in_flight_) % kInFlightMax] = {op, due_ns, draw_};
  if (in_flight_++ == 0) {
    sent_ns_ = now_ns();
  }
}

bool Asker::flush() {
  if (connection_.flush()) {
    return true;
  }
  why_ = connection_.why();
  return false;
}

bool Asker::on_ready(uint32_t generation, uint32_t events, Scratch& scratch) {
  if (generation != generation_) {
    return true;
  }
  do {
    const Connection::State before = connection_.state();
    if (!connection_.advance(events, scratch)) {
      why_ = connection_.why();
      return false;
    }
    if (before != Connection::State::open && connection_.state() == Connection::State::open) {
      enter();
    }
    while (const auto text = connection_.next_text()) {
      if (!on_text(*text)) {
        return false;
      }
    }
  } while (connection_.wants_more());
  put_waiting();
  return true;
}

Asked Asker::take_oldest() {
  const Asked asked = ring_[oldest_];
  oldest_ = (oldest_ + 1) % kInFlightMax;
  --in_flight_;
  return asked;
}

Asked Asker::take_waiting() {
  const Asked asked = waiting_.front();
  waiting_.pop_front();
  waiting_draws_ -= asked.op == Op::draw ? 1 : 0;
  return asked;
}

bool Asker::on_text(std::string_view text) {
  const Glance glance = glance_at(text);
  if (glance.kind == Glance::Kind::event) {
    ++tally_.counts().pushed;
    return true;
  }
  if (glance.kind == Glance::Kind::unclear || in_flight_ == 0 ||
      glance.id != id_ - static_cast<int64_t>(in_flight_) + 1) {
    why_ = "an answer to no question";
    return false;
  }
  if (!ready_) {
    return on_entered(text);
  }
  on_answer(glance, text);
  if (!in_step_ && in_flight_ == 0) {
    enter();
  }
  return true;
}

// Asks where the application stands; nothing else is asked until that is known. It is not counted.
void Asker::enter() {
  ready_ = false;
  put(Op::enter, 0);
}

bool Asker::on_entered(std::string_view text) {
  (void)take_oldest();
  const auto message = reader_.read(text);
  if (!message || !message->document || message->document->step != WalkStep::pick) {
    why_ = message && !message->code.empty() ? message->code : "the owner is not in pick";
    return false;
  }
  draw_ = message->document->draw;
  draws_left_ = message->document->draws_left;
  plate_ = first_plate(text);
  ready_ = true;
  in_step_ = true;
  return true;
}

void Asker::on_answer(const Glance& glance, std::string_view text) {
  const Asked asked = take_oldest();
  sent_ns_ = now_ns();
  tally_.answered(asked.op, asked.due_ns, sent_ns_, glance.code);
  if (asked.op == Op::draw && glance.kind == Glance::Kind::refusal) {
    in_step_ = false;  // what follows it has wrong numbers
  } else if (asked.op == Op::draw && load_.options.mix.has(Op::shortlist)) {
    plate_ = first_plate(text);
  }
  if (glance.kind == Glance::Kind::ok && glance.id % kCloseLookEvery == 0) {
    look_closely(asked, text);
  }
}

void Asker::look_closely(const Asked& asked, std::string_view text) {
  const auto message = reader_.read(text);
  if (message && message->document && message->document->vehicle == vehicle_ &&
      message->document->draw >= asked.draw) {
    return;
  }
  ++tally_.counts().violations;
  tally_.counts().add_reason(owner_ + ": " + std::string(name_of(asked.op)) +
                             " was answered with something else: " + std::string(text));
}

}  // namespace plated::load
