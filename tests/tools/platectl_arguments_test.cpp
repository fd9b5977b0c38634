// What operators type: instants, durations, schedules, path parts, and what is none of these.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "tools/platectl/arguments.h"

namespace plated {
namespace {

TEST(PathPart, PlatesAreEncodedByteByByte) {
  EXPECT_EQ(path_part("粤BD12345"), "%E7%B2%A4BD12345");
  EXPECT_EQ(path_part("a/b?c#d%e f"), "a%2Fb%3Fc%23d%25e%20f");
  EXPECT_EQ(path_part("r-7"), "r-7");
  EXPECT_EQ(path_part("*"), "*");
}

TEST(VoucherCode, IsTakenAsItStandsOnPaperAndAsAScannerReadsIt) {
  const std::string code = "0123456789abcdef0123456789abcdef";
  for (const char* text :
       {"0123456789abcdef0123456789abcdef", "01234567 89abcdef 01234567 89abcdef",
        "01234567-89ABCDEF-01234567-89ABCDEF", " 0123456789abcdef0123456789abcdef\r\n",
        "https://plates.example/v1/voucher/0123456789abcdef0123456789abcdef",
        "https://plates.example/v1/voucher/0123456789abcdef0123456789abcdef?paper=receipt",
        "/v1/voucher/0123456789abcdef0123456789abcdef\n"}) {
    EXPECT_EQ(voucher_code_in(text), code) << text;
  }
  EXPECT_EQ(voucher_code_in("粤B·12345"), "粤b·12345");
  EXPECT_EQ(voucher_code_in("https://plates.example/v1/voucher/"), "");
}

TEST(Instant, IsReadWithItsOffset) {
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_instant("2026-11-20T09:00:00+08:00"), 1795136400000);
  EXPECT_EQ(parse_instant("2026-11-20T01:00Z"), 1795136400000);
  EXPECT_EQ(parse_instant("2026-11-20T01:00:00.25Z"), 1795136400250);
  EXPECT_EQ(parse_instant("2026-11-19 21:30:00-03:30"), 1795136400000);
  EXPECT_EQ(parse_instant("1795136400000"), 1795136400000);
}

TEST(Instant, WithoutAnOffsetItIsNone) {
  for (const char* text :
       {"", "2026-11-20", "2026-11-20T09:00:00", "2026-02-30T09:00:00Z", "2026-11-20T24:00:00Z",
        "2026-11-20T09:00:00+8:00", "2026-11-20T09:00:00Zx", "-5", "+5", "tomorrow",
        "2026-11-20T09:00:00.Z"}) {
    EXPECT_FALSE(parse_instant(text).has_value()) << text;
  }
}

TEST(ScheduleRow, IsDaysAndHours) {
  const auto row = parse_schedule_row("1-5 09:00-17:00");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(boost::json::serialize(*row), R"({"days":"1-5","from":"09:00","to":"17:00"})");
  EXPECT_TRUE(parse_schedule_row("holidays 10:00-12:00").has_value());
  EXPECT_TRUE(parse_schedule_row("workdays 09:00-17:00").has_value());
  for (const char* text : {"", "1-5", "holiday 10:00-12:00", "1-5 9:00-17:00", "8 09:00-17:00",
                           "1-5 09:00 17:00", "1-5 09:00-17:00 ", "Mon 09:00-17:00"}) {
    EXPECT_FALSE(parse_schedule_row(text).has_value()) << text;
  }
}

TEST(Words, AreSplitAtCommasAndSpace) {
  EXPECT_EQ(split_words(" 粤BD12345,粤BD12346\n\n粤BD12347\n"),
            (std::vector<std::string>{"粤BD12345", "粤BD12346", "粤BD12347"}));
  EXPECT_TRUE(split_words(" ,\n").empty());
}

}  // namespace
}  // namespace plated
