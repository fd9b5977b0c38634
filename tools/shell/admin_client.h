// The HTTP client of the operators' socket: one request, one connection, blocking. It guarantees
// that a request was either answered (whatever the answer says) or that the caller learns why not.
// platectl and the acceptance tools may call it; it is the only file of theirs that includes Beast.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plated {

struct AdminRequest {
  std::string method = "GET";
  std::string target;        // path and query, percent-encoded
  std::string body;          // empty: none is sent
  std::string content_type;  // of the body
};

struct AdminReply {
  // Why nobody answered; empty when somebody did. A server that closes in the middle counts as
  // none.
  std::string unreachable;
  bool forbidden = false;  // unreachable because this user may not open the socket
  unsigned status = 0;
  std::string content_type;
  std::string body;  // empty where a sink took it
  bool cut = false;  // unreachable after an answer had begun

  [[nodiscard]] bool reached() const { return unreachable.empty(); }
  [[nodiscard]] bool succeeded() const { return reached() && status >= 200 && status < 300; }
};

// Takes a piece of the body of a successful answer as it arrives; false: it wants no more.
using BodySink = std::function<bool(std::string_view piece)>;

// How long to wait; nothing: as long as it takes.
using Patience = std::optional<std::chrono::milliseconds>;

// Sends `request` over the Unix socket at `path` and waits for the whole answer, of any size.
// Nobody answered when for as long as `silence` the server takes nothing and says nothing. With a
// sink, the body of a 2xx answer goes there; the time that the sink takes does not count.
[[nodiscard]] AdminReply ask_admin(const std::string& path, const AdminRequest& request,
                                   Patience silence = std::nullopt, const BodySink& sink = {});

// The same with a limit on time: when the whole answer is not there `within` it, the server counts
// as unreachable.
[[nodiscard]] AdminReply ask_admin_within(const std::string& path, const AdminRequest& request,
                                          std::chrono::milliseconds within);

}  // namespace plated
