// A server that is nothing but its sockets: it accepts every upgrade and answers every request at
// once with a canned application that bears the request's id. plateload is measured against it, so
// that what is measured is plateload. One thread; ends with SIGTERM and then says what it cost.
//
//   null_server PORT
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/canned_answer.h"

namespace {

// The accept of RFC 6455's example key, which is the one that plateload sends.
constexpr std::string_view kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: "
    "plated.v1\r\n\r\n";
constexpr std::size_t kReadMax = 64 * 1024;

volatile std::sig_atomic_t ended = 0;

struct Client {
  bool upgraded = false;
  std::string in;   // what is not whole yet
  std::string out;  // what was not sent yet
};

void answer(std::string_view request, std::string& out) {
  const std::size_t head = out.size();
  out.append("\x81\x7E\0\0", 4);
  plated::bench::put_canned_answer(request, out);
  const std::size_t size = out.size() - head - 4;
  out[head + 2] = static_cast<char>(size >> 8);
  out[head + 3] = static_cast<char>(size);
}

// Answers every whole frame in `bytes`; false at a close, or at what no plateload sends.
bool answer_frames(std::string& bytes, std::string& out) {
  std::size_t at = 0;
  while (bytes.size() - at >= 6) {
    const auto byte = [&](std::size_t place) { return static_cast<uint8_t>(bytes[at + place]); };
    std::size_t size = byte(1) & 0x7F;
    std::size_t head = 6;
    if (size == 126) {
      size = std::size_t{byte(2)} << 8 | byte(3);
      head = 8;
    }
    if (bytes.size() - at < head + size) {
      break;
    }
    if (byte(0) != 0x81) {
      return false;
    }
    // Its mask is zero: the text stands as it is.
    answer(std::string_view(bytes).substr(at + head, size), out);
    at += head + size;
  }
  bytes.erase(0, at);
  return true;
}

// False: the client is gone.
bool serve(int fd, Client& client, char* buffer) {
  const ssize_t got = recv(fd, buffer, kReadMax, 0);
  if (got == 0 || (got < 0 && errno != EAGAIN)) {
    return false;
  }
  client.in.append(buffer, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (!client.upgraded && client.in.ends_with("\r\n\r\n")) {
    client.upgraded = true;
    client.in.clear();
    client.out = kAccepted;
  } else if (client.upgraded && !answer_frames(client.in, client.out)) {
    return false;
  }
  if (!client.out.empty()) {
    const ssize_t sent = send(fd, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    client.out.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
  }
  return true;
}

int listen_on(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 4096) != 0) {
    std::perror("null_server");
    std::exit(1);
  }
  return fd;
}

void watch(int poller, int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.fd = fd;
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

void accept_all(int listener, int poller, std::unordered_map<int, Client>& clients) {
  const int on = 1;
  for (int fd = 0; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients[fd] = {};
    watch(poller, fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  uint16_t port = 0;
  const std::string_view word = argc == 2 ? argv[1] : "";
  if (std::from_chars(word.data(), word.data() + word.size(), port).ec != std::errc{}) {
    std::fputs("usage: null_server PORT\n", stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { ended = 1; });
  std::signal(SIGINT, [](int) { ended = 1; });
  const int listener = listen_on(port);
  const int poller = epoll_create1(0);
  watch(poller, listener);
  std::unordered_map<int, Client> clients;
  const auto buffer = std::make_unique<std::array<char, kReadMax>>();
  std::array<epoll_event, 512> events{};
  while (ended == 0) {
    const int found = epoll_wait(poller, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < found; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        accept_all(listener, poller, clients);
      } else if (!serve(fd, clients[fd], buffer->data())) {
        clients.erase(fd);
        close(fd);
      }
    }
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%.2f CPU seconds\n",
              static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                  static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
  return 0;
}
