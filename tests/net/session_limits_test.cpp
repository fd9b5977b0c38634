// What a server does with those who ask for more than they may, over real sockets.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/net/session_world.h"

namespace plated {
namespace {

class SessionLimitsTest : public SessionTest {
 protected:
  void serve_with(const Limits& asking, std::size_t threads = 1) {
    ConnectionLimits limits;
    limits.asking = asking;
    serve(threads, limits);
  }
  [[nodiscard]] uint64_t refused(Limit limit) const {
    return net_->refused()[static_cast<std::size_t>(limit)];
  }
  static bool is_cut(tcp::socket& socket) {
    std::array<char, 1> byte;
    beast::error_code error;
    socket.read_some(asio::buffer(byte), error);
    return bool{error};
  }
  static std::string code_of(const boost::json::value& answer) {
    const auto* const error = answer.as_object().if_contains("error");
    return error == nullptr ? "ok" : std::string(error->at("code").as_string());
  }
  // The server waits a little for the peer, by the time that the test moves.
  uint16_t closed_in_time(Client& client) {
    std::atomic<bool> closed{false};
    std::thread time([&] {
      while (!closed) {
        pass(Millis(10));
        std::this_thread::yield();
      }
    });
    // What was sent and not read has the system reset the connection behind the closing frame.
    beast::error_code error;
    while (!error) {
      beast::flat_buffer buffer;
      client.read(buffer, error);
      if (!error) {
        last_ = parsed({static_cast<const char*>(buffer.data().data()), buffer.size()});
      }
    }
    closed = true;
    time.join();
    return client.reason().code;
  }
  // Sends the same frame again and again until the server has closed, or takes no more.
  static void flood(Client& client, const std::vector<unsigned char>& frame) {
    std::vector<unsigned char> many;
    for (int i = 0; i < 200; ++i) {
      many.insert(many.end(), frame.begin(), frame.end());
    }
    beast::error_code error;
    client.next_layer().non_blocking(true);
    for (int i = 0; i < 2'000 && !error; ++i) {
      client.next_layer().write_some(asio::buffer(many), error);
    }
    client.next_layer().non_blocking(false);
  }
};

TEST_F(SessionLimitsTest, AnAddressHasSoManyConnectionsAndOthersOfItAreCut) {
  serve_with({.connections_per_address_max = 3}, 2);
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 3; ++i) {
    silent.push_back(dial());
    EXPECT_EQ(fetch(silent.back(), "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").result_int(), 200U);
  }
  for (int i = 0; i < 5; ++i) {
    tcp::socket more = dial();
    EXPECT_TRUE(is_cut(more));
  }
  EXPECT_EQ(refused(Limit::connections_per_address_max), 5U);
  silent.pop_back();
  // One that has just ended counts until the server has noticed.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < patience) {
    tcp::socket next = dial();
    beast::error_code error;
    asio::write(next, asio::buffer(std::string("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")), error);
    if (!is_cut(next)) {
      return;
    }
    std::this_thread::yield();
  }
  FAIL() << "a place that became free is taken again";
}

TEST_F(SessionLimitsTest, AnAddressOpensSoManyWebSocketsInASecond) {
  serve_with({.upgrades_per_address = {2}});
  Client first = connect("r-1");
  Client second = connect("r-2");
  Client third(dial());
  EXPECT_EQ(upgrade(third, ticket("r-3")), 429U);
  EXPECT_EQ(refused(Limit::upgrades_per_address), 1U);
  pass(std::chrono::seconds(1));
  Client fourth = connect("r-3");
}

