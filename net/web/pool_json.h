// The pool notice (号池公示) as JSON, the answer of /v1/pools. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/types.h"

namespace plated {

// One pool with what is public of its secrets.
struct PublicPool {
  PoolReport report;
  std::vector<std::optional<DrawSecret>> revealed;  // one for each of report.periods
};

// A list of pools.
[[nodiscard]] std::string pools_json(std::span<const PublicPool> pools);

// A plate of `pool` as text; empty for none.
[[nodiscard]] std::string plate_text(PoolKey pool, PlateNumber number);
// Bytes as hexadecimal digits.
[[nodiscard]] std::string hex_of(std::span<const uint8_t> bytes);

}  // namespace plated
