#include <gtest/gtest.h>

#include "tests/net/admin_world.h"

namespace plated {
namespace {

constexpr const char* kPool = R"("office":"粤B","class":"small","power":"electric")";

std::string load_body(const std::string& rest) {
  return "{" + std::string(kPool) + "," + rest + "}";
}

TEST(AdminPools, ARangeIsLoadedOnceAndItsPlatesAreNamedTheSecondTime) {
  AdminWorld world;
  world.post("/v1/segments", load_body(R"("from":"粤BD00000","to":"粤BD00009","note":"x")"));
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.json(), boost::json::parse(R"({"loaded":9,"refused":[]})"));
  world.post("/v1/segments", load_body(R"("from":"粤BD00009","to":"粤BD00010")"));
  EXPECT_EQ(world.refusal(), "409 conflict");
  EXPECT_EQ(world.at("loaded"), 0);
  EXPECT_EQ(world.at("refused"),
            boost::json::parse(R"([{"plate":"粤BD00009","why":"already_known"}])"));
  world.get("/v1/pools/粤B/small/electric");
  EXPECT_EQ(world.at("loaded"), 9);
  EXPECT_EQ(world.at("free"), 9);
  EXPECT_EQ(world.at("segments.0.from"), "粤BD00000");
  EXPECT_EQ(world.at("segments.0.note"), "x");
  EXPECT_EQ(world.at("segments.0.released"), true);
  world.get("/v1/pools");
  EXPECT_EQ(world.json().as_array().size(), 1U);
}

TEST(AdminPools, TheFirstLoadMakesThePoolAndADryOneDoesNot) {
  AdminWorld world;
  const std::string body = R"("office":"粤B","class":"large","power":"hybrid","all_zero":true,)"
                           R"("from":"粤B00000F","to":"粤B00009F")";
  const Sequence before = world.sink.last();
  world.post("/v1/segments", "{" + body + R"(,"dry_run":true})");
  EXPECT_EQ(world.at("loaded"), 10);
  EXPECT_EQ(world.sink.last(), before);
  EXPECT_EQ(world.pools_made, 0);
  world.post("/v1/segments", "{" + body + "}");
  EXPECT_EQ(world.at("loaded"), 10);
  EXPECT_EQ(world.pools_made, 1);
  EXPECT_EQ(world.get("/v1/pools/粤B/large/hybrid").status, 200U);
}

TEST(AdminPools, AListMayBeLoadedForLater) {
  AdminWorld world;
  world.post(
      "/v1/segments",
      load_body(R"("plates":["粤BD00001","粤b·d00002"],"release_at":"2026-03-05T10:00:00+08:00")"));
  EXPECT_EQ(world.at("loaded"), 2);
  world.get("/v1/pools/粤B/small/electric");
  EXPECT_EQ(world.at("withheld"), 2);
  EXPECT_EQ(world.at("segments.0.from"), nullptr);
  EXPECT_EQ(world.at("segments.0.release_at"), 1'772'676'000'000);
  world.get("/v1/plates/粤BD00001");
  EXPECT_EQ(world.at("why"), "unreleased");
  world.post("/v1/segments", load_body(R"("plates":["粤BD00003","粤BD00003"])"));
  EXPECT_EQ(world.refusal(), "409 conflict");
  EXPECT_EQ(world.at("refused.0.why"), "duplicate");
}

TEST(AdminPools, ALoadThatMakesNoSenseNamesTheField) {
  AdminWorld world;
  const auto refusal = [&](const std::string& rest) {
    world.post("/v1/segments", load_body(rest));
    return world.refusal();
  };
  EXPECT_EQ(refusal(R"("from":"粤BD00001")"), "400 bad_request to");
  EXPECT_EQ(refusal(R"("from":"粤BX0001","to":"粤BD00001")"), "400 bad_request from");
  EXPECT_EQ(refusal(R"("from":"粤BF00001","to":"粤BF00002")"), "400 bad_request from");
  EXPECT_EQ(refusal(R"("from":"粤BD00002","to":"粤BD00001")"), "400 bad_request to");
  EXPECT_EQ(refusal(R"("plates":[])"), "400 bad_request plates");
  EXPECT_EQ(refusal(R"("plates":"粤BD00001")"), "400 bad_request plates");
  EXPECT_EQ(refusal(R"("plates":["粤BD00001",7])"), "400 bad_request plates");
  EXPECT_EQ(refusal(R"("plates":["粤AD00001"])"), "400 bad_request plates");
  EXPECT_EQ(refusal(R"("plates":["粤BD00001"],"from":"粤BD00001")"), "400 bad_request plates");
  EXPECT_EQ(refusal(R"("from":"粤BD00001","to":"粤BD00002","release_at":"soon")"),
            "400 bad_request release_at");
  EXPECT_EQ(refusal(R"("from":"粤BD00001","to":"粤BD00002","all_zero":1)"),
            "400 bad_request all_zero");
  world.post("/v1/segments", R"({"office":"粤C","class":"small","power":"electric",
                                 "from":"粤CD00001","to":"粤CD00002"})");
  EXPECT_EQ(world.refusal(), "404 not_found office");
  world.post("/v1/segments", R"({"office":"粤B","class":"tiny","power":"electric"})");
  EXPECT_EQ(world.refusal(), "400 bad_request class");
  world.get("/v1/pools/粤B/small/steam");
  EXPECT_EQ(world.refusal(), "400 bad_request power");
  world.get("/v1/pools/粤B/large/electric");
  EXPECT_EQ(world.refusal(), "404 not_found");
}

