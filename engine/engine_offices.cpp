// Operators' writes about offices, terms and the clock: they change what every shard reads.
#include <algorithm>

#include "engine/all_shards.h"
#include "engine/check.h"
#include "engine/engine.h"
#include "engine/log_room.h"
#include "engine/plate.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

Verdict check_patch(const OfficePatch& patch) {
  if (patch.name && patch.name->size() > kTextMax) {
    return Verdict::refuse(Kind::bad_request, "at most 256 bytes", "name");
  }
  if (patch.time_zone && !utc_offset_of(*patch.time_zone)) {
    return Verdict::refuse(Kind::bad_request,
                           "a time zone of China such as Asia/Shanghai, UTC, or +HH:MM",
                           "time_zone");
  }
  if (patch.schedule && patch.schedule->size() > kScheduleMax) {
    return Verdict::refuse(Kind::bad_request, "at most 64 rows", "schedule");
  }
  for (const auto& [days, field] :
       {std::pair{&patch.holidays, "holidays"}, std::pair{&patch.workdays, "workdays"}}) {
    if (*days && (*days)->size() > kHolidaysMax) {
      return Verdict::refuse(Kind::bad_request, "at most 512 days", field);
    }
  }
  if (patch.contact) {
    std::string_view too_long;
    OfficeContact::fields(*patch.contact, [&](const char* field, const std::string& text) {
      too_long = text.size() > kTextMax ? field : too_long;
    });
    if (!too_long.empty()) {
      return Verdict::refuse(Kind::bad_request, "at most 256 bytes", std::string(too_long));
    }
  }
  if (patch.settings) {
    if (const auto error = setting_out_of_range(*patch.settings)) {
      return Verdict::refuse(
          Kind::bad_request,
          "from " + std::to_string(error->least) + " to " + std::to_string(error->most),
          std::string(error->field));
    }
  }
  return {};
}

std::vector<Day> sorted(std::vector<Day> days) {
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return days;
}

}  // namespace

Verdict Engine::found(bool rehearsal) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(shards_);
  if (founded_) {
    return surroundings_.rehearsal == rehearsal
               ? Verdict{}
               : Verdict::refuse(Kind::conflict, surroundings_.rehearsal
                                                     ? "this data directory is a rehearsal's"
                                                     : "this data directory is not a rehearsal's");
  }
  Verdict verdict;
  verdict.changed = true;
  verdict.rests_on = record_event(ticks_.now(), Founded{rehearsal});
  return verdict;
}

Verdict Engine::put_office(const OfficePatch& patch, Actor actor, Changes& changes) {
  if (Verdict verdict = check_patch(patch); !verdict.ok()) {
    return verdict;
  }
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(shards_);
  if (patch.settings && !patch.settings->terms.empty() && !terms_.contains(patch.settings->terms)) {
    return Verdict::refuse(Kind::bad_request, "no such version of the terms has been published",
                           "terms");
  }
  const Now now = ticks_.now();
  Verdict verdict;
  verdict.rests_on = sink_.last();
  const auto record = [&](const Event& event) {
    verdict.rests_on = record_event(now, event);
    verdict.changed = true;
  };
  Office* office = office_of(patch.office);
  const std::string name =
      patch.name.value_or(office ? office->name : std::string(text_of(patch.office).view()));
  const std::string zone = patch.time_zone.value_or(office ? office->time_zone : "Asia/Shanghai");
  if (office == nullptr || office->name != name || office->time_zone != zone) {
    record(OfficeNamed{patch.office, name, zone, actor});
    office = office_of(patch.office);
  }
  const OfficeState before = office->state();
  Settings settings = patch.settings.value_or(office->settings);
  if (settings.terms.empty() && !terms_.empty()) {
    settings.terms = terms_.rbegin()->first;  // nobody submits without terms: the latest ones
  }
  if (settings != office->settings) {
    record(SettingsChanged{patch.office, settings, settings.terms, actor});
  }
  if (patch.contact && *patch.contact != office->contact) {
    record(OfficeDescribed{patch.office, patch.contact->address, patch.contact->telephone,
                           patch.contact->hours, actor});
  }
  if (patch.schedule && *patch.schedule != office->schedule) {
    record(ScheduleChanged{patch.office, *patch.schedule, actor});
  }
  const auto holidays = sorted(patch.holidays.value_or(office->calendar.holidays));
  const auto workdays = sorted(patch.workdays.value_or(office->calendar.workdays));
  if (holidays != office->calendar.holidays || workdays != office->calendar.workdays) {
    record(HolidaysChanged{patch.office, holidays, workdays, actor});
  }
  if (office->state() != before) {
    note_change(*office, verdict.rests_on, changes);
  }
  return verdict;
}

