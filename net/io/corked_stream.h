// A stream whose writes only fill a buffer: what a WebSocket writes between two flushes, messages,
// pongs and closing frames alike, leaves in one write to the socket. Reads go straight through. It
// lets Beast write synchronously, and so without an operation, a post or an allocation a message.
//
// Lives on one thread, as the session around it, which takes the buffer and does the writing.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/io/socket.h"

namespace plated {

class CorkedStream {
 public:
  using executor_type = Socket::executor_type;
  using next_layer_type = Socket;
  using error_code = boost::system::error_code;

  explicit CorkedStream(std::unique_ptr<Socket> socket) : socket_(std::move(socket)) {}

  [[nodiscard]] executor_type get_executor() { return socket_->get_executor(); }
  [[nodiscard]] Socket& next_layer() { return *socket_; }
  [[nodiscard]] const Socket& next_layer() const { return *socket_; }

  // What was written and not yet taken.
  [[nodiscard]] std::string& corked() { return corked_; }
  // Called when something was written that nobody will flush otherwise: a pong, a closing frame.
  void on_written_alone(std::function<void()> flush) { flush_ = std::move(flush); }

  // Called before each read; may only take note of it.
  void on_read(std::function<void()> note) { note_read_ = std::move(note); }

  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    error = {};
    return append(buffers);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return append(buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& written) {
          const std::size_t size = append(written);
          if (flush_) {
            flush_();
          }
          boost::asio::post(get_executor(),
                            boost::beast::bind_front_handler(
                                std::forward<decltype(handler)>(handler), error_code{}, size));
        },
        token, buffers);
  }

  // Nobody waits for bytes here; that Beast's streams have it is all that is asked for.
  template <class Buffers>
  std::size_t read_some(const Buffers&, error_code& error) {
    error = boost::asio::error::would_block;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    throw boost::system::system_error(boost::asio::error::would_block);
  }
  // Where the next bytes go, Beast has left the last frame unmasked. A code may stand there, and
  // nobody knows when the next bytes come.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    for (auto part = boost::asio::buffer_sequence_begin(buffers);
         part != boost::asio::buffer_sequence_end(buffers); ++part) {
      const boost::asio::mutable_buffer room(*part);
      std::memset(room.data(), 0, room.size());
    }
    if (note_read_) {
      note_read_();
    }
    return socket_->async_read_some(buffers, std::forward<Token>(token));
  }

 private:
  template <class Buffers>
  std::size_t append(const Buffers& buffers) {
    std::size_t size = 0;
    for (auto it = boost::asio::buffer_sequence_begin(buffers);
         it != boost::asio::buffer_sequence_end(buffers); ++it) {
      const boost::asio::const_buffer buffer(*it);
      corked_.append(static_cast<const char*>(buffer.data()), buffer.size());
      size += buffer.size();
    }
    return size;
  }

  std::unique_ptr<Socket> socket_;
  std::string corked_;
  std::function<void()> flush_;
  std::function<void()> note_read_;
};

// Beast asks for the end of the stream with these; the session ends it itself, once all is flushed.
inline void teardown(boost::beast::role_type, CorkedStream&, boost::system::error_code& error) {
  error = {};
}

template <class Handler>
void async_teardown(boost::beast::role_type, CorkedStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler),
                                                     boost::system::error_code{}));
}

}  // namespace plated
