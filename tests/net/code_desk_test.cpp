// The desk that sends codes, where the gateway has something to say.
#include "net/selection/code_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "tests/net/net_world.h"
#include "tests/support/world.h"

namespace plated {
namespace {

// A real service's desk, whose SMS are read here.
class RealDesk {
 public:
  explicit RealDesk(Engine& engine)
      : desk_(engine, codes_,
              {[this](uint64_t, std::string_view) {
                 return erased ? std::nullopt
                               : std::optional(
                                     PersonalData{"欧阳", "13800000000", "440301199001010001"});
               },
               [this](SmsMessage handed) {
                 constexpr std::string_view kBefore = "验证码";
                 message = std::move(handed);
                 latest = message.text.substr(message.text.find(kBefore) + kBefore.size(), 6);
                 return true;
               },
               false}) {
    desk_.restore_counts();
  }
  ErrorCode send(const Who& who, CodePurpose purpose = CodePurpose::submit) {
    desk_.send(who, purpose, sent);
    return sent.error;
  }
  Refusal submit(const Who& who, std::string_view code) {
    desk_.submit(who, code, "t1", out);
    return out.refusal;
  }
  [[nodiscard]] std::string wrong() const {
    std::string code = latest;
    code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
    return code;
  }

  CodeDesk::Sent sent;
  Outcome out;
  std::string latest = "000000";
  SmsMessage message;
  bool erased = false;  // the key of everybody's data

 private:
  SmsCodes codes_{false};
  CodeDesk desk_;
};

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

TEST(CodeDesk, WhatWasCountedTodaySurvivesTheProcess) {
  World world(4, "small", false);
  const Who who = world.owner(1);
  {
    RealDesk desk(*world.engine);
    for (uint32_t i = 0; i + 1 < kCodesPerDay; ++i) {
      ASSERT_EQ(desk.send(who), ErrorCode::none) << i;
      EXPECT_EQ(desk.sent.request.rests_on, world.sink.last()) << "told when it is durable";
      world.ticks.advance(kCodeResend);
    }
    for (uint32_t i = 0; i < kMissesUntilWait; ++i) {
      ASSERT_EQ(desk.submit(who, desk.wrong()), Refusal::wrong_code) << i;
      EXPECT_EQ(desk.out.rests_on, world.sink.last());
    }
    EXPECT_FALSE(desk.out.changed);
  }
  const auto engine = replayed(world.sink, world.sink, world.ticks, 2);
  EXPECT_EQ(engine->digest(), world.engine->digest());
  RealDesk desk(*engine);
  EXPECT_EQ(desk.send(who), ErrorCode::none) << "a code that was lost costs no waiting";
  EXPECT_EQ(desk.submit(who, desk.latest), Refusal::too_soon);
  EXPECT_EQ(desk.out.retry_in, kFirstMissWait);
  world.ticks.advance(kFirstMissWait);
  EXPECT_EQ(desk.send(who), ErrorCode::too_soon) << "it had its ten";
  EXPECT_TRUE(desk.sent.until);
  for (uint32_t i = 0; i < kMissesUntilWait; ++i) {
    ASSERT_EQ(desk.submit(who, desk.wrong()), Refusal::wrong_code) << i;
  }
  world.ticks.advance(kDay);
  EXPECT_EQ(desk.send(who), ErrorCode::none) << "another day";
  EXPECT_EQ(desk.submit(who, desk.latest), Refusal::none);
}

TEST(CodeDesk, ACodeThatWaitsIsNotWantedOnceItsOwnerWasErased) {
  World world(4, "small", false);
  const Who who = world.owner(1);
  RealDesk desk(*world.engine);
  ASSERT_EQ(desk.send(who), ErrorCode::none);
  EXPECT_EQ(desk.message.to, "13800000000");
  EXPECT_EQ(desk.message.about, std::string(who.vehicle) + " submit");
  ASSERT_TRUE(desk.message.wanted);
  EXPECT_TRUE(desk.message.wanted());
  desk.erased = true;
  EXPECT_FALSE(desk.message.wanted());
}

TEST(CodeDesk, ATryThatWasRefusedForSomethingElseIsNoWrongOne) {
  World world(4, "small", false);
  const Who who = world.owner(1);
  RealDesk desk(*world.engine);
  ASSERT_EQ(desk.send(who), ErrorCode::none);
  world.settings([](Settings& s) { s.terms = "t1"; });
  world.pause();
  const Sequence before = world.sink.last();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(desk.submit(who, desk.wrong()), Refusal::paused);
  }
  EXPECT_EQ(world.sink.last(), before);
  world.resume();
  EXPECT_EQ(desk.submit(who, desk.latest), Refusal::none);
}

// Ten days of codes, restarts and other days: what is over is forgotten, alike with any number of
// shards.
TEST(CodeDesk, WhatIsOverIsNoStateAnyMore) {
  World world(4, "small", false);
  for (uint64_t day = 0; day < 10; ++day) {
    RealDesk desk(*world.engine);
    ASSERT_EQ(desk.send(world.owner(day + 1)), ErrorCode::none);
    world.ticks.advance(kDay);
    world.run_timers();
    std::size_t counted = 0;
    world.engine->each_code_count([&](const CodeCount&) { ++counted; });
    EXPECT_EQ(counted, std::min<std::size_t>(day + 1, 3));
  }
  for (const uint32_t shards : {1U, 8U}) {
    MemorySink other;
    EXPECT_EQ(replayed(world.sink, other, world.ticks, shards)->digest(), world.engine->digest());
  }
}

}  // namespace
}  // namespace plated
