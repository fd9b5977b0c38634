// The waiting room: who passes, who waits, in which order people are admitted, and what becomes of
// places.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/waiting_world.h"

namespace plated {
namespace {

constexpr Millis kAct = 2 * kMinute;

TEST_F(Waiting, WithoutOneNobodyWaits) {
  world.settings([](Settings& s) { s.working_max = 0; });
  for (uint64_t number = 1; number <= 20; ++number) {
    EXPECT_EQ(world.verify(submitted(number)), Refusal::none);
  }
  EXPECT_EQ(room().working, 20U);
  EXPECT_EQ(room().queue, 0U);
}

TEST_F(Waiting, AsManyWorkAsMayAndTheOthersStandInLine) {
  const Who a = submitted(1);
  const Who b = submitted(2);
  const Who c = submitted(3);
  const Who d = submitted(4);
  EXPECT_EQ(ask_and_send(a), Refusal::none);
  EXPECT_EQ(world.verify(a), Refusal::none);
  EXPECT_EQ(ask_and_send(b), Refusal::none);
  EXPECT_EQ(ask(c), Refusal::waiting);
  ASSERT_TRUE(code.place.has_value());
  EXPECT_FALSE(code.place->lobby);
  EXPECT_EQ(code.place->ahead, 0U);
  EXPECT_EQ(world.verify(d), Refusal::waiting) << "the code is not even compared";
  EXPECT_EQ(world.out.place->ahead, 1U);
  EXPECT_EQ(room().working, 2U);
  EXPECT_EQ(room().queue, 2U);
  EXPECT_EQ(room().limited_by, LimitedBy::working_max);
}

TEST_F(Waiting, AskingAgainKeepsThePlaceAndMovesNobody) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(ask(b), Refusal::waiting);
  const uint64_t records = world.engine->last_sequence().value;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask(b), Refusal::waiting);
    EXPECT_EQ(code.place->ahead, 1U);
    EXPECT_EQ(world.verify(a), Refusal::waiting);
    EXPECT_EQ(world.out.place->ahead, 0U);
  }
  EXPECT_EQ(world.engine->last_sequence().value, records);
}

TEST_F(Waiting, AFreePlaceGoesToTheHeadAtOnce) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(ask(b), Refusal::waiting);
  EXPECT_TRUE(admitted().empty());
  world.settings([](Settings& s) { s.working_max = 3; });
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-1"});
  EXPECT_EQ(place(b)->ahead, 0U);
  EXPECT_EQ(world.verify(a), Refusal::none);
  EXPECT_EQ(world.verify(b), Refusal::waiting);
}

TEST_F(Waiting, AFinishedChoiceMakesRoom) {
  const Who worker = submitted(1);
  world.settings([](Settings& s) { s.working_max = 1; });
  EXPECT_EQ(world.verify(worker), Refusal::none);
  const Who next = submitted(2);
  EXPECT_EQ(ask(next), Refusal::waiting);
  EXPECT_EQ(world.draw(worker, 1), Refusal::none);
  EXPECT_EQ(world.shortlist(worker, world.out.application.batch[0]), Refusal::none);
  EXPECT_TRUE(admitted().empty());
  EXPECT_EQ(world.confirm(worker, world.out.application.shortlist[0]), Refusal::none);
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
}

TEST_F(Waiting, WhoeverWorksDoesNotWaitWithFurtherVehicles) {
  world.settings([](Settings& s) { s.working_max = 1; });
  const Who first = submitted(1);
  ASSERT_TRUE(world.engine->import_owner("org", OwnerKind::organisation, 5, "s", kOperator).ok());
  for (const char* vehicle : {"LGXCE4CB6P0000001", "LGXCE4CB6P0000002"}) {
    ASSERT_TRUE(
        world.engine->import_vehicle({"org", vehicle, world.pool, "粤B12345"}, false, kOperator)
            .ok());
    EXPECT_EQ(world.submit({"org", vehicle}), Refusal::none);
  }
  EXPECT_EQ(world.verify({"org", "LGXCE4CB6P0000001"}), Refusal::none);
  EXPECT_EQ(ask(first), Refusal::waiting);
  EXPECT_EQ(world.verify({"org", "LGXCE4CB6P0000002"}), Refusal::none);
  EXPECT_EQ(room().working, 1U) << "owners are counted, not vehicles";
}

TEST_F(Waiting, OneOwnerHasOnePlaceWhateverTheNumberOfVehicles) {
  fill();
  ASSERT_TRUE(world.engine->import_owner("org", OwnerKind::organisation, 5, "s", kOperator).ok());
  for (int i = 0; i < 10; ++i) {
    const std::string vehicle = "LGXCE4CB6P000000" + std::to_string(i);
    ASSERT_TRUE(
        world.engine->import_vehicle({"org", vehicle, world.pool, "粤B12345"}, false, kOperator)
            .ok());
    EXPECT_EQ(world.submit({"org", vehicle}), Refusal::none);
    EXPECT_EQ(world.verify({"org", vehicle}), Refusal::waiting);
  }
  EXPECT_EQ(room().queue, 1U);
}

