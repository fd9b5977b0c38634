#include <gtest/gtest.h>

#include "tests/net/admin_world.h"

namespace plated {
namespace {

TEST(AdminOffices, APartOfAnOfficeChangesAndTheRestStays) {
  AdminWorld world;
  world.put("/v1/offices/粤A", R"({"name":"广州","settings":{"draws":7},
      "schedule":[{"days":"1-5","from":"09:00","to":"17:00"}],"holidays":["2026-10-01"]})");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.at("changed"), true);
  world.put("/v1/offices/%E7%B2%A4A", R"({"settings":{"batch_size":4}})");
  EXPECT_EQ(world.at("name"), "广州");
  EXPECT_EQ(world.at("settings.draws"), 7);
  EXPECT_EQ(world.at("settings.batch_size"), 4);
  EXPECT_EQ(world.at("settings.batch_hold_ms"), 90'000);
  EXPECT_EQ(world.at("schedule.0.days"), "1-5");
  EXPECT_EQ(world.at("holidays.0"), "2026-10-01");
  world.put("/v1/offices/粤A", R"({"settings":{"batch_size":4}})");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.at("changed"), false);
  world.get("/v1/offices/粤A");
  EXPECT_EQ(world.at("time_zone"), "Asia/Shanghai");
  EXPECT_EQ(world.at("state"), "open");
}

TEST(AdminOffices, WherePeopleFindAnOfficeIsSaidInPartsAndShown) {
  AdminWorld world;
  world.put("/v1/offices/粤B", R"({"address":"深南大道 1 号","telephone":"0755-12345678"})");
  EXPECT_EQ(world.at("changed"), true);
  world.put("/v1/offices/粤B", R"({"hours":"9:00-17:00"})");
  EXPECT_EQ(world.at("changed"), true);
  EXPECT_EQ(world.sink.latest<OfficeDescribed>().address, "深南大道 1 号");
  EXPECT_EQ(world.sink.latest<OfficeDescribed>().hours, "9:00-17:00");
  world.put("/v1/offices/粤B", R"({"hours":"9:00-17:00"})");
  EXPECT_EQ(world.at("changed"), false);
  world.get("/v1/offices/粤B");
  EXPECT_EQ(world.at("address"), "深南大道 1 号");
  EXPECT_EQ(world.at("telephone"), "0755-12345678");
  EXPECT_EQ(world.at("hours"), "9:00-17:00");
  world.put("/v1/offices/粤B", R"({"telephone":""})");
  EXPECT_EQ(world.at("telephone"), "");
  world.put("/v1/offices/粤B", R"({"address":")" + std::string(257, 'a') + R"("})");
  EXPECT_EQ(world.refusal(), "400 bad_request address");
  world.put("/v1/offices/粤B", R"({"hours":9})");
  EXPECT_EQ(world.refusal(), "400 bad_request hours");
}

// The list of settings is one; what it must contain stands here once more.
TEST(AdminOffices, EverySettingIsSetAndShown) {
  AdminWorld world;
  const std::string settings =
      R"("draws":6,"batch_size":11,"batch_hold_ms":1000,"shortlist_hold_ms":2000,)"
      R"("verified_for_ms":60000,"validity_days":4,"blacklist_years":1,"return_window_ms":5000,)"
      R"("lapse_grace_ms":6000,"codes_per_phone":7,"codes_per_organisation_phone":8,)"
      R"("working_max":9,"lobby_ms":10000,"admitted_for_ms":11000,"admit_per_second":12,)"
      R"("terms":"t1")";
  world.put("/v1/offices/粤B", R"({"settings":{)" + settings + "}}");
  EXPECT_EQ(world.last.status, 200U);
  world.get("/v1/offices/粤B");
  EXPECT_NE(world.last.body.find(R"("settings":{)" + settings + "}"), std::string::npos)
      << world.last.body;
  // In one request the shortlist's range follows the batch's new hold, from either side.
  world.put("/v1/offices/粤B", R"({"settings":{"shortlist_hold_ms":8000,"batch_hold_ms":8000}})");
  EXPECT_EQ(world.last.status, 200U);
  world.put("/v1/offices/粤B", R"({"settings":{"batch_hold_ms":8001}})");
  EXPECT_EQ(world.refusal(), "400 bad_request shortlist_hold_ms");
}

TEST(AdminOffices, ASettingOutOfItsRangeIsRefusedWithTheRange) {
  AdminWorld world;
  world.put("/v1/offices/粤B", R"({"settings":{"draws":0}})");
  EXPECT_EQ(world.refusal(), "400 bad_request draws");
  EXPECT_NE(world.last.body.find("from 1 to 60000"), std::string::npos);
  for (const char* settings :
       {R"("draws":-1)", R"("draws":60001)", R"("draws":4294967297)", R"("batch_size":21)",
        R"("batch_hold_ms":99)", R"("blacklist_years":-1)", R"("blacklist_years":11)",
        R"("validity_days":91)", R"("return_window_ms":-1)", R"("verified_for_ms":59999)",
        R"("shortlist_hold_ms":89999)", R"("lapse_grace_ms":9000000000000000000)",
        R"("codes_per_phone":-4294967296)", R"("draws":"5")", R"("draws":5.0)", R"("drawz":5)",
        R"("terms":"unheard-of")", R"("terms":7)"}) {
    world.put("/v1/offices/粤B", std::string(R"({"settings":{)") + settings + "}}");
    EXPECT_EQ(world.last.status, 400U) << settings << world.last.body;
    const std::string name = std::string(settings).substr(1, std::string(settings).find(':') - 2);
    EXPECT_EQ(world.at("error.field"), name.c_str());
  }
  EXPECT_EQ(world.engine->office(world.office)->settings.draws, 5U);
}

TEST(AdminOffices, FormsThatAreWrongNameTheirField) {
  AdminWorld world;
  const auto field = [&](const char* body) {
    world.put("/v1/offices/粤B", body);
    return world.refusal();
  };
  EXPECT_EQ(field(R"({"colour":"red"})"), "400 bad_request colour");
  EXPECT_EQ(field(R"({"name":7})"), "400 bad_request name");
  EXPECT_EQ(field(R"({"time_zone":"Mars/Olympus"})"), "400 bad_request time_zone");
  EXPECT_EQ(field(R"({"settings":[]})"), "400 bad_request settings");
  EXPECT_EQ(field(R"({"schedule":[{"days":"8","from":"09:00","to":"17:00"}]})"),
            "400 bad_request schedule");
  EXPECT_EQ(field(R"({"schedule":[{"days":"1","from":"17:00","to":"09:00"}]})"),
            "400 bad_request schedule");
  EXPECT_EQ(field(R"({"schedule":[7]})"), "400 bad_request schedule");
  EXPECT_EQ(field(R"({"holidays":["2026-02-30"]})"), "400 bad_request holidays");
  EXPECT_EQ(field("{"), "400 bad_request");
  world.put("/v1/offices/X", "{}");
  EXPECT_EQ(world.refusal(), "400 bad_request office");
}

TEST(AdminOffices, OpenCloseAndPauseOneOrAll) {
  AdminWorld world;
  world.put("/v1/offices/粤A", "{}");
  world.published = 0;
  world.post("/v1/offices/粤A/open", R"({"reason":"发布日"})");
  EXPECT_EQ(world.at("offices.0.state"), "open");
  EXPECT_EQ(world.at("offices.0.reason"), "发布日");
  EXPECT_EQ(world.published, 1U);
  world.post("/v1/offices/粤A/open", R"({"reason":"again"})");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.at("changed"), false);
  world.post("/v1/offices/*/pause");
  EXPECT_EQ(world.json().at("offices").as_array().size(), 2U);
  EXPECT_EQ(world.at("offices.1.state"), "paused");
  world.post("/v1/offices/%2A/maintenance", "{}");
  EXPECT_EQ(world.at("offices.0.state"), "maintenance");
  world.post("/v1/offices/*/resume", "{}");
  EXPECT_EQ(world.at("offices.0.state"), "open");
  world.post("/v1/offices/粤B/close", "{}");
  EXPECT_EQ(world.at("offices.0.state"), "closed");
  world.post("/v1/offices/粤C/open", "{}");
  EXPECT_EQ(world.refusal(), "404 not_found office");
  world.post("/v1/offices/粤B/open", R"({"why":"x"})");
  EXPECT_EQ(world.refusal(), "400 bad_request why");
  EXPECT_EQ(world.sink.latest<OfficeOpened>().actor.uid, kOperator.uid);
}

