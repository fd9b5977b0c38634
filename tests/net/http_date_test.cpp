#include "net/protocol/http_date.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(HttpDate, IsWrittenAsTheStandardHasIt) {
  EXPECT_EQ(http_date(CivilTime(Millis(784'111'777'999))), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(CivilTime(Millis(0))), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(CivilTime(Millis(1'709'251'199'000))), "Thu, 29 Feb 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace plated
