// One connection that speaks plain HTTP: takes it from the TLS handshake to its requests, one after
// the other, and ends as a WebSocket if its owner may have one. Lives on one thread; only NetThread
// holds it. A body is never read; each step has a deadline.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/span_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "net/io/socket.h"
#include "net/server/net_thread.h"
#include "net/web/public_http.h"

namespace plated {

class HttpConnection {
 public:
  HttpConnection(NetThread& thread, ConnectionId id, std::unique_ptr<Socket> socket,
                 const PeerAddress& peer);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start() { read(thread_.limits().handshake_timeout); }
  void timer_due();
  // What the reply that was held back rests on has become durable.
  void reply_cleared();
  // Ends it if it waits for a request; what is being answered ends with its answer.
  void drain();

 private:
  using error_code = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  using Request = Parser::value_type;
  using Response = boost::beast::http::response<boost::beast::http::span_body<const char>>;
  using Serializer =
      boost::beast::http::response_serializer<boost::beast::http::span_body<const char>>;

  // A request, with the TLS handshake before the first.
  void read(Millis deadline);
  void on_header(error_code error);
  // True: the socket belongs to a session now, or the answer waits for the owner's other
  // connections. False: `reply_` says why not.
  [[nodiscard]] bool upgrade();
  [[nodiscard]] bool find_room(const std::string& owner);
  [[nodiscard]] bool spend(const Ticket& ticket);
  void log_out(bool keep_alive);
  [[nodiscard]] bool rehearses(std::string_view owner);
  [[nodiscard]] HttpReply refuse_form(error_code error);
  void write_when_durable(HttpReply reply, bool keep_alive);
  void write(HttpReply reply, bool keep_alive);
  void on_written(error_code error);
  void cut();
  bool returned();

  NetThread& thread_;
  const ConnectionId id_;
  const PeerAddress peer_;
  std::unique_ptr<Socket> socket_;  // null once it was upgraded
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  HttpReply reply_;
  std::optional<Response> response_;
  std::optional<Serializer> serializer_;
  ConnectionTimer timer_;
  uint32_t operations_ = 0;
  WaitingConnection waiting_;  // linked while it waits for a request
  bool keep_alive_ = false;    // after the reply that is held back at the gate
  bool asking_ = false;        // the owner's other connections, whether they are there
  bool gone_ = false;
};

}  // namespace plated
