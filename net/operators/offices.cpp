// Operators' requests about offices and terms. Part of topics.h.
#include <algorithm>
#include <array>
#include <mutex>

#include "engine/calendar.h"
#include "net/operators/json.h"
#include "net/operators/readiness.h"
#include "net/operators/topics.h"

namespace plated {
namespace {

namespace json = boost::json;

// The settings as they would be with what the form says.
Settings read_settings(const json::object& object, Settings settings, AdminForm& outer) {
  AdminForm form(object);
  Settings::each(settings, [&form](const SettingRow& row, auto& value) {
    if (const auto said = form.integer(row.name, Need::optional, row.least, row.most)) {
      set_number(value, *said);
    }
  });
  if (auto terms = form.text("terms", Need::optional, kTermsVersionMax)) {
    settings.terms = std::move(*terms);
  }
  if (!form.finish()) {
    outer.fail(form.fault().field, form.fault().message);
  } else if (const auto error = setting_out_of_range(settings)) {
    outer.fail(error->field, "must be from " + std::to_string(error->least) + " to " +
                                 std::to_string(error->most));
  }
  return settings;
}

// What is said of where people find the office, over what was said before; nothing when the form is
// silent.
std::optional<OfficeContact> read_contact(AdminForm& form, OfficeContact contact) {
  bool any = false;
  OfficeContact::fields(contact, [&](const char* name, std::string& text) {
    if (auto said = form.text(name)) {
      text = std::move(*said);
      any = true;
    }
  });
  return any ? std::optional(std::move(contact)) : std::nullopt;
}

std::optional<ScheduleRow> read_row(const json::value& value, AdminForm& outer) {
  if (!value.is_object()) {
    outer.fail("schedule", R"(must be a list of {"days", "from", "to"})");
    return std::nullopt;
  }
  AdminForm form(value.get_object());
  const auto days = parse_schedule_days(form.text("days", Need::required).value_or(""));
  const auto from = parse_minutes(form.text("from", Need::required).value_or(""));
  const auto to = parse_minutes(form.text("to", Need::required).value_or(""));
  if (!form.finish()) {
    outer.fail("schedule", form.fault().field + " " + form.fault().message);
    return std::nullopt;
  }
  if (!days || !from || !to || *from >= *to) {
    outer.fail("schedule",
               R"(a row is {"days": "1-5", "from": "09:00", "to": "17:00"}, to is after )"
               "from, and days are also holidays or workdays");
    return std::nullopt;
  }
  return ScheduleRow{*days, *from, *to};
}

// `before` is the office as it is, or as a new one would be.
OfficePatch read_patch(AdminForm& form, OfficeCode code, const Office& before) {
  OfficePatch patch;
  patch.office = code;
  patch.name = form.text("name");
  patch.time_zone = form.text("time_zone");
  if (const json::object* const said = form.object("settings")) {
    patch.settings = read_settings(*said, before.settings, form);
  }
  patch.contact = read_contact(form, before.contact);
  if (const json::array* const rows = form.array("schedule")) {
    patch.schedule.emplace();
    for (const json::value& row : *rows) {
      if (const auto read = read_row(row, form)) {
        patch.schedule->push_back(*read);
      }
    }
  }
  patch.holidays = form.days("holidays");
  patch.workdays = form.days("workdays");
  return patch;
}

OperatorAnswer list_offices(const AdminCall& call) {
  json::array list;
  for (const Office& office : call.engine.offices()) {
    list.push_back(office_json(office));
  }
  return say(list, call.engine.last_sequence());
}

OperatorAnswer show_office(const AdminCall& call) {
  const auto code = office_part(call.parts[0]);
  if (!code.value) {
    return code.refusal;
  }
  const std::optional<Office> office = call.engine.office(*code.value);
  if (!office) {
    return not_found("no such office", call.engine);
  }
  return say(office_json(*office), call.engine.last_sequence());
}

OperatorAnswer put_office(const AdminCall& call) {
  const auto code = office_part(call.parts[0]);
  if (!code.value) {
    return code.refusal;
  }
  AdminForm form(call.request.body);
  const std::lock_guard one_at_a_time(call.settings_mutex);
  const std::optional<Office> before = call.engine.office(*code.value);
  const OfficePatch patch = read_patch(form, *code.value, before.value_or(Office{}));
  if (!form.finish()) {
    return refuse(form.fault());
  }
  Changes changes;
  const Verdict verdict = call.engine.put_office(patch, call.actor(), changes);
  call.actions.publish(changes);
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  const std::optional<Office> after = call.engine.office(*code.value);
  json::object answer = after ? office_json(*after) : json::object{};
  answer["changed"] = verdict.changed;
  return say(answer, verdict.rests_on);
}

// A refusal to open, when an office that is closed lacks something that its public needs.
std::optional<OperatorAnswer> refuse_to_open(const AdminCall& call,
                                             std::optional<OfficeCode> code) {
  json::array missing;
  std::string message;
  for (const Office& office : call.engine.offices()) {
    if (office.open || (code && office.code != *code)) {
      continue;
    }
    for (const Lack& lack : what_lacks(call, office)) {
      missing.push_back(json::object{
          {"office", text_json(office.code)}, {"missing", lack.what}, {"why", lack.why}});
      message.append(message.empty() ? "" : "; ")
          .append(text_of(office.code).view())
          .append(": ")
          .append(lack.why);
    }
  }
  if (missing.empty()) {
    return std::nullopt;
  }
  json::object error{{"code", "conflict"},
                     {"message", message + R"(. "force": true opens it all the same)"}};
  return say(json::object{{"error", std::move(error)}, {"missing", std::move(missing)}},
             call.engine.last_sequence(), 409);
}

enum class Opens : bool { no, yes };

// Runs `write` on the office of the path, `*` for all, and shows what came of it.
template <class Write>
OperatorAnswer change_state(const AdminCall& call, Opens opens, Write&& write) {
  std::optional<OfficeCode> code;
  if (call.parts[0] != "*") {
    const auto part = office_part(call.parts[0]);
    if (!part.value) {
      return part.refusal;
    }
    code = part.value;
  }
  AdminForm form(call.request.body);
  const std::string reason = form.text("reason").value_or("");
  const bool force = opens == Opens::yes && form.flag("force");
  if (force && reason.empty()) {
    form.fail("reason", "must say why the office is opened by force");
  }
  if (!form.finish()) {
    return refuse(form.fault());
  }
  if (opens == Opens::yes && !force && !call.engine.rehearsal()) {
    if (auto refusal = refuse_to_open(call, code)) {
      return std::move(*refusal);
    }
  }
  Changes changes;
  const Verdict verdict = write(code, reason, changes);
  call.actions.publish(changes);
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  json::array offices;
  for (const Office& office : call.engine.offices()) {
    if (!code || office.code == *code) {
      offices.push_back(json::object{{"office", text_json(office.code)},
                                     {"state", office_json(office)["state"]},
                                     {"open", office.open},
                                     {"reason", office.reason},
                                     {"until", instant_json(office.schedule_changes)}});
    }
  }
  return say(json::object{{"changed", verdict.changed}, {"offices", std::move(offices)}},
             verdict.rests_on);
}

OperatorAnswer set_open(const AdminCall& call, bool open) {
  return change_state(
      call, open ? Opens::yes : Opens::no,
      [&](std::optional<OfficeCode> code, const std::string& reason, Changes& changes) {
        return call.engine.set_open(code, open, reason, call.actor(), changes);
      });
}

OperatorAnswer set_overlay(const AdminCall& call, Overlay overlay) {
  return change_state(
      call, Opens::no,
      [&](std::optional<OfficeCode> code, const std::string& reason, Changes& changes) {
        return call.engine.set_overlay(code, overlay, reason, call.actor(), changes);
      });
}

OperatorAnswer open_office(const AdminCall& call) { return set_open(call, true); }
OperatorAnswer close_office(const AdminCall& call) { return set_open(call, false); }
OperatorAnswer pause_office(const AdminCall& call) { return set_overlay(call, Overlay::paused); }
OperatorAnswer resume_office(const AdminCall& call) { return set_overlay(call, Overlay::none); }
OperatorAnswer maintain_office(const AdminCall& call) {
  return set_overlay(call, Overlay::maintenance);
}

bool is_version(std::string_view text) {
  constexpr std::string_view kOther = "._-";
  return !text.empty() && text.size() <= kTermsVersionMax &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kOther.find(c) != std::string_view::npos;
         });
}

