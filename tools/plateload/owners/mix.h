// Which requests a steady load asks for, and in what shares.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "tools/plateload/wire/protocol.h"

namespace plated::load {

struct Mix {
  std::array<double, kOps> shares{};  // by op; they need not add up to 1

  [[nodiscard]] bool empty() const;
  [[nodiscard]] bool has(Op op) const { return shares[static_cast<std::size_t>(op)] > 0; }
  // An op by its share, drawn from the state of random_number().
  [[nodiscard]] Op pick(uint64_t& state) const;
  friend bool operator==(const Mix&, const Mix&) = default;
};

// The ops that an owner in `pick` can be asked to repeat for ever.
inline constexpr std::array<Op, 4> kSteadyOps = {Op::enter, Op::draw, Op::repeat, Op::shortlist};

// `draw`, or `draw=0.6,repeat=0.4`; otherwise the sentence that says what is wrong.
[[nodiscard]] std::variant<Mix, std::string> parse_mix(std::string_view text);
// Puts `share` of the op named `name` into `mix`; otherwise what is wrong.
[[nodiscard]] std::string add_share(Mix& mix, std::string_view name, double share);

}  // namespace plated::load
