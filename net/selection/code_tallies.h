// How many codes were sent to, and how many wrong ones came from, each of many parties: owners, or
// phones. The counts are those of one day; they decide who has to wait. Names are keyed hashes, so
// nothing here says whose they are. Thread-safe: a call holds the mutex of one stripe.
//
// Of wrong codes at most kMissesPerDay are judged, whatever they were for: that bounds how likely
// somebody guesses one (SECURITY.md has the sum). Behind each kMissesUntilWait of them the party
// has to wait, each time for twice as long.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/commands.h"
#include "engine/hash_table.h"
#include "engine/types.h"
#include "net/selection/striped.h"
#include "net/selection/token_bucket.h"

namespace plated {

inline constexpr uint32_t kMissesPerDay = 50;
inline constexpr uint32_t kMissesUntilWait = 5;
inline constexpr Millis kFirstMissWait = std::chrono::minutes(1);
inline constexpr Millis kMissWaitMax = std::chrono::hours(1);

// How long nothing is judged after so many wrong codes of one day.
[[nodiscard]] Millis wait_after_misses(uint32_t misses);

class CodeTallies {
 public:
  using Name = std::array<unsigned char, 16>;

  // Why no code is sent to the party now, if none is.
  struct Refusal {
    bool until_tomorrow = false;
    Millis retry_in{0};  // else
  };
  // Counts one that is sent. Refuses, and counts nothing, when the party had `per_day` today, or
  // when `spacing` wants them further apart.
  [[nodiscard]] std::optional<Refusal> send(const Name& party, uint32_t per_day,
                                            const Rate& spacing, Tick now, Day today);

  // How a try of the party's ended; with too_soon, how long it has to wait.
  struct Tried {
    CodeVerdict verdict = CodeVerdict::wrong_code;
    Millis retry_in{0};
  };
  // Has `judge() -> Tried` judge one try and counts it if the code was wrong; refuses too_soon, or
  // too_many_tries for the rest of the day, without asking. No other try of the party is judged
  // meanwhile.
  template <class Judge>
  [[nodiscard]] Tried attempt(const Name& party, Tick now, Day today, Judge&& judge) {
    const Hold stripe(stripes_.of(party.back()));
    Tally& tally = tally_of(*stripe, party, now, today);
    if (tally.misses >= kMissesPerDay) {
      return {CodeVerdict::too_many_tries};
    }
    if (now < tally.judged_from) {
      return {CodeVerdict::too_soon, tally.judged_from - now};
    }
    const Tried tried = judge();
    if (tried.verdict == CodeVerdict::wrong_code) {
      ++tally.misses;
      tally.judged_from = now + wait_after_misses(tally.misses);
    }
    return tried;
  }
  // The last wrong one that was counted was not told: it counts no more.
  void forgive(const Name& party);

  // What was counted before the process began. What it has to wait begins anew.
  void restore(const Name& party, Day day, uint32_t sent, uint32_t misses, Tick now);

  // Parties remembered, for metrics and tests.
  [[nodiscard]] std::size_t entries() const;

 private:
  struct Tally {
    Day day{};
    uint32_t sent = 0;
    uint32_t misses = 0;
    Tick judged_from = Tick::min();
    TokenBucket spacing;
  };
  struct Stripe {
    boost::unordered_flat_map<Name, Tally, HashOfHash> tallies;
    TableSweep sweep;
  };
  static constexpr std::size_t kStripes = 64;

  static Tally& tally_of(Stripe& stripe, const Name& party, Tick now, Day today);

  Striped<Stripe, kStripes> stripes_;
};

}  // namespace plated
