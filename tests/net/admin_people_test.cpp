#include <gtest/gtest.h>

#include "tests/net/admin_world.h"

namespace plated {
namespace {

constexpr const char* kZhang =
    R"({"owner":"z1","kind":"person","name":"张三","phone":"13800001234","id_number":"4403"})";
constexpr const char* kVehicle =
    R"({"vehicle":"LGX1","owner":"z1","office":"粤B","class":"small","power":"electric","plate":"粤B12345"})";

boost::json::value tally(int accepted, int unchanged) {
  return boost::json::object{
      {"accepted", accepted}, {"unchanged", unchanged}, {"refused", boost::json::array{}}};
}

TEST(AdminImports, RepeatingAnImportChangesNothing) {
  AdminWorld world;
  const std::string lines = std::string(kZhang) + "\n\n" +
                            R"({"owner":"c1","kind":"organisation","phone":"075588880000"})" +
                            "\r\n";
  world.post("/v1/owners", lines);
  EXPECT_EQ(world.json(), tally(2, 0));
  EXPECT_EQ(world.seals, 1);  // both keys made safe at once
  const Sequence before = world.sink.last();
  world.post("/v1/owners", lines);
  EXPECT_EQ(world.json(), tally(0, 2));
  EXPECT_EQ(world.sink.last(), before);
  world.post("/v1/vehicles", kVehicle);
  EXPECT_EQ(world.json(), tally(1, 0));
  world.post("/v1/vehicles", std::string(kVehicle) + "\n" + kVehicle);
  EXPECT_EQ(world.json(), tally(0, 2));
}

TEST(AdminImports, NewDataGoesUnderTheOwnersOldKey) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  const uint64_t key = world.engine->owner("z1")->key;
  world.post("/v1/owners", R"({"owner":"z1","kind":"person","name":"张三","phone":"13900001234"})");
  EXPECT_EQ(world.json(), tally(1, 0));
  EXPECT_EQ(world.engine->owner("z1")->key, key);
  world.get("/v1/owners/z1");
  EXPECT_EQ(world.at("phone"), "+8613900001234");
  EXPECT_EQ(world.at("id_number"), "");
}

TEST(AdminImports, TwoLinesOfOneOwnerAreReadInTheirOrder) {
  AdminWorld world;
  world.post("/v1/owners",
             std::string(kZhang) + "\n" + kZhang + "\n" +
                 R"({"owner":"z1","kind":"person","name":"李","phone":"13800001234"})");
  EXPECT_EQ(world.json(), tally(2, 1));
  world.get("/v1/owners/z1");
  EXPECT_EQ(world.at("name"), "李");
}

TEST(AdminImports, ADryRunSaysTheSameAndWritesNothing) {
  AdminWorld world;
  const Digest before = world.engine->digest();
  world.post("/v1/owners?dry_run=1", kZhang);
  EXPECT_EQ(world.json(), tally(1, 0));
  EXPECT_EQ(world.engine->digest(), before);
  EXPECT_EQ(world.seals, 0);
  world.post("/v1/owners", kZhang);
  world.post("/v1/owners?dry_run=1", kZhang);
  EXPECT_EQ(world.json(), tally(0, 1));
  const Digest imported = world.engine->digest();
  world.post("/v1/vehicles?dry_run=1", kVehicle);
  EXPECT_EQ(world.json(), tally(1, 0));
  EXPECT_EQ(world.engine->digest(), imported);
  world.post("/v1/owners?dry_run=maybe", kZhang);
  EXPECT_EQ(world.refusal(), "400 bad_request dry_run");
}

TEST(AdminImports, ALineThatIsWrongIsRefusedAndTheOthersStand) {
  AdminWorld world;
  world.post("/v1/owners", std::string("{\n") + kZhang + "\n" +
                               R"({"owner":"no spaces","kind":"person","phone":"13800001234"})"
                               "\n"
                               R"({"owner":"a","kind":"robot","phone":"13800001234"})"
                               "\n"
                               R"({"owner":"a","kind":"person","phone":"138 0000"})"
                               "\n"
                               R"({"owner":"a","kind":"person"})"
                               "\n"
                               R"({"owner":"a","kind":"person","phone":"13800001234","age":7})"
                               "\n"
                               "[]\n");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.at("accepted"), 1);
  std::string refused;
  const boost::json::value lines = world.at("refused");
  for (const auto& line : lines.as_array()) {
    refused += std::to_string(line.at("line").as_int64()) + ":" +
               line.at("field").as_string().c_str() + " ";
  }
  EXPECT_EQ(refused, "1: 3:owner 4:kind 5:phone 6:phone 7:age 8: ");
}

