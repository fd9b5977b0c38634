// The door of a server that is still starting, over real sockets.
#include "net/starting_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "net/listener.h"

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

class StartingDoorTest : public testing::Test {
 protected:
  StartingDoorTest()
      : door_(std::make_unique<StartingDoor>(
            [this] { return "recovering: " + std::to_string(++asked_); }, nullptr)) {}

  tcp::socket dial(uint16_t port) {
    tcp::socket socket(context_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    return socket;
  }

  http::response<http::string_body> ask(http::verb method, const std::string& target) {
    tcp::socket socket = dial(door_->port());
    http::request<http::empty_body> request{method, target, 11};
    http::write(socket, request);
    http::response_parser<http::string_body> parser;
    parser.skip(method == http::verb::head);
    beast::flat_buffer buffer;
    http::read(socket, buffer, parser);
    return parser.release();
  }

  std::atomic<int> asked_{0};
  asio::io_context context_;
  std::unique_ptr<StartingDoor> door_;
};

TEST(StartingReply, ItLivesButIsNotReady) {
  EXPECT_EQ(starting_reply("/healthz", "why").status, 200U);
  EXPECT_EQ(starting_reply("/healthz?x=1", "why").body, "ok\n");
  for (const char* target : {"/readyz", "/", "/v1/select", "/healthzz", "*", ""}) {
    const HttpReply reply = starting_reply(target, "why");
    EXPECT_EQ(reply.status, 503U) << target;
    EXPECT_EQ(reply.body, "why\n") << target;
  }
}

TEST_F(StartingDoorTest, EveryRequestIsToldHowFarItIsNow) {
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  const auto first = ask(http::verb::get, "/readyz");
  EXPECT_EQ(first.result_int(), 503U);
  EXPECT_EQ(first.body(), "recovering: 1\n");
  EXPECT_EQ(first[http::field::retry_after], "1");
  EXPECT_FALSE(first.keep_alive());
  EXPECT_EQ(ask(http::verb::get, "/readyz").body(), "recovering: 2\n");
  EXPECT_EQ(ask(http::verb::get, "/healthz").result_int(), 200U);
  const auto head = ask(http::verb::head, "/readyz");
  EXPECT_EQ(head.result_int(), 503U);
  EXPECT_TRUE(head.body().empty());
}

TEST_F(StartingDoorTest, APortThatIsInUseIsFound) {
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  StartingDoor second([] { return std::string(); }, nullptr);
  EXPECT_EQ(second.open("127.0.0.1", door_->port()), asio::error::address_in_use);
  EXPECT_TRUE(second.open("nowhere", 1));
}

// A connection that comes between the two is in the socket's queue, and the next owner has it.
TEST_F(StartingDoorTest, WhoeverComesDuringTheHandoverIsNotRefused) {
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  const uint16_t port = door_->port();
  const int listening = door_->hand_over();
  ASSERT_GE(listening, 0);
  tcp::socket early = dial(port);
  door_.reset();
  tcp::socket later = dial(port);
  Acceptor acceptor(context_);
  acceptor.assign(tcp::v4(), listening);
  tcp::socket first = acceptor.accept();
  tcp::socket second = acceptor.accept();
  EXPECT_EQ(first.remote_endpoint(), early.local_endpoint());
  EXPECT_EQ(second.remote_endpoint(), later.local_endpoint());
}

TEST_F(StartingDoorTest, AVisitorThatSaysNothingHoldsNothingUp) {
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  tcp::socket silent = dial(door_->port());
  EXPECT_EQ(ask(http::verb::get, "/healthz").result_int(), 200U);
  const int listening = door_->hand_over();
  ::close(listening);
  door_.reset();
  std::array<char, 1> byte;
  boost::system::error_code error;
  silent.read_some(asio::buffer(byte), error);
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace plated
