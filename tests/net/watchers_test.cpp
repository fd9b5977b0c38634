// Who is told of what: whoever watches, of the owner whom it concerns, but not whoever asked; and
// threads that watch, leave and publish at once, which is for ThreadSanitizer.
#include "net/selection/watchers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace plated {
namespace {

constexpr uint64_t kOwner = 7;
constexpr uint64_t kOther = 8;
constexpr ConnectionId kFirstWatcher{0, 1, 1};
constexpr ConnectionId kSecondWatcher{0, 2, 1};

class Watching : public testing::Test {
 protected:
  Watching() { watchers.set_gates({&gate}); }

  std::vector<uint32_t> told() {
    std::vector<uint32_t> slots;
    gate.collect([&](const AckGate::Push& push, std::string_view bytes) {
      EXPECT_FALSE(bytes.empty());
      slots.push_back(push.connection.slot);
    });
    return slots;
  }
  static ApplicationView view_of(std::string_view vehicle) {
    ApplicationView view;
    view.vehicle = vehicle;
    return view;
  }

  std::atomic<uint64_t> durable{0};
  AckGate gate{durable, [] {}};
  Watchers watchers;
};

TEST_F(Watching, EverybodyWhoWatchesIsToldButWhoeverAsked) {
  watchers.add("A", kOwner, kFirstWatcher);
  watchers.add("A", kOwner, kFirstWatcher);
  watchers.add("A", kOwner, kSecondWatcher);
  watchers.publish(view_of("A"), {1});
  EXPECT_EQ(told(), (std::vector<uint32_t>{1, 2}));
  watchers.publish(view_of("A"), {2}, kOwner, kFirstWatcher);
  EXPECT_EQ(told(), (std::vector<uint32_t>{2}));
  watchers.publish(view_of("B"), {3});
  EXPECT_TRUE(told().empty());
  watchers.remove("A", kSecondWatcher);
  watchers.publish(view_of("A"), {4});
  EXPECT_EQ(told(), (std::vector<uint32_t>{1}));
}

TEST_F(Watching, WhoeverHadTheVehicleBeforeIsToldNothingMore) {
  watchers.add("A", kOwner, kFirstWatcher);
  watchers.add("A", kOther, kSecondWatcher);
  watchers.publish(view_of("A"), {1}, kOther);
  EXPECT_EQ(told(), (std::vector<uint32_t>{2}));
  watchers.keep_only("A", kOther);
  watchers.publish(view_of("A"), {2});
  EXPECT_EQ(told(), (std::vector<uint32_t>{2}));
}

TEST_F(Watching, ThreadsThatComeGoAndTellLeaveNobodyBehind) {
  constexpr uint32_t kThreads = 3;
  constexpr int kRounds = 400;
  std::atomic<uint32_t> busy{kThreads};
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(thread);
      for (int round = 0; round < kRounds; ++round) {
        const std::string vehicle = "V" + std::to_string(random() % 4);
        const ConnectionId connection{0, thread * 1000 + static_cast<uint32_t>(round), 1};
        watchers.add(vehicle, random() % 2 == 0 ? kOwner : kOther, connection);
        watchers.publish(view_of(vehicle), {1}, std::nullopt, connection);
        if (random() % 8 == 0) {
          watchers.keep_only(vehicle, kOwner);
        }
        watchers.remove(vehicle, connection);
      }
      --busy;
    });
  }
  while (busy > 0) {
    (void)told();
    (void)watchers.vehicles();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(watchers.vehicles(), 0U);
}

}  // namespace
}  // namespace plated
