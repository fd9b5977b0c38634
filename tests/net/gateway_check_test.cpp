// Whether SMS would leave, without sending one.
#include "net/notices/gateway_check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <fstream>

namespace plated {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

TEST(GatewayCheck, NoneSendsNothing) { EXPECT_NE(gateway_problem({}, {}), ""); }

TEST(GatewayCheck, AFileIsOneThatCanBeAppendedTo) {
  const std::string directory =
      ::testing::TempDir() + "plated_gateway_" + std::to_string(::getpid());
  std::filesystem::create_directory(directory);
  SmsGatewayOptions options;
  options.kind = SmsGatewayKind::file;
  options.file = directory + "/sms.jsonl";
  EXPECT_EQ(gateway_problem(options, {}), "") << "it is made with the first message";
  EXPECT_FALSE(std::filesystem::exists(options.file)) << "a look makes nothing";
  std::ofstream(options.file) << "{}\n";
  EXPECT_EQ(gateway_problem(options, {}), "");
  options.file = directory;
  EXPECT_EQ(gateway_problem(options, {}), directory + ": Is a directory");
  options.file = directory + "/none/sms.jsonl";
  EXPECT_EQ(gateway_problem(options, {}), options.file + ": No such file or directory");
  std::filesystem::remove_all(directory);
}

TEST(GatewayCheck, AWebHookIsThereOrItIsSaidWhy) {
  asio::io_context context;
  Tcp::acceptor acceptor(context, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string place = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  SmsGatewayOptions options;
  options.kind = SmsGatewayKind::webhook;
  options.webhook = "http://" + place + "/sms";
  EXPECT_EQ(gateway_problem(options, {}), "");
  SmsCounts counts;
  counts.last_failure = "status 503";
  EXPECT_EQ(gateway_problem(options, counts), "the last message did not leave: status 503");
  acceptor.close();
  EXPECT_EQ(gateway_problem(options, {}), place + ": Connection refused");
}

}  // namespace
}  // namespace plated
