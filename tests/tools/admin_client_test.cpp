// The client of the operators' socket, where the server is not as it should be.
#include "tools/shell/admin_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/tools/silent_listener.h"

namespace plated {
namespace {

namespace asio = boost::asio;
using Unix = asio::local::stream_protocol;

constexpr auto kPatience = std::chrono::milliseconds(50);

AdminRequest status_request() {
  AdminRequest request;
  request.target = "/v1/status";
  return request;
}

TEST(AskAdminWithin, DoesNotWaitForAServerThatHangs) {
  const std::string path =
      ::testing::TempDir() + "/plated_silent_" + std::to_string(::getpid()) + ".sock";
  const SilentListener silent(path);
  const AdminReply reply = ask_admin_within(path, status_request(), kPatience);
  std::filesystem::remove(path);
  EXPECT_EQ(reply.unreachable, "no answer within 50 ms");
}

TEST(AskAdmin, GivesUpOnAServerThatIsSilent) {
  const std::string path =
      ::testing::TempDir() + "/plated_silent_" + std::to_string(::getpid()) + ".sock";
  const SilentListener silent(path);
  AdminRequest request = status_request();
  EXPECT_EQ(ask_admin(path, request, kPatience).unreachable, "no answer within 50 ms");
  // Nor does it hang on what a stopped server does not take.
  request.body.assign(4 * 1024 * 1024, 'x');
  EXPECT_EQ(ask_admin(path, request, std::chrono::milliseconds(1000)).unreachable,
            "no answer within 1 s");
  std::filesystem::remove(path);
}

// Half an answer is another thing than no server, whoever cut it.
TEST(AskAdmin, TellsAnAnswerThatBrokeOffFromNone) {
  const std::string path =
      ::testing::TempDir() + "/plated_cut_" + std::to_string(::getpid()) + ".sock";
  asio::io_context context;
  Unix::acceptor acceptor(context, Unix::endpoint(path));
  std::thread server([&] {
    Unix::socket peer = acceptor.accept();
    std::string request;
    asio::read_until(peer, asio::dynamic_buffer(request), "\r\n\r\n");
    asio::write(peer, asio::buffer(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                                               "\r\n6\r\nfirst\n\r\n")));
  });
  std::string got;
  const AdminReply reply =
      ask_admin(path, status_request(), std::nullopt, [&](std::string_view piece) {
        got += piece;
        return true;
      });
  server.join();
  std::filesystem::remove(path);
  EXPECT_EQ(got, "first\n");
  EXPECT_FALSE(reply.reached());
  EXPECT_TRUE(reply.cut);
  EXPECT_FALSE(ask_admin(path, status_request()).cut) << "there is no server at all";
}

TEST(AskAdminWithin, SaysWhyNobodyAnswers) {
  const std::string missing = ::testing::TempDir() + "/plated_no_such.sock";
  EXPECT_NE(ask_admin_within(missing, status_request(), kPatience).unreachable.find("connect: "),
            std::string::npos);
  EXPECT_FALSE(ask_admin_within("", status_request(), kPatience).reached());
}

}  // namespace
}  // namespace plated