TEST_F(Waiting, TheTimeToActEndsAndTheNextIsAdmitted) {
  world.settings([](Settings& s) { s.working_max = 1; });
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::none);
  EXPECT_EQ(world.look(a).admitted_within, kAct);
  EXPECT_EQ(ask(b), Refusal::waiting);
  world.pass(kAct - Millis{1});
  EXPECT_EQ(world.look(a).admitted_within, Millis{1});
  world.look(b);  // still there
  world.pass(Millis{1});
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
  EXPECT_EQ(world.verify(a), Refusal::waiting) << "who did not act stands behind the others";
}

TEST_F(Waiting, TheFirstCodeGivesTimeUntilItEndsAndLaterOnesNone) {
  world.settings([](Settings& s) { s.working_max = 1; });
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::none);
  world.pass(kMinute);
  EXPECT_EQ(ask_and_send(a), Refusal::none);
  EXPECT_EQ(world.look(a).admitted_within, kCodeLife);
  world.pass(4 * kMinute);
  EXPECT_EQ(ask_and_send(a), Refusal::none);
  EXPECT_EQ(world.look(a).admitted_within, kMinute);
  world.pass(kMinute);
  EXPECT_EQ(room().working, 0U);
}

TEST_F(Waiting, TheTimeToActStandsStillWhileTheOfficeIsNotOpen) {
  world.settings([](Settings& s) { s.working_max = 1; });
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::none);
  world.pass(kMinute);
  world.close();
  world.pass(kHour);
  EXPECT_EQ(world.look(a).admitted_within, kMinute);
  world.open();
  world.pause();
  world.pass(kHour);
  EXPECT_EQ(world.look(a).admitted_within, kMinute);
  world.resume();
  world.pass(kMinute);
  EXPECT_FALSE(world.look(a).admitted_within.has_value());
  EXPECT_EQ(room().working, 0U);
}

TEST_F(Waiting, NobodyIsAdmittedWhileTheOfficeIsNotOpenAndTheQueueStands) {
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.close();
  world.settings([](Settings& s) { s.working_max = 9; });
  EXPECT_TRUE(admitted().empty());
  EXPECT_EQ(ask(a), Refusal::not_open);
  EXPECT_EQ(room().queue, 1U);
  EXPECT_EQ(room().limited_by, LimitedBy::office);
  world.open();
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-1"});
}

TEST_F(Waiting, SomebodyVerifiedWorksUntilTheirVerificationEnds) {
  world.settings([](Settings& s) { s.working_max = 1; });
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(world.verify(a), Refusal::none);
  EXPECT_EQ(ask(b), Refusal::waiting);
  for (int i = 0; i < 29; ++i) {
    world.pass(kMinute);
    world.look(b);
  }
  EXPECT_TRUE(admitted().empty());
  world.pass(kMinute);
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
  EXPECT_EQ(world.verify(a), Refusal::waiting);
}

TEST_F(Waiting, LoweringTheNumberSendsNobodyAway) {
  world.settings([](Settings& s) { s.working_max = 3; });
  fill();
  world.settings([](Settings& s) { s.working_max = 1; });
  world.run_timers();
  EXPECT_EQ(room().working, 3U);
  EXPECT_EQ(ask(submitted(1)), Refusal::waiting);
}

TEST_F(Waiting, PlacesAreGivenUp) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(ask(b), Refusal::waiting);
  EXPECT_TRUE(world.engine->give_up(a.owner, world.office).changed);
  EXPECT_FALSE(world.engine->give_up(a.owner, world.office).changed);
  EXPECT_FALSE(world.engine->give_up("nobody", world.office).changed);
  EXPECT_FALSE(place(a).has_value());
  EXPECT_EQ(place(b)->ahead, 0U);
}

TEST_F(Waiting, BlacklistingAndErasureEndPlacesAndTheTimeToAct) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(ask(b), Refusal::waiting);
  EXPECT_TRUE(world.blacklist(a).ok());
  world.run_timers();
  EXPECT_FALSE(place(a).has_value());
  EXPECT_EQ(place(b)->ahead, 0U);
  world.settings([](Settings& s) { s.working_max = 3; });
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
  EXPECT_TRUE(world.blacklist(b).ok());
  world.run_timers();
  EXPECT_EQ(room().working, 2U);
}

// Seed 2 of waiting_model_test: a blacklisting of long ago ended a new place after a restart.
TEST_F(Waiting, ABlacklistingThatWasLiftedEndsNoLaterPlace) {
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_TRUE(world.blacklist(a).ok());
  world.run_timers();
  EXPECT_TRUE(world.engine->lift_blacklist(a.owner, "test", kOperator).ok());
  EXPECT_EQ(ask(a), Refusal::waiting);
  restart();
  world.run_timers();
  EXPECT_TRUE(place(a).has_value());
}

