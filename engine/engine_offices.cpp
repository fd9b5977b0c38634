// Operators' writes about the service, offices and terms: they change what every shard reads.
#include "engine/engine.h"
#include "engine/engine_parts.h"
#include "engine/operator_rules.h"

namespace plated {
namespace {

// Runs `change` on one office or on all; it returns the event to record, or nothing.
template <class Change>
Verdict change_offices(Engine::Parts& parts, std::optional<OfficeCode> code, Changes& changes,
                       Change&& change) {
  const std::lock_guard operators(parts.operators_mutex);
  Verdict verdict = parts.unchanged();
  if (code && parts.state.office(*code) == nullptr) {
    return Verdict::refuse(Verdict::Kind::not_found, "no such office", "office");
  }
  for (const auto& [key, office] : parts.state.offices()) {
    if (code && key != *code) {
      continue;
    }
    const LogRoom room(parts.sink, EventSink::For::command);
    if (!room.here()) {
      return Verdict::overloaded();
    }
    const AllShards all(parts.state.shards());
    check(office->code == key, "an office stands under its code");
    const OfficeState before = office->state();
    if (const std::optional<Event> event = change(*office)) {
      const Now now = parts.ticks.now();
      verdict.rests_on = parts.record(now, *event);
      verdict.changed = true;
      order_lobby(parts, *office, now);
    }
    if (office->state() != before) {
      note_change(*office, verdict.rests_on, changes);
    }
  }
  return verdict;
}

// What an office's own push tells of it.
using Told = std::pair<OfficeState, std::optional<CivilTime>>;
Told told_of(const Office& office) { return {office.state(), lasts_until(office)}; }

}  // namespace

Verdict Engine::found(bool rehearsal) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(parts_->state.shards());
  const Register& state = parts_->state;
  const Verdict verdict =
      parts_->conclude(parts_->ticks.now(),
                       decide_founding(state.founded(), state.surroundings().rehearsal, rehearsal));
  check(state.founded(), "what was founded, or refused, stands");
  check(!verdict.ok() || state.surroundings().rehearsal == rehearsal, "it is what was asked for");
  return verdict;
}

Verdict Engine::put_office(const OfficePatch& patch, Actor actor, Changes& changes) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(parts_->state.shards());
  if (Verdict verdict = verdict_on(patch, parts_->state.terms()); !verdict.ok()) {
    return verdict;
  }
  const Now now = parts_->ticks.now();
  const Office* office = parts_->state.office(patch.office);
  if (Verdict verdict = verdict_on_calendar(office, patch); !verdict.ok()) {
    return verdict;
  }
  const Told before = office == nullptr ? Told(OfficeState::closed, {}) : told_of(*office);
  const OfficeChange change(office, patch, parts_->state.terms(), now, actor);
  Verdict verdict = parts_->unchanged();
  if (!change.events().empty()) {
    verdict.rests_on = parts_->record(now, change.events());
    verdict.changed = true;
  }
  office = parts_->state.office(patch.office);
  check(office != nullptr, "an office that was put is there");
  check(OfficeChange(office, patch, parts_->state.terms(), now, actor).events().empty(),
        "an office is what the patch made of it");
  order_lobby(*parts_, *office, now);
  if (told_of(*office) != before) {
    note_change(*office, verdict.rests_on, changes);
  }
  check(!change.raises_versions() || verdict.changed, "versions rest on what raised them");
  if (change.raises_versions()) {
    changes.renewed.push_back({office->code, verdict.rests_on});
  }
  return verdict;
}

Verdict Engine::set_open(std::optional<OfficeCode> office, bool open, std::string_view reason,
                         Actor actor, Changes& changes) {
  return change_offices(*parts_, office, changes,
                        [&](const Office& o) { return decide_open(o, open, reason, actor); });
}

Verdict Engine::set_overlay(std::optional<OfficeCode> office, Overlay overlay,
                            std::string_view reason, Actor actor, Changes& changes) {
  return change_offices(*parts_, office, changes,
                        [&](const Office& o) { return decide_overlay(o, overlay, reason, actor); });
}

Verdict Engine::put_terms(std::string_view version, std::string_view zh, std::string_view en,
                          Actor actor) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(parts_->state.shards());
  const TermsByVersion& terms = parts_->state.terms();
  const auto known = terms.find(version);
  const Verdict verdict = parts_->conclude(
      parts_->ticks.now(), decide_terms(known == terms.end() ? nullptr : &known->second,
                                        TermsPublished{version, zh, en, actor}));
  check(!verdict.ok() || terms.contains(version), "what was published can be read");
  return verdict;
}

Verdict Engine::note_action(std::string_view what, Actor actor) {
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<Shard> first_shard(parts_->state.first_shard());
  return parts_->conclude(parts_->ticks.now(), OperatorActed{what, actor});
}

Verdict Engine::record_keys(std::span<const KeyStoreChange> changes) {
  const std::lock_guard operators(parts_->operators_mutex);
  Verdict verdict = parts_->unchanged();
  while (!changes.empty()) {
    const LogRoom room(parts_->sink, EventSink::For::command);
    if (!room.here()) {
      return Verdict::overloaded();
    }
    const AllShards all(parts_->state.shards());
    check(parts_->state.founded(), "the first record of a log founds it");
    std::vector<Event> events;
    for (; !changes.empty() && events.size() < kEventsPerAppend; changes = changes.subspan(1)) {
      const KeyStoreChange& change = changes.front();
      if (change.mark.generation <= parts_->state.keys().mark().generation) {
        continue;  // another thread has recorded it
      }
      events.push_back(change.destroyed == 0 ? Event(KeysMade{change.mark})
                                             : Event(KeyDestroyed{change.destroyed, change.mark}));
    }
    if (!events.empty()) {
      verdict.rests_on = parts_->record(parts_->ticks.now(), events);
      verdict.changed = true;
    }
  }
  return verdict;
}

}  // namespace plated
