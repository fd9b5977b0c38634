// A server over real sockets on loopback, and clients of it, for tests of what only a connection
// can show. Time is moved by hand; the log is a number that the test raises.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "net/protocol/ticket_cookie.h"
#include "tests/net/public_world.h"

namespace plated {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

class SessionTest : public testing::Test {
 protected:
  using Client = websocket::stream<tcp::socket>;

  void serve(std::size_t threads = 1, ConnectionLimits limits = {},
             Sequence durable = kEverythingDurable) {
    PublicNetParts parts = net_parts_of(world_, http_, tickets_);
    parts.monotonic = [this] { return Millis(monotonic_ms_.load()); };
    parts.limits = limits;
    parts.threads = threads;
    parts.durable = durable;
    parts.log_run = {[this] { ++runs_begun_; }, [this] { ++runs_ended_; }};
    net_ = std::make_unique<PublicNet>(parts);
    ASSERT_FALSE(net_->listen("127.0.0.1", 0));
    net_->start();
  }
  // Time passes for connections; service time stands still.
  void pass(Millis span) { monotonic_ms_ += span.count(); }
  void TearDown() override {
    expect_runs_end();
    net_.reset();
  }
  // Without anything that happens on a socket: the log would wait for it.
  void expect_runs_end() {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (runs_begun_ != runs_ended_ && std::chrono::steady_clock::now() < patience) {
      std::this_thread::yield();
    }
    EXPECT_EQ(runs_begun_, runs_ended_) << "the log would wait for ever";
  }

  tcp::socket dial() {
    tcp::socket socket(context_);
    socket.connect({asio::ip::make_address("127.0.0.1"), net_->port()});
    return socket;
  }
  std::string ticket(std::string_view owner, Millis valid = std::chrono::hours(1)) {
    return make_ticket(key_, owner, world_.ticks.now().civil + valid);
  }
  // The status of an upgrade; 101 leaves `client` open.
  unsigned upgrade(Client& client, const std::string& token,
                   std::string_view protocol = "plated.v1", std::string_view origin = {}) {
    client.set_option(websocket::stream_base::decorator([=](websocket::request_type& request) {
      if (!token.empty() && origin.empty()) {
        request.set(http::field::authorization, "Bearer " + token);
      } else if (!token.empty()) {
        request.set(http::field::cookie, std::string(ticket_cookie_name(false)) + "=" + token);
        request.set(http::field::origin, beast::string_view(origin.data(), origin.size()));
      }
      if (!protocol.empty()) {
        request.set(http::field::sec_websocket_protocol,
                    beast::string_view(protocol.data(), protocol.size()));
      }
    }));
    websocket::response_type response;
    beast::error_code error;
    client.handshake(response, "localhost", "/v1/select", error);
    return response.result_int();
  }
  Client connect(std::string_view owner, Millis valid = std::chrono::hours(1)) {
    Client client(dial());
    EXPECT_EQ(upgrade(client, ticket(owner, valid)), 101U);
    return client;
  }

  static void send(Client& client, const std::string& text) { client.write(asio::buffer(text)); }
  static boost::json::value receive(Client& client) {
    beast::flat_buffer buffer;
    client.read(buffer);
    return parsed({static_cast<const char*>(buffer.data().data()), buffer.size()});
  }
  static boost::json::value ask(Client& client, const std::string& text) {
    send(client, text);
    return receive(client);
  }
  // Reads until the server closes; the code that it gave. Messages before it are kept.
  uint16_t closed_with(Client& client) {
    for (;;) {
      beast::flat_buffer buffer;
      beast::error_code error;
      client.read(buffer, error);
      if (error) {
        EXPECT_EQ(error, websocket::error::closed);
        return client.reason().code;
      }
      last_ = parsed({static_cast<const char*>(buffer.data().data()), buffer.size()});
    }
  }
  std::string enter(uint64_t owner, int id = 1) {
    return R"({"op":"enter","id":)" + std::to_string(id) + R"(,"vehicle":")" + vehicle_of(owner) +
           "\"}";
  }
  http::response<http::string_body> fetch(tcp::socket& socket, const std::string& request) {
    asio::write(socket, asio::buffer(request));
    http::response_parser<http::string_body> parser;
    parser.skip(request.starts_with("HEAD"));
    beast::error_code error;
    http::read(socket, http_buffer_, parser, error);
    EXPECT_FALSE(error) << error.message();
    return parser.release();
  }

  std::atomic<int64_t> monotonic_ms_ = 5'000;
  std::atomic<int> runs_begun_ = 0;
  std::atomic<int> runs_ended_ = 0;
  NetWorld world_{10'000};
  const TicketKey key_{7};
  const TicketVerifier tickets_{TicketAlgorithm::hs256, key_};
  PublicHttp http_{http_parts_of(world_, tickets_)};
  asio::io_context context_;
  beast::flat_buffer http_buffer_;
  boost::json::value last_;
  std::unique_ptr<PublicNet> net_;
};

}  // namespace plated
