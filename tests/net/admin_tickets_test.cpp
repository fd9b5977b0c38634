// Operators bar tickets, and that they have read about people is in the log.
#include <gtest/gtest.h>

#include <algorithm>

#include "net/operators/topics.h"
#include "net/protocol/ticket.h"
#include "tests/net/admin_world.h"

namespace plated {
namespace {

constexpr const char* kReadAbout =
    R"({"owner":"z1","kind":"person","name":"张三","phone":"13800001234","id_number":"4403"})";

TEST(AdminTickets, RevokingEndsWhatTheyOpened) {
  AdminWorld world;
  world.post("/v1/tickets/revoke", R"({"owner":"z1","reason":"a phone was stolen"})");
  EXPECT_EQ(world.last.status, 200U) << world.last.body;
  EXPECT_EQ(world.at("owner"), "z1");
  EXPECT_EQ(world.at("changed"), true);
  const CivilTime now = world.ticks.now().civil;
  const auto& event = world.sink.latest<TicketsRevoked>();
  EXPECT_EQ(event.reason, "a phone was stolen");
  EXPECT_EQ(event.before, now + kTicketBeginLeeway);
  EXPECT_EQ(event.until, now + kDay + kTicketBeginLeeway + kTicketEndLeeway);
  EXPECT_GE(world.waited, world.sink.last());
  world.post("/v1/tickets/revoke", R"({"jti":"a-1","reason":"copied"})");
  EXPECT_EQ(world.at("jti"), "a-1");
  const std::vector<std::pair<std::string, std::string>> ended = {{"z1", ""}, {"", "a-1"}};
  EXPECT_EQ(world.ended_tickets, ended);
  const boost::json::value until = world.at("until");
  world.pass(kHour);
  world.post("/v1/tickets/revoke", R"({"jti":"a-1","reason":"again"})");
  EXPECT_EQ(world.at("changed"), false);
  EXPECT_EQ(world.at("until"), until);
  EXPECT_EQ(world.ended_tickets.size(), 3U) << "whoever slipped in before is sent away, too";
}

TEST(AdminTickets, OneOfTheTwoIsSaidWithAReason) {
  AdminWorld world;
  const Sequence before = world.sink.last();
  for (const auto& [body, refusal] :
       {std::pair(R"({"reason":"x"})", "400 bad_request owner"),
        std::pair(R"({"owner":"z1","jti":"a","reason":"x"})", "400 bad_request jti"),
        std::pair(R"({"owner":"z1"})", "400 bad_request reason"),
        std::pair(R"({"owner":"no spaces","reason":"x"})", "400 bad_request owner"),
        std::pair(R"({"owner":"z1","reason":"x","until":1700000000000})",
                  "400 bad_request until")}) {
    world.post("/v1/tickets/revoke", body);
    EXPECT_EQ(world.refusal(), refusal) << body;
  }
  EXPECT_EQ(world.sink.last(), before);
  EXPECT_TRUE(world.ended_tickets.empty());
}

// What is asked for, and how it stands in the log.
struct Reading {
  std::string_view target;
  std::string_view recorded;
};
constexpr std::array<Reading, 7> kReadings = {{
    {"/v1/owners/z1", "read /v1/owners/z1, as zhang"},
    {"/v1/owners/nobody", "read /v1/owners/nobody, as zhang"},
    {"/v1/vehicles/LGX1", "read /v1/vehicles/LGX1, as zhang"},
    {"/v1/plates/%E7%B2%A4BD00001", "read /v1/plates/粤BD00001, as zhang"},
    {"/v1/blacklist", "read /v1/blacklist, as zhang"},
    {"/v1/notices", "read /v1/notices, as zhang"},
    {"/v1/audit?since=3", "read /v1/audit, as zhang"},
}};

TEST(AdminReading, IsInTheLogBeforeItIsAnswered) {
  AdminWorld world;
  world.post("/v1/owners", kReadAbout);
  world.load_first(10);
  for (const Reading& reading : kReadings) {
    const Sequence before = world.sink.last();
    world.get(std::string(reading.target));
    EXPECT_EQ(world.sink.last().value, before.value + 1) << reading.target;
    EXPECT_EQ(world.sink.latest<OperatorActed>().what, reading.recorded);
    EXPECT_EQ(world.sink.latest<OperatorActed>().actor.uid, kOperator.uid);
    EXPECT_GE(world.waited, world.sink.last()) << reading.target;
  }
}

TEST(AdminReading, ByADryRunToo) {
  AdminWorld world;
  world.post("/v1/owners", kReadAbout);
  world.post("/v1/owners?dry_run=1", std::string(kReadAbout) + "\n" +
                                         R"({"owner":"z2","kind":"person","phone":"13900001234"})");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.sink.latest<OperatorActed>().what,
            "read by a dry run of 2 owners, of which 1 are as known, as zhang");
  world.sink.full = true;
  world.post("/v1/owners?dry_run=1", kReadAbout);
  EXPECT_EQ(world.refusal(), "503 overloaded");
}

TEST(AdminReading, OfNobodyIsNoRecord) {
  AdminWorld world;
  world.load_first(10);
  const Sequence before = world.sink.last();
  for (const char* target : {"/v1/status", "/metrics", "/v1/pools", "/v1/offices"}) {
    EXPECT_EQ(world.get(target).status, 200U) << target;
  }
  EXPECT_EQ(world.sink.last(), before);
}

// Nobody reads unseen, so where there is no room for the record there is no answer, and it says so.
TEST(AdminReading, IsRefusedInSoManyWordsWhereTheLogIsFull) {
  AdminWorld world;
  world.post("/v1/owners", kReadAbout);
  world.sink.full = true;
  for (const Reading& reading : kReadings) {
    world.get(std::string(reading.target));
    EXPECT_EQ(world.refusal(), "503 overloaded") << reading.target;
    const std::string message(world.at("error").at("message").as_string());
    EXPECT_NE(message.find("nothing was read"), std::string::npos) << message;
    EXPECT_EQ(world.last.body.find("张三"), std::string::npos);
  }
  EXPECT_EQ(world.get("/v1/status").status, 200U) << "what shows nobody is answered as ever";
}

TEST(AdminReading, NamesWhatWasAskedForAsTextOfBoundedLength) {
  AdminWorld world;
  world.get("/v1/owners/%ff%fe");
  EXPECT_EQ(world.sink.latest<OperatorActed>().what, "read (not UTF-8), as zhang");
  std::string name;
  for (int i = 0; i < 200; ++i) {
    name += "张";
  }
  world.get("/v1/owners/" + name);
  const std::string what(world.sink.latest<OperatorActed>().what);
  EXPECT_LE(what.size(), kReadingTextMax + 30);
  EXPECT_NE(what.find("…, as zhang"), std::string::npos) << what;
}

// Whoever adds a request that reads decides whether it shows people.
TEST(AdminReading, EveryGetSaysWhetherItShowsPeople) {
  std::size_t of_people = 0;
  for (const AdminRoute& route : every_route()) {
    if (route.method == "GET") {
      EXPECT_NE(route.shows, Shows::unsaid) << route.pattern;
      of_people += route.shows == Shows::people ? 1 : 0;
    }
    for (const char* about : {"/owners/", "/vehicles/", "/plates/", "/audit", "/blacklist",
                              "/notices", "/vouchers/", "/find", "/explain", "/sessions"}) {
      if (route.method == "GET" && route.pattern.find(about) != std::string_view::npos) {
        EXPECT_EQ(route.shows, Shows::people) << route.pattern;
      }
    }
  }
  EXPECT_GE(of_people, 7U);
}

}  // namespace
}  // namespace plated
