// Whose connection it is: what the kernel says at accept, in one form for each peer.
#include "net/selection/peer_address.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <string>

#include "net/server/listener.h"

namespace plated {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Accepts one connection from `from` on a listener at `at`; what accept said, and what was true.
struct Accepted {
  std::string told;
  uint16_t port = 0;
};

Accepted accept_from(const std::string& at, const std::string& dial, bool v6_only = true) {
  asio::io_context context;
  Acceptor acceptor(context);
  const tcp::endpoint endpoint(asio::ip::make_address(at), 0);
  acceptor.open(endpoint.protocol());
  if (endpoint.protocol() == tcp::v6()) {
    acceptor.set_option(asio::ip::v6_only(v6_only));
  }
  acceptor.bind(endpoint);
  acceptor.listen();
  tcp::socket client(context);
  client.connect({asio::ip::make_address(dial), acceptor.local_endpoint().port()});
  boost::system::error_code error;
  PeerAddress peer;
  const int descriptor = accept_now(acceptor, peer, error);
  EXPECT_FALSE(error) << error.message();
  ::close(descriptor);
  return {text_of(peer), client.local_endpoint().port()};
}

TEST(PeerAddress, IsWhatTheOtherEndHas) {
  const Accepted v4 = accept_from("127.0.0.1", "127.0.0.1");
  EXPECT_EQ(v4.told, "127.0.0.1:" + std::to_string(v4.port));
  const Accepted v6 = accept_from("::1", "::1");
  EXPECT_EQ(v6.told, "[::1]:" + std::to_string(v6.port));
}

TEST(PeerAddress, APeerOfIPv4IsOneWhateverSocketTookItIn) {
  const Accepted mapped = accept_from("::", "127.0.0.1", false);
  EXPECT_EQ(mapped.told, "127.0.0.1:" + std::to_string(mapped.port));
}

TEST(PeerAddress, OnlyWhatIsMappedBecomesIPv4) {
  PeerAddress address{{}, 7, PeerAddress::Family::v6};
  address.ip = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  EXPECT_EQ(normalised(address), address);
  EXPECT_EQ(text_of(address), "[2001:db8::ffff:c000:201]:7");
  address.ip[0] = address.ip[1] = address.ip[2] = address.ip[3] = 0;
  EXPECT_EQ(text_of(normalised(address)), "192.0.2.1:7");
  EXPECT_EQ(text_of(PeerAddress{}), "unknown");
}

}  // namespace
}  // namespace plated
