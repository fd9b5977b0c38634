#include "net/protocol/trimmed.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(Trimmed, OnlyTheEndsLoseWhatSurroundsThem) {
  EXPECT_EQ(trimmed(" \tgzip, br\t"), "gzip, br");
  EXPECT_EQ(trimmed("gzip"), "gzip");
  EXPECT_EQ(trimmed(" \t "), "");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed("\" x y\"\r", " \"\r"), "x y");
  EXPECT_EQ(trimmed("\tx", " "), "\tx");
}

}  // namespace
}  // namespace plated
