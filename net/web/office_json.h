// What an office says about itself, the answer of /v1/offices/{office}: where people find it, when
// it is open for selecting, and how many plates its batches have. Pure.
#pragma once

#include <string>

#include "engine/office.h"

namespace plated {

[[nodiscard]] std::string office_json(const Office& office);

}  // namespace plated
