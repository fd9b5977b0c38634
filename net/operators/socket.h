// The operators' door: HTTP/1.1 over a Unix stream socket, mode 0660. Whoever may open it is an
// operator; the peer's user id, which the kernel vouches for, is the actor of what they do.
//
// Threads of its own, so that neither a citizen nor another operator waits for a long import.
// Bodies are bounded, connections too; a silent connection is closed. A reader who is slow is
// waited for, however long (a pager that nobody scrolls), unless their connection is needed for
// another.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "net/operators/routes.h"

namespace plated {

inline constexpr std::size_t kAdminBodyMax = 64 * 1024 * 1024;
inline constexpr std::size_t kAdminHeaderMax = 16 * 1024;
inline constexpr std::size_t kAdminConnectionsMax = 64;
inline constexpr std::size_t kAdminThreads = 4;

class AdminSocket {
 public:
  // Requires routes that outlive it. At kAdminConnectionsMax, who has taken nothing of an answer
  // for `slow_after` makes room for the next one.
  explicit AdminSocket(AdminRoutes& routes,
                       std::chrono::milliseconds slow_after = std::chrono::seconds(60));
  // As stop().
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

  // Listens at `path`. A socket file on which nobody answers is replaced; one on which somebody
  // does, or a file of another kind, is an error. With a group, the file is that group's, and so is
  // its directory if it has to be made. Returns what went wrong; empty when it listens.
  [[nodiscard]] std::string start(const std::string& path,
                                  std::optional<gid_t> group = std::nullopt);

  // Takes no more requests, lets those that run give their answers, and removes the socket file.
  void stop();

 private:
  struct Server;
  std::shared_ptr<Server> server_;
};

}  // namespace plated
