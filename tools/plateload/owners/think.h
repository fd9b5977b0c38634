// How long people take: a distribution of times, drawn from the seed of the one who takes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/plateload/owners/limits.h"

namespace plated::load {

struct Think {
  enum class Kind : uint8_t {
    fixed,        // always `a_ms`
    uniform,      // evenly from `a_ms` to `b_ms`
    exponential,  // with mean `a_ms`
    lognormal,    // with median `a_ms`, and 95 of 100 take at most `b_ms`
  };
  Kind kind = Kind::fixed;
  double a_ms = 0;
  double b_ms = 0;
  friend bool operator==(const Think&, const Think&) = default;
};

// The next time of this distribution in milliseconds. `state` is that of random_number().
[[nodiscard]] int64_t take_time(const Think& think, uint64_t& state);

// `1.5s`, `300ms`, `5m`, `1h`, in milliseconds; nullopt: it is none of these, or longer than
// kTimeMaxMs.
[[nodiscard]] std::optional<double> parse_time_ms(std::string_view text);

// What a time between limits is called in a sentence on one that is not.
[[nodiscard]] std::string time_from_to(Limits limits);

}  // namespace plated::load
