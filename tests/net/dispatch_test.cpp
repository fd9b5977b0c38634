#include "net/selection/dispatch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "tests/net/net_world.h"

namespace plated {
namespace {

namespace json = boost::json;

// Connections without sockets: requests go in as text, messages come out as JSON.
class DispatchTest : public testing::Test {
 protected:
  struct Connection {
    Caller caller;
    Messages messages;
    Executed executed;
  };

  DispatchTest() {
    watchers_.set_gates({&gate_});
    world_.make_owner(1);
    world_.make_owner(2);
  }

  Connection connect(const std::string& owner) {
    Connection connection;
    connection.caller.owner = owner;
    connection.caller.connection = {0, next_slot_++, 1};
    connection.caller.owner_pace = pace_;
    return connection;
  }

  // Sends {"id":1,"op":<rest>} and returns the answer; what came before it stands in messages.
  json::object ask(Connection& connection, const std::string& rest) {
    std::string frame = R"({"id":1,"op":)" + rest + "}";
    const std::size_t size = frame.size();
    frame.append(kFramePadding, ' ');
    EXPECT_TRUE(decoder_.decode(std::string_view(frame).substr(0, size))) << frame;
    connection.messages.clear();
    connection.executed =
        dispatch_.execute(decoder_.request(), connection.caller, now_, connection.messages);
    const Messages& said = connection.messages;
    return parsed(said[said.size() - 1]).as_object();
  }
  std::string code_of(const json::object& answer) {
    if (answer.contains("ok")) {
      return "ok";
    }
    return std::string(answer.at("error").at("code").as_string());
  }
  std::string ask_for(Connection& connection, const std::string& rest) {
    return code_of(ask(connection, rest));
  }
  // Accepts the terms; returns the vehicle's field of a request.
  std::string submit(Connection& connection, uint64_t owner) {
    const std::string v = "\"vehicle\":\"" + vehicle_of(owner) + "\"";
    EXPECT_EQ(ask_for(connection, R"("send_code","for":"submit",)" + v), "ok");
    EXPECT_EQ(ask_for(connection, R"("submit","code":"000000","terms":"2026-01",)" + v), "ok");
    return v;
  }
  // Up to `pick`.
  void verify(Connection& connection, uint64_t owner) {
    const std::string v = submit(connection, owner);
    ASSERT_EQ(ask_for(connection, R"("send_code","for":"verify",)" + v), "ok");
    ASSERT_EQ(ask_for(connection, R"("verify","code":"000000",)" + v), "ok");
  }
  // What the gate holds for other connections.
  struct Sent {
    ConnectionId to;
    json::value message;
    Sequence rests_on;
  };
  std::vector<Sent> sent() {
    std::vector<Sent> all;
    gate_.woken();
    gate_.collect([&](const AckGate::Push& push, std::string_view bytes) {
      all.push_back({push.connection, parsed(bytes), push.rests_on});
    });
    return all;
  }

