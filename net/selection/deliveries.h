// What the connections of one thread are told, and when. Every rule of it stands here and in what
// this is made of, and no socket does, so a simulation without any runs what ships:
//   - Nothing is said before what it rests on is durable (ack_gate.h).
//   - A connection hears its answers in the order of its requests; what a request found due comes
//     as a push before its answer (dispatch.h). Nothing overtakes what waits already.
//   - Versions of a vehicle never decrease on one connection: a push that is no newer than what it
//     was told, or than what waits for it, is dropped.
//   - An office's push is for whoever watches a vehicle of it. When what its applications show has
//     changed, they are looked at anew for their watchers, some connections at a time.
//   - Whoever was told of a place in a waiting room hears when it changes, at most once a second,
//     and when they are admitted. A connection that has not heard the last yet hears of the next
//     later.
//   - At most kInFlightMax requests of one connection wait for their answers.
//   - Whoever is dismissed hears bye after the answers that they are owed, and nothing after it.
//
// Belongs to its thread, but for what AckGate lets any thread call. Allocates nothing for a message
// once its memory has grown to what is usual.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "engine/types.h"
#include "net/protocol/codec.h"
#include "net/selection/ack_gate.h"
#include "net/selection/connection.h"
#include "net/selection/dispatch.h"
#include "net/selection/request_meter.h"
#include "net/selection/waiting_callers.h"

namespace plated {

class Deliveries {
 public:
  // Tells the moment, to measure how long requests take.
  using ReadMoment = std::chrono::steady_clock::time_point (*)();
  // A message that may be said now, and what it rests on.
  struct Said {
    Caller& caller;
    std::string_view bytes;
    Sequence rests_on;
  };

  // `durable` and `wake` are AckGate's.
  Deliveries(const Dispatch::Parts& parts, const std::atomic<uint64_t>& durable,
             std::function<void()> wake, ReadMoment read_moment);
  Deliveries(const Deliveries&) = delete;
  Deliveries& operator=(const Deliveries&) = delete;

  // From now on the connection is told things, until it leaves; it stays where it is for so long.
  void join(Caller& caller);
  // Nothing reaches it any more, and nobody watches for it.
  void leave(Caller& caller);
  // The connection is closing, and told nothing more. What it is owed still counts.
  static void hush(Caller& caller) { caller.hears = false; }

  // Whether one more request of it may be read now. The seventeenth stays unread.
  [[nodiscard]] static bool may_ask(const Caller& caller) {
    return caller.hears && caller.in_flight < kInFlightMax;
  }
  // It is to hear bye after the answers that it is owed.
  static void dismiss(Caller& caller) { caller.dismissed = true; }
  // Whether that is now. Whoever says it hushes the connection.
  [[nodiscard]] static bool bye_is_due(const Caller& caller) {
    return caller.dismissed && caller.hears && caller.in_flight == 0;
  }

  // Executes one frame with kFramePadding readable bytes behind it. What comes of it is said at
  // once by `say(Said)` where all of it may be; else it waits at the gate. Requires may_ask.
  template <class Say>
  void receive(std::string_view frame, Caller& caller, Say&& say) {
    check(may_ask(caller), "what may not be asked stays unread");
    const Execution execution = execute(frame, caller);
    waiting_.note(caller);
    const bool at_once = caller.parked == 0 && gate_.is_durable(execution.rests_on);
    ++caller.in_flight;
    caller.parked += static_cast<uint32_t>(messages_.size());
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      const bool last = i + 1 == messages_.size();
      const AckGate::Note& note = last ? execution.note : kNoNote;
      if (at_once) {
        clear(caller, note, {caller, messages_[i], execution.rests_on}, say);
      } else {
        gate_.park(execution.rests_on, caller.connection, note, messages_[i]);
      }
    }
  }

  // Takes in the pushes that other threads left, and says all that has become durable, in order:
  // `say(Said)` for a connection that joined, `reply(ConnectionId)` for one that was held back.
  // Neither may have anything executed.
  template <class Say, class Reply>
  void release(Say&& say, Reply&& reply) {
    gate_.woken();
    gate_.collect(
        [this](const AckGate::Push& push, std::string_view bytes) { accept(push, bytes); });
    gate_.release([&](const AckGate::Cleared& cleared) {
      if (Caller* const caller = find(cleared.connection)) {
        clear(*caller, cleared.note, {*caller, cleared.bytes, cleared.rests_on}, say);
      } else {
        reply(cleared.connection);
      }
    });
  }

  // Looks at the next of those who wait (see WaitingCallers), and has what changed of their places
  // said by the next release.
  void tell_places(Micros now);

  // Has `reply` called for a connection that has not joined, when `rests_on` is durable.
  void hold_back(Sequence rests_on, ConnectionId connection) {
    gate_.park(rests_on, connection, kNoNote, {});
  }
  [[nodiscard]] bool is_durable(Sequence sequence) const { return gate_.is_durable(sequence); }

  // From now on; until then there are none.
  void set_limits(const Limits& limits) { dispatch_.set_limits(limits); }

  // From any thread: what AckGate says of send and durable_moved.
  [[nodiscard]] AckGate& gate() { return gate_; }
  [[nodiscard]] const RequestMeter& meter() const { return meter_; }

 private:
  struct Execution {
    Sequence rests_on;
    AckGate::Note note;
  };
  static constexpr AckGate::Note kNoNote{};

  [[nodiscard]] Execution execute(std::string_view frame, Caller& caller);
  [[nodiscard]] Caller* find(ConnectionId connection);
  void accept(const AckGate::Push& push, std::string_view bytes);
  void look_anew(const AckGate::Push& push);
  void accept_of_vehicle(const AckGate::Push& push, std::string_view bytes);
  void accept_of_office(const AckGate::Push& push, std::string_view bytes);
  void accept_of_owner(const AckGate::Push& push, std::string_view bytes);
  void look_at_places(Caller& caller);
  void park_push(Caller& caller, Sequence rests_on, std::string_view bytes);
  void measure(const AckGate::Note& note);

  template <class Say>
  void clear(Caller& caller, const AckGate::Note& note, const Said& said, Say&& say) {
    check(caller.parked > 0, "what is said was counted");
    --caller.parked;
    if (note.answer) {
      check(caller.in_flight > 0, "an answer was owed");
      --caller.in_flight;
      measure(note);
    }
    if (caller.hears) {
      say(said);
    }
  }

  const ReadMoment read_moment_;
  AckGate gate_;
  Dispatch dispatch_;
  FrameDecoder decoder_;
  Messages messages_;
  RequestMeter meter_;
  Engine& engine_;
  WaitingCallers waiting_;
  std::string place_text_;
  std::vector<Caller*> callers_;  // by slot; null: nobody has joined there
};

// What a connection hears before it is closed: why, and after how long it may come back, so that
// not everybody does at the same moment.
[[nodiscard]] std::string bye_to(ConnectionId connection, std::string_view reason);
// The same for whoever may come back at once, with a fresh ticket.
[[nodiscard]] std::string bye_for_new_ticket();

}  // namespace plated
