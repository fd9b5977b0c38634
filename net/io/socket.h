// One TCP connection, with TLS or without, that never blocks: what Beast reads from and writes to.
// As an AsyncStream of Asio it has at most one read and one write outstanding. Belongs to the
// thread of its poller, in whose turns its operations complete.
//
// TLS reads from the descriptor by itself, so an idle connection has no buffer here or in OpenSSL
// (SSL_MODE_RELEASE_BUFFERS), where Asio's stream would keep 70 KB.
#pragma once

#include <openssl/bio.h>
#include <openssl/types.h>

#include <algorithm>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "net/io/poller.h"

namespace plated {

class Socket {
 public:
  using executor_type = Poller::Executor;
  using error_code = boost::system::error_code;

  // Takes over a connected descriptor. With `tls` the peer has to begin with a handshake, which is
  // part of the first read.
  Socket(Poller& poller, int descriptor, SSL_CTX* tls);
  // What is outstanding then never completes.
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] executor_type get_executor() { return poller_.get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& into) {
          begin_read(first_of(into), std::forward<decltype(handler)>(handler));
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& from) {
          to_write_.resize(std::min(boost::asio::buffer_size(from), kWriteMax));
          boost::asio::buffer_copy(boost::asio::buffer(to_write_), from);
          begin_write(std::forward<decltype(handler)>(handler));
        },
        token, buffers);
  }

  // Writes what goes without waiting, and says how much that was. What is left has to be what is
  // written next. With an error nothing was written; would_block is one. Not while a write is
  // outstanding.
  std::size_t write_now(std::string_view bytes, error_code& error);

  // Nothing is read any more: what the peer sends fills the system's buffers and then waits at the
  // peer's. A read that is outstanding completes when the socket is closed.
  void stop_reading() { deaf_ = true; }

  // Ends our half: what the peer still sends can be read. Ours for the second time is nothing. What
  // is outstanding of a write is lost.
  void shutdown_send(error_code& error);
  // Operations that are outstanding complete as aborted, and so does all that is begun later.
  void close();

 private:
  using Completion = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  // Asio wants to derive from what it reads, so the socket itself cannot be final.
  struct Watch final : Poller::Watchable {
    explicit Watch(Socket& watched) : socket(watched) {}
    void on_turn(uint32_t events) override { socket.on_turn(events); }
    Socket& socket;
  };

  // The most that is written at once: a record of TLS, which may be waited with, and then has to be
  // written again as it was.
  static constexpr std::size_t kWriteMax = 16 * 1024;

  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end; ++it) {
      if (const boost::asio::mutable_buffer buffer(*it); buffer.size() > 0) {
        return buffer;
      }
    }
    return {};
  }

  void leave();
  void on_turn(uint32_t events);
  void begin_read(boost::asio::mutable_buffer into, Completion completion);
  void begin_write(Completion completion);
  std::size_t read(boost::asio::mutable_buffer into, error_code& error);
  std::size_t write(std::string_view bytes, error_code& error);
  // As recv(2) and send(2), but for what is known already.
  std::size_t receive(void* into, std::size_t size, error_code& error);
  std::size_t send(const void* bytes, std::size_t size, error_code& error);

  // OpenSSL's way to the descriptor.
  static BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* into, int size);
  static int bio_write(BIO* bio, const char* bytes, int size);
  [[nodiscard]] error_code tls_error(int returned);

  Poller& poller_;
  Watch watch_{*this};
  int descriptor_;  // -1: closed
  bool watched_ = false;
  // What the descriptor was last known to be ready for; once the peer has ended, it stays readable.
  bool readable_ = false;
  bool writable_ = true;
  bool ended_ = false;
  bool deaf_ = false;
  bool we_ended_ = false;
  bool tls_broken_ = false;
  bool tls_may_receive_ = false;
  std::unique_ptr<SSL, FreeSsl> ssl_;  // null: none
  error_code failed_;                  // it could not be watched, or was closed
  error_code beneath_;                 // what TLS met on the descriptor
  boost::asio::mutable_buffer into_;
  Completion reading_;
  std::string to_write_;
  Completion writing_;
};

// As Beast asks for it.
inline void beast_close_socket(Socket& socket) { socket.close(); }

}  // namespace plated
