// Operators' writes about pools: making them with their secrets, loading segments, withholding and
// restoring plates. Checked whole before anything is written: all or nothing.
#include <algorithm>

#include "engine/all_shards.h"
#include "engine/check.h"
#include "engine/draw_stream.h"
#include "engine/engine.h"
#include "engine/log_room.h"
#include "engine/plate.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

void refuse(PlatesReport& report, PlateNumber plate, std::string_view why) {
  if (report.refused.size() < PlatesReport::kRefusedMax) {
    report.refused.push_back({plate, why});
  }
}

// The plates that a selection names, in ascending order, repeated ones refused.
std::vector<PlateNumber> expand(const PlateSelection& selection, bool all_zero,
                                PlatesReport& report) {
  std::vector<PlateNumber> plates = selection.plates;
  if (plates.empty()) {
    for (uint32_t n = selection.from.value; n <= selection.to.value; ++n) {
      if (all_zero || !is_all_zero(selection.pool.plate_class, PlateNumber{n})) {
        plates.push_back(PlateNumber{n});
      }
    }
    return plates;
  }
  std::sort(plates.begin(), plates.end());
  for (std::size_t i = 1; i < plates.size(); ++i) {
    if (plates[i] == plates[i - 1]) {
      refuse(report, plates[i], "duplicate");
    }
  }
  return plates;
}

Verdict check_selection(const PlateSelection& selection) {
  const uint32_t size = plates_of(selection.pool.plate_class);
  if (selection.plates.empty()) {
    if (selection.from == kNoPlate || selection.to == kNoPlate) {
      return Verdict::refuse(Kind::bad_request, "a range needs both ends, a list its plates",
                             selection.from == kNoPlate ? "from" : "to");
    }
    if (selection.from > selection.to) {
      return Verdict::refuse(Kind::bad_request, "the range ends before it begins", "to");
    }
    check(selection.to.value < size, "a plate's number is within its pool's numbering");
  }
  return {};
}

// Why a loaded plate that is not free cannot be withheld; empty if it can, or is so already.
std::string_view why_not_withheld(const Pool& pool, PlateNumber plate) {
  const Pool::Taken* const taken = pool.taken(plate);
  if (taken == nullptr) {
    return pool.unreleased(plate) ? "" : "held";
  }
  switch (taken->state) {
    case PlateState::reserved:
      return "reserved";
    case PlateState::issued:
      return "issued";
    default:
      return taken->why == WithheldWhy::returning ? "returning" : "";
  }
}

// The places of those selected plates that are free, in an order in which no removal moves a later
// one: from the end of each array, the plates with a 4 first. Found plates leave `wanted`.
std::vector<Pick> places_of(const FreeSet& free, std::vector<bool>& wanted) {
  std::vector<Pick> picks;
  for (uint32_t place = free.size(); place-- > 0;) {
    const PlateNumber plate = free.at(place);
    if (wanted[plate.value]) {
      wanted[plate.value] = false;
      picks.push_back({place, plate});
    }
  }
  return picks;
}

// What withholding these plates would do, or refusals in the report.
std::vector<Pick> choose_withheld(const Pool& pool, const std::vector<PlateNumber>& plates,
                                  bool list, PlatesReport& report) {
  std::vector<bool> wanted(plates_of(pool.key().plate_class));
  for (const PlateNumber plate : plates) {
    wanted[plate.value] = pool.loaded(plate);
    if (list && !pool.loaded(plate)) {
      refuse(report, plate, "not_loaded");
    }
  }
  std::vector<Pick> picks = places_of(pool.free(), wanted);
  for (const PlateNumber plate : plates) {
    if (!wanted[plate.value]) {
      continue;
    }
    const std::string_view why = why_not_withheld(pool, plate);
    if (!why.empty()) {
      refuse(report, plate, why);
    } else if (pool.taken(plate) == nullptr) {
      picks.push_back({kNoPlace, plate});
    }
  }
  return picks;
}

// What restoring would do: plates that an operator withholds. Others are left alone, so that
// whoever repeats a restoring is not refused for a plate that has been drawn since; but a list
// names loaded plates only.
std::vector<PlateNumber> choose_restored(const Pool& pool, const std::vector<PlateNumber>& plates,
                                         bool list, PlatesReport& report) {
  std::vector<PlateNumber> chosen;
  for (const PlateNumber plate : plates) {
    const Pool::Taken* const taken = pool.taken(plate);
    if (taken != nullptr && taken->state == PlateState::withheld &&
        taken->why == WithheldWhy::by_operator) {
      chosen.push_back(plate);
    } else if (list && !pool.loaded(plate)) {
      refuse(report, plate, "not_loaded");
    }
  }
  return chosen;
}

}  // namespace

