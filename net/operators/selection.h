// Which plates an operator means: a range by its ends, or a list, in the fields `from`, `to` and
// `plates` of a form. Pure; for the files that answer operators.
#pragma once

#include <optional>

#include "engine/operators.h"
#include "net/operators/form.h"

namespace plated {

// Reads a selection of plates of `pool`, or, without one, of whichever pool the first plate is of.
// Everything that is wrong becomes the form's fault: neither range nor list, both, a text that is
// no plate, plates of different pools, an empty list.
[[nodiscard]] PlateSelection read_selection(AdminForm& form, std::optional<PoolKey> pool);

}  // namespace plated
