// Operators' writes about pools: making them with their secrets, loading segments, withholding and
// restoring plates. Judged whole before anything is written: all or nothing.
#include <algorithm>

#include "engine/engine.h"
#include "engine/engine_parts.h"
#include "engine/pool_rules.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

// Lists the plates of a segment that is about to be loaded, in many small events. False: the log
// had no room for all of it, and the list is abandoned.
bool load_list(Engine::Parts& parts, Guarded<Pool>& guarded, uint32_t segment,
               const std::vector<PlateNumber>& plates) {
  for (std::size_t i = 0; i < plates.size(); i += kPlatesPerEvent) {
    const LogRoom room(parts.sink, EventSink::For::command);
    if (!room.here()) {
      return false;
    }
    const Hold<Shard> first_shard(parts.state.first_shard());
    const Hold<Pool> pool(guarded);
    check(pool->next_segment() <= segment + 1, "nobody loads another segment meanwhile");
    const std::size_t count = std::min(kPlatesPerEvent, plates.size() - i);
    parts.record(parts.ticks.now(),
                 SegmentListed{pool->key(), segment, std::span(plates).subspan(i, count)});
    check(pool->next_segment() == segment + 1, "what is listed has its number");
  }
  return true;
}

// Runs `change` on the selected plates in one hold of the pool's mutex, so that it is all or
// nothing. `change` fills the report and returns what is to be recorded, a part of it at a time.
template <class Choose, class EventOf>
PlatesReport change_plates(Engine::Parts& parts, const PlateSelection& selection, Choose&& choose,
                           EventOf&& event_of) {
  PlatesReport report;
  report.verdict = verdict_on(selection);
  if (!report.verdict.ok()) {
    return report;
  }
  const std::vector<PlateNumber> plates = expand(selection, true, report);
  report.verdict = verdict_on_change(selection, plates);
  if (!report.verdict.ok()) {
    return report;
  }
  const std::lock_guard operators(parts.operators_mutex);
  report.verdict = parts.unchanged();
  Guarded<Pool>* const guarded = parts.state.pool(selection.pool);
  const LogRoom room(parts.sink, EventSink::For::command);
  if (guarded == nullptr || !room.here()) {
    report.verdict =
        room.here() ? Verdict::refuse(Kind::not_found, "no such pool") : Verdict::overloaded();
    return report;
  }
  const Hold<Shard> first_shard(parts.state.first_shard());
  const Hold<Pool> pool(*guarded);
  const auto chosen = choose(*pool, plates, !selection.plates.empty(), report);
  report.plates = chosen.size();
  conclude_change(report);
  check(report.refused.empty() || !report.verdict.ok(), "it is all of the plates or none");
  for (std::size_t i = 0; i < chosen.size() && report.verdict.ok(); i += kPlatesPerEvent) {
    const auto part = std::span(chosen).subspan(i, std::min(kPlatesPerEvent, chosen.size() - i));
    report.verdict.rests_on = parts.record(parts.ticks.now(), event_of(part));
    report.verdict.changed = true;
  }
  ++parts.pool_changes;
  const PoolCounts counts = pool->counts();  // checks that the states still add up
  check(counts.free_without4 <= counts.free, "the plates without a 4 are part of all");
  return report;
}

}  // namespace

Verdict Engine::make_pool(PoolKey key, const DrawSecret& today, const DrawSecret& tomorrow,
                          std::optional<Day> kept_for) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(parts_->state.shards());
  Verdict verdict = parts_->unchanged();
  if (parts_->state.pool(key) != nullptr) {
    return verdict;
  }
  const Office* const office = parts_->state.office(key.office);
  if (Verdict refusal = verdict_on_new_pool(office, kept_for); !refusal.ok()) {
    return refusal;
  }
  const Day day = office->today();
  verdict.rests_on = parts_->record(parts_->ticks.now(), new_pool(key, day, today, tomorrow));
  verdict.changed = true;
  const Hold<Pool> pool(*parts_->state.pool(key));
  const bool kept =
      pool->provide(day, today) && pool->provide(day + std::chrono::days(1), tomorrow);
  check(kept, "a pool accepts the secrets that it was committed to");
  return verdict;
}

