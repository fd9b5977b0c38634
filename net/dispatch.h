// A request and who asks to the engine, and what it says to messages: the answer, and before it
// what the request found due. Knows no socket and no thread; each net thread has one of its own,
// whose memory is reused from request to request.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/engine.h"
#include "engine/types.h"
#include "net/answer_text.h"
#include "net/code_desk.h"
#include "net/connection.h"
#include "net/message.h"
#include "net/watchers.h"

namespace plated {

// What was asked and how it ended, since the start. Any thread may read.
struct RequestCounts {
  std::array<std::array<std::atomic<uint64_t>, kErrorCodes>, kOps> by_op{};
  std::atomic<uint64_t> not_understood{0};
};

class Dispatch {
 public:
  struct Parts {
    Engine& engine;
    CodeDesk& codes;
    Watchers& watchers;
    const std::atomic<bool>& draining;  // nothing new is begun any more
  };

  explicit Dispatch(const Parts& parts) : parts_(parts) {}

  // Executes one request and appends the messages that the caller is owed: at most one push, then
  // the answer. None of them may be said before the sequence that is returned is durable. Other
  // watchers have been told when this returns.
  [[nodiscard]] Sequence execute(const Request& request, Caller& caller, Messages& out);

  // Answers a frame that is no request.
  [[nodiscard]] Sequence complain(std::string_view id, const Complaint& complaint, Messages& out);

  // The connection is gone: nobody watches for it any more.
  void forget(Caller& caller);

  [[nodiscard]] const RequestCounts& counts() const { return counts_; }

 private:
  Sequence enter(const Request& request, Caller& caller, Messages& out);
  Sequence leave(const Request& request, Caller& caller, Messages& out);
  Sequence send_code(const Request& request, Caller& caller, Messages& out);
  Sequence list_vehicles(const Request& request, const Caller& caller, Messages& out);
  void ask_engine(const Request& request, const Caller& caller);
  Sequence answer_outcome(const Request& request, Caller& caller, Messages& out);
  void tell_settled(const ApplicationView& settled, Sequence rests_on, Caller& caller,
                    Messages& out);
  void unwatch(std::string_view vehicle, Caller& caller);
  void error(const Request& request, const Complaint& complaint, Messages& out);
  void count(Op op, ErrorCode code);

  Parts parts_;
  RequestCounts counts_;
  Outcome outcome_;
  VehiclesPage page_;
  CodeDesk::Sent sent_;
};

}  // namespace plated
