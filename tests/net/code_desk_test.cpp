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

}  // namespace
}  // namespace plated
