// Operators' requests about owners, vehicles and the blacklist. Part of topics.h.
#include <algorithm>
#include <array>

#include "engine/record_filter.h"
#include "net/operators/history.h"
#include "net/operators/json.h"
#include "net/operators/spelling.h"
#include "net/operators/topics.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours kChinaOffset{8};

OperatorAnswer show_vehicle(const AdminCall& call) {
  const std::string id = vehicle_name(call.parts[0]);
  const std::optional<VehicleReport> report = call.engine.vehicle(id);
  if (!report) {
    return not_found("no such vehicle", call.engine);
  }
  const PoolKey pool = report->application.pool;
  json::object answer{{"vehicle", id},
                      {"owner", report->owner},
                      {"office", text_json(pool.office)},
                      {"class", name_of(pool.plate_class)},
                      {"power", name_of(pool.power)},
                      {"plate", report->plate},
                      {"eligible", report->eligible},
                      {"application", application_json(report->application)},
                      {"application_number", report->application.number},
                      {"confirmed_at", instant_json(report->confirmed_at)}};
  return say_with_history(call, std::move(answer), VehicleFilter(id), report->rests_on);
}

OperatorAnswer show_owner(const AdminCall& call) {
  const std::string& id = call.parts[0];
  const std::optional<OwnerReport> report = call.engine.owner(id);
  if (!report) {
    return not_found("no such owner", call.engine);
  }
  const std::optional<PersonalData> data =
      report->key == 0 ? std::nullopt : call.actions.open(report->key, report->sealed);
  const auto personal = [&](std::string PersonalData::*field) {
    return data ? json::value((*data).*field) : json::value(nullptr);
  };
  json::array vehicles(report->vehicles.begin(), report->vehicles.end());
  json::object answer{{"owner", id},
                      {"kind", name_of(report->kind)},
                      {"name", personal(&PersonalData::name)},
                      {"phone", personal(&PersonalData::phone)},
                      {"id_number", personal(&PersonalData::id_number)},
                      {"countdown_times", report->countdown_times},
                      {"blacklisted_until", instant_json(report->blacklisted_until)},
                      {"blacklist_reason", report->blacklist_reason},
                      {"vehicles", std::move(vehicles)}};
  return say_with_history(call, std::move(answer), OwnerFilter(id), report->rests_on);
}

OperatorAnswer lengthen_countdowns(const AdminCall& call) {
  AdminForm form(call.request.body);
  const auto times = form.integer("times", Need::required, 1, 10);
  const auto reason = form.text("reason", Need::required);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict verdict = call.engine.lengthen_countdowns(
      call.parts[0], static_cast<uint32_t>(*times), *reason, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  return say(
      json::object{{"owner", call.parts[0]}, {"times", *times}, {"changed", verdict.changed}},
      verdict.rests_on);
}

// The key goes first: whatever happens then, the person is erased, and a repeated request still
// finds what is left to record.
OperatorAnswer erase_owner(const AdminCall& call) {
  const std::string& id = call.parts[0];
  AdminForm form(call.request.body);
  const auto reason = form.text("reason");
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const std::optional<OwnerReport> report = call.engine.owner(id);
  if (!report) {
    return not_found("no such owner", call.engine);
  }
  if (report->key != 0) {
    switch (call.actions.destroy_key(report->key)) {
      case KeyEnd::destroyed:
        break;
      case KeyEnd::no_room:
        return refuse(Verdict::overloaded());
      case KeyEnd::failed:
        return refuse_request(500, "internal",
                              "the key store failed: erase again after the next start");
    }
  }
  Verdict verdict = call.engine.erase_owner(id, report->key, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  if (verdict.changed && reason) {
    const Verdict noted = call.engine.note_action("erase " + id + ": " + *reason, call.actor());
    verdict.rests_on = std::max(verdict.rests_on, noted.rests_on);
  }
  return say(json::object{{"owner", id}, {"changed", verdict.changed}}, verdict.rests_on);
}

// Blacklist.

OperatorAnswer list_blacklist(const AdminCall& call) {
  json::array list;
  for (const BlacklistEntry& entry : call.engine.blacklisted()) {
    list.push_back(json::object{
        {"owner", entry.owner}, {"reason", entry.reason}, {"until", instant_json(entry.until)}});
  }
  return say(list, call.engine.last_sequence());
}

OperatorAnswer add_to_blacklist(const AdminCall& call) {
  AdminForm form(call.request.body);
  const auto owner = form.text("owner", Need::required);
  const auto reason = form.text("reason", Need::required);
  const std::optional<CivilTime> until = form.instant_or_day_end("until", kChinaOffset);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict verdict = call.engine.blacklist(*owner, until, *reason, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  const std::optional<OwnerReport> report = call.engine.owner(*owner);
  return say(json::object{{"owner", *owner},
                          {"reason", *reason},
                          {"until", instant_json(report ? report->blacklisted_until : until)},
                          {"changed", verdict.changed}},
             verdict.rests_on);
}

OperatorAnswer lift_blacklist(const AdminCall& call) {
  AdminForm form(call.request.body);
  const std::string reason = form.text("reason").value_or("");
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict verdict = call.engine.lift_blacklist(call.parts[0], reason, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  return say(json::object{{"owner", call.parts[0]}, {"changed", verdict.changed}},
             verdict.rests_on);
}

constexpr std::array<AdminRoute, 7> kPeopleRoutes = {{
    {"GET", "/v1/vehicles/{vehicle}", show_vehicle, {}, Shows::people},
    {"GET", "/v1/owners/{owner}", show_owner, {}, Shows::people},
    {"DELETE", "/v1/owners/{owner}", erase_owner},
    {"PUT", "/v1/owners/{owner}/countdowns", lengthen_countdowns},
    {"GET", "/v1/blacklist", list_blacklist, {}, Shows::people},
    {"POST", "/v1/blacklist", add_to_blacklist},
    {"DELETE", "/v1/blacklist/{owner}", lift_blacklist},
}};

}  // namespace

std::span<const AdminRoute> people_routes() { return kPeopleRoutes; }

}  // namespace plated
