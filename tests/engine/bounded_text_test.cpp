#include "engine/bounded_text.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(BoundedText, KeepsWhatFitsAndCutsTheRest) {
  EXPECT_EQ(BoundedText<5>("12345").view(), "12345");
  EXPECT_EQ(BoundedText<5>("123456").view(), "12345");
  EXPECT_TRUE(BoundedText<5>().empty());
  EXPECT_EQ(BoundedText<5>("12"), BoundedText<5>("12"));
}

TEST(BoundedText, GrowsToItsBound) {
  BoundedText<8> text("粤");
  text.append('B');
  text.append_digits(42, 4);
  EXPECT_EQ(text.view(), "粤B0042");
}

TEST(BoundedTextDeathTest, NothingIsAppendedBeyondItsBound) {
  BoundedText<4> text("123");
  EXPECT_DEATH(text.append("45"), "fits");
  EXPECT_DEATH(text.append_digits(1, 2), "fit");
}

TEST(BoundedTextDeathTest, ANumberIsNotCutToItsWidth) {
  BoundedText<4> text;
  EXPECT_DEATH(text.append_digits(123, 2), "whole");
}

}  // namespace
}  // namespace plated
