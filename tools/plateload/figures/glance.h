// The first look at an answer: just enough to count it, without parsing the rest. What does not
// have the form that plated writes is left to MessageReader.
#pragma once

#include <cstdint>
#include <string_view>

namespace plated::load {

struct Glance {
  enum class Kind : uint8_t { ok, refusal, event, unclear };
  Kind kind = Kind::unclear;
  int64_t id = 0;
  std::string_view code;  // of a refusal
};

[[nodiscard]] Glance glance_at(std::string_view text);

// The first plate of the batch in an application's text; empty: there is none.
[[nodiscard]] std::string_view first_plate(std::string_view text);

}  // namespace plated::load