TEST(AdminOffices, OneThatLacksWhatItsPublicNeedsIsNotOpened) {
  AdminWorld world(false);
  world.gateway_problem = "sms.example: Connection refused";
  world.put("/v1/terms/u1", R"({"zh":"样本","en":"sample"})");
  world.put("/v1/offices/粤A", R"({"name":"广州","settings":{"terms":"u1"}})");
  world.post("/v1/offices/粤A/open", R"({"reason":"发布日"})");
  EXPECT_EQ(world.refusal(), "409 conflict");
  EXPECT_EQ(world.json().at("missing").as_array().size(), 3U);
  EXPECT_EQ(world.at("missing.0.missing"), "terms");
  EXPECT_EQ(world.at("missing.1.missing"), "segments");
  EXPECT_EQ(world.at("missing.2.missing"), "gateway");
  EXPECT_EQ(world.at("missing.2.office"), "粤A");
  const std::string message(world.json().at("error").at("message").as_string());
  EXPECT_NE(message.find("sms.example: Connection refused"), std::string::npos) << message;
  world.get("/v1/offices/粤A");
  EXPECT_EQ(world.at("state"), "closed");

  // One after the other is seen to.
  world.gateway_problem.clear();
  world.put("/v1/terms/u2", R"({"zh":"条款","en":"terms"})");
  world.put("/v1/offices/粤A", R"({"settings":{"terms":"u2"}})");
  world.post("/v1/offices/粤A/open");
  EXPECT_EQ(world.json().at("missing").as_array().size(), 1U);
  world.post("/v1/segments", R"({"office":"粤A","class":"small","power":"electric",
      "from":"粤AD00001","to":"粤AD00009","release_at":"2027-01-01T00:00:00+08:00"})");
  ASSERT_EQ(world.last.status, 200U) << world.last.body;
  world.post("/v1/offices/粤A/open");
  EXPECT_EQ(world.at("changed"), true);
  // What is open already is not opened.
  world.gateway_problem = "away";
  world.post("/v1/offices/粤A/open");
  EXPECT_EQ(world.last.status, 200U);
}

