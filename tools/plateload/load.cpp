#include "tools/plateload/load.h"

#include <chrono>

namespace plated::load {
namespace {

constexpr auto kTicketLife = std::chrono::hours(12);

}  // namespace

std::string ticket_of(const TicketKey& key, const std::string& owner) {
  const auto expires = std::chrono::floor<Millis>(std::chrono::system_clock::now()) + kTicketLife;
  return make_ticket(key, owner, CivilTime(expires));
}

void keep_pace(const Load& load, Tally& tally, int64_t due_ns, int64_t now) {
  tally.begun(due_ns, now, load.options.late_ms * kNsPerMs);
  if (now - due_ns > load.options.behind_max_ms * kNsPerMs) {
    load.give_up(Invalid::fell_behind, now - due_ns);
  }
}

}  // namespace plated::load
