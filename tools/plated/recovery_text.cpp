#include "tools/plated/recovery_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace plated {
namespace {

std::string with_commas(uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

}  // namespace

std::string recovery_text(const RecoveryStep& step) {
  if (step.end.value == 0) {
    return "recovering: reading the newest snapshot";
  }
  const uint64_t done = step.applied.value - step.from.value;
  const uint64_t all = std::max(step.end.value, step.applied.value) - step.from.value;
  const uint64_t percent = all == 0 ? 100 : (done * 100 + all / 2) / all;
  return fmt::format("recovering: {} of {} records, {} %", with_commas(done), with_commas(all),
                     percent);
}

}  // namespace plated
