#include "tools/plateload/wire/connection.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace plated::load {
namespace {

// The example of RFC 6455: whoever answers it with this accept speaks WebSocket.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
constexpr std::size_t kUpgradeMax = 16 * 1024;  // of an answer's head
constexpr std::string_view kNormalClosure = "\x03\xE8";

// Binds to the source address that is the turn of `number`, where there are several.
bool bind_source(int fd, const Server& server, uint64_t number) {
  if (server.source_addresses <= 1 || server.address.ss_family != AF_INET) {
    return true;
  }
  const int on = 1;
  // The port is chosen at connect, when the peer is known: more of them are free then.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(0x7F000001 + static_cast<uint32_t>(number % server.source_addresses));
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0;
}

}  // namespace

std::variant<Server, std::string> find_server(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) {
    return gai_strerror(failed);
  }
  Server server;
  std::memcpy(&server.address, found->ai_addr, found->ai_addrlen);
  server.address_size = found->ai_addrlen;
  server.host = (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
  freeaddrinfo(found);
  return server;
}

namespace {

std::string text_of_error(int error) { return std::generic_category().message(error); }

// A connection to the server, or nothing and why not.
int connect_within(const Server& server, int64_t patience_ms, std::string& why) {
  const int fd = ::socket(server.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    why = text_of_error(errno);
    return -1;
  }
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  int error = ::connect(fd, address, server.address_size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    pollfd connected{fd, POLLOUT, 0};
    socklen_t size = sizeof error;
    const int found = ::poll(&connected, 1, static_cast<int>(patience_ms));
    error = found > 0 ? 0 : found == 0 ? ETIMEDOUT : errno;
    if (error == 0) {
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  if (error != 0) {
    ::close(fd);
    why = text_of_error(error);
    return -1;
  }
  return fd;
}

}  // namespace

std::string knock_at(const Server& server, int64_t patience_ms) {
  std::string why;
  const int fd = connect_within(server, patience_ms, why);
  if (fd >= 0) {
    ::close(fd);
  }
  return why;
}

int status_without_ticket(const Server& server, int64_t patience_ms) {
  constexpr std::size_t kStatusLine = 12;  // HTTP/1.1 404
  std::string why;
  const int fd = connect_within(server, patience_ms, why);
  if (fd < 0) {
    return 0;
  }
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: plated.v1\r\n\r\n",
      server.target, server.host, kKey);
  std::array<char, 256> answer{};
  std::size_t got = 0;
  bool goes_on = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
                 static_cast<ssize_t>(request.size());
  while (goes_on && got < kStatusLine) {
    pollfd readable{fd, POLLIN, 0};
    goes_on = ::poll(&readable, 1, static_cast<int>(patience_ms)) > 0;
    const ssize_t more = goes_on ? ::recv(fd, answer.data() + got, answer.size() - got, 0) : 0;
    goes_on = more > 0;
    got += goes_on ? static_cast<std::size_t>(more) : 0;
  }
  ::close(fd);
  int status = 0;
  const std::string_view text(answer.data(), got);
  if (got >= kStatusLine && text.starts_with("HTTP/1.")) {
    std::from_chars(text.data() + 9, text.data() + kStatusLine, status);
  }
  return status;
}

bool Connection::open(const Server& server, uint64_t number, std::string_view ticket,
                      Poller& poller, uint64_t token) {
  close();
  refused_status_ = 0;
  fd_ = ::socket(server.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) {
    return fail_errno("open");
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!bind_source(fd_, server, number)) {
    return fail_errno("bind");
  }
  fmt::format_to(std::back_inserter(out_),
                 "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: plated.v1\r\nAuthorization: Bearer {}\r\n\r\n",
                 server.target, server.host, kKey, ticket);
  const auto* address = reinterpret_cast<const sockaddr*>(&server.address);
  if (::connect(fd_, address, server.address_size) != 0 && errno != EINPROGRESS) {
    return fail_errno("connect");
  }
  state_ = State::connecting;
  return poller.add(fd_, token) || fail_errno("epoll");
}

bool Connection::advance(uint32_t events, Scratch& scratch) {
  wants_more_ = false;
  if (state_ == State::closed) {
    return true;
  }
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      errno = error;
      return fail_errno("connect");
    }
    if ((events & EPOLLOUT) == 0) {
      return true;
    }
    state_ = State::upgrading;
  }
  if (!out_.empty() && (events & EPOLLOUT) != 0 && !flush()) {
    return false;
  }
  constexpr uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  return (events & kReadable) == 0 || read_some(scratch);
}

