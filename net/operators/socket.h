// The operators' door: HTTP/1.1 over a Unix stream socket, mode 0660. Whoever may open it is an
// operator; the peer's user id, which the kernel vouches for, is the actor of what they do.
//
// Threads of its own, so that neither a citizen nor another operator waits for a long import.
// Bodies are bounded, connections too; a silent connection is closed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "net/operators/routes.h"

namespace plated {

inline constexpr std::size_t kAdminBodyMax = 64 * 1024 * 1024;
inline constexpr std::size_t kAdminHeaderMax = 16 * 1024;
inline constexpr std::size_t kAdminConnectionsMax = 64;
inline constexpr std::size_t kAdminThreads = 4;

class AdminSocket {
 public:
  // Requires routes that outlive it.
  explicit AdminSocket(AdminRoutes& routes);
  // As stop().
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

  // Listens at `path`. A socket file on which nobody answers is replaced; one on which somebody
  // does, or a file of another kind, is an error. Returns what went wrong; empty when it listens.
  [[nodiscard]] std::string start(const std::string& path);

  // Takes no more requests, lets those that run give their answers, and removes the socket file.
  void stop();

 private:
  struct Server;
  std::shared_ptr<Server> server_;
};

}  // namespace plated