Verdict Engine::make_pool(PoolKey pool, const DrawSecret& today, const DrawSecret& tomorrow,
                          std::optional<Day> kept_for) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const AllShards all(shards_);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  const Office* const office = office_of(pool.office);
  if (office == nullptr) {
    return Verdict::refuse(Kind::not_found, "no such office", "office");
  }
  if (pool_cell(pool) != nullptr) {
    return verdict;
  }
  const Now now = ticks_.now();
  const Day day = office->today();
  if (kept_for.value_or(day) != day) {
    return Verdict::refuse(Kind::overloaded, "a new day began meanwhile; try again");
  }
  const Day next = day + std::chrono::days(1);
  const std::array<Event, 4> events = {
      PoolMade{pool}, SecretCommitted{pool, day, commitment_of(today)}, PeriodBegan{pool, day},
      SecretCommitted{pool, next, commitment_of(tomorrow)}};
  verdict.rests_on = sink_.append(now, events);
  verdict.changed = true;
  for (const Event& event : events) {
    apply_event(event, now);
  }
  keep_times(now);
  Pool& made = pool_cell(pool)->pool;
  const bool kept = made.provide(day, today) && made.provide(next, tomorrow);
  check(kept, "a pool accepts the secrets that it was committed to");
  return verdict;
}

