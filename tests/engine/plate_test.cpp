#include "engine/plate.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace plated {
namespace {

constexpr OfficeCode kShenzhen{25, 'B'};

Plate parsed(std::string_view text) {
  const ParsedPlate result = parse_plate(text);
  EXPECT_TRUE(result.plate.has_value()) << text << ": " << result.error.message;
  return result.plate.value_or(Plate{});
}

void expect_error(std::string_view text, std::size_t position, std::string_view expected) {
  const ParsedPlate result = parse_plate(text);
  EXPECT_FALSE(result.plate.has_value()) << text;
  EXPECT_EQ(result.error.position, position) << text << ": " << result.error.message;
  EXPECT_NE(result.error.message.find(expected), std::string::npos)
      << text << ": " << result.error.message;
}

PoolKey pool_of(PlateClass plate_class, Power power) { return {kShenzhen, plate_class, power}; }

TEST(Plate, EveryNumberOfEveryNumberingComesBackFromItsText) {
  for (const PlateClass plate_class : {PlateClass::small, PlateClass::large}) {
    for (const Power power : {Power::electric, Power::hybrid}) {
      for (uint32_t number = 0; number < plates_of(plate_class); ++number) {
        const Plate plate{pool_of(plate_class, power), {number}};
        const PlateText text = text_of(plate);
        ASSERT_EQ(parse_plate(text.view()).plate, plate) << text.view();
      }
    }
  }
}

TEST(Plate, NumbersFollowThePowerLettersAndThenTheSerials) {
  const auto small = [](Power power, uint32_t number) {
    return std::string(text_of(Plate{pool_of(PlateClass::small, power), {number}}).view());
  };
  EXPECT_EQ(small(Power::electric, 0), "粤BD00000");
  EXPECT_EQ(small(Power::electric, 99'999), "粤BD99999");
  EXPECT_EQ(small(Power::electric, 100'000), "粤BDA0000");
  EXPECT_EQ(small(Power::electric, 339'999), "粤BDZ9999");
  EXPECT_EQ(small(Power::electric, 340'000), "粤BA00000");
  EXPECT_EQ(small(Power::electric, 1'699'999), "粤BEZ9999");
  EXPECT_EQ(small(Power::hybrid, 0), "粤BF00000");
  EXPECT_EQ(small(Power::hybrid, 1'699'999), "粤BKZ9999");
  const auto large = [](Power power, uint32_t number) {
    return std::string(text_of(Plate{pool_of(PlateClass::large, power), {number}}).view());
  };
  EXPECT_EQ(large(Power::electric, 12'345), "粤B12345D");
  EXPECT_EQ(large(Power::electric, 100'000), "粤B00000A");
  EXPECT_EQ(large(Power::hybrid, 499'999), "粤B99999K");
}

TEST(Plate, AFullPoolHasAsManyPlatesAsTheRulesSay) {
  EXPECT_EQ(plates_of(PlateClass::small), 1'700'000U);
  EXPECT_EQ(plates_of(PlateClass::large), 500'000U);
}

TEST(Plate, TheSerialsOfOnlyZerosAre125SmallAnd5Large) {
  for (const auto& [plate_class, expected] :
       {std::pair{PlateClass::small, 125U}, std::pair{PlateClass::large, 5U}}) {
    uint32_t count = 0;
    for (uint32_t number = 0; number < plates_of(plate_class); ++number) {
      count += is_all_zero(plate_class, {number}) ? 1U : 0U;
    }
    EXPECT_EQ(count, expected);
  }
  EXPECT_TRUE(is_all_zero(PlateClass::small, parsed("粤BDZ0000").number));
  EXPECT_FALSE(is_all_zero(PlateClass::small, parsed("粤BD10000").number));
}

TEST(Plate, AFourIsSeenExactlyWhereTheTextHasOne) {
  for (const PlateClass plate_class : {PlateClass::small, PlateClass::large}) {
    for (uint32_t number = 0; number < plates_of(plate_class); ++number) {
      const PlateText text = text_of(Plate{pool_of(plate_class, Power::electric), {number}});
      ASSERT_EQ(has_four(kShenzhen, plate_class, {number}),
                text.view().find('4') != std::string_view::npos)
          << text.view();
    }
  }
}

TEST(Plate, OtherWaysToWriteItAreTheSamePlate) {
  const Plate plate = parsed("粤BD12345");
  for (const char* text : {"粤B·D12345", "粤B・D12345", "粤B•D12345", "粤bd12345",
                           "粤ＢＤ１２３４５", "粤ｂ・ｄ１２３４５"}) {
    EXPECT_EQ(parsed(text), plate) << text;
  }
  EXPECT_EQ(parsed("粤b·12345d"), parsed("粤B12345D"));
}

TEST(Plate, AnErrorNamesThePositionAndWhatWasExpected) {
  expect_error("", 1, "a province character");
  expect_error("B", 1, "a province character");
  expect_error("中BD12345", 1, "but found 中");
  expect_error("粤", 2, "the text ends here");
  expect_error("粤1D12345", 2, "the letter of the office");
  expect_error("粤ID12345", 2, "without I");
  expect_error("粤BZ12345", 3, "a power letter");
  expect_error("粤B·Z12345", 4, "a power letter");
  expect_error("粤B-D12345", 3, "or a digit, but found -");
  expect_error("粤BI12345", 3, "no I and no O");
  expect_error("粤BDO2345", 4, "no I and no O");
  expect_error("粤BDAB345", 5, "a digit");
  expect_error("粤BD1234D", 8, "a digit");
  expect_error("粤B123456", 8, "a power letter");
  expect_error("粤B1234DD", 7, "a digit");
  expect_error("粤BD1234", 8, "the text ends here");
  expect_error("粤BD123456", 9, "the end of the plate");
  expect_error("粤BD12345·", 9, "the end of the plate");
  expect_error("粤B··D12345", 4, "U+00B7");
  expect_error("粤·BD12345", 2, "the letter of the office");
}

TEST(Plate, SpacesAreNoPartOfAPlate) {
  expect_error(" 粤BD12345", 1, "U+0020");
  expect_error("粤B D12345", 3, "U+0020");
  expect_error("粤BD1234 5", 8, "U+0020");
  expect_error("粤BD12345 ", 9, "the end of the plate");
  EXPECT_EQ(parse_office(" 粤B").error.position, 1U);
}

TEST(Plate, BytesThatAreNotUtf8AreAnErrorAtTheirPlace) {
  expect_error("\xFF", 1, "not UTF-8");
  expect_error("\xE7\xB2", 1, "not UTF-8");
  expect_error("粤B\xC0\x84", 3, "not UTF-8");
  expect_error("粤B\xE0\x81\x84Z2345", 3, "not UTF-8");      // a D in three bytes
  expect_error("粤B\xF0\x80\x81\x84Z2345", 3, "not UTF-8");  // a D in four
  expect_error("粤B\xED\xA0\x80", 3, "not UTF-8");
  expect_error("粤B\xF4\x90\x80\x80", 3, "not UTF-8");
  expect_error(std::string_view("粤B\0D12345", 11), 3, "U+0000");
}

TEST(Plate, EveryProvinceAndOfficeLetterComesBackFromItsText) {
  std::set<std::string> texts;
  for (uint8_t province = 0; province < kProvinces; ++province) {
    for (char letter = 'A'; letter <= 'Z'; ++letter) {
      if (letter != 'I') {
        const OfficeCode office{province, letter};
        const OfficeText text = text_of(office);
        EXPECT_EQ(parse_office(text.view()).office, office);
        texts.emplace(text.view());
      }
    }
  }
  EXPECT_EQ(texts.size(), 31U * 25U);
}

TEST(Plate, AnOfficeIsNothingMoreThanItsTwoCharacters) {
  EXPECT_EQ(parse_office("粤b").office, kShenzhen);
  EXPECT_EQ(parse_office("粤I").error.position, 2U);
  EXPECT_EQ(parse_office("粤BD").error.position, 3U);
  EXPECT_EQ(parse_office("*").error.position, 1U);
}

TEST(Plate, NamesOfClassAndPowerAreTheProtocolsOwn) {
  EXPECT_EQ(parse_class("small"), PlateClass::small);
  EXPECT_EQ(parse_class("large"), PlateClass::large);
  EXPECT_EQ(parse_class("Small"), std::nullopt);
  EXPECT_EQ(parse_power("electric"), Power::electric);
  EXPECT_EQ(parse_power("hybrid"), Power::hybrid);
  EXPECT_EQ(parse_power(""), std::nullopt);
}

}  // namespace
}  // namespace plated