TEST_F(Waiting, WhoeverIsNotConnectedIsPassedOverAndGetsTheNextFreePlaceOnComingBack) {
  world.pass(2 * kMinute);  // the service runs for longer than it is patient
  world.settings([](Settings& s) { s.working_max = 1; });
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.pass(Standings::kConnectedFor + 2 * kSecond);
  world.engine->look(a, world.out);  // of its own accord, so it says nothing of r-1
  EXPECT_EQ(ask(b), Refusal::waiting);
  EXPECT_EQ(code.place->ahead, 1U);
  world.settings([](Settings& s) { s.working_max = 2; });
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
  const Who c = submitted(3);
  EXPECT_EQ(ask(c), Refusal::waiting);
  EXPECT_EQ(code.place->ahead, 0U) << "who was passed over is not counted";
  EXPECT_EQ(room().queue, 2U);
  world.look(a);  // back again
  EXPECT_TRUE(admitted().empty());
  world.settings([](Settings& s) { s.working_max = 3; });
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-1"}) << "before the head";
  EXPECT_EQ(place(c)->ahead, 0U);
}

TEST_F(Waiting, APlaceThatWasPassedOverLapsesAfterHalfAnHourOfOpenTime) {
  world.pass(2 * kMinute);
  world.settings([](Settings& s) { s.working_max = 1; });
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.pass(Standings::kConnectedFor + 2 * kSecond);
  world.settings([](Settings& s) { s.working_max = 2; });
  world.run_timers();
  EXPECT_EQ(room().queue, 1U);
  world.close();
  world.pass(kHour);
  world.open();
  world.pass(30 * kMinute - Millis{1});
  EXPECT_EQ(room().queue, 1U);
  world.pass(Millis{1});
  EXPECT_EQ(room().queue, 0U);
  EXPECT_FALSE(place(a).has_value());
}

TEST_F(Waiting, AfterAStartTheQueueWaitsAMinuteForItsHead) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.pass(3 * kMinute);
  EXPECT_EQ(ask(b), Refusal::waiting);
  restart();
  world.settings([](Settings& s) { s.working_max = 3; });
  EXPECT_TRUE(admitted().empty()) << "the head has not come back yet";
  world.pass(59 * kSecond);
  world.look(b);
  EXPECT_TRUE(admitted().empty());
  world.look(a);
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-1"});
}

TEST_F(Waiting, AfterThatMinuteWhoeverIsNotThereIsPassedOver) {
  fill();
  const Who a = submitted(1);
  const Who b = submitted(2);
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(ask(b), Refusal::waiting);
  restart();
  world.settings([](Settings& s) { s.working_max = 3; });
  world.run_timers();
  world.pass(kMinute);
  world.look(b);
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-2"});
}

TEST_F(Waiting, SoManyAreAdmittedASecondAtMost) {
  world.settings([](Settings& s) { s.working_max = 1; });
  fill();
  for (uint64_t number = 1; number <= 50; ++number) {
    EXPECT_EQ(ask(submitted(number)), Refusal::waiting);
  }
  world.settings([](Settings& s) {
    s.working_max = 1000;
    s.admit_per_second = 10;
  });
  std::size_t all = admitted().size();
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 100; ++i) {
      world.pass(Millis{10});
      all += admitted().size();
    }
  }
  EXPECT_GE(all, 29U);
  EXPECT_LE(all, 31U);
  EXPECT_EQ(room().limited_by, LimitedBy::admit_per_second);
  EXPECT_EQ(ask(submitted(99)), Refusal::waiting) << "others wait";
}

TEST_F(Waiting, SettingTheNumberTo0EndsTheRoom) {
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.settings([](Settings& s) { s.working_max = 0; });
  EXPECT_FALSE(place(a).has_value());
  EXPECT_EQ(world.verify(a), Refusal::none);
}

TEST_F(Waiting, APlaceLeavesTheVersionAlone) {
  fill();
  const Who a = submitted(1);
  const uint32_t version = world.look(a).version;
  EXPECT_EQ(ask(a), Refusal::waiting);
  EXPECT_EQ(world.look(a).version, version);
  EXPECT_TRUE(world.look(a).place.has_value());
}

TEST_F(Waiting, AFullLogGivesNoPlaces) {
  fill();
  const Who a = submitted(1);
  world.sink.full = true;
  EXPECT_EQ(ask(a), Refusal::overloaded);
  EXPECT_FALSE(world.engine->give_up(a.owner, world.office).ok());
  world.sink.full = false;
  EXPECT_FALSE(place(a).has_value());
}

}  // namespace
}  // namespace plated
