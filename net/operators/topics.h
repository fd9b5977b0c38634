// How the operators' requests are made, for the files that answer them by topic
// (offices.cpp, pools.cpp, …) and for routes.cpp, which finds the right one.
// Nobody else includes this.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "net/operators/actions.h"
#include "net/operators/form.h"
#include "net/operators/routes.h"

namespace plated {

// One request on its way to the function that answers it.
struct AdminCall {
  Engine& engine;
  const AdminActions& actions;
  const OperatorRequest& request;
  std::mutex& settings_mutex;                // of AdminRoutes, held while settings are changed
  std::vector<std::string> parts;            // what stands for the {…} of the pattern, decoded
  std::map<std::string, std::string> query;  // decoded

  [[nodiscard]] Actor actor() const { return request.actor; }
};

// Whether an answer says anything about people: who reads it is recorded first, and a full log
// refuses it. Every GET says which.
enum class Shows : uint8_t { unsaid, nobody, people };

struct AdminRoute {
  std::string_view method;
  std::string_view pattern;
  OperatorAnswer (*answer)(const AdminCall& call);
  std::string_view query = {};  // the one parameter that it may have
  Shows shows = Shows::unsaid;
};

[[nodiscard]] std::vector<AdminRoute> every_route();

[[nodiscard]] std::span<const AdminRoute> office_routes();
[[nodiscard]] std::span<const AdminRoute> pool_routes();
[[nodiscard]] std::span<const AdminRoute> plate_routes();
[[nodiscard]] std::span<const AdminRoute> import_routes();
[[nodiscard]] std::span<const AdminRoute> people_routes();
[[nodiscard]] std::span<const AdminRoute> reservation_routes();
[[nodiscard]] std::span<const AdminRoute> service_routes();
[[nodiscard]] std::span<const AdminRoute> audit_routes();
[[nodiscard]] std::span<const AdminRoute> reconcile_routes();
[[nodiscard]] std::span<const AdminRoute> doctor_routes();
[[nodiscard]] std::span<const AdminRoute> ticket_routes();

// Records that `what` is read; the answer that refuses, where there is no room for that. Of a route
// that shows people its path is recorded already. `what` is kept for as long as the log, so it
// names identifiers, and no name, phone or anything else that is sealed.
inline constexpr std::size_t kReadingTextMax = 200;  // bytes
[[nodiscard]] std::optional<OperatorAnswer> note_reading(const AdminCall& call,
                                                         std::string_view what);

// Answers.
[[nodiscard]] OperatorAnswer say(const boost::json::value& body, Sequence rests_on,
                                 unsigned status = 200);
[[nodiscard]] OperatorAnswer refuse(const FormFault& fault);
// Requires a verdict that is not ok.
[[nodiscard]] OperatorAnswer refuse(const Verdict& verdict);
[[nodiscard]] OperatorAnswer not_found(std::string_view what, Engine& engine);

// Parts of paths and queries.
// What a part of the path names, or the answer that it names nothing.
template <class T>
struct PathPart {
  std::optional<T> value;
  OperatorAnswer refusal;  // meaningful without a value
};
[[nodiscard]] PathPart<Plate> plate_part(const std::string& part);
[[nodiscard]] PathPart<OfficeCode> office_part(const std::string& part);
// A sequence or another number without a sign.
[[nodiscard]] std::optional<uint64_t> number_of(std::string_view text);
// ?dry_run=1; a value that says neither yes nor no is a fault.
[[nodiscard]] PathPart<bool> dry_run_part(const AdminCall& call);

// Runs `write` until it is not refused as overloaded, waiting each time for the log to catch up;
// gives up when the log is stuck. For bulk work, which must not end because it was quick.
template <class Write>
[[nodiscard]] Verdict insist(const AdminCall& call, Write&& write) {
  constexpr int kAttempts = 100;
  Verdict verdict = write();
  for (int i = 1; i < kAttempts && verdict.kind == Verdict::Kind::overloaded; ++i) {
    if (!call.actions.wait_durable(call.engine.last_sequence())) {
      break;
    }
    verdict = write();
  }
  return verdict;
}

}  // namespace plated
