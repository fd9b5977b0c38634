#include "tools/plateload/wire/protocol.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace plated::load {
namespace {

namespace od = simdjson::ondemand;

constexpr std::array<std::string_view, 6> kStepNames = {"submit", "notice", "pick",
                                                        "done",   "issued", "lapsed"};

// Leaves `text` alone and is true when the field is not there or null.
bool read_optional_text(od::object& object, std::string_view key, std::string& text) {
  od::value value;
  if (object.find_field_unordered(key).get(value) != simdjson::SUCCESS || value.is_null()) {
    return true;
  }
  std::string_view found;
  if (value.get_string().get(found) != simdjson::SUCCESS) {
    return false;
  }
  text = found;
  return true;
}

bool read_text(od::object& object, std::string_view key, std::string& text) {
  std::string_view found;
  if (object.find_field_unordered(key).get_string().get(found) != simdjson::SUCCESS) {
    return false;
  }
  text = found;
  return true;
}

bool read_number(od::object& object, std::string_view key, int64_t& number) {
  return object.find_field_unordered(key).get_int64().get(number) == simdjson::SUCCESS;
}

std::optional<int64_t> optional_number(od::object& object, std::string_view key) {
  int64_t number = 0;
  return read_number(object, key, number) ? std::optional(number) : std::nullopt;
}

// `batch` or `shortlist`: null, or an object with plates.
bool read_plates(od::object& object, std::string_view key,
                 std::optional<std::vector<std::string>>& plates) {
  od::value value;
  if (object.find_field_unordered(key).get(value) != simdjson::SUCCESS) {
    return false;
  }
  if (value.is_null()) {
    return true;
  }
  od::array array;
  if (value["plates"].get_array().get(array) != simdjson::SUCCESS) {
    return false;
  }
  plates.emplace();
  for (auto item : array) {
    std::string_view plate;
    if (item.get_string().get(plate) != simdjson::SUCCESS) {
      return false;
    }
    plates->emplace_back(plate);
  }
  return true;
}

bool read_reservation(od::object& object, std::optional<Reservation>& reservation) {
  od::value value;
  if (object.find_field_unordered("reservation").get(value) != simdjson::SUCCESS) {
    return false;
  }
  if (value.is_null()) {
    return true;
  }
  od::object fields;
  Reservation found;
  int64_t sequence = 0;
  if (value.get_object().get(fields) != simdjson::SUCCESS ||
      !read_text(fields, "plate", found.plate) || !read_number(fields, "sequence", sequence) ||
      fields.find_field_unordered("auto").get_bool().get(found.automatic) != simdjson::SUCCESS) {
    return false;
  }
  found.sequence = static_cast<uint64_t>(sequence);
  reservation = std::move(found);
  return true;
}

bool read_step(od::object& object, WalkStep& step) {
  std::string name;
  if (!read_text(object, "step", name)) {
    return false;
  }
  for (std::size_t i = 0; i < kStepNames.size(); ++i) {
    if (kStepNames[i] == name) {
      step = static_cast<WalkStep>(i);
      return true;
    }
  }
  return false;
}

bool read_fields(od::object& object, Document& document) {
  return read_text(object, "vehicle", document.vehicle) && read_step(object, document.step) &&
         read_number(object, "draws_left", document.draws_left) &&
         read_number(object, "draw", document.draw) &&
         read_plates(object, "batch", document.batch) &&
         read_plates(object, "shortlist", document.shortlist) &&
         read_reservation(object, document.reservation) &&
         read_text(object, "terms", document.terms) &&
         read_number(object, "version", document.version) &&
         read_optional_text(object, "fallback", document.fallback);
}

bool take_document(od::object& object, Message& message) {
  std::string_view raw;
  if (object.raw_json().get(raw) != simdjson::SUCCESS) {
    return false;
  }
  message.raw_document = raw;
  object.reset();
  return read_fields(object, message.document.emplace());
}

bool read_ok(od::object& ok, Message& message) {
  message.kind = MessageKind::answer;
  od::value step;
  const bool application = ok.find_field_unordered("step").get(step) == simdjson::SUCCESS;
  ok.reset();
  return !application || take_document(ok, message);
}

bool read_error(od::object& error, Message& message) {
  message.kind = MessageKind::refusal;
  message.retry_in_ms = optional_number(error, "retry_in_ms");
  return read_text(error, "code", message.code) && read_text(error, "message", message.text);
}

bool read_event(od::object& root, std::string_view event, Message& message) {
  message.kind = event == "application" ? MessageKind::application
                 : event == "waiting"   ? MessageKind::waiting
                 : event == "admitted"  ? MessageKind::admitted
                 : event == "bye"       ? MessageKind::bye
                                        : MessageKind::other_event;
  if (message.kind == MessageKind::bye) {
    message.retry_in_ms = optional_number(root, "reconnect_in_ms");
  }
  if (message.kind != MessageKind::application) {
    return true;
  }
  od::object document;
  return root.find_field_unordered("application").get_object().get(document) == simdjson::SUCCESS &&
         take_document(document, message);
}

bool read_root(od::object& root, Message& message) {
  std::string event;
  if (!read_optional_text(root, "event", event)) {
    return false;
  }
  if (!event.empty()) {
    return read_event(root, event, message);
  }
  message.id = optional_number(root, "id");
  od::object part;
  if (root.find_field_unordered("ok").get_object().get(part) == simdjson::SUCCESS) {
    return read_ok(part, message);
  }
  return root.find_field_unordered("error").get_object().get(part) == simdjson::SUCCESS &&
         read_error(part, message);
}

}  // namespace

std::optional<Message> MessageReader::read(std::string_view frame) {
  padded_.reserve(frame.size() + simdjson::SIMDJSON_PADDING);
  padded_ = frame;
  od::document json;
  od::object root;
  Message message;
  if (parser_.iterate(padded_).get(json) != simdjson::SUCCESS ||
      json.get_object().get(root) != simdjson::SUCCESS || !read_root(root, message)) {
    return std::nullopt;
  }
  return message;
}

std::optional<Document> MessageReader::read_document(std::string_view text) {
  padded_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  padded_ = text;
  od::document json;
  od::object root;
  Document document;
  if (parser_.iterate(padded_).get(json) != simdjson::SUCCESS ||
      json.get_object().get(root) != simdjson::SUCCESS || !read_fields(root, document)) {
    return std::nullopt;
  }
  return document;
}

std::string encode(const Request& request, int64_t id) {
  const Op op = request.op == Op::repeat ? Op::draw : request.op;
  boost::json::object json{{"id", id}, {"op", name_of(op)}, {"vehicle", request.vehicle}};
  switch (request.op) {
    case Op::enter:
    case Op::nonsense:
      break;
    case Op::send_code:
      json["for"] = request.purpose;
      break;
    case Op::submit:
      json["code"] = request.code;
      json["terms"] = request.terms;
      break;
    case Op::verify:
      json["code"] = request.code;
      break;
    case Op::draw:
    case Op::repeat:
      json["draw"] = request.draw;
      json["without4"] = request.without4;
      break;
    case Op::shortlist:
    case Op::confirm:
      json["plate"] = request.plate;
      break;
  }
  return boost::json::serialize(json);
}

}  // namespace plated::load