TEST(AdminImports, AByteOrderMarkIsNoPartOfTheFirstLine) {
  AdminWorld world;
  world.post("/v1/owners", std::string("\xef\xbb\xbf") + kZhang);
  EXPECT_EQ(world.json(), tally(1, 0));
}

TEST(AdminImports, ABadLineIsToldWithItsColumnAndAFieldSaidTwiceByItsName) {
  AdminWorld world;
  world.post("/v1/owners",
             R"({"owner":"张三","kind" "person"})"
             "\n"
             R"({"owner":"a","kind":"person","phone":"13800001234","phone":"13900001234"})");
  EXPECT_EQ(world.at("accepted"), 0);
  const std::string first(world.at("refused.0.why").as_string());
  EXPECT_TRUE(first.starts_with("the line is no JSON at column 22: ")) << first;
  EXPECT_EQ(world.at("refused.1.line"), 2);
  EXPECT_EQ(world.at("refused.1.field"), "phone");
  EXPECT_EQ(world.at("refused.1.why"), R"(column 52: "phone" is said twice)");
  world.put("/v1/offices/粤B", "{\n  \"name\": \"a\",\n  \"name\": \"b\"\n}");
  EXPECT_EQ(world.refusal(), "400 bad_request name");
  EXPECT_EQ(world.at("error.message"), R"(name: line 3, column 3: "name" is said twice)");
}

TEST(AdminImports, APhoneIsKeptInOneForm) {
  AdminWorld world;
  const auto import = [&](const std::string& phone) {
    world.post("/v1/owners", R"({"owner":"张","owner":"z1"})"
                             "\n"
                             R"({"owner":"z1","kind":"person","phone":")" +
                                 phone + "\"}");
  };
  import("138 0000 1234");
  EXPECT_EQ(world.at("refused.1.line"), 2);
  EXPECT_EQ(world.at("refused.1.field"), "phone");
  const std::string why(world.at("refused.1.why").as_string());
  EXPECT_TRUE(why.starts_with("column 31: is no number that SMS reach")) << why;
  import("10086");
  EXPECT_EQ(world.at("refused.1.field"), "phone");
  import("0086013800001234");
  EXPECT_EQ(world.at("accepted"), 1);
  for (const char* spelling :
       {"13800001234", "+8613800001234", "008613800001234", " 13800001234 "}) {
    import(spelling);
    EXPECT_EQ(world.at("unchanged"), 1) << spelling;
  }
  world.get("/v1/owners/z1");
  EXPECT_EQ(world.at("phone"), "+8613800001234");
}

TEST(AdminImports, AFaultOfAFieldSaysItsColumnInCharacters) {
  AdminWorld world;
  world.post("/v1/owners",
             R"({"name":"张\"三","x":{"kind":[]}, "kind":"robot","owner":"z1","phone":"1"})");
  EXPECT_EQ(world.at("refused.0.why"), "column 33: must be person or organisation");
  world.post("/v1/owners", R"({"owner":"z1","kind":"person"})");
  EXPECT_EQ(world.at("refused.0.why"), "is missing");
}

