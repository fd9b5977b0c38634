#include "net/protocol/codec.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "engine/check.h"
#include "engine/plate.h"

namespace plated {

namespace ondemand = simdjson::ondemand;

static_assert(kFramePadding >= simdjson::SIMDJSON_PADDING);

struct FrameDecoder::Parser {
  ondemand::parser json;
};

// A value where it stands in the frame; it can be read once.
struct FrameDecoder::Value {
  ondemand::value& json;

  // The value as it is written, if it is neither text nor list nor object.
  [[nodiscard]] std::string_view scalar() const {
    std::string_view token = json.raw_json_token();
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') {
      token.remove_suffix(1);
    }
    return token;
  }
  [[nodiscard]] std::optional<std::string_view> text() {
    std::string_view text;
    if (json.get_string().get(text)) {
      return std::nullopt;
    }
    return text;
  }
};

namespace {

// Every field of every op. A name means the same, and has one type, wherever it stands.
enum Field : unsigned {
  kId,
  kOp,
  kVehicle,
  kOffice,
  kAfter,
  kFor,
  kCode,
  kTerms,
  kDraw,
  kWithout4,
  kPlate,
  kFields,
};

constexpr std::array<std::string_view, kFields> kFieldNames = {
    "id", "op", "vehicle", "office", "after", "for", "code", "terms", "draw", "without4", "plate"};

constexpr uint32_t bit(unsigned field) { return 1U << field; }

struct OpFields {
  uint32_t required;
  uint32_t optional;
};
constexpr std::array<OpFields, kOps> kOpFields = {{
    {0, bit(kAfter)},                                  // vehicles
    {bit(kVehicle), 0},                                // enter
    {bit(kVehicle), 0},                                // leave
    {bit(kOffice), 0},                                 // give_up
    {bit(kVehicle) | bit(kFor), 0},                    // send_code
    {bit(kVehicle) | bit(kCode) | bit(kTerms), 0},     // submit
    {bit(kVehicle) | bit(kCode), 0},                   // verify
    {bit(kVehicle) | bit(kDraw) | bit(kWithout4), 0},  // draw
    {bit(kVehicle) | bit(kPlate), 0},                  // shortlist
    {bit(kVehicle) | bit(kPlate), 0},                  // confirm
}};

constexpr std::size_t kCodeDigits = 6;
constexpr std::size_t kIdDigitsMax = 40;
constexpr std::size_t kFieldShownMax = 64;

std::optional<unsigned> field_named(std::string_view name) {
  for (unsigned field = 0; field < kFields; ++field) {
    if (kFieldNames[field] == name) {
      return field;
    }
  }
  return std::nullopt;
}

std::optional<Op> op_named(std::string_view name) {
  for (std::size_t op = 0; op < kOps; ++op) {
    if (name_of(static_cast<Op>(op)) == name) {
      return static_cast<Op>(op);
    }
  }
  return std::nullopt;
}

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// An integer as JSON writes it: no plus, no leading zero, no fraction, no exponent.
bool is_integer(std::string_view token) {
  if (token.starts_with('-')) {
    token.remove_prefix(1);
  }
  if (token.empty() || token.size() > kIdDigitsMax || !all_digits(token)) {
    return false;
  }
  return token.size() == 1 || token.front() != '0';
}

// At most so many bytes of a text in UTF-8, and no broken character at the end.
std::string_view shortened(std::string_view text, std::size_t size_max) {
  if (text.size() <= size_max) {
    return text;
  }
  std::size_t size = size_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
    --size;
  }
  return text.substr(0, size);
}

}  // namespace

FrameDecoder::FrameDecoder() : parser_(std::make_unique<Parser>()) {
  check(!parser_->json.allocate(kFrameMax, kFrameMax), "memory for a parser");
}

FrameDecoder::~FrameDecoder() = default;

bool FrameDecoder::decode(std::string_view frame) {
  request_ = Request{};
  complaint_ = Complaint{};
  message_.clear();
  field_.clear();
  seen_ = 0;
  noted_ = false;
  id_wrong_ = false;
  op_known_ = false;
  if (frame.size() > kFrameMax) {
    return refuse(ErrorCode::bad_request, {}, "a message has at most 4096 bytes");
  }
  if (!read_fields(frame)) {
    request_.id = "null";
    return false;
  }
  return judge();
}

bool FrameDecoder::refuse(ErrorCode code, std::string_view field, std::string_view message) {
  if (message.data() != message_.data()) {
    message_ = message;
  }
  if (field.data() != field_.data()) {
    field_ = field;
  }
  complaint_.code = code;
  complaint_.message = message_;
  complaint_.field = field_;
  return false;
}

// Keeps what is wrong with a field, if nothing was wrong before it.
void FrameDecoder::note(std::string_view field, std::string_view message) {
  if (noted_) {
    return;
  }
  noted_ = true;
  field_ = field;
  message_ = message;
}

bool FrameDecoder::read_fields(std::string_view frame) {
  ondemand::document document;
  ondemand::object object;
  if (parser_->json.iterate(frame.data(), frame.size(), frame.size() + kFramePadding)
          .get(document)) {
    return refuse(ErrorCode::bad_request, {}, "the message is not JSON");
  }
  if (const auto error = document.get_object().get(object)) {
    return refuse(ErrorCode::bad_request, {},
                  error == simdjson::INCORRECT_TYPE ? "the message is not a JSON object"
                                                    : "the message is not JSON");
  }
  for (auto field : object) {
    std::string_view key;
    ondemand::value json;
    if (field.unescaped_key().get(key) || field.value().get(json)) {
      return refuse(ErrorCode::bad_request, {}, "the message is not JSON");
    }
    Value value{json};
    take_field(key, value);
  }
  // An object that was read to its end leaves nothing behind itself, so there is no location.
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return refuse(ErrorCode::bad_request, {}, "the message is not one JSON object");
  }
  return true;
}