  const std::shared_ptr<OwnerPace> pace_ = std::make_shared<OwnerPace>();  // of r-1's connections
  const std::string v1_ = "\"vehicle\":\"" + vehicle_of(1) + "\"";
  NetWorld world_;
  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> draining_{false};
  Watchers watchers_;
  AckGate gate_{durable_, [] {}};
  Dispatch dispatch_{{world_.engine, world_.desk, watchers_, draining_, limits_}};
  FrameDecoder decoder_;
  uint32_t next_slot_ = 0;
  LimitBook limits_;
  Micros now_{std::chrono::seconds(1)};
};

TEST_F(DispatchTest, ARefusalRestsOnTheExpiryThatItFound) {
  Connection owner = connect("r-1");
  verify(owner, 1);
  const std::string v = "\"vehicle\":\"" + vehicle_of(1) + "\"";
  const json::object drawn = ask(owner, R"("draw","draw":1,"without4":false,)" + v);
  const auto plate =
      std::string(drawn.at("ok").at("batch").at("plates").as_array().at(0).as_string());
  const Sequence before = owner.executed.rests_on;
  world_.ticks.advance(std::chrono::seconds(90));
  EXPECT_EQ(ask_for(owner, R"("shortlist","plate":")" + plate + "\"," + v), "expired");
  EXPECT_EQ(owner.executed.rests_on, world_.sink.last());
  EXPECT_GT(owner.executed.rests_on, before) << "the expiry was recorded first";
}

TEST_F(DispatchTest, ASelectionGoesFromVehiclesToConfirm) {
  Connection owner = connect("r-1");
  const json::object list = ask(owner, R"("vehicles")");
  EXPECT_EQ(list.at("ok").at("vehicles").at(0).at("vehicle").as_string(), vehicle_of(1));
  EXPECT_EQ(ask_for(owner, R"("enter",)" + v1_), "ok");
  verify(owner, 1);
  const json::object drawn = ask(owner, R"("draw","draw":1,"without4":false,)" + v1_);
  ASSERT_EQ(code_of(drawn), "ok");
  EXPECT_EQ(drawn.at("ok").at("draws_left").as_int64(), 4);
  EXPECT_EQ(owner.executed.rests_on, world_.sink.last());
  const auto& plates = drawn.at("ok").at("batch").at("plates").as_array();
  ASSERT_EQ(plates.size(), 10U);
  const std::string plate(plates[3].as_string());
  EXPECT_EQ(ask_for(owner, R"("shortlist","plate":")" + plate + "\"," + v1_), "ok");
  const json::object confirmed = ask(owner, R"("confirm","plate":")" + plate + "\"," + v1_);
  EXPECT_EQ(confirmed.at("ok").at("step").as_string(), "done");
  EXPECT_EQ(confirmed.at("ok").at("reservation").at("plate").as_string(), plate);
  EXPECT_TRUE(sent().empty()) << "nobody is told of their own request";
}

TEST_F(DispatchTest, SomebodyElsesVehicleIsNotHis) {
  Connection other = connect("r-2");
  for (const std::string op :
       {R"("enter")", R"("leave")", R"("send_code","for":"submit")", R"("verify","code":"000000")",
        R"("draw","draw":1,"without4":true)", R"("confirm","plate":"粤BD12345")"}) {
    EXPECT_EQ(ask_for(other, op + "," + v1_), "not_your_vehicle") << op;
  }
  EXPECT_EQ(ask_for(other, R"("vehicles","after":"ZZZ")"), "ok");
  Connection unknown = connect("nobody");
  EXPECT_TRUE(ask(unknown, R"("vehicles")").at("ok").at("vehicles").as_array().empty());
}

TEST_F(DispatchTest, OtherDevicesOfTheOwnerAreTold) {
  Connection phone = connect("r-1");
  Connection tablet = connect("r-1");
  EXPECT_EQ(ask_for(tablet, R"("enter",)" + v1_), "ok");
  EXPECT_EQ(ask_for(phone, R"("enter",)" + v1_), "ok");
  verify(phone, 1);
  const auto pushes = sent();
  ASSERT_EQ(pushes.size(), 2U);
  EXPECT_EQ(pushes[0].to, tablet.caller.connection);
  EXPECT_EQ(pushes[1].message.at("event").as_string(), "application");
  EXPECT_EQ(pushes[1].message.at("application").at("step").as_string(), "pick");
  EXPECT_EQ(pushes[1].rests_on, world_.sink.last());
  EXPECT_EQ(ask_for(tablet, R"("leave",)" + v1_), "ok");
  EXPECT_EQ(ask_for(phone, R"("draw","draw":1,"without4":false,)" + v1_), "ok");
  EXPECT_TRUE(sent().empty());
  dispatch_.forget(phone.caller);
  EXPECT_EQ(watchers_.vehicles(), 0U);
}

