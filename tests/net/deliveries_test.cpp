// The rules of what connections are told, without sockets: the log is a number that the test
// raises, and other threads are the watchers' messages.
#include "net/selection/deliveries.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/net/net_world.h"

namespace plated {
namespace {

class DeliveriesTest : public testing::Test {
 protected:
  DeliveriesTest() {
    watchers_.set_gates({&deliveries_.gate()});
    world_.make_owner(1);
    durable(world_.sink.last());
  }

  Caller& connect(const std::string& owner = "r-1") {
    Caller& caller = callers_.emplace_back();
    caller.owner = owner;
    caller.connection = {0, static_cast<uint32_t>(callers_.size()), 1};
    deliveries_.join(caller);
    return caller;
  }
  void ask(Caller& caller, std::string frame) {
    const std::size_t size = frame.size();
    frame.append(kFramePadding, ' ');
    deliveries_.receive(std::string_view(frame).substr(0, size), caller,
                        [this](const Deliveries::Said& said) { hear(said); });
  }
  static std::string about(const std::string& op, int id, const std::string& more = {}) {
    return R"({"op":")" + op + R"(","id":)" + std::to_string(id) + more + R"(,"vehicle":")" +
           vehicle_of(1) + "\"}";
  }
  void release() {
    deliveries_.release([this](const Deliveries::Said& said) { hear(said); },
                        [this](ConnectionId connection) { replied_.push_back(connection); });
  }
  void durable(Sequence sequence) {
    durable_.store(sequence.value);
    deliveries_.gate().durable_moved();
    release();
  }
  void hear(const Deliveries::Said& said) {
    EXPECT_LE(said.rests_on.value, durable_.load()) << said.bytes;
    const auto message = parsed(said.bytes).as_object();
    const std::string who = std::to_string(said.caller.connection.slot) + ":";
    heard_.push_back(message.contains("event") ? who + std::string(message.at("event").as_string())
                                               : who + std::to_string(message.at("id").as_int64()));
    last_ = message;
  }
  // What was heard since the last call: slot and id, or slot and event.
  std::vector<std::string> heard() { return std::exchange(heard_, {}); }
  // An application as somebody else's thread would push it.
  void push(uint32_t version) {
    ApplicationView view;
    view.vehicle = VehicleId(vehicle_of(1));
    view.version = version;
    view.pool = world_.pool;
    watchers_.publish(view, Sequence{durable_.load()});
  }

  using Said = std::vector<std::string>;
  NetWorld world_;
  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> draining_{false};
  Watchers watchers_;
  LimitBook limits_;  // none is set
  Deliveries deliveries_{{world_.engine, world_.desk, watchers_, draining_, limits_},
                         durable_,
                         [] {},
                         [] { return std::chrono::steady_clock::time_point{}; }};
  std::deque<Caller> callers_;
  std::vector<std::string> heard_;
  std::vector<ConnectionId> replied_;
  boost::json::object last_;
};

TEST_F(DeliveriesTest, WhatIsNotDurableIsNotSaidAndNothingOvertakesIt) {
  Caller& caller = connect();
  ask(caller, about("enter", 1));
  EXPECT_EQ(heard(), (Said{"1:1"})) << "it rests on what is durable";
  ask(caller, about("send_code", 2, R"(,"for":"submit")"));
  ask(caller, about("submit", 3, R"(,"code":"000000","terms":"2026-01")"));
  ask(caller, R"({"id":4,"op":"nonsense"})");
  EXPECT_EQ(heard(), (Said{"1:2"})) << "the refusal of the third could be said, but not before";
  EXPECT_EQ(caller.in_flight, 2U);
  release();
  EXPECT_EQ(heard(), Said{});
  ask(caller, about("leave", 5));
  durable(world_.sink.last());
  EXPECT_EQ(heard_.size(), 3U);
  EXPECT_EQ(heard_.front(), "1:3");
  EXPECT_EQ(heard_.back(), "1:5");
  EXPECT_EQ(caller.in_flight, 0U);
  EXPECT_EQ(caller.parked, 0U);
}

TEST_F(DeliveriesTest, AnOlderPushIsDroppedWhenANewerOneWasToldOrWaits) {
  Caller& caller = connect();
  ask(caller, about("enter", 1));
  const auto told = static_cast<uint32_t>(last_.at("ok").at("version").as_int64());
  heard();
  push(told);
  release();
  EXPECT_EQ(heard(), Said{}) << "the answer said that already";
  push(told + 5);
  push(told + 4);
  push(told + 5);
  push(told + 6);
  release();
  EXPECT_EQ(heard(), (Said{"1:application", "1:application"}));
  EXPECT_EQ(last_.at("application").at("version").as_int64(), told + 6);
}

TEST_F(DeliveriesTest, APushReachesWhoWatchesAndNobodyWhoHasLeftOrIsClosing) {
  Caller& stays = connect();
  Caller& left = connect();
  Caller& closing = connect();
  Caller& elsewhere = connect();
  for (Caller* const caller : {&stays, &left, &closing}) {
    ask(*caller, about("enter", 1));
  }
  heard();
  push(50);
  deliveries_.leave(left);
  Deliveries::hush(closing);
  release();
  EXPECT_EQ(heard(), (Said{"1:application"}));
  watchers_.publish(Changes::OfOffice{world_.office, OfficeState::paused, {}, {}});
  release();
  EXPECT_EQ(heard(), (Said{"1:office"}))
      << "slot " << elsewhere.connection.slot << " watches nothing of the office";
}

TEST_F(DeliveriesTest, WhatAnOfficeSaysOfItselfReachesWhoWatchesItsApplicationsOnce) {
  Caller& watches = connect();
  Caller& closing = connect();
  connect();
  ask(watches, about("enter", 1));
  const int64_t told = last_.at("ok").at("version").as_int64();
  ask(closing, about("enter", 1));
  Deliveries::hush(closing);
  heard();
  Changes changes;
  OfficePatch patch{.office = world_.office};
  patch.name = "another name";
  ASSERT_TRUE(world_.engine.put_office(patch, Actor{1000}, changes).ok());
  watchers_.publish(changes);
  release();
  EXPECT_EQ(heard(), Said{}) << "it is not durable";
  durable(world_.sink.last());
  EXPECT_EQ(heard(), (Said{"1:application"}));
  EXPECT_EQ(last_.at("application").at("version").as_int64(), told + 1);
  EXPECT_EQ(last_.at("application").at("office_name").as_string(), "another name");
  watchers_.publish(changes);
  durable(world_.sink.last());
  EXPECT_EQ(heard(), Said{}) << "it is the same version";
}

// A thread with many connections goes back to its sockets in between.
TEST_F(DeliveriesTest, ManyWhoWatchAreToldSomeAtATime) {
  constexpr std::size_t kMany = 300;
  for (std::size_t i = 0; i < kMany; ++i) {
    ask(connect(), about("enter", 1));
  }
  EXPECT_EQ(heard().size(), kMany);
  Changes changes;
  OfficePatch patch{.office = world_.office};
  patch.name = "another name";
  ASSERT_TRUE(world_.engine.put_office(patch, Actor{1000}, changes).ok());
  durable(world_.sink.last());
  watchers_.publish(changes);
  release();
  const std::size_t first = heard().size();
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, kMany);
  std::size_t all = first;
  for (int i = 0; i < 8; ++i) {
    release();
    all += heard().size();
  }
  EXPECT_EQ(all, kMany);
}

