// The operators' requests, without a socket: a table of method, path and function, from a request
// to its answer. OPERATORS.md describes each. Errors have the shape {"error": {"code", "message",
// "field"?}} with status 400 (form), 404 (not there), 405 (not this method), 409 (refused by the
// state of things), 503 (overloaded) or 500 (our fault).
//
// An answer is given when what it says is durable: `answer` blocks until then. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "engine/engine.h"
#include "engine/types.h"
#include "net/operators/actions.h"

namespace plated {

struct OperatorRequest {
  std::string method;
  std::string target;  // path and query as they were sent
  std::string body;
  Actor actor;
  std::string actor_name{};  // of their account; empty: unknown
};

struct OperatorAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body{};
  Sequence rests_on{};
  // Set: the body goes on. Each call appends the next part; false when nothing is left.
  std::function<bool(std::string&)> more{};
  std::string allow{};  // with a 405: the methods that the path knows
};

class AdminRoutes {
 public:
  // Requires an engine that outlives it, and every action set.
  AdminRoutes(Engine& engine, AdminActions actions);

  [[nodiscard]] OperatorAnswer answer(const OperatorRequest& request);

 private:
  Engine& engine_;
  const AdminActions actions_;
  // Not Guarded: it gives a turn, from reading an office's settings to writing them, and the
  // settings are the engine's.
  std::mutex settings_mutex_;
};

// An answer that refuses, in the shape of the protocol.
[[nodiscard]] OperatorAnswer refuse_request(unsigned status, std::string_view code,
                                            std::string_view message, std::string_view field = {});

}  // namespace plated