TEST(AdminPools, ALongRangeIsChangedInSteps) {
  AdminWorld world;
  world.load_first(40'000);
  world.post("/v1/plates/withhold", R"({"from":"粤BD00001","to":"粤BD40000","reason":"x"})");
  EXPECT_EQ(world.at("withheld"), 40'000);
  world.post("/v1/plates/restore", R"({"from":"粤BD00001","to":"粤BD30000","reason":"x"})");
  EXPECT_EQ(world.at("restored"), 30'000);
  world.post("/v1/plates/restore", R"({"from":"粤BD00001","to":"粤BD39999","reason":"x"})");
  EXPECT_EQ(world.at("restored"), 9'999);
  world.post("/v1/plates/restore", R"({"from":"粤BD00001","to":"粤BD39999","reason":"x"})");
  EXPECT_EQ(world.at("restored"), 0) << "again, and nothing changes";
}

TEST(AdminPools, PlatesAreWithheldAndRestoredWithAReason) {
  AdminWorld world;
  world.load_first(5);
  world.post("/v1/plates/withhold", R"({"plates":["粤BD00001","粤BD00002"],"reason":"纠纷"})");
  EXPECT_EQ(world.json(), boost::json::parse(R"({"withheld":2,"refused":[]})"));
  world.post("/v1/plates/withhold", R"({"plates":["粤BD00001"],"reason":"纠纷"})");
  EXPECT_EQ(world.at("withheld"), 0);
  world.get("/v1/plates/粤BD00001");
  EXPECT_EQ(world.at("state"), "withheld");
  EXPECT_EQ(world.at("why"), "by_operator");
  EXPECT_EQ(world.at("reason"), "纠纷");
  world.post("/v1/plates/restore", R"({"from":"粤BD00001","to":"粤BD00005","reason":"done"})");
  EXPECT_EQ(world.at("restored"), 2);
  world.post("/v1/plates/withhold", R"({"plates":["粤BD00009"],"reason":"x"})");
  EXPECT_EQ(world.refusal(), "409 conflict");
  EXPECT_EQ(world.at("refused.0.why"), "not_loaded");
  world.post("/v1/plates/withhold", R"({"plates":["粤BD00001"]})");
  EXPECT_EQ(world.refusal(), "400 bad_request reason");
  world.post("/v1/plates/withhold", R"({"plates":["粤BD00001","粤BF00001"],"reason":"x"})");
  EXPECT_EQ(world.refusal(), "400 bad_request plates");
}

TEST(AdminPools, APlateTellsItsHolderAndItsHistory) {
  AdminWorld world;
  world.load_first(1);
  const Who who = world.holder(1);
  world.get("/v1/plates/粤B·D00001");
  EXPECT_EQ(world.at("plate"), "粤BD00001");
  EXPECT_EQ(world.at("state"), "reserved");
  EXPECT_EQ(world.at("vehicle"), std::string(who.vehicle).c_str());
  // Loaded, released, drawn, shortlisted, confirmed.
  EXPECT_EQ(world.json().at("history").as_array().size(), 5U);
  world.get("/v1/plates/粤BD00002");
  EXPECT_EQ(world.refusal(), "404 not_found");
  world.get("/v1/plates/粤BD0000");
  EXPECT_EQ(world.refusal(), "400 bad_request plate");
}

}  // namespace
}  // namespace plated