TEST(AdminImports, WhatASpreadsheetMadeOfAnIdentityNumberIsRefused) {
  AdminWorld world;
  const auto import = [&](const std::string& number) {
    world.post(
        "/v1/owners",
        R"({"owner":"z1","kind":"person","phone":"13800001234","id_number":")" + number + "\"}");
  };
  for (const char* wrong : {"4.40301E+17", "4.40301e+17", "4E+17", "440301199001010000.0",
                            "'440301199001011234", "‘440301199001011234", "`440301199001011234"}) {
    import(wrong);
    EXPECT_EQ(world.at("refused.0.field"), "id_number") << wrong;
  }
  EXPECT_NE(world.at("refused.0.why").as_string().find("take it off"), std::string::npos);
  import(" 11010519491231002x ");
  EXPECT_EQ(world.at("accepted"), 1);
  world.get("/v1/owners/z1");
  EXPECT_EQ(world.at("id_number"), "11010519491231002X");
  import("11010519491231002X");
  EXPECT_EQ(world.at("unchanged"), 1);
}

TEST(AdminImports, AVehicleIsKnownInCapitalsHoweverItIsSpelt) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  std::string line = kVehicle;
  line.replace(line.find("LGX1"), 4, " lgx1");
  world.post("/v1/vehicles", line);
  EXPECT_EQ(world.json(), tally(1, 0));
  world.post("/v1/vehicles", kVehicle);
  EXPECT_EQ(world.json(), tally(0, 1));
  world.get("/v1/vehicles/lgx1");
  EXPECT_EQ(world.at("vehicle"), "LGX1");
}

TEST(AdminImports, AVehicleNeedsItsOwnerItsOfficeAndAPlate) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  const auto refusal = [&](std::string from, std::string to) {
    std::string line = kVehicle;
    line.replace(line.find(from), from.size(), to);
    world.post("/v1/vehicles", line);
    return std::string(world.at("refused.0.field").as_string());
  };
  EXPECT_EQ(refusal("z1", "z2"), "owner");
  EXPECT_EQ(refusal(R"("粤B")", R"("粤C")"), "office");
  EXPECT_EQ(refusal("粤B12345", "粤B1234"), "plate");
  EXPECT_EQ(refusal("LGX1", "LGX/1"), "vehicle");
  EXPECT_EQ(refusal("small", "tiny"), "class");
  world.post("/v1/vehicles", R"({"vehicle":"LGX9","owner":"z1","office":"粤B","class":"small",
      "power":"electric","plate":"粤BD12345"})");
  EXPECT_EQ(world.json().at("refused").as_array().size(), 2U);  // an object is one line
}

TEST(AdminImports, AVehicleThatIsBeingPickedForKeepsItsOwner) {
  AdminWorld world;
  world.load_first(10);
  const Who who = world.picker(1);
  world.post("/v1/owners", kZhang);
  world.post(
      "/v1/vehicles",
      R"({"vehicle":")" + std::string(who.vehicle) +
          R"(","owner":"z1","office":"粤B","class":"small","power":"electric","plate":"粤B12345"})");
  EXPECT_EQ(world.at("refused.0.field"), "owner");
}

TEST(AdminImports, AFailedKeyStoreRefusesTheLines) {
  AdminWorld world;
  world.key_store_failed = true;
  world.post("/v1/owners", kZhang);
  EXPECT_EQ(world.at("accepted"), 0);
  EXPECT_EQ(world.at("refused.0.line"), 1);
  EXPECT_FALSE(world.engine->owner("z1"));
}

TEST(AdminPeople, AVehicleIsShownWithItsApplicationAndHistory) {
  AdminWorld world;
  world.load_first(10);
  const Who who = world.holder(1);
  world.get("/v1/vehicles/" + std::string(who.vehicle));
  EXPECT_EQ(world.at("owner"), "r-1");
  EXPECT_EQ(world.at("eligible"), true);
  EXPECT_EQ(world.at("application.step"), "done");
  EXPECT_EQ(world.at("application.reservation.deadline"), "2026-03-09");
  EXPECT_EQ(world.at("confirmed_at"), 1'772'589'600'000);
  // Made, submitted, verified, drawn, shortlisted, confirmed.
  EXPECT_EQ(world.json().at("history").as_array().size(), 6U);
  world.get("/v1/vehicles/NONE");
  EXPECT_EQ(world.refusal(), "404 not_found");
  world.get("/v1/owners/r-1");
  EXPECT_EQ(world.at("vehicles.0"), std::string(who.vehicle).c_str());
  EXPECT_EQ(world.at("name"), nullptr);
  world.get("/v1/owners/none");
  EXPECT_EQ(world.refusal(), "404 not_found");
}

