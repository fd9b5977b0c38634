// The one loop that lets connections in, at a real listening socket.
#include "net/io/doorkeeper.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <vector>

namespace plated {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class DoorkeeperTest : public testing::Test {
 protected:
  DoorkeeperTest() { acceptor_.non_blocking(true); }

  tcp::socket dial() {
    tcp::socket socket(elsewhere_);
    socket.connect(acceptor_.local_endpoint());
    return socket;
  }
  // What the door does for so long.
  void run(std::chrono::milliseconds span) {
    context_.restart();
    context_.run_for(span);
  }
  error_code let_in() {
    ++asked_;
    if (fault_) {
      return *fault_;
    }
    error_code error;
    tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    if (!error) {
      inside_.push_back(std::move(socket));
    }
    return error;
  }

  asio::io_context elsewhere_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::vector<tcp::socket> inside_;
  std::optional<error_code> fault_;
  int asked_ = 0;
  int complaints_ = 0;
  Doorkeeper<tcp::acceptor> doorkeeper_{acceptor_, [this] { return let_in(); },
                                        [this](const error_code&) { ++complaints_; }};
};

TEST_F(DoorkeeperTest, WhoeverStandsThereIsLetIn) {
  doorkeeper_.stand();
  doorkeeper_.stand();
  std::vector<tcp::socket> crowd;
  for (int i = 0; i < kLetInAtOnce + 3; ++i) {
    crowd.push_back(dial());
  }
  run(std::chrono::milliseconds(50));
  EXPECT_EQ(inside_.size(), crowd.size());
  EXPECT_EQ(complaints_, 0);
}

TEST_F(DoorkeeperTest, WithoutADescriptorItWaitsInsteadOfAskingAgainAtOnce) {
  doorkeeper_.stand();
  const tcp::socket first = dial();
  fault_ = asio::error::no_descriptors;
  run(kDoorPause * 5 / 2);
  EXPECT_GE(asked_, 2);
  EXPECT_LE(asked_, 4) << "each time costs processor time and changes nothing";
  EXPECT_EQ(complaints_, asked_);
  fault_.reset();
  run(kDoorPause * 2);
  EXPECT_EQ(inside_.size(), 1U) << "who waited is let in when there is room again";
}

TEST_F(DoorkeeperTest, AnAcceptorThatIsClosedIsLeftAndOneThatIsOpenedAgainIsNot) {
  doorkeeper_.stand();
  const tcp::endpoint at = acceptor_.local_endpoint();
  acceptor_.close();
  run(std::chrono::milliseconds(20));
  acceptor_.open(at.protocol());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(at);
  acceptor_.listen();
  acceptor_.non_blocking(true);
  doorkeeper_.stand();
  const tcp::socket client = dial();
  run(std::chrono::milliseconds(50));
  EXPECT_EQ(inside_.size(), 1U);
}

}  // namespace
}  // namespace plated
