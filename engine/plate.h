// Plates as text and as numbers (GA 36-2018): the numbering of a pool, and what a plate says about
// itself. The one parser turns what people enter into a plate, or into an error that names the
// place. Pure functions; nothing here allocates except the message of an error. Anybody may call
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/bounded_text.h"
#include "engine/types.h"

namespace plated {

// A plate's number within its pool is the index of its power letter (D A B C E or F G H J K), times
// kSerialsSmall or kSerialsLarge, plus its serial.
inline constexpr uint32_t kPowerLetters = 5;
inline constexpr uint32_t kSerialsSmall = 340'000;  // 34 characters (0-9 A-H J-N P-Z), four digits
inline constexpr uint32_t kSerialsLarge = 100'000;  // five digits
inline constexpr uint8_t kProvinces = 31;

// The size of the numbering: every number below it is a plate, none from it on.
[[nodiscard]] uint32_t plates_of(PlateClass plate_class);

// Whether any character of the whole plate is a 4. Letters never are, so the office does not
// matter; it is asked for because the rule speaks of the whole plate. Requires a number of the
// numbering.
[[nodiscard]] bool has_four(OfficeCode office, PlateClass plate_class, PlateNumber number);

// Whether all digits of the serial are 0, whatever its letters: 125 small plates, 5 large ones.
// Requires a number of the numbering.
[[nodiscard]] bool is_all_zero(PlateClass plate_class, PlateNumber number);

// A plate as it is shown, in UTF-8: 粤BD12345 (small) or 粤B12345D (large).
using PlateText = BoundedText<12>;

// An office as it is shown, in UTF-8: 粤B.
using OfficeText = BoundedText<4>;

// Requires a number of the numbering and a valid office.
[[nodiscard]] PlateText text_of(const Plate& plate);
// Requires a valid office.
[[nodiscard]] OfficeText text_of(OfficeCode office);

// Where a text stops being what it should be, and what was expected there.
struct PlateError {
  std::size_t position = 0;  // of the character (code point) in the text, from 1
  std::string message;
};

struct ParsedPlate {
  std::optional<Plate> plate;
  PlateError error;  // meaningful when there is no plate
};

struct ParsedOffice {
  std::optional<OfficeCode> office;
  PlateError error;  // meaningful when there is no office
};

// Reads a plate from any bytes. Accepts 粤BD12345 and, as the same, a dot (· ・ •) after the
// office, lower case, full-width letters and digits. Anything else, a space too, is an error at its
// first wrong character.
[[nodiscard]] ParsedPlate parse_plate(std::string_view utf8);

// Reads an office, 粤B, with the same freedoms. Its letter is A to Z without I (O stands for the
// offices of authorities).
[[nodiscard]] ParsedOffice parse_office(std::string_view utf8);

// The class of that name, `small` or `large`; nothing for any other text.
[[nodiscard]] std::optional<PlateClass> parse_class(std::string_view name);
// The power of that name, `electric` or `hybrid`; nothing for any other text.
[[nodiscard]] std::optional<Power> parse_power(std::string_view name);
// The names that these two read.
[[nodiscard]] std::string_view name_of(PlateClass plate_class);
[[nodiscard]] std::string_view name_of(Power power);

// What is wrong with a plate or an office, for people.
[[nodiscard]] std::string sentence_of(const PlateError& error);

}  // namespace plated