TEST(AdminPeople, AnErasureThatHasNoRoomOrFailsSaysSoAndIsRepeated) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  world.key_end = KeyEnd::no_room;
  world.ask("DELETE", "/v1/owners/z1");
  EXPECT_EQ(world.refusal(), "503 overloaded");
  world.key_end = KeyEnd::failed;
  world.ask("DELETE", "/v1/owners/z1");
  EXPECT_EQ(world.refusal(), "500 internal");
  world.key_end = KeyEnd::destroyed;
  world.ask("DELETE", "/v1/owners/z1");
  EXPECT_EQ(world.at("changed"), true);
}

// The owner was sealed anew under another key between the two steps of an erasure: that key would
// stay.
TEST(AdminPeople, AnErasureForgetsOnlyWhatItsKeyHasSealed) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  const uint64_t key = world.engine->owner("z1")->key;
  EXPECT_EQ(world.engine->erase_owner("z1", key + 1, kOperator).kind, Verdict::Kind::conflict);
  EXPECT_EQ(world.engine->owner("z1")->key, key);
  EXPECT_TRUE(world.engine->erase_owner("z1", key, kOperator).changed);
}

TEST(AdminPeople, AnErasedPersonIsGoneAndErasingTwiceChangesNothing) {
  AdminWorld world;
  world.post("/v1/owners", kZhang);
  world.ask("DELETE", "/v1/owners/z1", R"({"reason":"asked for it"})");
  EXPECT_EQ(world.at("changed"), true);
  EXPECT_TRUE(world.keys.empty());
  world.get("/v1/owners/z1");
  EXPECT_EQ(world.at("name"), nullptr);
  EXPECT_EQ(world.at("phone"), nullptr);
  world.ask("DELETE", "/v1/owners/z1");
  EXPECT_EQ(world.at("changed"), false);
  world.ask("DELETE", "/v1/owners/z2");
  EXPECT_EQ(world.refusal(), "404 not_found");
  world.post("/v1/owners", kZhang);  // the owner comes back under a new key
  EXPECT_EQ(world.json(), tally(1, 0));
  EXPECT_EQ(world.engine->owner("z1")->key, 2U);
}

TEST(AdminPeople, CountdownsAreLengthenedWithAReason) {
  AdminWorld world;
  world.owner(1);
  world.put("/v1/owners/r-1/countdowns", R"({"times":3,"reason":"视障"})");
  EXPECT_EQ(world.last.status, 200U);
  world.get("/v1/owners/r-1");
  EXPECT_EQ(world.at("countdown_times"), 3);
  world.put("/v1/owners/r-1/countdowns", R"({"times":11,"reason":"x"})");
  EXPECT_EQ(world.refusal(), "400 bad_request times");
  world.put("/v1/owners/r-1/countdowns", R"({"times":3})");
  EXPECT_EQ(world.refusal(), "400 bad_request reason");
  world.put("/v1/owners/r-2/countdowns", R"({"times":3,"reason":"x"})");
  EXPECT_EQ(world.refusal(), "404 not_found owner");
}