TEST_F(DispatchTest, WhatARequestFindsDueIsPushedBeforeItsAnswer) {
  Connection phone = connect("r-1");
  EXPECT_EQ(ask_for(phone, R"("enter",)" + v1_), "ok");
  verify(phone, 1);
  const json::object drawn = ask(phone, R"("draw","draw":1,"without4":false,)" + v1_);
  const std::string plate(drawn.at("ok").at("batch").at("plates").at(0).as_string());
  world_.ticks.advance(std::chrono::seconds(90));
  EXPECT_EQ(ask_for(phone, R"("shortlist","plate":")" + plate + "\"," + v1_), "expired");
  ASSERT_EQ(phone.messages.size(), 2U);
  const json::value push = parsed(phone.messages[0]);
  EXPECT_EQ(push.at("event").as_string(), "application");
  EXPECT_TRUE(push.at("application").at("batch").is_null());
  Connection stranger = connect("r-1");
  world_.ticks.advance(std::chrono::minutes(40));
  EXPECT_EQ(ask_for(stranger, R"("draw","draw":2,"without4":false,)" + v1_), "wrong_step");
  EXPECT_EQ(stranger.messages.size(), 1U) << "it never entered";
  ASSERT_EQ(sent().size(), 1U) << "the phone did";
}

TEST_F(DispatchTest, ACodeIsTriedOnlyWhereItDecides) {
  Connection phone = connect("r-1");
  EXPECT_EQ(ask_for(phone, R"("submit","code":"000000","terms":"2026-01",)" + v1_), "code_expired");
  const json::object sent_code = ask(phone, R"("send_code","for":"submit",)" + v1_);
  EXPECT_EQ(sent_code.at("ok").at("sent_to").as_string(), "000****0000");
  EXPECT_EQ(ask_for(phone, R"("send_code","for":"submit",)" + v1_), "too_soon");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(ask_for(phone, R"("submit","code":"111111","terms":"old",)" + v1_), "terms_outdated");
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ask_for(phone, R"("submit","code":"111111","terms":"2026-01",)" + v1_), "wrong_code");
  }
  EXPECT_EQ(ask_for(phone, R"("submit","code":"000000","terms":"2026-01",)" + v1_), "ok");
  EXPECT_EQ(ask_for(phone, R"("submit","code":"999999","terms":"2026-01",)" + v1_), "ok")
      << "a retry";
  EXPECT_EQ(ask_for(phone, R"("send_code","for":"verify",)" + v1_), "ok");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask_for(phone, R"("verify","code":"111111",)" + v1_), "wrong_code");
  }
  EXPECT_EQ(ask_for(phone, R"("verify","code":"000000",)" + v1_), "too_many_tries");
}

