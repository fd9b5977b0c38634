#include "net/web/pool_notice.h"

#include <gtest/gtest.h>

#include "engine/plate.h"
#include "tests/net/net_world.h"

namespace plated {
namespace {

// No second has to pass.
TEST(PoolNotice, HasAtOnceWhatOperatorsLoadWithholdAndRestore) {
  NetWorld world;
  PoolNotice notice({.engine = world.engine,
                     .ticks = world.ticks,
                     .monotonic = [] { return Millis{}; },
                     .revealed = [](PoolKey, Day) { return std::optional<DrawSecret>(); }});
  const auto says = [&](const std::string& count) {
    return notice.ask({.json = true})->text->plain.find(count) != std::string::npos;
  };
  const uint64_t before = world.engine.pool(world.pool)->counts.loaded;
  EXPECT_TRUE(says("\"loaded\":" + std::to_string(before) + ","));
  PlateSelection one{world.pool};
  one.plates = {parse_plate("粤BDA7777").plate->number};
  LoadSegment more;
  more.plates = one;
  ASSERT_TRUE(world.engine.load(more, Actor{}).verdict.ok());
  EXPECT_TRUE(says("\"loaded\":" + std::to_string(before + 1) + ","));
  ASSERT_TRUE(world.engine.withhold(one, "test", Actor{}).verdict.ok());
  EXPECT_TRUE(says("\"withheld\":1,"));
  ASSERT_TRUE(world.engine.restore(one, "test", Actor{}).verdict.ok());
  EXPECT_TRUE(says("\"withheld\":0,"));
}

}  // namespace
}  // namespace plated
