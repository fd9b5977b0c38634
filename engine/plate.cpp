#include "engine/plate.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "engine/check.h"

namespace plated {
namespace {

constexpr std::array<std::string_view, kProvinces> kProvinceTexts = {
    "京", "津", "沪", "渝", "冀", "豫", "云", "辽", "黑", "湘", "皖", "鲁", "新", "苏", "浙", "赣",
    "鄂", "桂", "甘", "晋", "蒙", "陕", "吉", "闽", "贵", "粤", "青", "藏", "川", "宁", "琼"};
// Electric first, so that the index in it is the power times kPowerLetters plus the letter's own.
constexpr std::string_view kPowerLetterTexts = "DABCEFGHJK";
constexpr std::string_view kSerialCharacters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr uint32_t kSerialsPerCharacter = 10'000;
constexpr std::size_t kSerialLength = 6;

static_assert(kPowerLetterTexts.size() == 2 * kPowerLetters);
static_assert(kSerialCharacters.size() * kSerialsPerCharacter == kSerialsSmall);

uint32_t serials_of(PlateClass plate_class) {
  return plate_class == PlateClass::small ? kSerialsSmall : kSerialsLarge;
}

// A plate's number among those of its power letter. Both divisors are known to the compiler.
uint32_t serial_of(PlateClass plate_class, PlateNumber number) {
  return plate_class == PlateClass::small ? number.value % kSerialsSmall
                                          : number.value % kSerialsLarge;
}

// Whether one of the last four digits is a 4, for each value of them.
using FoursTable = std::array<uint64_t, (kSerialsPerCharacter + 63) / 64>;

constexpr FoursTable fours_of_last_digits() {
  FoursTable table{};
  for (uint32_t value = 0; value < kSerialsPerCharacter; ++value) {
    if (value % 10 == 4 || value / 10 % 10 == 4 || value / 100 % 10 == 4 || value / 1000 == 4) {
      table[value / 64] |= uint64_t{1} << (value % 64);
    }
  }
  return table;
}

constexpr FoursTable kFours = fours_of_last_digits();

// Whether a serial has a 4: as its character or first digit, or among the last four digits.
bool contains_four(uint32_t serial) {
  const uint32_t last = serial % kSerialsPerCharacter;
  return serial / kSerialsPerCharacter == 4 || ((kFours[last / 64] >> (last % 64)) & 1) != 0;
}

bool valid(OfficeCode office) {
  return office.province < kProvinces && office.letter >= 'A' && office.letter <= 'Z' &&
         office.letter != 'I';
}

template <typename Text>
void append_office(Text& text, OfficeCode office) {
  check(valid(office), "an office has a province and a letter");
  text.append(kProvinceTexts[office.province]);
  text.append(office.letter);
}

constexpr char32_t kNotUtf8 = 0xFFFFFFFF;

// One character of the input: as it was, as it is understood, and how many bytes it takes.
struct Character {
  char32_t raw = 0;
  char32_t folded = 0;
  std::size_t bytes = 0;
};

char32_t fold(char32_t raw) {
  const char32_t narrow = raw >= 0xFF01 && raw <= 0xFF5E ? raw - 0xFEE0 : raw;
  return narrow >= U'a' && narrow <= U'z' ? narrow - U'a' + U'A' : narrow;
}

// Decodes the first character of `text`, which is not empty. Overlong forms, surrogates and what is
// cut off are not UTF-8.
Character decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) {
    return {lead, fold(lead), 1};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return {kNotUtf8, kNotUtf8, 1};
  }
  char32_t raw = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) {
      return {kNotUtf8, kNotUtf8, 1};
    }
    raw = (raw << 6U) | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (raw < kLeast[length] || raw > 0x10FFFF || (raw >= 0xD800 && raw <= 0xDFFF)) {
    return {kNotUtf8, kNotUtf8, 1};
  }
  return {raw, fold(raw), length};
}

bool is_dot(char32_t c) { return c == 0x00B7 || c == 0x30FB || c == 0x2022; }
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_letter(char32_t c) { return c >= U'A' && c <= U'Z'; }

