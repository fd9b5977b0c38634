#include "net/notices/personal_data.h"

#include <gtest/gtest.h>

namespace plated {
namespace {

TEST(PersonalData, ComesBackAsItWas) {
  const PersonalData zhang{"张三", "13800001234", "440301199001011234"};
  EXPECT_EQ(personal_data_of(bytes_of(zhang)), zhang);
  EXPECT_EQ(personal_data_of(bytes_of({})), PersonalData{});
}

TEST(PersonalData, HasALayoutThatNeverChanges) {
  EXPECT_EQ(bytes_of({"a", "12345", ""}), std::string("\1\1\0a\5\0"
                                                      "12345\0\0",
                                                      13));
}

TEST(PersonalData, IsNothingWhenAByteIsMissingOrTooMany) {
  const std::string bytes = bytes_of({"张三", "13800001234", "4403"});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(personal_data_of(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(personal_data_of(bytes + "x"));
  EXPECT_FALSE(personal_data_of("\2" + bytes.substr(1)));
}

TEST(PersonalData, APhoneIsOneHoweverItIsWritten) {
  for (const char* spelling :
       {"13800001234", "+8613800001234", "008613800001234", "8613800001234"}) {
    EXPECT_EQ(canonical_phone(spelling), "+8613800001234") << spelling;
    EXPECT_TRUE(same_person({"张三", "13800001234", "1"}, {"张三", spelling, "1"})) << spelling;
  }
  EXPECT_EQ(canonical_phone("+85291234567"), "+85291234567");
  EXPECT_EQ(canonical_phone("0085291234567"), "+85291234567");
  EXPECT_EQ(canonical_phone("10086"), "10086");
  EXPECT_EQ(canonical_phone("23800001234"), "23800001234");
  EXPECT_FALSE(same_person({"张三", "13800001234", "1"}, {"张三", "13800001235", "1"}));
  EXPECT_FALSE(same_person({"张三", "13800001234", "1"}, {"张四", "13800001234", "1"}));
}

TEST(PersonalData, APhoneIsDigitsWithPerhapsAPlus) {
  EXPECT_TRUE(is_phone("13800001234"));
  EXPECT_TRUE(is_phone("+8613800001234"));
  for (const char* wrong :
       {"", "+", "1234", "138 0000", "1380000123x", "++8613800001234", "123456789012345678901"}) {
    EXPECT_FALSE(is_phone(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace plated