// Whoever waits is told where, and of that place they are told again with the application.
TEST_F(DispatchTest, WhoWaitsIsToldTheirPlaceUntilTheyPass) {
  world_.work_at_most(1);
  Connection first = connect("r-1");
  Connection second = connect("r-2");
  const std::string v2 = submit(second, 2);
  verify(first, 1);
  const json::object told = ask(second, R"("send_code","for":"verify",)" + v2);
  ASSERT_EQ(code_of(told), "waiting");
  EXPECT_EQ(told.at("error").at("position").as_int64(), 1);
  EXPECT_EQ(told.at("error").at("office").as_string(), "粤B");
  EXPECT_EQ(second.executed.rests_on, world_.sink.last()) << "the place is a fact of the log";
  ASSERT_EQ(second.caller.places.size(), 1U);
  EXPECT_EQ(ask_for(second, R"("verify","code":"000000",)" + v2), "waiting");
  Connection other_device = connect("r-2");
  const json::object entered = ask(other_device, R"("enter",)" + v2);
  EXPECT_EQ(entered.at("ok").at("place").at("ahead").as_int64(), 0);
  EXPECT_EQ(other_device.caller.places.size(), 1U);
  world_.work_at_most(2);
  ASSERT_EQ(world_.run_timers().admitted.size(), 1U);
  EXPECT_EQ(ask(second, R"("enter",)" + v2).at("ok").at("admitted_within_ms").as_int64(), 120'000);
  EXPECT_EQ(ask_for(second, R"("send_code","for":"verify",)" + v2), "ok");
  EXPECT_TRUE(second.caller.places.empty()) << "who passed waits for nothing";
}

TEST_F(DispatchTest, APlaceIsGivenUpOnceAndAskingAgainIsNoError) {
  world_.work_at_most(1);
  Connection first = connect("r-1");
  Connection second = connect("r-2");
  const std::string v2 = submit(second, 2);
  verify(first, 1);
  ASSERT_EQ(ask_for(second, R"("send_code","for":"verify",)" + v2), "waiting");
  EXPECT_EQ(ask_for(second, R"("give_up","office":"粤A")"), "ok") << "there is no such office";
  EXPECT_TRUE(world_.engine.standing("r-2", world_.office).place);
  world_.sink.full = true;
  EXPECT_EQ(ask_for(second, R"("give_up","office":"粤B")"), "overloaded");
  world_.sink.full = false;
  EXPECT_EQ(second.caller.places.size(), 1U);
  EXPECT_EQ(ask_for(second, R"("give_up","office":"粤B")"), "ok");
  EXPECT_EQ(second.executed.rests_on, world_.sink.last());
  EXPECT_FALSE(world_.engine.standing("r-2", world_.office).place);
  EXPECT_TRUE(second.caller.places.empty());
  EXPECT_EQ(ask_for(second, R"("give_up","office":"粤B")"), "ok");
  EXPECT_FALSE(ask(second, R"("enter",)" + v2).at("ok").as_object().contains("place"));
}

TEST_F(DispatchTest, NothingNewIsBegunWhileDraining) {
  Connection phone = connect("r-1");
  draining_ = true;
  const Sequence before = world_.sink.last();
  EXPECT_EQ(ask_for(phone, R"("enter",)" + v1_), "shutting_down");
  EXPECT_EQ(ask_for(phone, R"("vehicles")"), "shutting_down");
  EXPECT_EQ(world_.sink.last(), before);
}

TEST_F(DispatchTest, AConnectionWatchesOnlySoMany) {
  Connection phone = connect("r-1");
  for (std::size_t i = 0; i < kWatchedMax; ++i) {
    phone.caller.watched.push_back({VehicleId("other" + std::to_string(i)), {}, 0});
  }
  const json::object refused = ask(phone, R"("enter",)" + v1_);
  EXPECT_EQ(code_of(refused), "bad_request");
  EXPECT_EQ(refused.at("error").at("field").as_string(), "vehicle");
}

TEST_F(DispatchTest, AFullLogIsOverloadedAndSaysWhenToRetry) {
  Connection phone = connect("r-1");
  verify(phone, 1);
  world_.sink.full = true;
  const json::object refused = ask(phone, R"("draw","draw":1,"without4":false,)" + v1_);
  EXPECT_EQ(code_of(refused), "overloaded");
  EXPECT_GT(refused.at("error").at("retry_in_ms").as_int64(), 0);
}

TEST_F(DispatchTest, OfficesAndTimersReachTheGates) {
  Connection phone = connect("r-1");
  EXPECT_EQ(ask_for(phone, R"("enter",)" + v1_), "ok");
  verify(phone, 1);
  EXPECT_EQ(ask_for(phone, R"("draw","draw":1,"without4":false,)" + v1_), "ok");
  EXPECT_TRUE(sent().empty());
  Changes changes;
  world_.ticks.advance(std::chrono::seconds(91));
  while (world_.engine.advance(changes)) {
  }
  EXPECT_TRUE(
      world_.engine.set_overlay(world_.office, Overlay::paused, "test", kNobody, changes).ok());
  watchers_.publish(changes);
  const auto pushes = sent();
  ASSERT_EQ(pushes.size(), 2U);
  EXPECT_EQ(pushes[0].message.at("event").as_string(), "application");
  EXPECT_EQ(pushes[1].message.at("event").as_string(), "office");
  EXPECT_EQ(pushes[1].message.at("state").as_string(), "paused");
}

TEST_F(DispatchTest, DrawsOfAnOwnerKeepTheirIntervalAndRepetitionsNeedNot) {
  Connection owner = connect("r-1");
  Connection other_device = connect("r-1");
  verify(owner, 1);
  dispatch_.set_limits({.interval_draw = Millis(300)});
  const auto draw = [&](Connection& by, int number) {
    return ask(by, R"("draw","without4":false,"draw":)" + std::to_string(number) + "," + v1_);
  };
  ASSERT_EQ(code_of(draw(owner, 1)), "ok");
  EXPECT_EQ(code_of(draw(owner, 1)), "ok") << "a lost answer is asked for again at once";
  now_ += std::chrono::milliseconds(100);
  for (Connection* const by : {&owner, &other_device}) {
    const json::object early = draw(*by, 2);
    EXPECT_EQ(code_of(early), "too_soon");
    EXPECT_EQ(early.at("error").at("retry_in_ms").as_int64(), 200);
  }
  EXPECT_EQ(code_of(draw(owner, 7)), "too_soon") << "before everything else";
  EXPECT_EQ(code_of(draw(other_device, 1)), "ok");
  now_ += std::chrono::milliseconds(200);
  EXPECT_EQ(code_of(draw(owner, 1)), "ok");
  EXPECT_EQ(code_of(draw(owner, 2)), "ok") << "a repetition begins no interval";
  EXPECT_EQ(limits_.counts()[static_cast<std::size_t>(Limit::interval_draw)], 3U);
}

TEST_F(DispatchTest, ConfirmationsOfAnOwnerKeepTheirInterval) {
  Connection owner = connect("r-1");
  verify(owner, 1);
  const json::object drawn = ask(owner, R"("draw","draw":1,"without4":false,)" + v1_);
  const auto& plates = drawn.at("ok").at("batch").at("plates").as_array();
  const std::string plate(plates[0].as_string());
  const std::string other(plates[1].as_string());
  dispatch_.set_limits({.interval_confirm = Millis(300)});
  const auto confirm = [&](const std::string& which) {
    return ask_for(owner, R"("confirm","plate":")" + which + "\"," + v1_);
  };
  EXPECT_EQ(confirm(plate), "not_on_shortlist");
  EXPECT_EQ(ask_for(owner, R"("shortlist","plate":")" + plate + "\"," + v1_), "ok");
  EXPECT_EQ(confirm(plate), "too_soon");
  now_ += std::chrono::milliseconds(300);
  EXPECT_EQ(confirm(plate), "ok");
  EXPECT_EQ(confirm(plate), "ok") << "a repetition needs no wait";
  now_ += std::chrono::milliseconds(300);
  EXPECT_EQ(confirm(plate), "ok");
  EXPECT_EQ(confirm(other), "already_confirmed") << "what was repeated began no interval";
}

