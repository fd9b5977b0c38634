#include <gtest/gtest.h>

#include <set>

#include "net/operators/metrics.h"
#include "net/operators/spelling.h"
#include "tests/net/admin_world.h"

namespace plated {
namespace {

TEST(AdminService, StatusSaysHowTheServerIs) {
  AdminWorld world;
  world.load_first(10);
  world.get("/v1/status");
  EXPECT_EQ(world.at("role"), "leader");
  EXPECT_EQ(world.at("rehearsal"), true);
  EXPECT_EQ(world.at("log.sequence"), world.sink.last().value);
  EXPECT_EQ(world.at("snapshot"), nullptr);
  EXPECT_EQ(world.at("pools.0.free"), 10);
  EXPECT_EQ(world.at("offices.0.state"), "open");
  EXPECT_EQ(world.at("latency.draw.p99_us"), 0);
  EXPECT_EQ(world.at("rates.draw"), 0.0);
}

TEST(AdminService, EachTotalSaysSinceWhenItCounts) {
  AdminWorld world;
  world.get("/v1/status");
  std::set<std::string> said;
  for (const char* const list : {"totals.as_of_now", "totals.since_the_start"}) {
    const boost::json::value names = world.at(list);
    for (const boost::json::value& name : names.as_array()) {
      EXPECT_TRUE(said.emplace(name.as_string()).second) << name;
    }
  }
  const boost::json::value totals = world.at("totals");
  for (const auto& total : totals.as_object()) {
    EXPECT_EQ(said.contains(std::string(total.key())),
              total.value().is_number() && total.key() != "started_at")
        << total.key();
  }
  EXPECT_NO_THROW((void)world.json().at("totals").at("started_at"));
}

TEST(AdminService, TheDoctorSaysWhatIsWrongAndWhatToDo) {
  AdminWorld world(false);
  world.findings = {{"disk", FindingLevel::warning, "3 GiB free", "make room"},
                    {"clock", FindingLevel::ok, "kept", ""}};
  world.gateway_problem = "sms.example: Connection refused";
  world.put("/v1/terms/u1", R"({"zh":"样本","en":"sample"})");
  world.put("/v1/offices/粤A", R"({"settings":{"terms":"u1"}})");
  const auto finding = [&](const std::string& check) {
    world.get("/v1/doctor");
    const boost::json::value checks = world.json();
    for (const boost::json::value& one : checks.as_array()) {
      if (one.at("check").as_string() == check) {
        return std::string(one.at("level").as_string()) + " " +
               std::string(one.at("found").as_string()) + " / " +
               std::string(one.at("remedy").as_string());
      }
    }
    return std::string("none");
  };
  EXPECT_EQ(finding("disk"), "warning 3 GiB free / make room");
  EXPECT_EQ(finding("clock"), "ok kept / ");
  EXPECT_TRUE(finding("gateway").starts_with("error sms.example: Connection refused / look"));
  EXPECT_TRUE(finding("terms").starts_with("warning only the demonstration's terms: 粤A / say"));
  EXPECT_TRUE(finding("segments").starts_with("error no plates are loaded: 粤A, 粤B / load"))
      << finding("segments") << ": 粤B is open";
  world.engine->suspend_clock(kBeginning + kDay);
  EXPECT_TRUE(finding("clock").starts_with("error a jump of the wall clock")) << finding("clock");
  AdminWorld drill;
  drill.gateway_problem = "sms.gateway is none";
  drill.load_first(3);
  drill.get("/v1/doctor");
  const boost::json::value checks = drill.json();
  for (const boost::json::value& one : checks.as_array()) {
    EXPECT_EQ(one.at("level"), "ok") << one;
  }
}

TEST(AdminService, MetricsArePrometheusText) {
  AdminWorld world;
  world.load_first(10);
  ServiceReport report;
  report.version = "1.2.3";
  report.durable = Sequence{1};
  report.log_room = 4096;
  report.log_room_problem = "no space left";
  report.disk_free = 0;
  RequestMeter meter;
  meter.record(Op::draw, ErrorCode::none, 400);
  meter.record(Op::draw, ErrorCode::all_held, 40'000);
  meter.add_to(report.requests);
  const std::string text = metrics_text(*world.engine, report);
  for (const char* line :
       {"plated_build_info{version=\"1.2.3\"} 1",
        "plated_pool_plates{office=\"粤B\",class=\"small\",power=\"electric\",state=\"free\"} 10",
        "plated_requests_total{op=\"draw\",code=\"ok\"} 1",
        "plated_requests_total{op=\"draw\",code=\"all_held\"} 1",
        "plated_request_duration_seconds_bucket{op=\"draw\",le=\"0.00025\"} 0",
        "plated_request_duration_seconds_bucket{op=\"draw\",le=\"0.0005\"} 1",
        "plated_request_duration_seconds_bucket{op=\"draw\",le=\"0.1\"} 2",
        "plated_request_duration_seconds_bucket{op=\"draw\",le=\"+Inf\"} 2",
        "plated_office_state{office=\"粤B\",state=\"open\"} 1", "plated_draws_total 0",
        "plated_disk_full 1", "plated_log_room_bytes 4096", "plated_disk_free_bytes 0"}) {
    EXPECT_NE(text.find(std::string(line) + "\n"), std::string::npos) << line << "\n" << text;
  }
  EXPECT_EQ(world.get("/metrics").status, 200U);
  EXPECT_TRUE(world.last.content_type.starts_with("text/plain"));
}

TEST(AdminService, RehearsalOwnersAreMadeAtOnceAndOnlyOnce) {
  AdminWorld world;
  world.post("/v1/rehearsal/owners", R"({"from":5,"count":20})");
  EXPECT_EQ(world.at("made"), 20);
  world.post("/v1/rehearsal/owners", R"({"from":0,"count":10})");
  EXPECT_EQ(world.at("made"), 5);
  EXPECT_EQ(world.at("unchanged"), 5);
  EXPECT_EQ(world.sink.latest<OperatorActed>().what, "make owners r-0 to r-9");
  world.post("/v1/rehearsal/owners", R"({"count":0})");
  EXPECT_EQ(world.refusal(), "400 bad_request count");
  world.post("/v1/rehearsal/owners", R"({"from":999999999999,"count":2})");
  EXPECT_EQ(world.refusal(), "400 bad_request count");
}

TEST(AdminService, SnapshotDrainAndClockAreInTheLogWithWhoDidIt) {
  AdminWorld world;
  world.post("/v1/snapshot");
  EXPECT_EQ(world.at("sequence"), 42);
  EXPECT_EQ(world.sink.latest<OperatorActed>().what, "snapshot");
  EXPECT_EQ(world.sink.latest<OperatorActed>().actor.uid, kOperator.uid);
  world.post("/v1/clock/accept");
  EXPECT_EQ(world.at("changed"), false);
  world.engine->suspend_clock(kBeginning);
  world.post("/v1/clock/accept");
  EXPECT_EQ(world.at("changed"), true);
  EXPECT_EQ(world.clocks_accepted, 2);
  world.post("/v1/drain");
  EXPECT_EQ(world.at("draining"), true);
  EXPECT_TRUE(world.draining);
  EXPECT_EQ(world.waited, world.sink.last());
  world.post("/v1/drain", R"({"now":true})");
  EXPECT_EQ(world.refusal(), "400 bad_request now");
}

TEST(AdminService, AuditGoesOnFromASequenceInParts) {
  AdminWorld world;
  world.post("/v1/rehearsal/owners", R"({"count":10000})");
  world.ticks.advance(kMinute);
  const uint64_t since = 3;
  world.get("/v1/audit?since=" + std::to_string(since));
  std::string text = world.last.body;
  while (world.last.more && world.last.more(text)) {
  }
  uint64_t expected = since;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    const auto line = boost::json::parse(text.substr(at, text.find('\n', at) - at));
    ASSERT_EQ(line.at("sequence").to_number<uint64_t>(), ++expected);
  }
  EXPECT_EQ(expected, world.sink.last().value);
  world.get("/v1/audit?since=99999999");
  EXPECT_EQ(world.last.body, "");
}

TEST(AdminService, AnAuditThatBreaksOffSaysSo) {
  AdminWorld world;
  world.post("/v1/rehearsal/owners", R"({"count":10000})");
  world.histories_until_failure = 0;
  world.get("/v1/audit");
  EXPECT_EQ(world.refusal(), "500 internal");
  world.histories_until_failure = 1;
  world.get("/v1/audit");
  EXPECT_EQ(world.last.status, 200U);
  std::string rest;
  ASSERT_TRUE(world.last.more(rest));
  EXPECT_TRUE(rest.starts_with(R"({"error":{"code":"internal")")) << rest;
  EXPECT_FALSE(world.last.more(rest));
}

TEST(AdminReconcile, TheLogTheServerAndAListAgree) {
  AdminWorld world;
  world.load_first(10);
  const Who who = world.holder(1);
  const std::string plate(
      text_of(Plate{world.pool, world.out.application.reservation.plate}).view());
  world.post("/v1/reconcile");
  EXPECT_EQ(world.at("ok"), true) << world.last.body;
  EXPECT_EQ(world.at("compared_with_live"), true);
  EXPECT_EQ(world.at("pools.0.reserved"), 1);
  world.post("/v1/reconcile",
             "plate,vehicle,state\r\n" + plate + "," + std::string(who.vehicle) + ",reserved\r\n");
  EXPECT_EQ(world.at("ok"), true) << world.last.body;
  world.post("/v1/reconcile", "plate,vehicle,state\n" + plate + ",OTHER,issued\n粤BD99999,,free\n");
  EXPECT_EQ(world.at("ok"), false);
  EXPECT_EQ(world.json().at("differences").as_array().size(), 3U);
  EXPECT_EQ(world.at("differences.0.csv"), "issued");
  EXPECT_EQ(world.at("differences.0.plated"), "reserved");
  world.post("/v1/reconcile", "plate,vehicle,state\n粤BX,,free\n");
  EXPECT_EQ(world.refusal(), "400 bad_request line 2");
  world.post("/v1/reconcile", plate + ",x\n");
  EXPECT_EQ(world.refusal(), "400 bad_request line 1");
}

TEST(AdminReconcile, AListIsTakenAsARegistrationSystemExportsIt) {
  AdminWorld world;
  world.load_first(10);
  const Who who = world.holder(1);
  const std::string plate(
      text_of(Plate{world.pool, world.out.application.reservation.plate}).view());
  const std::string vehicle(who.vehicle);
  for (const std::string& list :
       {"\xef\xbb\xbf\"plate\",\"vehicle\",\"state\"\r\n\"" + plate + "\",\"" + vehicle +
            "\",\"reserved\"\r\n",
        "序号,状态,车辆识别代号,号牌号码\n1,已预选," + vehicle + "," + plate + "\n",
        "Plate;VIN;State;note\n" + plate + ";" + lower_case(vehicle) + ";reserved;\"a;b\"\n",
        "plate\tvehicle\tstate\n" + plate + "\t" + vehicle + "\treserved"}) {
    world.post("/v1/reconcile", list);
    EXPECT_EQ(world.last.status, 200U) << world.last.body;
    EXPECT_EQ(world.at("ok"), true) << list << world.last.body;
  }
}

TEST(AdminReconcile, AnEmptyOrCutListIsRefused) {
  AdminWorld world;
  world.load_first(10);
  for (const auto& [list, refusal] :
       {std::pair{"\n", "400 bad_request line 1"},
        {"\xef\xbb\xbf", "400 bad_request line 1"},
        {"粤BD00001,,free\n", "400 bad_request line 1"},
        {"plate,vehicle\n粤BD00001,\n", "400 bad_request line 1"},
        {"plate,vehicle,state\n粤BD00001,,free\n粤BD000", "400 bad_request line 3"},
        {"plate,vehicle,state\n粤BD00001,,free,x\n", "400 bad_request line 2"},
        {"plate,vehicle,state\n\"粤BD00001,,free\n", "400 bad_request line 2"}}) {
    world.post("/v1/reconcile", list);
    EXPECT_EQ(world.refusal(), refusal) << list;
  }
}

TEST(AdminReconcile, AReservationThatTheListLacksIsADifference) {
  AdminWorld world;
  world.load_first(10);
  (void)world.holder(1);
  const std::string plate(
      text_of(Plate{world.pool, world.out.application.reservation.plate}).view());
  world.post("/v1/reconcile", "plate,vehicle,state\n");
  EXPECT_EQ(world.at("ok"), false);
  EXPECT_EQ(world.at("differences.0.plate"), plate.c_str());
  EXPECT_EQ(world.at("differences.0.csv"), "not_listed");
  EXPECT_EQ(world.at("differences.0.plated"), "reserved");
}

TEST(AdminReconcile, APlateThatIsListedTwiceIsADifference) {
  AdminWorld world;
  world.load_first(10);
  world.post("/v1/reconcile", "plate,vehicle,state\n粤BD00001,,free\n粤BD00001,,free\n");
  EXPECT_EQ(world.at("ok"), false);
  EXPECT_EQ(world.at("differences.0.line"), 3);
  EXPECT_EQ(world.at("differences.0.csv"), "twice");
}

TEST(AdminReconcile, ADifferenceBetweenLogAndServerIsTold) {
  AdminWorld world;
  world.load_first(10);
  world.recounted_pools_change = [](Recounted& recounted) { --recounted.pools[0].second.free; };
  world.post("/v1/reconcile");
  EXPECT_EQ(world.at("ok"), false);
  EXPECT_EQ(world.at("differences.0.field"), "free");
  EXPECT_EQ(world.at("differences.0.log"), 9);
  EXPECT_EQ(world.at("differences.0.plated"), 10);
  world.recounted_pools_change = [](Recounted& recounted) {
    recounted.ok = false;
    recounted.problem = "a plate has two holders";
  };
  world.post("/v1/reconcile");
  EXPECT_EQ(world.at("ok"), false);
  EXPECT_EQ(world.at("problem"), "a plate has two holders");
}

}  // namespace
}  // namespace plated