OperatorAnswer put_terms(const AdminCall& call) {
  const std::string& version = call.parts[0];
  if (!is_version(version)) {
    return refuse({"version", "must be 1 to 31 letters, digits, dots, dashes or underscores"});
  }
  AdminForm form(call.request.body);
  const auto zh = form.text("zh", Need::required, kTermsMax);
  const auto en = form.text("en", Need::required, kTermsMax);
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const Verdict verdict = call.engine.put_terms(version, *zh, *en, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  return say(json::object{{"version", version}, {"changed", verdict.changed}}, verdict.rests_on);
}

OperatorAnswer show_waiting(const AdminCall& call) {
  const auto office = office_part(call.parts[0]);
  if (!office.value) {
    return office.refusal;
  }
  const auto waiting = call.engine.waiting(*office.value);
  if (!waiting) {
    return not_found("no such office", call.engine);
  }
  std::vector<std::optional<DrawSecret>> revealed;
  for (const Period& period : waiting->periods) {
    revealed.push_back(call.actions.revealed_lobby(*office.value, period.day));
  }
  json::object object = waiting_json(*waiting, revealed);
  return say(object, call.engine.last_sequence());
}

constexpr std::array<AdminRoute, 10> kOfficeRoutes = {{
    {"GET", "/v1/offices", list_offices, {}, Shows::nobody},
    {"GET", "/v1/offices/{office}", show_office, {}, Shows::nobody},
    {"PUT", "/v1/offices/{office}", put_office},
    {"POST", "/v1/offices/{office}/open", open_office},
    {"POST", "/v1/offices/{office}/close", close_office},
    {"POST", "/v1/offices/{office}/pause", pause_office},
    {"POST", "/v1/offices/{office}/resume", resume_office},
    {"POST", "/v1/offices/{office}/maintenance", maintain_office},
    {"PUT", "/v1/terms/{version}", put_terms},
    {"GET", "/v1/waiting/{office}", show_waiting, {}, Shows::nobody},
}};

}  // namespace

std::span<const AdminRoute> office_routes() { return kOfficeRoutes; }

}  // namespace plated
