#include "net/operators/json.h"

#include <array>
#include <boost/json/parse.hpp>
#include <string>

#include "engine/calendar.h"
#include "engine/check.h"
#include "engine/plate.h"
#include "net/protocol/answer_text.h"
#include "net/web/pool_json.h"

namespace plated {

namespace json = boost::json;

namespace {

json::object settings_json(const Settings& settings) {
  json::object out;
  Settings::each(settings, [&out](const SettingRow& row, const auto& value) {
    out[row.name] = number_of(value);
  });
  out["terms"] = settings.terms;
  return out;
}

json::array days_json(const std::vector<Day>& days) {
  json::array list;
  for (const Day day : days) {
    list.push_back(text_json(day));
  }
  return list;
}

json::array schedule_json(const std::vector<ScheduleRow>& schedule) {
  json::array rows;
  for (const ScheduleRow& row : schedule) {
    rows.push_back(json::object{{"days", text_of_schedule_days(row.days).view()},
                                {"from", text_of_minutes(row.from).view()},
                                {"to", text_of_minutes(row.to).view()}});
  }
  return rows;
}

json::object segment_json(PoolKey pool, const Segment& segment) {
  const bool range = segment.from != kNoPlate;
  return {{"segment", segment.number},
          {"from", range ? text_json(Plate{pool, segment.from}) : json::value(nullptr)},
          {"to", range ? text_json(Plate{pool, segment.to}) : json::value(nullptr)},
          {"plates", segment.plates},
          {"all_zero", segment.all_zero},
          {"release_at", instant_json(segment.release_at)},
          {"released", segment.released},
          {"loaded_at", instant_json(segment.loaded_at)},
          {"note", segment.note}};
}

}  // namespace

json::object office_json(const Office& office) {
  json::object out{{"office", text_json(office.code)},
                   {"name", office.name},
                   {"time_zone", office.time_zone},
                   {"state", name_of(office.state())},
                   {"open", office.open},
                   {"reason", office.reason},
                   {"until", instant_json(office.schedule_changes)},
                   {"settings", settings_json(office.settings)},
                   {"schedule", schedule_json(office.schedule)},
                   {"holidays", days_json(office.calendar.holidays)},
                   {"workdays", days_json(office.calendar.workdays)}};
  OfficeContact::fields(office.contact,
                        [&out](const char* name, const std::string& text) { out[name] = text; });
  return out;
}

json::object counts_json(PoolKey pool, const PoolCounts& counts) {
  return {{"office", text_json(pool.office)},
          {"class", name_of(pool.plate_class)},
          {"power", name_of(pool.power)},
          {"loaded", counts.loaded},
          {"free", counts.free},
          {"held", counts.held},
          {"reserved", counts.reserved},
          {"issued", counts.issued},
          {"withheld", counts.withheld},
          {"free_without4", counts.free_without4}};
}

json::object pool_json(const PoolReport& pool) {
  json::object object = counts_json(pool.pool, pool.counts);
  json::array segments;
  for (const Segment& segment : pool.segments) {
    segments.push_back(segment_json(pool.pool, segment));
  }
  object["segments"] = std::move(segments);
  return object;
}

json::object waiting_json(const WaitingReport& waiting,
                          const std::vector<std::optional<DrawSecret>>& revealed) {
  check(revealed.size() == waiting.periods.size(), "a place for every secret");
  constexpr std::array<const char*, 4> kLimiting = {nullptr, "working_max", "admit_per_second",
                                                    "office"};
  json::object object{{"lobby", waiting.lobby},         {"queue", waiting.queue},
                      {"working", waiting.working},     {"working_max", waiting.working_max},
                      {"admitted_per_minute", nullptr}, {"limited_by", nullptr}};
  if (waiting.admitted_per_minute) {
    object["admitted_per_minute"] = *waiting.admitted_per_minute;
  }
  if (const char* const limit = kLimiting[static_cast<std::size_t>(waiting.limited_by)]) {
    object["limited_by"] = limit;
  }
  json::array lobbies;
  for (std::size_t i = 0; i < revealed.size(); ++i) {
    const Period& period = waiting.periods[i];
    json::object lobby{{"period", text_json(period.day)},
                       {"commitment", hex_of(period.commitment)},
                       {"revealed", nullptr}};
    if (revealed[i]) {
      lobby["revealed"] = hex_of(*revealed[i]);
    }
    lobbies.push_back(std::move(lobby));
  }
  object["lobbies"] = std::move(lobbies);
  return object;
}

json::value application_json(const ApplicationView& application) {
  std::string text;
  write_application(application, text);
  return json::parse(text);
}

json::value text_json(const Plate& plate) { return json::value(text_of(plate).view()); }
json::value text_json(OfficeCode office) { return json::value(text_of(office).view()); }
json::value text_json(Day day) { return json::value(text_of(day).view()); }

json::value instant_json(std::optional<CivilTime> at) {
  if (!at || *at == CivilTime{}) {
    return nullptr;
  }
  return at->time_since_epoch().count();
}

json::value sequence_json(Sequence sequence) { return static_cast<int64_t>(sequence.value); }

std::string_view name_of(PlateState state) {
  constexpr std::array<std::string_view, 5> kNames = {"free", "held", "reserved", "issued",
                                                      "withheld"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string_view name_of(WithheldWhy why) {
  constexpr std::array<std::string_view, 3> kNames = {"by_operator", "unreleased", "returning"};
  return kNames[static_cast<std::size_t>(why)];
}

std::string_view name_of(OwnerKind kind) {
  return kind == OwnerKind::person ? "person" : "organisation";
}

std::string_view name_of(NoticeKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"confirmed", "reminder", "lapsed",
                                                      "extended"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace plated
