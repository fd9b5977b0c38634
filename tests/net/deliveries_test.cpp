// The rules of what connections are told, without sockets: the log is a number that the test
// raises, and other threads are the watchers' messages.
#include "net/selection/deliveries.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
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

// Owners who may be told to wait: at most so many work, and the others stand in the queue.
class PlacesTest : public DeliveriesTest {
 protected:
  PlacesTest() {
    world_.work_at_most(1);
    take_place("r-1", 1, true);
    for (uint64_t number = 2; number <= 4; ++number) {
      world_.make_owner(number);
      take_place("r-" + std::to_string(number), number, false);
    }
    durable(world_.sink.last());
  }

  void take_place(const std::string& owner, uint64_t number, bool passes) {
    const std::string vehicle = vehicle_of(number);
    const Who who{owner, vehicle};
    Outcome out;
    world_.engine.submit({who, "2026-01", CodeVerdict::right}, out);
    world_.engine.verify({who, CodeVerdict::right}, out);
    EXPECT_EQ(out.refusal, passes ? Refusal::none : Refusal::waiting);
  }
  // A connection of r-`number` that has entered.
  Caller& enter(uint64_t number) {
    Caller& caller = connect("r-" + std::to_string(number));
    ask(caller, R"({"op":"enter","id":1,"vehicle":")" + vehicle_of(number) + "\"}");
    heard();
    return caller;
  }
  void give_up(uint64_t number) {
    EXPECT_TRUE(world_.engine.give_up("r-" + std::to_string(number), world_.office).changed);
  }
  // A second later: everybody is looked at.
  void second_passes() {
    now_ += std::chrono::seconds(1);
    look();
  }
  void look() {
    deliveries_.tell_places(now_);
    release();
  }

  Micros now_{std::chrono::seconds(10)};
};

TEST_F(PlacesTest, AChangedPlaceIsPushedOnceASecondAtMost) {
  const Caller& last = enter(4);
  const Caller& same_owner = enter(4);
  second_passes();
  EXPECT_EQ(heard(), Said{}) << "they were told that already";
  give_up(2);
  durable(world_.sink.last());
  look();
  EXPECT_EQ(heard(), Said{}) << "a second has not passed";
  second_passes();
  EXPECT_EQ(heard(), (Said{"1:waiting", "2:waiting"}));
  EXPECT_EQ(last_.at("position").as_int64(), 2);
  second_passes();
  EXPECT_EQ(heard(), Said{});
  EXPECT_EQ(last.places.front().ahead, 1U);
  EXPECT_EQ(same_owner.places.front().ahead, 1U);
}

TEST_F(PlacesTest, APlaceIsSaidWhenWhatItRestsOnIsDurable) {
  enter(4);
  give_up(2);
  second_passes();
  EXPECT_EQ(heard(), Said{}) << "r-2 may be back after a crash";
  give_up(3);
  second_passes();
  second_passes();
  durable(world_.sink.last());
  EXPECT_EQ(heard(), (Said{"1:waiting"})) << "nothing is put on top of what waits";
  EXPECT_EQ(last_.at("position").as_int64(), 2);
  second_passes();
  EXPECT_EQ(heard(), (Said{"1:waiting"}));
  EXPECT_EQ(last_.at("position").as_int64(), 1);
}

