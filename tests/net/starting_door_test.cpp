// The door of a server that is still starting, over real sockets.
#include "net/server/starting_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "net/server/listener.h"
#include "tests/net/self_signed.h"

namespace plated {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

template <class Stream>
http::response<http::string_body> ask_over(Stream& stream, http::verb method,
                                           const std::string& target) {
  http::request<http::empty_body> request{method, target, 11};
  http::write(stream, request);
  http::response_parser<http::string_body> parser;
  parser.skip(method == http::verb::head);
  beast::flat_buffer buffer;
  http::read(stream, buffer, parser);
  return parser.release();
}

class StartingDoorTest : public testing::Test {
 protected:
  StartingDoorTest() { make_door(nullptr); }

  void make_door(asio::ssl::context* tls, std::size_t visitors_max = PlainDoor::kVisitorsMax) {
    door_ = std::make_unique<StartingDoor>(
        [this] { return "recovering: " + std::to_string(++asked_); },
        AnswerFields({true, "https://plates.example"}), tls, visitors_max);
  }

  tcp::socket dial(uint16_t port) {
    tcp::socket socket(context_);
    socket.connect({asio::ip::make_address("127.0.0.1"), port});
    return socket;
  }

  http::response<http::string_body> ask(http::verb method, const std::string& target) {
    tcp::socket socket = dial(door_->port());
    return ask_over(socket, method, target);
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
  StartingDoor second([] { return std::string(); }, AnswerFields({}), nullptr);
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

// They were let in before the socket went, so nobody else will answer them.
TEST_F(StartingDoorTest, WhoeverWasLetInBeforeTheHandoverIsStillAnswered) {
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  tcp::socket early = dial(door_->port());
  // Let in, as one who came later has been answered.
  EXPECT_EQ(ask(http::verb::get, "/healthz").result_int(), 200U);
  const int listening = door_->hand_over();
  ASSERT_GE(listening, 0);
  EXPECT_EQ(ask_over(early, http::verb::get, "/v1/select").result_int(), 503U);
  ::close(listening);
}

TEST_F(StartingDoorTest, OverTlsItAnswersTheSame) {
  asio::ssl::context tls(asio::ssl::context::tls_server);
  certify(tls.native_handle());
  make_door(&tls);
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  asio::ssl::context trusting(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> early(dial(door_->port()), trusting);
  early.handshake(asio::ssl::stream_base::client);
  asio::ssl::stream<tcp::socket> other(dial(door_->port()), trusting);
  other.handshake(asio::ssl::stream_base::client);
  EXPECT_EQ(ask_over(other, http::verb::get, "/readyz").body(), "recovering: 1\n");
  tcp::socket plain = dial(door_->port());
  boost::system::error_code error;
  asio::write(plain, asio::buffer(std::string("GET / HTTP/1.1\r\n\r\n")), error);
  std::string said;
  asio::read(plain, asio::dynamic_buffer(said), error);
  EXPECT_EQ(said.find("HTTP"), std::string::npos) << "who speaks no TLS is told nothing";
  const int listening = door_->hand_over();
  EXPECT_EQ(ask_over(early, http::verb::get, "/healthz").result_int(), 200U);
  ::close(listening);
  door_.reset();
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

// A probe that finds the door full of them would end a recovery that is going well.
TEST_F(StartingDoorTest, VisitorsThatSayNothingMakeRoomForOneWhoAsks) {
  constexpr std::size_t kRoom = 3;
  make_door(nullptr, kRoom);
  ASSERT_FALSE(door_->open("127.0.0.1", 0));
  std::vector<tcp::socket> silent;
  for (std::size_t i = 0; i < 10 * kRoom; ++i) {
    silent.push_back(dial(door_->port()));
  }
  for (std::size_t i = 0; i < 2 * kRoom; ++i) {
    EXPECT_EQ(ask(http::verb::get, "/healthz").result_int(), 200U);
  }
  std::array<char, 1> byte;
  boost::system::error_code error;
  silent.front().read_some(asio::buffer(byte), error);
  EXPECT_TRUE(error) << "who came first and said nothing had to leave";
  silent.clear();
  door_.reset();
}

}  // namespace
}  // namespace plated
