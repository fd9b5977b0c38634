// An instant read from text. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "engine/types.h"

namespace plated {

// An instant as RFC 3339 has it: 2026-11-20T09:00:00+08:00, with Z or an offset, perhaps with
// fractions of a second, of which milliseconds are kept. Nothing for any other text.
[[nodiscard]] std::optional<CivilTime> instant_of(std::string_view rfc3339);

}  // namespace plated