TEST(AdminPeople, TheBlacklistIsKeptWithReasons) {
  AdminWorld world;
  world.owner(1);
  world.post("/v1/blacklist", R"({"owner":"r-1","reason":"倒卖"})");
  EXPECT_EQ(world.at("until"), 1'772'589'600'000 + (365 + 366) * 86'400'000LL);
  world.post("/v1/blacklist", R"({"owner":"r-1","reason":"倒卖","until":"2026-12-31"})");
  EXPECT_EQ(world.at("until"), 1'798'732'800'000);  // 2027-01-01T00:00:00+08:00
  world.post("/v1/blacklist", R"({"owner":"r-1","reason":"倒卖"})");
  EXPECT_EQ(world.at("until"), 1'798'732'800'000) << "nothing new is said";
  EXPECT_EQ(world.at("changed"), false);
  world.get("/v1/blacklist");
  EXPECT_EQ(world.at("0.owner"), "r-1");
  EXPECT_EQ(world.at("0.reason"), "倒卖");
  world.ask("DELETE", "/v1/blacklist/r-1", R"({"reason":"申诉"})");
  EXPECT_EQ(world.at("changed"), true);
  EXPECT_EQ(world.sink.latest<BlacklistLifted>().reason, "申诉");
  world.ask("DELETE", "/v1/blacklist/r-1");
  EXPECT_EQ(world.at("changed"), false);
  world.get("/v1/blacklist");
  EXPECT_TRUE(world.json().as_array().empty());
  world.post("/v1/blacklist", R"({"owner":"r-1","reason":"x","until":1000})");
  EXPECT_EQ(world.refusal(), "400 bad_request until");
  world.post("/v1/blacklist", R"({"owner":"r-9","reason":"x"})");
  EXPECT_EQ(world.refusal(), "404 not_found owner");
}

TEST(AdminReservations, TheCounterIssuesExtendsAndVoids) {
  AdminWorld world;
  world.load_first(10);
  const Who who = world.holder(1);
  const std::string plate(
      text_of(Plate{world.pool, world.out.application.reservation.plate}).view());
  const std::string path = "/v1/reservations/" + plate;
  world.enter(who);
  world.published = 0;
  world.post(path + "/extend", R"({"deadline":"2026-03-20","reason":"病假"})");
  EXPECT_EQ(world.at("changed"), true);
  EXPECT_EQ(world.published, 1U);
  world.post(path + "/extend", R"({"deadline":"20 March","reason":"x"})");
  EXPECT_EQ(world.refusal(), "400 bad_request deadline");
  world.post(path + "/issue", R"({"date":"2026-03-05"})");
  EXPECT_EQ(world.refusal(), "400 bad_request date");
  world.post(path + "/issue", R"({"date":"2026-03-04"})");
  EXPECT_EQ(world.at("state"), "issued");
  world.post(path + "/issue");
  EXPECT_EQ(world.last.status, 200U);
  EXPECT_EQ(world.at("changed"), false);
  world.post(path + "/void", R"({"reason":"x"})");
  EXPECT_EQ(world.refusal(), "409 conflict plate");

  world.holder(2);
  const std::string other(
      text_of(Plate{world.pool, world.out.application.reservation.plate}).view());
  world.post("/v1/reservations/" + other + "/void", R"({"blacklist":true})");
  EXPECT_EQ(world.refusal(), "400 bad_request reason");
  world.post("/v1/reservations/" + other + "/void", R"({"reason":"假材料","blacklist":true})");
  EXPECT_EQ(world.at("state"), "withheld");
  EXPECT_TRUE(world.engine->owner("r-2")->blacklisted_until.has_value());
  world.post("/v1/reservations/粤BD99999/void", R"({"reason":"x"})");
  EXPECT_EQ(world.refusal(), "404 not_found plate");
}

TEST(AdminReservations, AVoucherIsGenuineOrNot) {
  AdminWorld world;
  world.load_first(10);
  world.holder(1);
  world.get("/v1/vehicles/RHRSL000000000001");
  const std::string voucher(world.at("application.reservation.voucher").as_string());
  const std::string code = voucher.substr(voucher.rfind('/') + 1);
  world.get("/v1/vouchers/" + code);
  EXPECT_EQ(world.at("genuine"), true);
  EXPECT_EQ(world.at("owner"), "r-1");
  EXPECT_EQ(world.at("deadline"), "2026-03-09");
  world.get("/v1/vouchers/" + std::string(32, '0'));
  EXPECT_EQ(world.refusal(), "404 not_found");
  world.get("/v1/vouchers/xyz");
  EXPECT_EQ(world.refusal(), "400 bad_request code");
}

}  // namespace
}  // namespace plated