TEST(AdminOffices, ForceOpensWithAReasonAndOnlyOpens) {
  AdminWorld world(false);
  world.gateway_problem = "away";
  world.put("/v1/offices/粤A", "{}");
  world.post("/v1/offices/*/open", "{}");
  EXPECT_EQ(world.refusal(), "409 conflict") << "one of all";
  world.post("/v1/offices/粤A/open", R"({"force":true})");
  EXPECT_EQ(world.refusal(), "400 bad_request reason");
  world.post("/v1/offices/粤A/open", R"({"force":"yes","reason":"a drill"})");
  EXPECT_EQ(world.refusal(), "400 bad_request force");
  world.post("/v1/offices/粤A/close", R"({"force":true,"reason":"a drill"})");
  EXPECT_EQ(world.refusal(), "400 bad_request force");
  world.post("/v1/offices/*/open", R"({"force":true,"reason":"a drill"})");
  EXPECT_EQ(world.last.status, 200U) << world.last.body;
  EXPECT_EQ(world.sink.latest<OfficeOpened>().reason, "a drill");
  // A rehearsal opens as it likes.
  AdminWorld drill;
  drill.gateway_problem = "away";
  drill.put("/v1/offices/粤A", "{}");
  drill.post("/v1/offices/粤A/open", "{}");
  EXPECT_EQ(drill.last.status, 200U);
}

TEST(AdminOffices, TermsOnceSaidNeverChange) {
  AdminWorld world;
  world.put("/v1/terms/2026-01", R"({"zh":"条款","en":"terms"})");
  EXPECT_EQ(world.at("changed"), true);
  world.put("/v1/terms/2026-01", R"({"zh":"条款","en":"terms"})");
  EXPECT_EQ(world.at("changed"), false);
  world.put("/v1/terms/2026-01", R"({"zh":"条款","en":"other terms"})");
  EXPECT_EQ(world.refusal(), "409 conflict");
  world.put("/v1/terms/2026-02", R"({"zh":"条款"})");
  EXPECT_EQ(world.refusal(), "400 bad_request en");
  world.put("/v1/terms/2026%2F02", R"({"zh":"条款","en":"terms"})");
  EXPECT_EQ(world.refusal(), "400 bad_request version");
}

TEST(AdminRoutes, AWriteIsAnsweredWhenItIsDurable) {
  AdminWorld world;
  world.put("/v1/offices/粤A", R"({"name":"广州"})");
  EXPECT_EQ(world.waited, world.sink.last());
  world.log_failed = true;
  world.put("/v1/offices/粤A", R"({"name":"Canton"})");
  EXPECT_EQ(world.refusal(), "500 internal");
}

TEST(AdminRoutes, AFullLogRefusesAsOverloaded) {
  AdminWorld world;
  world.sink.full = true;
  world.put("/v1/offices/粤A", R"({"name":"广州"})");
  EXPECT_EQ(world.refusal(), "503 overloaded");
}

TEST(AdminRoutes, PathsMethodsAndParametersAreKnownOrRefused) {
  AdminWorld world;
  EXPECT_EQ(world.get("/v1/nothing").status, 404U);
  EXPECT_EQ(world.get("/v1/offices//open").status, 404U);
  EXPECT_EQ(world.get("/v1/offices/%zz").status, 404U);
  EXPECT_EQ(world.ask("DELETE", "/v1/status").status, 405U);
  EXPECT_EQ(world.get("/v1/pools?colour=red").status, 400U);
  EXPECT_EQ(world.refusal(), "400 bad_request colour");
  world.get("/v1/audit?since=x");
  EXPECT_EQ(world.refusal(), "400 bad_request since");
  EXPECT_EQ(world.get("/v1/offices/" + std::string(100'000, '%')).status, 404U);
}

}  // namespace
}  // namespace plated
