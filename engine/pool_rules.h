// The rules of what operators and calendars may do to a pool: loading, withholding and restoring
// plates, releases, and the secrets of its draws. Pure functions, like selection_rules.h; a list is
// judged whole, all or nothing. Engine is the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/events.h"
#include "engine/office.h"
#include "engine/operators.h"
#include "engine/pool.h"
#include "engine/types.h"

namespace plated {

// Bad_request unless the selection has its plates, or a range with both ends in order. Requires
// plates of the pool's numbering.
[[nodiscard]] Verdict verdict_on(const PlateSelection& selection);

// The plates that a selection names, ascending; those without `all_zero` leave such plates of a
// range out. A plate named twice is refused in the report. Requires a sound selection.
[[nodiscard]] std::vector<PlateNumber> expand(const PlateSelection& selection, bool all_zero,
                                              PlatesReport& report);

// Whether these plates, ascending, can be loaded: refused plates and the verdict go into the
// report. `pool` is null when there is none yet. True: load them. False: a refusal, or a dry run.
[[nodiscard]] bool approve_load(const Pool* pool, const LoadSegment& segment,
                                const std::vector<PlateNumber>& plates, PlatesReport& report);
// The segment that loads `plates` under `number`; released at once when nothing else is said.
[[nodiscard]] SegmentLoaded segment_of(const LoadSegment& segment, uint32_t number, uint32_t plates,
                                       const Now& now, Actor actor);

// Bad_request for more plates than one change may touch.
[[nodiscard]] Verdict verdict_on_change(const PlateSelection& selection,
                                        const std::vector<PlateNumber>& plates);
// The plates that withholding takes, with the places that they leave in turn: those that are free
// or unreleased. Of a range it passes over what is not loaded; refused in the report is what is
// held, reserved, issued or returning, and of a list what is not loaded.
[[nodiscard]] std::vector<Pick> choose_withheld(const Pool& pool,
                                                const std::vector<PlateNumber>& plates, bool list,
                                                PlatesReport& report);
// The plates that restoring gives back: those that an operator withholds. Others are left alone, so
// that a repeated restoring is not refused for a plate that has been drawn since; but a list names
// loaded plates only.
[[nodiscard]] std::vector<PlateNumber> choose_restored(const Pool& pool,
                                                       const std::vector<PlateNumber>& plates,
                                                       bool list, PlatesReport& report);
// The verdict on a change of which the report is complete: all or nothing.
void conclude_change(PlatesReport& report);

// The first segment whose release time has come.
[[nodiscard]] std::optional<Event> decide_release(const Pool& pool, const Now& now);
// The latest period that has come and has not begun; those before it are passed over.
[[nodiscard]] std::optional<Event> decide_period(const Pool& pool, Day today);
// Whether whoever has committed to these periods, ascending, can commit to the secret of another
// one. Refuses (conflict) one that has its secret, or is before one that has.
[[nodiscard]] Verdict verdict_on_secret(const std::vector<Period>& periods, Day period);
// The commitment to that secret. Requires that verdict_on_secret approves.
[[nodiscard]] SecretCommitted secret_committed(PoolKey pool, Day period, const DrawSecret& secret);

// Whether a pool can be made: its office exists (not_found), and today is still the day for which
// the secrets are kept (overloaded: try again).
[[nodiscard]] Verdict verdict_on_new_pool(const Office* office, std::optional<Day> kept_for);
// A new pool: made, committed to the secrets of `today` and the day after, and drawing from the
// first. To be recorded together.
[[nodiscard]] std::vector<Event> new_pool(PoolKey pool, Day today, const DrawSecret& first,
                                          const DrawSecret& second);

}  // namespace plated