bool Connection::read_some(Scratch& scratch) {
  const ssize_t got = ::recv(fd_, scratch.data(), scratch.size(), 0);
  if (got == 0) {
    return fail("the server closed the connection");
  }
  if (got < 0) {
    return errno == EAGAIN || errno == EINTR || fail_errno("read");
  }
  // A short read has emptied the socket: epoll tells of what comes next.
  wants_more_ = static_cast<std::size_t>(got) == scratch.size();
  const std::string_view bytes(scratch.data(), static_cast<std::size_t>(got));
  if (state_ == State::upgrading) {
    return read_upgrade(bytes);
  }
  frames_.feed(bytes);
  return true;
}

bool Connection::read_upgrade(std::string_view bytes) {
  upgrade_.append(bytes);
  const std::size_t end = upgrade_.find("\r\n\r\n");
  if (end == std::string::npos) {
    return upgrade_.size() <= kUpgradeMax || fail("the answer to the upgrade has no end");
  }
  const std::string_view head = std::string_view(upgrade_).substr(0, end);
  int status = 0;
  if (head.starts_with("HTTP/1.1 ") && head.size() >= 12) {
    std::from_chars(head.data() + 9, head.data() + 12, status);
  }
  if (status != 101 || head.find(kAccept) == std::string_view::npos) {
    refused_status_ = status;
    return fail(fmt::format("the upgrade was refused with status {}", status));
  }
  state_ = State::open;
  frames_.feed(std::string_view(upgrade_).substr(end + 4));
  return true;
}

std::optional<std::string_view> Connection::next_text() {
  Frame frame;
  while (state_ == State::open || state_ == State::closing) {
    const FrameReader::Found found = frames_.next(frame);
    if (found == FrameReader::Found::nothing_more) {
      return std::nullopt;
    }
    if (found == FrameReader::Found::broken) {
      // Nothing can be read behind it: as if the peer had gone.
      ::shutdown(fd_, SHUT_RDWR);
      frames_.clear();
      return std::nullopt;
    }
    if (frame.kind == FrameKind::text && state_ == State::open) {
      return frame.payload;
    }
    if (frame.kind == FrameKind::ping) {
      put_frame(out_, FrameKind::pong, frame.payload);
      (void)flush();
    } else if (frame.kind == FrameKind::close) {
      // The peer waits for ours, then closes; what is told is its end of file.
      if (state_ == State::open) {
        put_frame(out_, FrameKind::close, frame.payload.substr(0, 2));
        (void)flush();
      }
      ::shutdown(fd_, SHUT_WR);
    }
  }
  return std::nullopt;
}

bool Connection::flush() {
  if (state_ != State::open && state_ != State::upgrading && state_ != State::closing) {
    return true;
  }
  const ssize_t sent = out_.empty() ? 0 : ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    return errno == EAGAIN || errno == EINTR || fail_errno("write");
  }
  if (static_cast<std::size_t>(sent) == out_.size()) {
    out_.clear();
  } else {
    out_.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

void Connection::leave() {
  if (state_ != State::open) {
    close();
    return;
  }
  put_frame(out_, FrameKind::close, kNormalClosure);
  state_ = State::closing;
  if (!flush()) {
    close();
  }
}

void Connection::close() {
  if (fd_ >= 0) {
    ::close(fd_);
    fd_ = -1;
  }
  state_ = State::closed;
  wants_more_ = false;
  out_.clear();
  upgrade_.clear();
  frames_.clear();
}

bool Connection::fail(std::string why) {
  why_ = std::move(why);
  return false;
}

bool Connection::fail_errno(const char* what) {
  return fail(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

}  // namespace plated::load
