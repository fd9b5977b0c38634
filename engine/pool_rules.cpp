#include "engine/pool_rules.h"

#include <algorithm>

#include "engine/check.h"
#include "engine/draw_stream.h"
#include "engine/plate.h"

namespace plated {
namespace {

using Kind = Verdict::Kind;

void refuse(PlatesReport& report, PlateNumber plate, std::string_view why) {
  check(!why.empty(), "a refusal says why");
  if (report.refused.size() < PlatesReport::kRefusedMax) {
    report.refused.push_back({plate, why});
  }
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
    check(plate.value < wanted.size(), "a free plate is one of the numbering");
    if (wanted[plate.value]) {
      wanted[plate.value] = false;
      picks.push_back({place, plate});
    }
  }
  return picks;
}

}  // namespace

Verdict verdict_on(const PlateSelection& selection) {
  if (!selection.plates.empty()) {
    return {};
  }
  if (selection.from == kNoPlate || selection.to == kNoPlate) {
    return Verdict::refuse(Kind::bad_request, "a range needs both ends, a list its plates",
                           selection.from == kNoPlate ? "from" : "to");
  }
  if (selection.from > selection.to) {
    return Verdict::refuse(Kind::bad_request, "the range ends before it begins", "to");
  }
  check(selection.to.value < plates_of(selection.pool.plate_class),
        "a plate's number is within its pool's numbering");
  return {};
}

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

bool approve_load(const Pool* pool, const LoadSegment& segment,
                  const std::vector<PlateNumber>& plates, PlatesReport& report) {
  check(std::is_sorted(plates.begin(), plates.end()), "plates are judged in order");
  for (const PlateNumber plate : plates) {
    if (pool != nullptr && pool->loaded(plate)) {
      refuse(report, plate, "already_known");
    }
  }
  report.plates = plates.size();
  if (!report.refused.empty()) {
    report.plates = 0;
    report.verdict = Verdict::refuse(Kind::conflict, "some plates cannot be loaded; nothing was");
  } else if (plates.empty()) {
    report.verdict = Verdict::refuse(Kind::bad_request, "no plate is left to load", "from");
  } else if (!segment.dry_run && pool == nullptr) {
    report.verdict = Verdict::refuse(Kind::not_found, "no such pool");
  }
  return report.verdict.ok() && !segment.dry_run;
}

SegmentLoaded segment_of(const LoadSegment& segment, uint32_t number, uint32_t plates,
                         const Now& now, Actor actor) {
  check(plates > 0, "a segment has plates");
  const PlateSelection& selection = segment.plates;
  const bool range = selection.plates.empty();
  return {.pool = selection.pool,
          .segment = number,
          .from = range ? selection.from : kNoPlate,
          .to = range ? selection.to : kNoPlate,
          .all_zero = segment.all_zero,
          .plates = plates,
          .release_at = segment.release_at.value_or(now.civil),
          .note = segment.note,
          .actor = actor};
}

Verdict verdict_on_change(const PlateSelection& selection, const std::vector<PlateNumber>& plates) {
  if (plates.size() <= kPlatesChangedMax) {
    return {};
  }
  return Verdict::refuse(Kind::bad_request, "at most 16384 plates at once",
                         selection.plates.empty() ? "to" : "plates");
}

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

void conclude_change(PlatesReport& report) {
  check(report.verdict.ok() && !report.verdict.changed, "a change is judged before it is made");
  if (!report.refused.empty()) {
    report.verdict =
        Verdict::refuse(Kind::conflict, "some plates are not in a state for it; nothing changed");
    report.plates = 0;
  }
}

std::optional<Event> decide_release(const Pool& pool, const Now& now) {
  for (const Segment& segment : pool.segments()) {
    if (!segment.released && segment.release_at <= now.civil) {
      check(segment.number < pool.next_segment(), "segments are counted");
      return SegmentReleased{pool.key(), segment.number};
    }
  }
  return std::nullopt;
}

std::optional<Event> decide_period(const Pool& pool, Day today) {
  const Period* next = nullptr;
  for (const Period& period : pool.periods()) {
    if (!period.began && period.day <= today) {
      next = &period;
    }
  }
  return next == nullptr ? std::nullopt : std::optional<Event>(PeriodBegan{pool.key(), next->day});
}

Verdict verdict_on_secret(const std::vector<Period>& periods, Day period) {
  return periods.empty() || periods.back().day < period
             ? Verdict{}
             : Verdict::refuse(Kind::conflict, "that period has its secret already");
}

SecretCommitted secret_committed(PoolKey pool, Day period, const DrawSecret& secret) {
  return {pool, period, commitment_of(secret)};
}

Verdict verdict_on_new_pool(const Office* office, std::optional<Day> kept_for) {
  if (office == nullptr) {
    return Verdict::refuse(Kind::not_found, "no such office", "office");
  }
  if (kept_for.value_or(office->today()) != office->today()) {
    return Verdict::refuse(Kind::overloaded, "a new day began meanwhile; try again");
  }
  return {};
}

std::vector<Event> new_pool(PoolKey pool, Day today, const DrawSecret& first,
                            const DrawSecret& second) {
  const Day tomorrow = today + std::chrono::days(1);
  return {PoolMade{pool}, secret_committed(pool, today, first), PeriodBegan{pool, today},
          secret_committed(pool, tomorrow, second)};
}

}  // namespace plated
