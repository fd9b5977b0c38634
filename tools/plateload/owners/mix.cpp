#include "tools/plateload/owners/mix.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <vector>

#include "tools/plateload/owners/schedule.h"
#include "tools/shell/nearest.h"

namespace plated::load {

bool Mix::empty() const {
  return std::all_of(shares.begin(), shares.end(), [](double share) { return share == 0; });
}

Op Mix::pick(uint64_t& state) const {
  double place = random_share(state) * std::accumulate(shares.begin(), shares.end(), 0.0);
  std::size_t last = 0;
  for (std::size_t op = 0; op < kOps; ++op) {
    if (shares[op] > 0) {
      if (place < shares[op]) {
        return static_cast<Op>(op);
      }
      place -= shares[op];
      last = op;
    }
  }
  return static_cast<Op>(last);
}

std::string add_share(Mix& mix, std::string_view name, double share) {
  for (const Op op : kSteadyOps) {
    if (name == name_of(op)) {
      mix.shares[static_cast<std::size_t>(op)] = share;
      return share >= 0 && std::isfinite(share) ? "" : "a share is a number from 0";
    }
  }
  std::vector<std::string> names;
  std::transform(kSteadyOps.begin(), kSteadyOps.end(), std::back_inserter(names),
                 [](Op op) { return std::string(name_of(op)); });
  return "'" + std::string(name) + "' cannot be asked for again and again; did you mean " +
         nearest(name, names) + "?";
}

std::variant<Mix, std::string> parse_mix(std::string_view text) {
  Mix mix;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t sign = part.find('=');
    double share = 1;
    if (sign != std::string_view::npos) {
      const char* const end = part.data() + part.size();
      const auto [stop, error] = std::from_chars(part.data() + sign + 1, end, share);
      if (error != std::errc{} || stop != end) {
        return "'" + std::string(part) + "' has no number after its =";
      }
    }
    const std::string wrong = add_share(mix, part.substr(0, sign), share);
    if (!wrong.empty()) {
      return wrong;
    }
  }
  if (mix.empty()) {
    return "nothing to ask for";
  }
  return mix;
}

}  // namespace plated::load