// The connection that comes next stands in the same slot, and is somebody else's.
TEST_F(DeliveriesTest, WhatWaitedForAConnectionThatLeftIsNotSaidToTheNext) {
  Caller& first = connect();
  durable_.store(0);
  ask(first, about("enter", 1));
  deliveries_.leave(first);
  Caller& second = callers_.emplace_back();
  second.owner = "r-2";
  second.connection = first.connection;
  ++second.connection.generation;
  deliveries_.join(second);
  durable(world_.sink.last());
  EXPECT_EQ(heard(), Said{});
}

TEST_F(DeliveriesTest, TheSeventeenthRequestIsNotRead) {
  Caller& caller = connect();
  durable_.store(0);
  for (int id = 1; id <= static_cast<int>(kInFlightMax); ++id) {
    EXPECT_TRUE(Deliveries::may_ask(caller)) << id;
    ask(caller, about("enter", id));
  }
  EXPECT_FALSE(Deliveries::may_ask(caller));
  durable(world_.sink.last());
  EXPECT_TRUE(Deliveries::may_ask(caller));
}

TEST_F(DeliveriesTest, ByeIsDueAfterTheAnswersThatAreOwedAndOnce) {
  Caller& owed = connect();
  Caller& idle = connect();
  durable_.store(0);
  ask(owed, about("enter", 1));
  EXPECT_FALSE(Deliveries::bye_is_due(owed));
  Deliveries::dismiss(owed);
  Deliveries::dismiss(idle);
  EXPECT_FALSE(Deliveries::bye_is_due(owed));
  EXPECT_TRUE(Deliveries::bye_is_due(idle));
  durable(world_.sink.last());
  EXPECT_EQ(heard(), (Said{"1:1"}));
  EXPECT_TRUE(Deliveries::bye_is_due(owed));
  Deliveries::hush(owed);
  EXPECT_FALSE(Deliveries::bye_is_due(owed));
  const auto bye = parsed(bye_to(idle.connection, "shutting_down"));
  EXPECT_GE(bye.at("reconnect_in_ms").as_int64(), 500);
  EXPECT_NE(bye_to(idle.connection, "idle"), bye_to(owed.connection, "idle"));
}

TEST_F(DeliveriesTest, AReplyIsHeldBackUntilWhatItShowsIsDurable) {
  const ConnectionId http{0, 9, 1};
  deliveries_.hold_back(Sequence{world_.sink.last().value + 1}, http);
  release();
  EXPECT_TRUE(replied_.empty());
  durable(Sequence{world_.sink.last().value + 1});
  EXPECT_EQ(replied_, (std::vector<ConnectionId>{http}));
}

}  // namespace
}  // namespace plated