TEST_F(DispatchTest, CodesHaveALimitByAddress) {
  Connection owner = connect("r-1");
  dispatch_.set_limits({.codes_per_address = {1, std::chrono::hours(1)}});
  EXPECT_EQ(ask_for(owner, R"("send_code","for":"verify",)" + v1_), "wrong_step");
  EXPECT_EQ(ask_for(owner, R"("send_code","for":"submit",)" + v1_), "ok");
  const json::object refused = ask(owner, R"("send_code","for":"submit",)" + v1_);
  EXPECT_EQ(code_of(refused), "too_soon");
  EXPECT_EQ(refused.at("error").at("retry_in_ms").as_int64(), 3'600'000);
}

TEST(WatchersTest, WhoeverHadTheVehicleBeforeIsToldNothingMore) {
  std::atomic<uint64_t> durable{0};
  AckGate gate(durable, [] {});
  Watchers watchers;
  watchers.set_gates({&gate});
  watchers.add("V1", owner_mark("old"), {0, 1, 1});
  watchers.add("V1", owner_mark("old"), {0, 1, 1});
  watchers.add("V1", owner_mark("new"), {0, 2, 1});
  ApplicationView view;
  view.vehicle = VehicleId("V1");
  int told = 0;
  const auto count = [&](const AckGate::Push&, std::string_view) { ++told; };
  watchers.publish(view, {1}, owner_mark("new"));
  gate.collect(count);
  EXPECT_EQ(told, 1);
  watchers.publish(view, {1});
  gate.collect(count);
  EXPECT_EQ(told, 3);
  watchers.keep_only("V1", owner_mark("new"));
  watchers.publish(view, {1});
  gate.collect(count);
  EXPECT_EQ(told, 4);
  watchers.remove("V1", {0, 2, 1});
  EXPECT_EQ(watchers.vehicles(), 0U);
}

}  // namespace
}  // namespace plated
