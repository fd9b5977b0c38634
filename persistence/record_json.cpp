#include "persistence/record_json.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <concepts>
#include <span>
#include <string_view>

#include "engine/calendar.h"
#include "engine/plate.h"
#include "persistence/record.h"

namespace plated {
namespace {

namespace json = boost::json;

std::string_view name_of(OwnerKind kind) {
  return kind == OwnerKind::person ? "person" : "organisation";
}

std::string_view name_of(Overlay overlay) {
  switch (overlay) {
    case Overlay::none:
      return "none";
    case Overlay::paused:
      return "paused";
    case Overlay::maintenance:
      return "maintenance";
  }
  return "";
}

std::string_view name_of(PlaceEnd why) {
  switch (why) {
    case PlaceEnd::given_up:
      return "given_up";
    case PlaceEnd::lapsed:
      return "lapsed";
    case PlaceEnd::not_acted:
      return "not_acted";
    case PlaceEnd::blacklisted:
      return "blacklisted";
    case PlaceEnd::erased:
      return "erased";
  }
  return "";
}

std::string clock_text(uint16_t minutes) {
  const auto two = [](int number) {
    return std::string(number < 10 ? "0" : "") + std::to_string(number);
  };
  return two(minutes / 60) + ":" + two(minutes % 60);
}

// Collects the fields of one event. A plate is shown by its pool, which every event names before.
class Printer {
 public:
  explicit Printer(json::object& out) : out_(out) {}

  template <class T>
  void operator()(const char* name, const T& value) {
    if constexpr (std::same_as<T, PoolKey>) {
      pool_ = value;
      out_["office"] = text_of(value.office).view();
      out_["class"] = plated::name_of(value.plate_class);
      out_["power"] = plated::name_of(value.power);
    } else if constexpr (std::same_as<T, ApplicationRef> || std::same_as<T, SettingValues> ||
                         std::same_as<T, WaitingValues> || std::same_as<T, KeyStoreMark>) {
      T::fields(value, *this);
    } else if constexpr (std::same_as<T, Actor>) {
      if (value.uid != kNobody.uid) {
        out_[name] = value.uid;
      }
    } else if (std::string_view(name) == "sealed") {
      print_sealed(value);
    } else {
      // "what" is the kind of event; an operator's action has another name.
      out_[std::string_view(name) == "what" ? "action" : name] = show(value);
    }
  }

 private:
  template <class T>
  void print_sealed(const T& value) {
    if constexpr (std::same_as<T, std::string_view>) {
      out_["sealed_bytes"] = value.size();
    }
  }

  static json::value show(std::string_view text) { return json::string(text); }
  static json::value show(bool value) { return value; }
  static json::value show(std::integral auto value) { return value; }
  static json::value show(OwnerKind kind) { return json::string(name_of(kind)); }
  static json::value show(CodePurpose purpose) {
    return purpose == CodePurpose::submit ? "submit" : "verify";
  }
  static json::value show(Overlay overlay) { return json::string(name_of(overlay)); }
  static json::value show(OfficeCode office) { return json::string(text_of(office).view()); }
  static json::value show(Sequence sequence) { return sequence.value; }
  static json::value show(Millis span) { return span.count(); }
  static json::value show(CivilTime at) { return at.time_since_epoch().count(); }
  static json::value show(OfficeTick tick) {
    return tick == kNever ? json::value() : json::value(tick.time_since_epoch().count());
  }
  static json::value show(OpenTick tick) { return tick.time_since_epoch().count(); }
  static json::value show(PlaceEnd why) { return json::string(name_of(why)); }
  static json::value show(Day day) { return json::string(text_of(day).view()); }
  template <std::size_t kSize>
  static json::value show(const std::array<uint8_t, kSize>& bytes) {
    return json::string(hexadecimal(bytes));
  }
  json::value show(PlateNumber plate) const {
    if (plate == kNoPlate) {
      return nullptr;
    }
    if (plate.value >= plates_of(pool_.plate_class)) {
      return plate.value;
    }
    return json::string(text_of(Plate{pool_, plate}).view());
  }
  json::value show(const Pick& pick) const {
    json::object shown{{"plate", show(pick.plate)}};
    if (pick.place != kNoPlace) {
      shown["place"] = pick.place;
    }
    return shown;
  }
  static json::value show(const ScheduleRow& row) {
    const json::string_view kNamed[] = {"holidays", "workdays"};
    json::value days(json::array_kind);
    if (row.days >= kHolidayRow) {
      days = row.days == kHolidayRow ? kNamed[0] : kNamed[1];
    }
    for (int day = 0; day < 7 && row.days < kHolidayRow; ++day) {
      if ((row.days >> day & 1) != 0) {
        days.get_array().emplace_back(day + 1);
      }
    }
    return json::object{{"days", days}, {"from", clock_text(row.from)}, {"to", clock_text(row.to)}};
  }
  template <class T>
  json::value show(std::span<const T> list) const {
    json::array shown;
    shown.reserve(list.size());
    for (const T& element : list) {
      shown.push_back(show(element));
    }
    return shown;
  }

  json::object& out_;
  PoolKey pool_;
};

}  // namespace

std::string hexadecimal(std::span<const uint8_t> bytes) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0xf];
  }
  return text;
}

json::object record_json(const Record& record) {
  json::object out;
  out["sequence"] = record.sequence.value;
  out["at"] = record.now.civil.time_since_epoch().count();
  out["tick"] = record.now.tick.time_since_epoch().count();
  out["what"] = event_name(record.event);
  std::visit(
      [&out]<class E>(const E& event) {
        if constexpr (!std::same_as<E, std::monostate>) {
          Printer printer(out);
          E::fields(event, printer);
        }
      },
      record.event);
  return out;
}

std::string record_json_line(const Record& record) { return json::serialize(record_json(record)); }

}  // namespace plated
