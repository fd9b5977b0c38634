// One WebSocket of a load: connects without waiting, asks for the upgrade with a ticket, then
// carries texts. It never blocks, calls nobody back and allocates nothing once warm; whoever owns
// it tells it when epoll has something for it and takes the texts that arrived. Pings are answered
// here.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tools/plateload/wire/frames.h"
#include "tools/plateload/wire/poller.h"

namespace plated::load {

// Where a load connects to, and from where.
struct Server {
  sockaddr_storage address{};
  socklen_t address_size = 0;
  std::string host;    // with its port, as the upgrade names it
  std::string target;  // path of the upgrade
  uint32_t source_addresses = 1;
};

// The server at `host` and `port`, or why it cannot be found.
[[nodiscard]] std::variant<Server, std::string> find_server(const std::string& host,
                                                            const std::string& port);

// Connects once and leaves again, within `patience_ms`. Empty when somebody listens, else why not.
[[nodiscard]] std::string knock_at(const Server& server, int64_t patience_ms);

// The status with which the server refuses an upgrade without a ticket at `server.target`; 0 when
// it says nothing within `patience_ms`.
[[nodiscard]] int status_without_ticket(const Server& server, int64_t patience_ms);

// What one thread reads into; no connection keeps memory of its own for it.
using Scratch = std::array<char, 64 * 1024>;

class Connection {
 public:
  enum class State : uint8_t { closed, connecting, upgrading, open, closing };

  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  // Begins to connect, from the source address that is the turn of `number`. Events of `poller`
  // bear `token` until the next open(). False: it cannot even begin, see why().
  [[nodiscard]] bool open(const Server& server, uint64_t number, std::string_view ticket,
                          Poller& poller, uint64_t token);

  // Goes on as far as `events` of epoll allow. False: it is over, and why() says why; in state
  // `closing` that is how it should be.
  [[nodiscard]] bool advance(uint32_t events, Scratch& scratch);

  // The next text that arrived, good until the next call; nullopt: no more for now. With
  // wants_more(), advance() has to be called again before the next event.
  [[nodiscard]] std::optional<std::string_view> next_text();
  [[nodiscard]] bool wants_more() const { return wants_more_; }

  // Adds a text to what flush() sends. The peer may take it later: it is kept until then.
  void put(std::string_view text) { put_frame(out_, FrameKind::text, text); }
  [[nodiscard]] bool flush();

  // Says good-bye and waits in `closing` for the peer's; close() ends it at once.
  void leave();
  void close();

  [[nodiscard]] State state() const { return state_; }
  // Whether the upgrade was answered: it is, or was until it broke, a WebSocket.
  [[nodiscard]] bool was_made() const { return state_ == State::open || state_ == State::closing; }
  [[nodiscard]] const std::string& why() const { return why_; }
  // The status with which the upgrade was refused; 0: it was not.
  [[nodiscard]] int refused_status() const { return refused_status_; }

 private:
  [[nodiscard]] bool fail(std::string why);
  [[nodiscard]] bool fail_errno(const char* what);
  [[nodiscard]] bool read_upgrade(std::string_view bytes);
  [[nodiscard]] bool read_some(Scratch& scratch);

  int fd_ = -1;
  State state_ = State::closed;
  bool wants_more_ = false;
  int refused_status_ = 0;
  std::string out_;
  std::string upgrade_;  // what arrived of the answer to it
  FrameReader frames_;
  std::string why_;
};

}  // namespace plated::load
