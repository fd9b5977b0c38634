#include "net/operators/ordinary_plate.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(OrdinaryPlate, IsShownInOneWay) {
  EXPECT_EQ(carried_plate("粤B12345"), "粤B12345");
  EXPECT_EQ(carried_plate(" 粤b·1a2b3 "), "粤B1A2B3");
  EXPECT_EQ(carried_plate("粤B1234学"), "粤B1234学");
  EXPECT_EQ(carried_plate("粤bd12345"), "粤BD12345");
}

TEST(OrdinaryPlate, IsNothingElse) {
  for (const char* wrong : {"", "粤", "粤B", "粤B1234", "粤B123456", "粤B1234I", "粤B1234O",
                            "XB12345", "粤B12345学", "粤I12345", "粤B1234\n", "12345"}) {
    EXPECT_FALSE(carried_plate(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace plated
