// A server that takes every connection and never says a word.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "engine/check.h"

namespace plated {

class SilentListener {
 public:
  // On a free port of 127.0.0.1, see port().
  SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen_at(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  // On a Unix socket at `path`, where nothing may be.
  explicit SilentListener(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    check(path.size() < sizeof address.sun_path, "the path fits");
    std::memcpy(address.sun_path, path.data(), path.size());
    listen_at(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;
  ~SilentListener() { ::close(fd_); }

  [[nodiscard]] std::string port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    check(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "it has a port");
    return std::to_string(ntohs(address.sin_port));
  }

 private:
  void listen_at(const sockaddr* address, socklen_t size) const {
    check(::bind(fd_, address, size) == 0 && ::listen(fd_, 16) == 0, "it listens");
  }

  const int fd_;
};

}  // namespace plated
