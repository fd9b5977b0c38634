#include "net/selection/code_tallies.h"

#include <algorithm>

namespace plated {
namespace {

Micros micros_of(Tick tick) { return Micros(tick.time_since_epoch()); }

}  // namespace

Millis wait_after_misses(uint32_t misses) {
  if (misses == 0 || misses % kMissesUntilWait != 0) {
    return Millis(0);
  }
  const uint32_t doublings = std::min(misses / kMissesUntilWait - 1, uint32_t{10});
  return std::min(kFirstMissWait * (int64_t{1} << doublings), kMissWaitMax);
}

// The party's tally of today. Offices may differ by a day for some hours; the later one counts.
CodeTallies::Tally& CodeTallies::tally_of(Stripe& stripe, const Name& party, Tick now, Day today) {
  if (stripe.sweep.is_due(stripe.tallies.size())) {
    stripe.sweep.run(stripe.tallies, [&](const Tally& tally) {
      return tally.day < today && tally.judged_from <= now && tally.spacing.is_full(micros_of(now));
    });
  }
  Tally& tally = stripe.tallies[party];
  if (tally.day < today) {
    tally.day = today;
    tally.sent = 0;
    tally.misses = 0;
  }
  return tally;
}

std::optional<CodeTallies::Refusal> CodeTallies::send(const Name& party, uint32_t per_day,
                                                      const Rate& spacing, Tick now, Day today) {
  const Hold stripe(stripes_.of(party.back()));
  Tally& tally = tally_of(*stripe, party, now, today);
  if (tally.sent >= per_day) {
    return Refusal{.until_tomorrow = true};
  }
  if (const auto wait = tally.spacing.take(spacing, micros_of(now))) {
    return Refusal{.retry_in = *wait};
  }
  ++tally.sent;
  return std::nullopt;
}

void CodeTallies::forgive(const Name& party) {
  const Hold stripe(stripes_.of(party.back()));
  const auto found = stripe->tallies.find(party);
  if (found == stripe->tallies.end() || found->second.misses == 0) {
    return;
  }
  // Had there been a wait before it, it would not have been judged.
  if (wait_after_misses(found->second.misses) > Millis(0)) {
    found->second.judged_from = Tick::min();
  }
  --found->second.misses;
}

void CodeTallies::restore(const Name& party, Day day, uint32_t sent, uint32_t misses, Tick now) {
  const Hold stripe(stripes_.of(party.back()));
  Tally& tally = tally_of(*stripe, party, now, day);
  if (tally.day > day) {
    return;
  }
  tally.sent += sent;
  tally.misses += misses;
  tally.judged_from = now + wait_after_misses(tally.misses - tally.misses % kMissesUntilWait);
}

std::size_t CodeTallies::entries() const {
  return stripes_.sum([](const Stripe& stripe) { return stripe.tallies.size(); });
}

}  // namespace plated
