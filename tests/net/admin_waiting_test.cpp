// What operators see of the waiting room: the numbers, what limits it, and the secrets behind the
// orders of its lobbies.
#include <gtest/gtest.h>

#include "engine/draw_stream.h"
#include "net/operators/metrics.h"
#include "tests/net/admin_world.h"

namespace plated {
namespace {

const std::string kWaiting = "/v1/waiting/粤B";

// An owner who asks for a code to verify, and works or waits from now on.
void knock(AdminWorld& world, uint64_t number) {
  const Who who = world.owner(number);
  EXPECT_EQ(world.submit(who), Refusal::none);
  CodeRequest code;
  world.engine->request_code(who, CodePurpose::verify, code);
}

TEST(AdminWaiting, AnOfficeWithoutAWaitingRoomLimitsNobody) {
  AdminWorld world;
  world.get(kWaiting);
  EXPECT_EQ(world.last.body,
            R"({"lobby":0,"queue":0,"working":0,"working_max":0,"admitted_per_minute":null,)"
            R"("limited_by":null,"lobbies":[]})"
            "\n");
}

TEST(AdminWaiting, WhoWorksAndWhoWaitsIsCounted) {
  AdminWorld world;
  world.settings([](Settings& s) { s.working_max = 2; });
  for (uint64_t number = 1; number <= 2; ++number) {
    knock(world, number);
  }
  world.get(kWaiting);
  EXPECT_EQ(world.at("working"), 2);
  EXPECT_EQ(world.at("queue"), 0);
  for (uint64_t number = 3; number <= 5; ++number) {
    knock(world, number);
  }
  world.get(kWaiting);
  EXPECT_EQ(world.at("working"), 2);
  EXPECT_EQ(world.at("working_max"), 2);
  EXPECT_EQ(world.at("queue"), 3);
  EXPECT_EQ(world.at("lobby"), 0);
  EXPECT_EQ(world.at("limited_by"), "working_max");
  world.get("/v1/status");
  EXPECT_EQ(world.at("waiting"), 3);
  const std::string metrics = metrics_text(*world.engine, ServiceReport{});
  for (const char* line :
       {"plated_waiting_lobby{office=\"粤B\"} 0", "plated_waiting_queue{office=\"粤B\"} 3",
        "plated_waiting_working{office=\"粤B\"} 2",
        "plated_waiting_working_max{office=\"粤B\"} 2"}) {
    EXPECT_NE(metrics.find(std::string(line) + "\n"), std::string::npos) << line;
  }
  EXPECT_EQ(metrics.find("plated_waiting_admitted_per_minute{"), std::string::npos) << "not known";
}

TEST(AdminWaiting, WhatLimitsAdmissionsIsNamed) {
  AdminWorld world;
  world.settings([](Settings& s) {
    s.working_max = 9;
    s.admit_per_second = 1;
  });
  for (uint64_t number = 1; number <= 3; ++number) {
    knock(world, number);
  }
  world.get(kWaiting);
  EXPECT_EQ(world.at("queue"), 2);
  EXPECT_EQ(world.at("limited_by"), "admit_per_second");
  world.pause();
  world.get(kWaiting);
  EXPECT_EQ(world.at("limited_by"), "office");
}

TEST(AdminWaiting, TheRateIsToldOnceItIsKnown) {
  AdminWorld world;
  world.settings([](Settings& s) {
    s.working_max = 90;
    s.admit_per_second = 1;
  });
  for (uint64_t number = 1; number <= 40; ++number) {
    knock(world, number);
  }
  for (int second = 0; second < 61; ++second) {
    world.pass(std::chrono::seconds(1));
  }
  world.get(kWaiting);
  EXPECT_FALSE(world.at("admitted_per_minute").is_null());
  EXPECT_NE(metrics_text(*world.engine, ServiceReport{})
                .find("plated_waiting_admitted_per_minute{office=\"粤B\"} "),
            std::string::npos);
}

TEST(AdminWaiting, CommitmentsStandThereAndSecretsOfDaysThatAreOver) {
  AdminWorld world;
  world.settings([](Settings& s) { s.working_max = 2; });
  const Day today = world.engine->office(world.office)->today();
  const Day tomorrow = today + std::chrono::days(1);
  ASSERT_TRUE(world.engine->commit_lobby(world.office, today, DrawSecret{9}).ok());
  ASSERT_TRUE(world.engine->commit_lobby(world.office, tomorrow, DrawSecret{8}).ok());
  world.get(kWaiting);
  EXPECT_EQ(world.at("lobbies.0.period").as_string(), text_of(today).view());
  EXPECT_TRUE(world.at("lobbies.0.revealed").is_null());
  EXPECT_EQ(world.at("lobbies.1.period").as_string(), text_of(tomorrow).view());
  EXPECT_EQ(world.at("lobbies.1.commitment").as_string().size(), 64U);
  EXPECT_NE(world.at("lobbies.1.commitment"), world.at("lobbies.0.commitment"));
  EXPECT_EQ(world.waited, world.sink.last()) << "what is told is durable";
  world.revealed_before = tomorrow;
  world.get(kWaiting);
  EXPECT_EQ(world.at("lobbies.0.revealed").as_string(), "09" + std::string(62, '0'));
  EXPECT_TRUE(world.at("lobbies.1.revealed").is_null());
}

TEST(AdminWaiting, AnOfficeThatIsNotThereHasNoWaitingRoom) {
  AdminWorld world;
  EXPECT_EQ(world.get("/v1/waiting/粤Z").status, 404U);
  EXPECT_EQ(world.get("/v1/waiting/nowhere").status, 400U);
  EXPECT_EQ(world.ask("POST", kWaiting).status, 405U);
}

}  // namespace
}  // namespace plated