TEST_F(PlacesTest, WhoIsAdmittedHearsItOnEveryConnectionThatWaitsAndOnNoOther) {
  enter(2);
  enter(2);
  enter(3);
  connect("r-2");  // it was told of no place
  world_.work_at_most(2);
  const Changes due = world_.run_timers();
  ASSERT_EQ(due.admitted.size(), 1U);
  watchers_.publish(due);
  release();
  EXPECT_EQ(heard(), Said{}) << "before it is durable";
  durable(world_.sink.last());
  EXPECT_EQ(heard(), (Said{"1:admitted", "2:admitted"}));
  EXPECT_EQ(last_.at("office").as_string(), "粤B");
  EXPECT_EQ(last_.at("act_within_ms").as_int64(), 120'000);
  second_passes();
  EXPECT_EQ(heard(), (Said{"3:waiting"})) << "and the others move up";
}

// The look may come between the admission and its message, and is as good.
TEST_F(PlacesTest, WhoWasAdmittedIsToldSoOnce) {
  enter(2);
  world_.work_at_most(2);
  const Changes due = world_.run_timers();
  durable(world_.sink.last());
  second_passes();
  EXPECT_EQ(heard(), (Said{"1:admitted"}));
  watchers_.publish(due);
  release();
  second_passes();
  EXPECT_EQ(heard(), Said{});
}

TEST_F(PlacesTest, APlaceThatEndedOtherwiseIsNotTold) {
  Caller& second = enter(2);
  const Caller& third = enter(3);
  give_up(2);
  // As the schedule does: the queue ends.
  EXPECT_TRUE(world_.engine.set_open(world_.office, false, "", kNobody, world_.changes).ok());
  durable(world_.sink.last());
  second_passes();
  EXPECT_EQ(heard(), Said{});
  EXPECT_TRUE(second.places.empty());
  EXPECT_TRUE(third.places.empty());
  deliveries_.leave(second);
}

TEST_F(PlacesTest, WithoutAWaitingRoomEverybodyMayPass) {
  enter(4);
  world_.work_at_most(0);
  durable(world_.sink.last());
  second_passes();
  EXPECT_EQ(heard(), (Said{"1:admitted"}));
}

TEST_F(PlacesTest, WhoHasLeftOrIsClosingHearsNothing) {
  Caller& left = enter(2);
  Caller& closing = enter(2);
  enter(3);
  deliveries_.leave(left);
  Deliveries::hush(closing);
  world_.work_at_most(2);
  watchers_.publish(world_.run_timers());
  durable(world_.sink.last());
  second_passes();
  EXPECT_EQ(heard(), (Said{"3:waiting"}));
  EXPECT_TRUE(replied_.empty()) << "nobody looks at a connection that has left";
}

// Whatever is sent counts, also what is refused before the engine is asked.
TEST_F(PlacesTest, AnyFrameIsASignOfLife) {
  const std::vector<std::string> frames = {
      R"({"id":1,"op":"nonsense"})", R"({"id":1,"op":"vehicles"})",
      R"({"id":1,"op":"enter","vehicle":"another"})", R"({"id":1,"op":"give_up","office":"粤A"})",
      R"({"id":1,"op":"leave","vehicle":")" + vehicle_of(6) + "\"}"};
  std::vector<std::string> owners;
  for (uint64_t number = 2; number <= 1 + frames.size(); ++number) {
    owners.push_back("r-" + std::to_string(number));
    if (number > 4) {
      world_.make_owner(number);
      take_place(owners.back(), number, false);
    }
    enter(number);
  }
  world_.ticks.advance(std::chrono::seconds(100));
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ask(callers_.at(i), frames[i]);
  }
  world_.ticks.advance(std::chrono::seconds(100));
  world_.work_at_most(10);
  std::vector<std::string> admitted;
  for (const Changes::OfOwner& owner : world_.run_timers().admitted) {
    admitted.push_back(owner.owner);
  }
  EXPECT_EQ(admitted, owners) << "whoever was not heard of is passed over";
}

// Very many are looked at in turn, so that a look never takes long.
TEST(WaitingCallersTest, EachIsLookedAtInItsTurnHoweverManyThereAre) {
  WaitingCallers line;
  std::deque<Caller> callers(3 * WaitingCallers::kLooksPerCall / 2);
  const PlaceView place;
  for (Caller& caller : callers) {
    caller.connection.slot = static_cast<uint32_t>(line.size());
    caller.owner = "r-" + std::to_string(caller.connection.slot);
    caller.waits_at(place);
    line.note(caller);
  }
  std::map<uint32_t, int> looks;
  const auto look = [&](Micros now) {
    std::size_t count = 0;
    line.look_at_next(now, [&](Caller& caller) {
      ++looks[caller.connection.slot];
      ++count;
      if (caller.connection.slot % 2 == 1) {
        caller.places.clear();
      }
    });
    return count;
  };
  const Micros start = std::chrono::seconds(5);
  EXPECT_EQ(look(start), WaitingCallers::kLooksPerCall);
  while (look(start + std::chrono::milliseconds(50)) > 0) {
  }
  while (look(start + std::chrono::milliseconds(1050)) > 0) {
  }
  while (look(start + std::chrono::milliseconds(2100)) > 0) {
  }
  EXPECT_EQ(looks.size(), callers.size()) << "everybody had their turn";
  EXPECT_EQ(line.size(), callers.size() / 2);
  for (Caller& caller : callers) {
    EXPECT_LE(looks[caller.connection.slot], caller.connection.slot % 2 == 1 ? 1 : 3);
    line.remove(caller);
  }
  EXPECT_EQ(line.size(), 0U);
}

}  // namespace
}  // namespace plated