Verdict Engine::commit_secret(PoolKey pool, Day period, const DrawSecret& secret) {
  const std::lock_guard operators(operators_mutex_);
  const LogRoom room(sink_, EventSink::For::timer);
  PoolCell* const cell = pool_cell(pool);
  if (!room.here() || cell == nullptr) {
    return room.here() ? Verdict::refuse(Kind::not_found, "no such pool") : Verdict::overloaded();
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  const std::lock_guard pool_lock(cell->mutex);
  Verdict verdict;
  verdict.rests_on = sink_.last();
  const auto& periods = cell->pool.periods();
  if (!periods.empty() && periods.back().day >= period) {
    return Verdict::refuse(Kind::conflict, "that period has its secret already");
  }
  verdict.rests_on =
      record_event(ticks_.now(), SecretCommitted{pool, period, commitment_of(secret)});
  verdict.changed = true;
  const bool kept = cell->pool.provide(period, secret);
  check(kept, "a pool accepts the secret that it was committed to");
  return verdict;
}

bool Engine::provide_secret(PoolKey pool, Day period, const DrawSecret& secret) {
  PoolCell* const cell = pool_cell(pool);
  if (cell == nullptr) {
    return false;
  }
  const std::lock_guard pool_lock(cell->mutex);
  return cell->pool.provide(period, secret);
}

std::vector<std::pair<PoolKey, Period>> Engine::secrets_wanted() {
  const std::lock_guard operators(operators_mutex_);
  std::vector<std::pair<PoolKey, Period>> wanted;
  for (const auto& [key, cell] : pools_) {
    const std::lock_guard pool_lock(cell->mutex);
    for (const Period& period : cell->pool.secrets_wanted()) {
      wanted.emplace_back(key, period);
    }
  }
  return wanted;
}

PlatesReport Engine::load(const LoadSegment& segment, Actor actor) {
  PlatesReport report;
  const PlateSelection& selection = segment.plates;
  report.verdict = check_selection(selection);
  if (!report.verdict.ok()) {
    return report;
  }
  const std::vector<PlateNumber> plates = expand(selection, segment.all_zero, report);
  const std::lock_guard operators(operators_mutex_);
  report.verdict.rests_on = sink_.last();
  PoolCell* const cell = pool_cell(selection.pool);
  if (cell != nullptr) {
    const std::lock_guard pool_lock(cell->mutex);
    for (const PlateNumber plate : plates) {
      if (cell->pool.loaded(plate)) {
        refuse(report, plate, "already_known");
      }
    }
  }
  report.plates = plates.size();
  if (!report.refused.empty()) {
    report.plates = 0;
    report.verdict = Verdict::refuse(Kind::conflict, "some plates cannot be loaded; nothing was");
    return report;
  }
  if (plates.empty()) {
    report.verdict = Verdict::refuse(Kind::bad_request, "no plate is left to load", "from");
    return report;
  }
  if (segment.dry_run) {
    return report;
  }
  if (cell == nullptr) {
    report.verdict = Verdict::refuse(Kind::not_found, "no such pool");
    return report;
  }
  const uint32_t number = cell->pool.next_segment();  // only operators change it
  const bool listed = selection.plates.empty() || load_list(*cell, number, plates);
  const LogRoom room(sink_, EventSink::For::command);
  if (!listed || !room.here()) {
    report.verdict = Verdict::overloaded();
    return report;
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  const std::lock_guard pool_lock(cell->mutex);
  const Now now = ticks_.now();
  SegmentLoaded loaded{.pool = selection.pool,
                       .segment = number,
                       .all_zero = segment.all_zero,
                       .plates = static_cast<uint32_t>(plates.size()),
                       .release_at = segment.release_at.value_or(now.civil),
                       .note = segment.note,
                       .actor = actor};
  if (selection.plates.empty()) {
    loaded.from = selection.from;
    loaded.to = selection.to;
  }
  report.verdict.rests_on = record_event(now, loaded);
  if (loaded.release_at <= now.civil) {
    report.verdict.rests_on = record_event(now, SegmentReleased{selection.pool, number});
  }
  report.verdict.changed = true;
  return report;
}

// Lists the plates of a segment that is about to be loaded, in many small events.
bool Engine::load_list(PoolCell& cell, uint32_t segment, const std::vector<PlateNumber>& plates) {
  for (std::size_t i = 0; i < plates.size(); i += kPlatesPerEvent) {
    const LogRoom room(sink_, EventSink::For::command);
    if (!room.here()) {
      return false;
    }
    const std::lock_guard first_shard(shards_[0]->mutex);
    const std::lock_guard pool_lock(cell.mutex);
    const std::size_t count = std::min(kPlatesPerEvent, plates.size() - i);
    record_event(ticks_.now(),
                 SegmentListed{cell.pool.key(), segment, std::span(plates).subspan(i, count)});
  }
  return true;
}

// Runs `change` on the selected plates in one hold of the pool's mutex, so that it is all or
// nothing.
template <class Change>
PlatesReport Engine::change_plates(const PlateSelection& selection, Change&& change) {
  PlatesReport report;
  report.verdict = check_selection(selection);
  if (!report.verdict.ok()) {
    return report;
  }
  const std::vector<PlateNumber> plates = expand(selection, true, report);
  if (plates.size() > kPlatesChangedMax) {
    report.verdict = Verdict::refuse(Kind::bad_request, "at most 16384 plates at once",
                                     selection.plates.empty() ? "to" : "plates");
    return report;
  }
  const std::lock_guard operators(operators_mutex_);
  report.verdict.rests_on = sink_.last();
  PoolCell* const cell = pool_cell(selection.pool);
  const LogRoom room(sink_, EventSink::For::command);
  if (cell == nullptr || !room.here()) {
    report.verdict =
        room.here() ? Verdict::refuse(Kind::not_found, "no such pool") : Verdict::overloaded();
    return report;
  }
  const std::lock_guard first_shard(shards_[0]->mutex);
  const std::lock_guard pool_lock(cell->mutex);
  change(cell->pool, plates, report);
  if (!report.refused.empty()) {
    report.verdict =
        Verdict::refuse(Kind::conflict, "some plates are not in a state for it; nothing changed");
    report.plates = 0;
  }
  return report;
}

PlatesReport Engine::withhold(const PlateSelection& selection, std::string_view reason,
                              Actor actor) {
  return change_plates(selection, [&](const Pool& pool, const std::vector<PlateNumber>& plates,
                                      PlatesReport& report) {
    const auto picks = choose_withheld(pool, plates, !selection.plates.empty(), report);
    report.plates = picks.size();
    for (std::size_t i = 0; i < picks.size() && report.refused.empty(); i += kPlatesPerEvent) {
      const auto part = std::span(picks).subspan(i, std::min(kPlatesPerEvent, picks.size() - i));
      report.verdict.rests_on =
          record_event(ticks_.now(), PlatesWithheld{selection.pool, part, reason, actor});
      report.verdict.changed = true;
    }
  });
}

PlatesReport Engine::restore(const PlateSelection& selection, std::string_view reason,
                             Actor actor) {
  return change_plates(selection, [&](const Pool& pool, const std::vector<PlateNumber>& plates,
                                      PlatesReport& report) {
    const auto chosen = choose_restored(pool, plates, !selection.plates.empty(), report);
    report.plates = chosen.size();
    for (std::size_t i = 0; i < chosen.size() && report.refused.empty(); i += kPlatesPerEvent) {
      const auto part = std::span(chosen).subspan(i, std::min(kPlatesPerEvent, chosen.size() - i));
      report.verdict.rests_on =
          record_event(ticks_.now(), PlatesRestored{selection.pool, part, reason, actor});
      report.verdict.changed = true;
    }
  });
}

}  // namespace plated
