// Runs a decoded request of a caller against the engine, and writes the messages that follow: the
// answer, and before it what the request found due. Knows no socket and no thread; each net thread
// has one of its own, whose memory is reused from request to request.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/engine.h"
#include "engine/types.h"
#include "net/protocol/answer_text.h"
#include "net/protocol/message.h"
#include "net/selection/code_desk.h"
#include "net/selection/connection.h"
#include "net/selection/limits.h"
#include "net/selection/watchers.h"

namespace plated {

// What executing a request came to. None of its messages may be said before `rests_on` is durable.
struct Executed {
  Sequence rests_on;
  ErrorCode code = ErrorCode::none;
};

class Dispatch {
 public:
  struct Parts {
    Engine& engine;
    CodeDesk& codes;
    Watchers& watchers;
    const std::atomic<bool>& draining;  // nothing new is begun any more
    LimitBook& limits;
  };

  explicit Dispatch(const Parts& parts) : parts_(parts) {}

  // From now on.
  void set_limits(const Limits& limits) { limits_ = limits; }
  // How long the sender of one more request has to wait, whatever it says; nothing: they may ask.
  [[nodiscard]] std::optional<Millis> too_soon(Caller& caller, Micros now);

  // Executes one request and appends the messages that the caller is owed: at most one push, then
  // the answer. What other watchers are owed has been left at their gates when this returns.
  [[nodiscard]] Executed execute(const Request& request, Caller& caller, Micros now, Messages& out);

  // Appends the watched application as it is, if that is news to the caller; returns what it rests
  // on.
  [[nodiscard]] Sequence look_anew(const Watched& watched, Caller& caller, Messages& out);

  // The connection is gone: nobody watches for it any more.
  void forget(Caller& caller);

 private:
  Executed enter(const Request& request, Caller& caller, Messages& out);
  Executed leave(const Request& request, Caller& caller, Messages& out);
  Executed give_up(const Request& request, Caller& caller, Messages& out);
  Executed send_code(const Request& request, Caller& caller, Micros now, Messages& out);
  Executed list_vehicles(const Request& request, const Caller& caller, Messages& out);
  void ask_engine(const Request& request, Caller& caller);
  template <class Ask>
  void in_turn(Limit limit, const Request& request, Caller& caller, Micros now, Ask&& ask);
  void tell_to_wait(Limit limit, Millis wait, Caller& caller, Micros now);
  Executed answer_outcome(const Request& request, Caller& caller, Messages& out);
  void tell_settled(const ApplicationView& settled, Sequence rests_on, Caller& caller,
                    Messages& out);
  static void tell(const ApplicationView& application, Caller& caller, Messages& out);
  void unwatch(std::string_view vehicle, Caller& caller);
  static Executed refuse(const Request& request, Sequence rests_on, const Complaint& complaint,
                         Messages& out);

  Parts parts_;
  Limits limits_;
  Outcome outcome_;
  VehiclesPage page_;
  CodeDesk::Sent sent_;
};

}  // namespace plated