// Runs `change` on one office or on all; it returns the event to record, or nothing.
template <class Change>
Verdict Engine::change_offices(std::optional<OfficeCode> code, Changes& changes, Change&& change) {
  const std::lock_guard operators(operators_mutex_);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  if (code && office_of(*code) == nullptr) {
    return Verdict::refuse(Kind::not_found, "no such office", "office");
  }
  for (const auto& [key, office] : offices_) {
    if (code && key != *code) {
      continue;
    }
    const LogRoom room(sink_, EventSink::For::command);
    if (!room.here()) {
      return Verdict::overloaded();
    }
    const AllShards all(shards_);
    if (const std::optional<Event> event = change(*office)) {
      const OfficeState before = office->state();
      verdict.rests_on = record_event(ticks_.now(), *event);
      verdict.changed = true;
      if (office->state() != before) {
        note_change(*office, verdict.rests_on, changes);
      }
    }
  }
  return verdict;
}

Verdict Engine::set_open(std::optional<OfficeCode> office, bool open, std::string_view reason,
                         Actor actor, Changes& changes) {
  return change_offices(office, changes, [&](const Office& o) -> std::optional<Event> {
    if (o.open == open && o.open_said) {
      return std::nullopt;
    }
    return OfficeOpened{o.code, open, reason, actor};
  });
}

Verdict Engine::set_overlay(std::optional<OfficeCode> office, Overlay overlay,
                            std::string_view reason, Actor actor, Changes& changes) {
  return change_offices(office, changes, [&](const Office& o) -> std::optional<Event> {
    if (o.overlay == overlay) {
      return std::nullopt;
    }
    return OverlayChanged{o.code, overlay, reason, actor};
  });
}

Verdict Engine::put_terms(std::string_view version, std::string_view zh, std::string_view en,
                          Actor actor) {
  if (version.empty() || version.size() > kTermsVersionMax) {
    return Verdict::refuse(Kind::bad_request, "1 to 31 bytes", "version");
  }
  if (zh.size() > kTermsMax || en.size() > kTermsMax) {
    return Verdict::refuse(Kind::bad_request, "at most 32 KiB",
                           zh.size() > kTermsMax ? "zh" : "en");
  }
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(shards_);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  if (const auto known = terms_.find(version); known != terms_.end()) {
    return known->second.zh == zh && known->second.en == en
               ? verdict
               : Verdict::refuse(Kind::conflict,
                                 "a version of the terms, once said, never changes");
  }
  verdict.rests_on = record_event(ticks_.now(), TermsPublished{version, zh, en, actor});
  verdict.changed = true;
  return verdict;
}

Verdict Engine::accept_clock(Actor actor) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(shards_);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  if (surroundings_.lapses_suspended) {
    verdict.rests_on = record_event(ticks_.now(), ClockAccepted{actor});
    verdict.changed = true;
  }
  return verdict;
}

Verdict Engine::note_action(std::string_view what, Actor actor) {
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  Verdict verdict;
  verdict.rests_on = record_event(ticks_.now(), OperatorActed{what, actor});
  verdict.changed = true;
  return verdict;
}

}  // namespace plated