TEST_F(SessionLimitsTest, WhoeverAsksTooOftenIsToldAndWhoeverIgnoresItIsClosed) {
  // Nothing comes back within the test, however slow it is.
  serve_with({.requests_per_connection = {4, std::chrono::hours(1)}});
  Client client = connect("r-1");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(code_of(ask(client, R"({"id":1,"op":"vehicles"})")), "ok");
  }
  for (uint32_t i = 0; i < kIgnoredMax; ++i) {
    const boost::json::value told = ask(client, R"({"id":2,"op":"vehicles"})");
    EXPECT_EQ(code_of(told), "too_soon");
    EXPECT_EQ(told.at("id").as_int64(), 2);
    EXPECT_GT(told.at("error").at("retry_in_ms").as_int64(), 800'000);
  }
  send(client, "nonsense");
  EXPECT_EQ(closed_in_time(client), 1008);
  EXPECT_EQ(last_.at("event").as_string(), "bye");
  EXPECT_EQ(last_.at("reason").as_string(), "too_many");
  EXPECT_EQ(refused(Limit::requests_per_connection), kIgnoredMax + 1);
  EXPECT_EQ(refused(Limit::ignored), 1U);
  Client other = connect("r-2");
  EXPECT_EQ(code_of(ask(other, R"({"id":1,"op":"vehicles"})")), "ok") << "nobody else pays for it";
}

TEST_F(SessionLimitsTest, LimitsAreChangedWhileItRuns) {
  serve();
  Client client = connect("r-1");
  ConnectionLimits limits;
  limits.asking.requests_per_connection = {1, std::chrono::hours(1)};
  EXPECT_EQ(code_of(ask(client, R"({"id":1,"op":"vehicles"})")), "ok");
  EXPECT_EQ(code_of(ask(client, R"({"id":1,"op":"vehicles"})")), "ok");
  net_->set_limits(limits);
  EXPECT_EQ(net_->list_sessions().size(), 1U);  // the thread has taken them over by now
  EXPECT_EQ(code_of(ask(client, R"({"id":1,"op":"vehicles"})")), "ok");
  EXPECT_EQ(code_of(ask(client, R"({"id":1,"op":"vehicles"})")), "too_soon");
}

TEST_F(SessionLimitsTest, FloodsOfFramesThatAskForNothingEndWithTheirConnection) {
  serve_with({.bare_frames_per_connection = {50, std::chrono::hours(1)}});
  const std::vector<std::vector<unsigned char>> frames = {
      {0x8a, 0x80, 1, 2, 3, 4},  // a pong
      {0x89, 0x80, 1, 2, 3, 4},  // a ping
      {0x01, 0x81, 1, 2, 3, 4,
       0x20},  // a part of a message; a second first one breaks the protocol
  };
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
    Client client = connect("r-1");
    flood(client, frames[i]);
    EXPECT_EQ(closed_in_time(client), 1008) << i;
    EXPECT_EQ(refused(Limit::bare_frames_per_connection), i + 1);
  }
  for (const bool empty : {false, true}) {
    Client client = connect("r-1");
    asio::write(client.next_layer(), asio::buffer(frames.back()));
    flood(client, empty ? std::vector<unsigned char>{0x00, 0x80, 1, 2, 3, 4}
                        : std::vector<unsigned char>{0x00, 0x81, 1, 2, 3, 4, 0x20});
    EXPECT_EQ(closed_in_time(client), 1008) << empty;
  }
  EXPECT_EQ(refused(Limit::bare_frames_per_connection), 4U);
}

TEST_F(SessionLimitsTest, WhoeverAsksMayPingAndSendInParts) {
  serve_with({.bare_frames_per_connection = {50, std::chrono::hours(1)}});
  Client client = connect("r-1");
  const std::string request = R"({"id":1,"op":"vehicles"})";
  for (int i = 0; i < 300; ++i) {
    client.write_some(false, asio::buffer(request.data(), 10));
    client.write_some(true, asio::buffer(request.data() + 10, request.size() - 10));
    EXPECT_EQ(code_of(receive(client)), "ok");
    if (i % 10 == 0) {
      client.ping({});
    }
  }
  EXPECT_EQ(refused(Limit::bare_frames_per_connection), 0U);
}

}  // namespace
}  // namespace plated
