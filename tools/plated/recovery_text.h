// How far a recovery is, in words: for the terminal and for /readyz. Pure.
#pragma once

#include <string>

#include "persistence/recovery.h"

namespace plated {

// "recovering: 1,234,567 of 5,000,000 records, 25 %", counted from the snapshot on.
[[nodiscard]] std::string recovery_text(const RecoveryStep& step);

}  // namespace plated