// The index of an ASCII character in `set`, or nothing.
std::optional<uint32_t> index_in(std::string_view set, char32_t c) {
  const std::size_t index = c < 0x80 ? set.find(static_cast<char>(c)) : std::string_view::npos;
  return index == std::string_view::npos ? std::nullopt
                                         : std::optional(static_cast<uint32_t>(index));
}

// Walks over the characters of a plate or an office and keeps the first error. After an error every
// read gives nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) { load(); }

  // Reads a character that stands in `set` and gives its index there.
  std::optional<uint32_t> read(std::string_view set, std::string_view expected) {
    if (failed()) {
      return std::nullopt;
    }
    const std::optional<uint32_t> index = index_in(set, current_.folded);
    if (!index) {
      fail(expected);
      return std::nullopt;
    }
    step();
    return index;
  }

  std::optional<OfficeCode> read_office() {
    const auto province = std::find(kProvinceTexts.begin(), kProvinceTexts.end(), current_text());
    if (province == kProvinceTexts.end()) {
      fail("a province character such as 粤");
      return std::nullopt;
    }
    step();
    constexpr std::string_view kOfficeLetters = "ABCDEFGHJKLMNOPQRSTUVWXYZ";
    const auto letter = read(kOfficeLetters, "the letter of the office, A to Z without I");
    if (!letter) {
      return std::nullopt;
    }
    return OfficeCode{static_cast<uint8_t>(province - kProvinceTexts.begin()),
                      kOfficeLetters[*letter]};
  }

  void skip_dot() {
    if (!failed() && is_dot(current_.folded)) {
      step();
    }
  }

  bool finish(std::string_view expected) {
    if (!failed() && !at_end()) {
      fail(expected);
    }
    return !failed();
  }

  // Requires !failed().
  [[nodiscard]] char32_t current() const { return current_.folded; }
  [[nodiscard]] bool failed() const { return error_.position != 0; }
  [[nodiscard]] PlateError& error() { return error_; }

  void fail(std::string_view expected);

 private:
  [[nodiscard]] bool at_end() const { return offset_ == text_.size(); }
  [[nodiscard]] std::string_view current_text() const {
    return text_.substr(offset_, current_.bytes);
  }

  void load() { current_ = at_end() ? Character{} : decode(text_.substr(offset_)); }

  void step() {
    offset_ += current_.bytes;
    ++position_;
    load();
  }

  std::string_view text_;
  std::size_t offset_ = 0;
  std::size_t position_ = 1;
  Character current_;
  PlateError error_;
};

void Reader::fail(std::string_view expected) {
  if (failed()) {
    return;
  }
  error_.position = position_;
  error_.message = "expected ";
  error_.message += expected;
  const char32_t raw = current_.raw;
  if (at_end()) {
    error_.message += ", but the text ends here";
  } else if (raw == kNotUtf8) {
    error_.message += ", but found a byte that is not UTF-8";
  } else if ((raw > 0x20 && raw < 0x7F) || (raw >= 0x4E00 && raw <= 0x9FFF) ||
             (raw >= 0xFF01 && raw <= 0xFF5E)) {
    error_.message += ", but found ";
    error_.message += current_text();
  } else {
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(raw));
    error_.message += ", but found ";
    error_.message += code.data();
  }
  if (current_.folded == U'I' || current_.folded == U'O') {
    error_.message += " (a serial has no I and no O, so that nobody takes them for 1 and 0)";
  }
}

constexpr std::string_view kPowerLetterExpected =
    "a power letter, D A B C E (electric) or F G H J K (hybrid)";
constexpr std::string_view kDigits = "0123456789";

// Reads `count` digits behind `value`.
uint32_t read_digits(Reader& reader, uint32_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    value = value * 10 + reader.read(kDigits, "a digit").value_or(0);
  }
  return value;
}

// What the six characters of a serial say; the office is not theirs to know.
struct Serial {
  PlateClass plate_class = PlateClass::small;
  uint32_t power_letter = 0;  // index in kPowerLetterTexts
  uint32_t serial = 0;
};

