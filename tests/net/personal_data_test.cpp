#include "net/notices/personal_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace plated {
namespace {

TEST(PersonalData, ComesBackAsItWas) {
  const PersonalData zhang{"张三", "+8613800001234", "440301199001011234"};
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
  for (const char* spelling : {"13800001234", "+8613800001234", "008613800001234", "8613800001234",
                               "013800001234", "+86013800001234"}) {
    EXPECT_EQ(canonical_phone(spelling), "+8613800001234") << spelling;
  }
  for (const char* spelling : {"075512345678", "+8675512345678", "+86075512345678"}) {
    EXPECT_EQ(canonical_phone(spelling), "+8675512345678") << spelling;
  }
  EXPECT_EQ(canonical_phone("01012345678"), "+861012345678");
  EXPECT_EQ(canonical_phone("+85291234567"), "+85291234567");
  EXPECT_EQ(canonical_phone("0085291234567"), "+85291234567");
}

TEST(PersonalData, WhatIsNoPhoneOfOneCountryHasNoCanonicalForm) {
  for (const char* wrong : {"",
                            "+",
                            "00",
                            "0",
                            "1234",
                            "10086",
                            "138 00001234",
                            "1380000123",
                            "138000012345",
                            "1380000123x",
                            "12800001234",
                            "23800001234",
                            "75512345678",
                            "++8613800001234",
                            "+861380000123",
                            "+8610086",
                            "+08613800001234",
                            "000085291234567",
                            "+123456",
                            "+1234567890123456",
                            "123456789012345678901"}) {
    EXPECT_EQ(canonical_phone(wrong), std::nullopt) << wrong;
  }
}

// Earlier versions sealed what was imported.
TEST(PersonalData, APhoneThatWasSealedAsItWasWrittenIsReadInItsCanonicalForm) {
  for (const char* spelling : {"13800001234", "008613800001234"}) {
    EXPECT_EQ(personal_data_of(bytes_of({"张三", spelling, "1"}))->phone, "+8613800001234");
  }
  EXPECT_EQ(personal_data_of(bytes_of({"张三", "10086", "1"}))->phone, "10086");
}

TEST(Masks, LeaveWhatIsRecognisedAndHideTheRest) {
  EXPECT_EQ(masked_phone("13800001234"), "138****1234");
  EXPECT_EQ(masked_phone("+8613800001234"), "138****1234");
  EXPECT_EQ(masked_phone("+85291234567"), "+85*****4567");
  EXPECT_EQ(masked_phone("10086"), "****6");
  EXPECT_EQ(masked_phone("075512345"), "******345") << "with seven of nine shown, a guess is left";
  EXPECT_EQ(masked_name("张三"), "张*");
  EXPECT_EQ(masked_name("欧阳修文"), "欧***");
  EXPECT_EQ(masked_name("X"), "*") << "a name of one character";
  EXPECT_EQ(masked_name("王"), "*");
  EXPECT_EQ(masked_id("440301199001011234"), "440***********1234");
  EXPECT_EQ(masked_id("z1"), "****");
  EXPECT_EQ(masked_id("护照甲乙丙丁戊己"), "******戊己");
  EXPECT_EQ(vehicle_tail("LGXCE4CB6P0123456"), "123456");
  EXPECT_EQ(vehicle_tail("ABC"), "C");
  EXPECT_EQ(vehicle_tail("A"), "");
}

// However long: no mask is shorter than what it hides, and at least half of a short text is hidden.
TEST(Masks, AreNeverShorterThanTheTextAndNeverTheWholeOfIt) {
  constexpr std::size_t kLongest = 40;
  for (const std::string letter : {"7", "张"}) {
    std::string text;
    for (std::size_t size = 1; size <= kLongest; ++size) {
      text += letter;
      for (const std::string& mask : {masked_phone(text), masked_name(text), masked_id(text)}) {
        const auto hidden = static_cast<std::size_t>(std::count(mask.begin(), mask.end(), '*'));
        std::size_t shown = 0;
        for (std::size_t at = mask.find(letter); at != std::string::npos;
             at = mask.find(letter, at + letter.size())) {
          ++shown;
        }
        EXPECT_GE(hidden + shown, size) << mask;
        EXPECT_EQ(mask.size(), hidden + shown * letter.size()) << "a character was cut: " << mask;
        EXPECT_LT(shown, size) << mask;
        EXPECT_TRUE(shown <= 7 && (size > 10 || shown * 2 <= size)) << mask;
      }
    }
  }
  EXPECT_EQ(masked_phone(""), "****");
  EXPECT_EQ(masked_name(""), "");
}

}  // namespace
}  // namespace plated
