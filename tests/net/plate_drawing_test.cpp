#include "net/web/plate_drawing.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/plate.h"

namespace plated {
namespace {

std::string drawing_of(std::string_view plate, PlateClass plate_class = PlateClass::small) {
  std::string out;
  append_plate_drawing(plate, plate_class, out);
  return out;
}

int count(std::string_view text, std::string_view what) {
  int found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

TEST(PlateDrawing, HasAPictureForEveryCharacterOfEveryOffice) {
  for (uint8_t province = 0; province < kProvinces; ++province) {
    for (const char letter : std::string_view("ABCDEFGHJKLMNOPQRSTUVWXYZ")) {
      const std::string office(text_of(OfficeCode{province, letter}).view());
      const std::string drawing = drawing_of(office + "D12345");
      ASSERT_EQ(count(drawing, "<path"), 8) << office;
    }
  }
}

TEST(PlateDrawing, HasAPictureForEveryCharacterOfASerial) {
  for (const char letter : std::string_view("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")) {
    ASSERT_EQ(count(drawing_of(std::string("粤BD") + letter + "2345"), "<path"), 8) << letter;
  }
}

TEST(PlateDrawing, IsNamedByItsTextAndLeavesNoMarkOfAPlace) {
  const std::string drawing = drawing_of("沪A12345D", PlateClass::large);
  EXPECT_NE(drawing.find("aria-label=\"沪A12345D\""), std::string::npos);
  EXPECT_EQ(drawing.find('{'), std::string::npos);
  EXPECT_NE(drawing.find("paint-large"), std::string::npos);
  EXPECT_NE(drawing, drawing_of("沪A12345D", PlateClass::small));
}

TEST(PlateDrawing, EndsWhatItBegins) {
  const std::string drawing = drawing_of("琼ZK10086");
  EXPECT_EQ(count(drawing, "<svg "), count(drawing, "</svg>"));
  EXPECT_EQ(count(drawing, "<svg "), 9);
}

}  // namespace
}  // namespace plated
