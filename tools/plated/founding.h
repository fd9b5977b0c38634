// What a data directory is given at its first start: whether it is a rehearsal's, for ever, the
// first terms, and for a rehearsal its office, for a demonstration its pools.
#pragma once

#include "engine/engine.h"
#include "tools/plated/bound_keys.h"
#include "tools/plated/options.h"

namespace plated {

// Repeating it changes nothing. Refused when the directory is of the other kind.
[[nodiscard]] Verdict found_service(Engine& engine, BoundKeys& keys, const Options& options);

// Whether these are the first terms, which are there to be replaced.
[[nodiscard]] bool is_demonstration(const Terms& terms);

}  // namespace plated