Verdict Engine::commit_secret(PoolKey key, Day period, const DrawSecret& secret) {
  const std::lock_guard operators(parts_->operators_mutex);
  const LogRoom room(parts_->sink, EventSink::For::timer);
  Guarded<Pool>* const guarded = parts_->state.pool(key);
  if (!room.here() || guarded == nullptr) {
    return room.here() ? Verdict::refuse(Kind::not_found, "no such pool") : Verdict::overloaded();
  }
  const Hold<Shard> first_shard(parts_->state.first_shard());
  const Hold<Pool> pool(*guarded);
  if (Verdict refusal = verdict_on_secret(pool->periods(), period); !refusal.ok()) {
    return refusal;
  }
  const Verdict verdict =
      parts_->conclude(parts_->ticks.now(), secret_committed(key, period, secret));
  const bool kept = pool->provide(period, secret);
  check(kept, "a pool accepts the secret that it was committed to");
  return verdict;
}

bool Engine::provide_secret(PoolKey key, Day period, const DrawSecret& secret) {
  Guarded<Pool>* const guarded = parts_->state.pool(key);
  if (guarded == nullptr) {
    return false;
  }
  const Hold<Pool> pool(*guarded);
  check(pool->key() == key, "a pool stands under its key");
  return pool->provide(period, secret);
}

std::vector<std::pair<PoolKey, Period>> Engine::secrets_wanted() {
  const std::lock_guard operators(parts_->operators_mutex);
  std::vector<std::pair<PoolKey, Period>> wanted;
  for (const auto& [key, guarded] : parts_->state.pools()) {
    const Hold<Pool> pool(*guarded);
    for (const Period& period : pool->secrets_wanted()) {
      wanted.emplace_back(key, period);
    }
  }
  return wanted;
}

PlatesReport Engine::load(const LoadSegment& segment, Actor actor) {
  PlatesReport report;
  const PlateSelection& selection = segment.plates;
  report.verdict = verdict_on(selection);
  if (!report.verdict.ok()) {
    return report;
  }
  const std::vector<PlateNumber> plates = expand(selection, segment.all_zero, report);
  const std::lock_guard operators(parts_->operators_mutex);
  report.verdict = parts_->unchanged();
  Guarded<Pool>* const guarded = parts_->state.pool(selection.pool);
  uint32_t number = 0;  // only operators change it
  if (guarded == nullptr) {
    if (!approve_load(nullptr, segment, plates, report)) {
      return report;
    }
  } else {
    const Hold<Pool> pool(*guarded);
    if (!approve_load(&*pool, segment, plates, report)) {
      return report;
    }
    number = pool->next_segment();
  }
  check(guarded != nullptr, "what is loaded has a pool");
  const bool listed = selection.plates.empty() || load_list(*parts_, *guarded, number, plates);
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!listed || !room.here()) {
    report.verdict = Verdict::overloaded();
    return report;
  }
  const Hold<Shard> first_shard(parts_->state.first_shard());
  const Hold<Pool> pool(*guarded);
  const Now now = parts_->ticks.now();
  const SegmentLoaded loaded =
      segment_of(segment, number, static_cast<uint32_t>(plates.size()), now, actor);
  report.verdict = parts_->conclude(now, loaded);
  if (loaded.release_at <= now.civil) {
    report.verdict = parts_->conclude(now, SegmentReleased{selection.pool, number});
  }
  ++parts_->pool_changes;
  check(report.refused.empty() && report.verdict.changed, "a segment is loaded whole");
  check(pool->counts().loaded >= plates.size() && pool->next_segment() > number,
        "what was loaded is there");
  return report;
}

PlatesReport Engine::withhold(const PlateSelection& selection, std::string_view reason,
                              Actor actor) {
  return change_plates(*parts_, selection, choose_withheld, [&](std::span<const Pick> part) {
    return PlatesWithheld{selection.pool, part, reason, actor};
  });
}

PlatesReport Engine::restore(const PlateSelection& selection, std::string_view reason,
                             Actor actor) {
  return change_plates(*parts_, selection, choose_restored, [&](std::span<const PlateNumber> part) {
    return PlatesRestored{selection.pool, part, reason, actor};
  });
}

}  // namespace plated
