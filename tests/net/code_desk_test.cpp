// The desk that sends codes, where the gateway has something to say.
#include "net/selection/code_desk.h"

#include <gtest/gtest.h>

#include "tests/net/net_world.h"

namespace plated {
namespace {

TEST(CodeDesk, WhileNoMessageLeavesACodeIsRefusedAndCostsNothing) {
  NetWorld world;
  world.make_owner(1);
  const std::string vehicle = vehicle_of(1);
  std::optional<Millis> wait = std::chrono::seconds(7);
  SmsCodes codes(true);
  CodeDesk desk(world.engine, codes, {nullptr, nullptr, true, [&] { return wait; }});
  CodeDesk::Sent sent;
  desk.send({"r-1", vehicle}, CodePurpose::submit, sent);
  EXPECT_EQ(sent.error, ErrorCode::overloaded);
  EXPECT_EQ(sent.retry_in, std::chrono::seconds(7));
  EXPECT_EQ(codes.entries(), 0U) << "it is not one of the day's";
  wait.reset();
  desk.send({"r-1", vehicle}, CodePurpose::submit, sent);
  EXPECT_EQ(sent.error, ErrorCode::none);
}

TEST(CodeDesk, ANameIsToldMaskedAndOnlyWhereOneIsKnown) {
  NetWorld world;
  SmsCodes codes(true);
  constexpr uint64_t kKey = 7;
  const auto open = [](uint64_t key, std::string_view sealed) {
    return key == kKey ? personal_data_of(sealed) : std::nullopt;
  };
  const CodeDesk desk(world.engine, codes, {open, nullptr, true});
  const std::string sealed = bytes_of({"张三丰", "13800001234", "440301199001011234"});
  const std::string told = desk.name_of(kKey, sealed);
  EXPECT_TRUE(told.starts_with("张*")) << told;
  EXPECT_FALSE(told.find("三") != std::string::npos) << told;
  EXPECT_EQ(desk.name_of(kKey + 1, sealed), "") << "the key is gone";
  EXPECT_EQ(desk.name_of(kKey, bytes_of({})), "") << "nobody said a name";
  EXPECT_EQ(desk.name_of(0, ""), "") << "nothing is known";
}

}  // namespace
}  // namespace plated
