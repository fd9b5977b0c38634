#include "net/selection/ack_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace plated {
namespace {

constexpr ConnectionId kFirst{0, 1, 1};
constexpr ConnectionId kSecond{0, 2, 1};

class Gate : public testing::Test {
 protected:
  void durable(uint64_t sequence) {
    durable_.store(sequence);
    gate_.durable_moved();
  }
  std::string released() {
    gate_.woken();
    std::string said;
    gate_.release([&](const AckGate::Cleared& cleared) {
      said += std::to_string(cleared.connection.slot) + ":" + std::string(cleared.bytes) + " ";
    });
    return said;
  }

  std::atomic<uint64_t> durable_{0};
  std::atomic<int> wakes_{0};
  AckGate gate_{durable_, [this] { ++wakes_; }};
};

TEST_F(Gate, AnAnswerWaitsUntilWhatItRestsOnIsDurable) {
  gate_.park({5}, kFirst, {}, "five");
  EXPECT_FALSE(gate_.is_durable({5}));
  EXPECT_EQ(released(), "");
  durable(4);
  EXPECT_EQ(released(), "");
  durable(5);
  EXPECT_EQ(released(), "1:five ");
  EXPECT_EQ(gate_.waiting(), 0U);
  EXPECT_EQ(gate_.waiting_bytes(), 0U);
}

TEST_F(Gate, NothingIsOvertaken) {
  gate_.park({5}, kFirst, {}, "a");
  gate_.park({3}, kFirst, {}, "b");
  gate_.park({7}, kSecond, {}, "c");
  durable(4);
  EXPECT_EQ(released(), "");
  durable(6);
  EXPECT_EQ(released(), "1:a 1:b ");
  durable(7);
  EXPECT_EQ(released(), "2:c ");
}

TEST_F(Gate, OneWakeUpCoversEverythingUntilTheThreadHasLooked) {
  gate_.park({1}, kFirst, {}, "a");
  gate_.park({2}, kFirst, {}, "b");
  durable(1);
  durable(2);
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(released(), "1:a 1:b ");
  durable(3);
  EXPECT_EQ(wakes_, 1) << "nothing waits, so nobody is woken";
}

TEST_F(Gate, WhatBecameDurableBeforeItWasParkedWakesTheThread) {
  durable(9);
  EXPECT_EQ(wakes_, 0);
  gate_.park({9}, kFirst, {}, "a");
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(released(), "1:a ");
}

TEST_F(Gate, WhatOtherThreadsSendIsAskedAboutAndKeepsItsBytes) {
  AckGate::Push push;
  push.connection = kSecond;
  push.version = 3;
  push.rests_on = {2};
  gate_.send(push, "one");
  push.version = 4;
  gate_.send(push, "two");
  EXPECT_EQ(wakes_, 1);
  gate_.woken();
  gate_.collect([&](const AckGate::Push& sent, std::string_view bytes) {
    if (sent.version == 4) {
      gate_.park(sent.rests_on, sent.connection, {}, bytes);
    }
  });
  durable(2);
  EXPECT_EQ(released(), "2:two ");
}

TEST_F(Gate, RoomIsGivenBackWhileMoreKeepsComing) {
  for (uint64_t i = 1; i <= 10'000; ++i) {
    gate_.park({i}, kFirst, {}, std::string(100, 'x'));
    if (i > 10) {
      durable(i - 10);
    }
    if (i % 7 == 0) {
      released();
    }
  }
  EXPECT_LT(gate_.waiting_bytes(), 100U * 100);
}

// Run under ThreadSanitizer too: a log that never blocks, and a thread that never misses a wake-up.
TEST(GateThreads, EveryParkedAnswerLeavesExactlyOnceAndInOrder) {
  constexpr uint64_t kAnswers = 20'000;
  std::atomic<uint64_t> durable{0};
  std::atomic<uint64_t> appended{0};
  std::atomic<bool> wake{false};
  AckGate gate(durable, [&] {
    wake.store(true);
    wake.notify_one();
  });
  std::thread log([&] {
    while (durable.load() < kAnswers) {
      durable.store(appended.load());
      gate.durable_moved();
    }
  });
  uint64_t next = 1;
  const auto release = [&] {
    gate.woken();
    gate.release([&](const AckGate::Cleared& cleared) {
      ASSERT_EQ(cleared.bytes, std::to_string(next));
      ++next;
    });
  };
  for (uint64_t i = 1; i <= kAnswers; ++i) {
    appended.store(i);
    gate.park({i}, kFirst, {}, std::to_string(i));
    if (wake.exchange(false)) {
      release();
    }
  }
  while (next <= kAnswers) {
    wake.wait(false);
    wake.store(false);
    release();
  }
  log.join();
}

}  // namespace
}  // namespace plated
