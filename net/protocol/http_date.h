// The moment of an answer as its `Date` has it (RFC 9110, 5.6.7): Sun, 06 Nov 1994 08:49:37 GMT.
// Pure.
#pragma once

#include <string>

#include "engine/types.h"

namespace plated {

// That moment, to the second; milliseconds are cut off.
[[nodiscard]] std::string http_date(CivilTime at);

}  // namespace plated
