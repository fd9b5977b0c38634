#include "tools/plateload/owners/think.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <utility>

#include "tools/plateload/owners/schedule.h"

namespace plated::load {
namespace {

// Of a standard normal distribution, 95 of 100 lie below.
constexpr double kNormal95 = 1.6448536269514722;

double standard_normal(uint64_t& state) {
  const double radius = std::sqrt(-2 * std::log1p(-random_share(state)));
  return radius * std::cos(2 * std::numbers::pi * random_share(state));
}

double time_of(const Think& think, uint64_t& state) {
  switch (think.kind) {
    case Think::Kind::fixed:
      return think.a_ms;
    case Think::Kind::uniform:
      return think.a_ms + (think.b_ms - think.a_ms) * random_share(state);
    case Think::Kind::exponential:
      return -think.a_ms * std::log1p(-random_share(state));
    case Think::Kind::lognormal:
      return think.a_ms *
             std::exp(std::log(think.b_ms / think.a_ms) / kNormal95 * standard_normal(state));
  }
  return 0;
}

}  // namespace

int64_t take_time(const Think& think, uint64_t& state) {
  const double time = time_of(think, state);
  return static_cast<int64_t>(std::clamp(time, 0.0, static_cast<double>(kThinkMs.most)));
}

std::optional<double> parse_time_ms(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 4> kUnits = {
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0 || !std::isfinite(number)) {
    return std::nullopt;
  }
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  for (const auto& [name, ms] : kUnits) {
    if (unit == name) {
      const double time = number * ms;
      return time <= static_cast<double>(kTimeMaxMs) ? std::optional(time) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string time_from_to(Limits limits) {
  return fmt::format("a time like 90s, 300ms or 5m, from {}ms to {}h", limits.least,
                     limits.most / 3'600'000);
}

}  // namespace plated::load