// A power letter in front makes a small plate, a digit in front a large one.
Serial read_serial(Reader& reader) {
  if (!reader.failed() && is_digit(reader.current())) {
    const uint32_t serial = read_digits(reader, 0, kSerialLength - 1);
    const uint32_t letter = reader.read(kPowerLetterTexts, kPowerLetterExpected).value_or(0);
    return {PlateClass::large, letter, serial};
  }
  const bool letter_in_front = !reader.failed() && is_letter(reader.current());
  const uint32_t letter =
      reader
          .read(kPowerLetterTexts, letter_in_front
                                       ? std::string(kPowerLetterExpected)
                                       : std::string(kPowerLetterExpected) + ", or a digit")
          .value_or(0);
  const uint32_t first =
      reader.read(kSerialCharacters, "a digit or a letter without I and O").value_or(0);
  return {PlateClass::small, letter, read_digits(reader, first, kSerialLength - 2)};
}

}  // namespace

uint32_t plates_of(PlateClass plate_class) { return kPowerLetters * serials_of(plate_class); }

bool has_four([[maybe_unused]] OfficeCode office, PlateClass plate_class, PlateNumber number) {
  check(number.value < plates_of(plate_class), "a plate's number lies in its numbering");
  return contains_four(serial_of(plate_class, number));
}

bool is_all_zero(PlateClass plate_class, PlateNumber number) {
  check(number.value < plates_of(plate_class), "a plate's number lies in its numbering");
  const uint32_t serial = serial_of(plate_class, number);
  if (plate_class == PlateClass::large) {
    return serial == 0;
  }
  const uint32_t character = serial / kSerialsPerCharacter;
  return serial % kSerialsPerCharacter == 0 && (character == 0 || character > 9);
}

PlateText text_of(const Plate& plate) {
  const PlateClass plate_class = plate.pool.plate_class;
  check(plate.number.value < plates_of(plate_class), "a plate's number lies in its numbering");
  const uint32_t letter_index = plate.number.value / serials_of(plate_class);
  const uint32_t power_offset = plate.pool.power == Power::electric ? 0 : kPowerLetters;
  const std::string_view letter = kPowerLetterTexts.substr(power_offset + letter_index, 1);
  const uint32_t serial = serial_of(plate_class, plate.number);
  PlateText text;
  append_office(text, plate.pool.office);
  if (plate_class == PlateClass::large) {
    text.append_digits(serial, 5);
    text.append(letter);
  } else {
    text.append(letter);
    text.append(kSerialCharacters.substr(serial / kSerialsPerCharacter, 1));
    text.append_digits(serial % kSerialsPerCharacter, 4);
  }
  return text;
}

OfficeText text_of(OfficeCode office) {
  OfficeText text;
  append_office(text, office);
  return text;
}

ParsedPlate parse_plate(std::string_view utf8) {
  Reader reader(utf8);
  const std::optional<OfficeCode> office = reader.read_office();
  reader.skip_dot();
  const Serial serial = read_serial(reader);
  if (!reader.finish("the end of the plate")) {
    return {std::nullopt, std::move(reader.error())};
  }
  check(office.has_value(), "a plate without an error has an office");
  const Power power = serial.power_letter < kPowerLetters ? Power::electric : Power::hybrid;
  const uint32_t number =
      serial.power_letter % kPowerLetters * serials_of(serial.plate_class) + serial.serial;
  return {Plate{{*office, serial.plate_class, power}, PlateNumber{number}}, {}};
}

ParsedOffice parse_office(std::string_view utf8) {
  Reader reader(utf8);
  const std::optional<OfficeCode> office = reader.read_office();
  if (!reader.finish("the end of the office")) {
    return {std::nullopt, std::move(reader.error())};
  }
  return {office, {}};
}

std::optional<PlateClass> parse_class(std::string_view name) {
  for (const PlateClass plate_class : {PlateClass::small, PlateClass::large}) {
    if (name == name_of(plate_class)) {
      return plate_class;
    }
  }
  return std::nullopt;
}

std::optional<Power> parse_power(std::string_view name) {
  for (const Power power : {Power::electric, Power::hybrid}) {
    if (name == name_of(power)) {
      return power;
    }
  }
  return std::nullopt;
}

std::string_view name_of(PlateClass plate_class) {
  return plate_class == PlateClass::small ? "small" : "large";
}

std::string_view name_of(Power power) { return power == Power::electric ? "electric" : "hybrid"; }

std::string sentence_of(const PlateError& error) {
  return error.message + " at character " + std::to_string(error.position);
}

}  // namespace plated
