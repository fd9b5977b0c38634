// Who is told of what, in which turn: over pairs of local sockets.
#include "net/io/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace plated {
namespace {

class PollerTest : public testing::Test {
 protected:
  struct Counting final : Poller::Watchable {
    void on_turn(uint32_t) override {
      ++told;
      if (then) {
        then();
      }
    }
    int told = 0;
    std::function<void()> then;
  };
  boost::asio::io_context context_;
  int turns_ = 0;
  Poller poller_{context_, [this] { ++turns_; }};
};

TEST_F(PollerTest, TellsEachOfMoreThanOneLookFinds) {
  std::vector<std::unique_ptr<Counting>> many;
  std::vector<int> descriptors;
  for (int i = 0; i < 300; ++i) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    descriptors.insert(descriptors.end(), ends.begin(), ends.end());
    ASSERT_EQ(::send(ends[1], "x", 1, 0), 1);
    many.push_back(std::make_unique<Counting>());
    ASSERT_FALSE(poller_.watch(ends[0], *many.back()));
  }
  while (context_.run_one_for(std::chrono::milliseconds(100)) > 0) {
  }
  for (const auto& one : many) {
    EXPECT_EQ(one->told, 1);
  }
  EXPECT_GE(turns_, 3) << "other work has its turn in between";
  for (const auto& one : many) {
    poller_.forget(*one);
  }
  for (std::size_t i = 0; i < descriptors.size(); i += 2) {
    poller_.unwatch(descriptors[i]);
  }
  for (const int descriptor : descriptors) {
    ::close(descriptor);
  }
}

// Two ends of a local socket, watched by one each.
class PollerOfTwoTest : public PollerTest {
 protected:
  PollerOfTwoTest() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
    EXPECT_FALSE(poller_.watch(ends_[0], first_));
    EXPECT_FALSE(poller_.watch(ends_[1], second_));
  }
  ~PollerOfTwoTest() override {
    for (const int end : ends_) {
      if (watched_) {
        poller_.unwatch(end);
      }
      ::close(end);
    }
    poller_.forget(first_);
    poller_.forget(second_);
  }
  void settle() {
    context_.restart();
    while (context_.run_one_for(std::chrono::milliseconds(50)) > 0) {
    }
  }

  std::array<int, 2> ends_{};
  Counting first_;
  Counting second_;
  bool watched_ = true;
};

TEST_F(PollerOfTwoTest, WhoIsForgottenInATurnIsNotToldInIt) {
  first_.then = [&] { poller_.forget(second_); };
  poller_.soon(first_);
  poller_.soon(second_);
  context_.run_one_for(std::chrono::seconds(1));
  EXPECT_GT(first_.told, 0);
  EXPECT_EQ(second_.told, 0);
}

// Somebody who always has more to do must not keep the loop from the others.
TEST_F(PollerOfTwoTest, WhatIsAskedForInATurnComesInTheNext) {
  settle();
  first_.told = turns_ = 0;  // that there is room to write
  first_.then = [&] {
    if (first_.told < 10) {
      poller_.soon(first_);
    }
  };
  poller_.soon(first_);
  settle();
  EXPECT_EQ(first_.told, 10);
  EXPECT_EQ(turns_, 10);
}

TEST_F(PollerOfTwoTest, NoTurnTellsMoreThanItMay) {
  settle();
  first_.told = turns_ = 0;
  constexpr int kTimes = 3;
  for (std::size_t i = 0; i < kTimes * Poller::kTurnMax; ++i) {
    poller_.soon(first_);
  }
  settle();
  EXPECT_EQ(first_.told, static_cast<int>(kTimes * Poller::kTurnMax));
  EXPECT_EQ(turns_, kTimes);
}

TEST_F(PollerOfTwoTest, WhoIsUnwatchedHearsOfNothingButMayBeWatchedAgain) {
  settle();
  for (const int end : ends_) {
    poller_.unwatch(end);
  }
  watched_ = false;
  first_.told = second_.told = 0;
  ASSERT_EQ(::send(ends_[0], "x", 1, 0), 1);
  settle();
  EXPECT_EQ(second_.told, 0);
  ASSERT_FALSE(poller_.watch(ends_[0], first_));
  ASSERT_FALSE(poller_.watch(ends_[1], second_));
  watched_ = true;
  settle();
  EXPECT_GT(second_.told, 0);
}

}  // namespace
}  // namespace plated