void FrameDecoder::take_field(std::string_view key, Value& value) {
  const std::optional<unsigned> field = field_named(key);
  if (!field) {
    note(shortened(key, kFieldShownMax), "there is no such field");
    return;
  }
  if (*field == kId) {
    take_id(value);
  } else if (seen_ & bit(*field)) {
    note(key, "the field is there twice");
  } else {
    take_value(*field, value);
  }
  seen_ |= bit(*field);
}

void FrameDecoder::take_id(Value& value) {
  const std::string_view token = value.scalar();
  if (seen_ & bit(kId)) {
    id_wrong_ = true;
    note(kFieldNames[kId], "the field is there twice");
  } else if (is_integer(token)) {
    request_.id = token;
  } else {
    id_wrong_ = true;
    note(kFieldNames[kId], "the id must be an integer");
  }
}

void FrameDecoder::take_value(unsigned field, Value& value) {
  const std::string_view name = kFieldNames[field];
  if (field == kDraw) {
    const std::string_view token = value.scalar();
    const auto [end, error] =
        std::from_chars(token.data(), token.data() + token.size(), request_.draw);
    if (error == std::errc::result_out_of_range) {
      request_.draw = std::numeric_limits<decltype(request_.draw)>::max();  // as wrong as any such
    }
    if (!is_integer(token) || error == std::errc::invalid_argument || request_.draw < 1) {
      note(name, "the draw's number must be an integer from 1 on");
    }
    return;
  }
  if (field == kWithout4) {
    const std::string_view token = value.scalar();
    request_.without4 = token == "true";
    if (!request_.without4 && token != "false") {
      note(name, "the value must be true or false");
    }
    return;
  }
  const std::optional<std::string_view> text = value.text();
  if (!text) {
    note(name, "the value must be a text");
    return;
  }
  switch (field) {
    case kOp:
      if (const auto op = op_named(*text)) {
        request_.op = *op;
        op_known_ = true;
      }
      break;
    case kVehicle:
    case kAfter:
      (field == kVehicle ? request_.vehicle : request_.after) = *text;
      if (text->empty() || text->size() > kVehicleIdMax) {
        note(name, "a vehicle's identifier has 1 to 17 characters");
      }
      break;
    case kFor:
      request_.purpose = *text == "verify" ? CodePurpose::verify : CodePurpose::submit;
      if (*text != "submit" && *text != "verify") {
        note(name, "the value must be submit or verify");
      }
      break;
    case kCode:
      request_.code = *text;
      if (text->size() != kCodeDigits || !all_digits(*text)) {
        note(name, "a code has six digits");
      }
      break;
    case kTerms:
      request_.terms = *text;
      if (text->size() > kTermsVersionMax) {
        note(name, "a version of the terms has at most 31 bytes");
      }
      break;
    case kOffice:
      take_office(*text);
      break;
    case kPlate:
      take_plate(*text);
      break;
    default:
      check(false, "every field is read");
  }
}

void FrameDecoder::take_office(std::string_view text) {
  const ParsedOffice parsed = parse_office(text);
  if (parsed.office) {
    request_.office = *parsed.office;
  } else {
    note(kFieldNames[kOffice],
         "character " + std::to_string(parsed.error.position) + ": " + parsed.error.message);
  }
}

void FrameDecoder::take_plate(std::string_view text) {
  const ParsedPlate parsed = parse_plate(text);
  if (parsed.plate) {
    request_.plate = *parsed.plate;
  } else {
    note(kFieldNames[kPlate],
         "character " + std::to_string(parsed.error.position) + ": " + parsed.error.message);
  }
}

// What the fields say together. The id comes first, for without it nobody can be told; then the
// op; then the first field that is wrong by itself; then those that do not belong or are missing.
bool FrameDecoder::judge() {
  constexpr auto kBad = ErrorCode::bad_request;
  if (id_wrong_ || !(seen_ & bit(kId))) {
    request_.id = "null";
    return refuse(kBad, kFieldNames[kId],
                  id_wrong_ && noted_ && field_ == kFieldNames[kId] ? std::string_view(message_)
                  : id_wrong_                                       ? "the id must be one integer"
                                                                    : "the field is missing");
  }
  if (!(seen_ & bit(kOp))) {
    return refuse(kBad, kFieldNames[kOp], "the field is missing");
  }
  if (!op_known_) {
    if (noted_ && field_ == kFieldNames[kOp]) {
      return refuse(kBad, field_, message_);
    }
    return refuse(ErrorCode::unknown_op, kFieldNames[kOp], message_of(ErrorCode::unknown_op));
  }
  if (noted_) {
    return refuse(kBad, field_, message_);
  }
  const OpFields& wanted = kOpFields[static_cast<std::size_t>(request_.op)];
  const uint32_t known = wanted.required | wanted.optional | bit(kId) | bit(kOp);
  for (unsigned field = 0; field < kFields; ++field) {
    if (seen_ & ~known & bit(field)) {
      return refuse(kBad, kFieldNames[field], "the op has no such field");
    }
    if (wanted.required & ~seen_ & bit(field)) {
      return refuse(kBad, kFieldNames[field], "the field is missing");
    }
  }
  return true;
}

}  // namespace plated
