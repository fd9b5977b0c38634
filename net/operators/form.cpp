#include "net/operators/form.h"

#include <algorithm>

#include "engine/calendar.h"
#include "engine/instant_text.h"
#include "net/protocol/json_text.h"

namespace plated {
namespace {

namespace json = boost::json;

// Years 2000 to 9999. Whatever is earlier was meant to be something else: Unix seconds, mostly.
constexpr int64_t kInstantMin = 946'684'800'000;
constexpr int64_t kInstantMax = 253'402'300'799'999;
constexpr std::string_view kInstantAsked =
    "must be Unix milliseconds, or an instant such as 2026-11-20T09:00:00+08:00";

std::string range_text(int64_t least, int64_t most) {
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace

AdminForm::AdminForm(std::string_view body, std::string_view called) {
  if (body.empty()) {
    return;
  }
  json::value value;
  if (const auto fault = read_json(body, value)) {
    const std::string line = body.find('\n') == std::string_view::npos
                                 ? ""
                                 : "line " + std::to_string(fault->line) + ", ";
    const std::string place = line + "column " + std::to_string(fault->column) + ": ";
    fail(fault->field, fault->field.empty()
                           ? std::string(called) + " is no JSON at " + place + fault->what
                           : place + fault->what);
  } else if (!value.is_object()) {
    fail("", std::string(called) + " must be one JSON object");
  } else {
    object_ = std::move(value.get_object());
  }
}

AdminForm AdminForm::of_line(std::string_view line) {
  AdminForm form(line, "the line");
  form.line_ = line;
  return form;
}

void AdminForm::fail(std::string_view field, std::string message) {
  if (fault_) {
    return;
  }
  if (!line_.empty() && object_.contains(field)) {
    message = "column " + std::to_string(column_of_field(line_, field)) + ": " + message;
  }
  fault_ = FormFault{std::string(field), std::move(message)};
}

const json::value* AdminForm::take(std::string_view name, Need need) {
  known_.emplace_back(name);
  const json::value* const value = object_.if_contains(name);
  if (value == nullptr && need == Need::required) {
    fail(name, "is missing");
  }
  return value;
}

bool AdminForm::finish() {
  for (const auto& member : object_) {
    if (!fault_ && std::find(known_.begin(), known_.end(), member.key()) == known_.end()) {
      fail(member.key(), "is not a field of this request");
    }
  }
  return ok();
}

std::optional<std::string> AdminForm::text(std::string_view name, Need need, std::size_t size_max) {
  const json::value* const value = take(name, need);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    fail(name, "must be a text");
    return std::nullopt;
  }
  const std::string_view text = value->get_string();
  if (text.size() > size_max) {
    fail(name, "must be at most " + std::to_string(size_max) + " bytes");
    return std::nullopt;
  }
  if (text.empty() && need == Need::required) {
    fail(name, "must not be empty");
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<int64_t> AdminForm::integer(std::string_view name, Need need, int64_t least,
                                          int64_t most) {
  const json::value* const value = take(name, need);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
    fail(name, "must be " + range_text(least, most));
    return std::nullopt;
  }
  return value->get_int64();
}

bool AdminForm::flag(std::string_view name) {
  const json::value* const value = take(name, Need::optional);
  if (value != nullptr && !value->is_bool()) {
    fail(name, "must be true or false");
  }
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<CivilTime> AdminForm::instant(std::string_view name) {
  const json::value* const value = take(name, Need::optional);
  if (value == nullptr) {
    return std::nullopt;
  }
  std::optional<CivilTime> at;
  if (value->is_int64()) {
    at = CivilTime(Millis(value->get_int64()));
  } else if (value->is_string()) {
    at = instant_of(value->get_string());
  }
  if (at && *at >= CivilTime{} && *at < CivilTime(Millis(kInstantMin))) {
    fail(name, "is before the year 2000; it " + std::string(kInstantAsked) +
                   " (seconds are taken for milliseconds)");
    return std::nullopt;
  }
  if (!at || *at < CivilTime{} || *at > CivilTime(Millis(kInstantMax))) {
    fail(name, std::string(kInstantAsked));
    return std::nullopt;
  }
  return at;
}

std::optional<CivilTime> AdminForm::instant_or_day_end(std::string_view name,
                                                       std::chrono::minutes offset) {
  const json::value* const value = object_.if_contains(name);
  const auto day =
      value != nullptr && value->is_string() ? parse_day(value->get_string()) : std::nullopt;
  if (!day) {
    return instant(name);
  }
  (void)take(name, Need::optional);
  return start_of(*day + std::chrono::days(1), offset);
}

std::optional<Day> AdminForm::day(std::string_view name, Need need) {
  const std::optional<std::string> said = text(name, need);
  if (!said) {
    return std::nullopt;
  }
  const std::optional<Day> day = parse_day(*said);
  if (!day) {
    fail(name, "must be a day, YYYY-MM-DD");
  }
  return day;
}

std::optional<std::vector<Day>> AdminForm::days(std::string_view name) {
  const json::array* const list = array(name);
  if (list == nullptr) {
    return std::nullopt;
  }
  std::vector<Day> days;
  for (const json::value& item : *list) {
    const std::optional<Day> day = item.is_string() ? parse_day(item.get_string()) : std::nullopt;
    if (!day) {
      fail(name, "must be a list of days, YYYY-MM-DD");
      return std::nullopt;
    }
    days.push_back(*day);
  }
  return days;
}

std::optional<Plate> AdminForm::plate(std::string_view name) {
  const std::optional<std::string> said = text(name, Need::required);
  if (!said) {
    return std::nullopt;
  }
  const ParsedPlate parsed = parse_plate(*said);
  if (!parsed.plate) {
    fail(name, sentence_of(parsed.error));
  }
  return parsed.plate;
}

std::optional<OfficeCode> AdminForm::office(std::string_view name) {
  const std::optional<std::string> said = text(name, Need::required);
  if (!said) {
    return std::nullopt;
  }
  const ParsedOffice parsed = parse_office(*said);
  if (!parsed.office) {
    fail(name, sentence_of(parsed.error));
  }
  return parsed.office;
}

std::optional<PoolKey> AdminForm::pool() {
  const std::optional<OfficeCode> code = office("office");
  const std::optional<std::string> class_name = text("class", Need::required);
  const std::optional<std::string> power_name = text("power", Need::required);
  const auto plate_class = parse_class(class_name.value_or(""));
  if (class_name && !plate_class) {
    fail("class", "must be small or large");
  }
  const auto power = parse_power(power_name.value_or(""));
  if (power_name && !power) {
    fail("power", "must be electric or hybrid");
  }
  if (!code || !plate_class || !power) {
    return std::nullopt;
  }
  return PoolKey{*code, *plate_class, *power};
}

const json::array* AdminForm::array(std::string_view name) {
  const json::value* const value = take(name, Need::optional);
  if (value != nullptr && !value->is_array()) {
    fail(name, "must be a list");
  }
  return value == nullptr ? nullptr : value->if_array();
}

const json::object* AdminForm::object(std::string_view name) {
  const json::value* const value = take(name, Need::optional);
  if (value != nullptr && !value->is_object()) {
    fail(name, "must be an object");
  }
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace plated
