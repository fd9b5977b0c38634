// Numbers and times on command lines: what could mean two things is none.
#include <gtest/gtest.h>

#include "tools/shell/number.h"

namespace plated {
namespace {

TEST(WholeNumber, IsDigitsInTens) {
  EXPECT_EQ(parse_whole_number("0"), 0);
  EXPECT_EQ(parse_whole_number("10"), 10);
  EXPECT_EQ(parse_whole_number("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", " ", "010", "00", "0x10", "+1", "-1", "1.0", "1e3", "1 ", " 1",
                           "1'000", "9223372036854775808", "\xef\xbc\x91"}) {
    EXPECT_FALSE(parse_whole_number(text).has_value()) << text;
  }
}

TEST(Duration, HasAUnit) {
  EXPECT_EQ(parse_duration_ms("250ms"), 250);
  EXPECT_EQ(parse_duration_ms("90s"), 90'000);
  EXPECT_EQ(parse_duration_ms("90 s"), 90'000);
  EXPECT_EQ(parse_duration_ms("30min"), 1'800'000);
  EXPECT_EQ(parse_duration_ms("30 min"), 1'800'000);
  EXPECT_EQ(parse_duration_ms("24h"), 86'400'000);
  EXPECT_EQ(parse_duration_ms("2d"), 172'800'000);
  EXPECT_EQ(parse_duration_ms("0s"), 0);
  for (const char* text : {"", "900", "s", "-1s", "1.5h", "90  s", "010s", "9223372036854775807d",
                           "1y", "1m", "90 "}) {
    EXPECT_FALSE(parse_duration_ms(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace plated
