// Random commands against the naive twin: two readings of the rules must agree on every answer and
// on the whole state. PLATED_MODEL_SEQUENCES sets how many sequences; a failure prints the seed,
// which then becomes a test of its own here.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/model/duel.h"
#include "tests/support/effort.h"

namespace plated {
namespace {

constexpr int kSteps = 80;
constexpr uint64_t kEnough = 1000;  // sequences, for everything to have happened

uint64_t sequences() {
  const char* const text = std::getenv("PLATED_MODEL_SEQUENCES");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : kThreadSanitized ? 200 : 2000;
}

uint64_t first_seed() {
  const char* const text = std::getenv("PLATED_MODEL_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

TEST(Model, RandomCommandsLeadWhereTheRulesLead) {
  Duel::Tally tally{};
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + sequences() && !HasFailure(); ++seed) {
    Duel duel(seed, tally);
    duel.fight(kSteps);
    if (seed % 8 == 0 && !HasFailure()) {
      duel.replay();
    }
  }
  for (std::size_t i = 0; sequences() >= kEnough && i < tally.size(); ++i) {
    const auto refusal = static_cast<Refusal>(i);
    if (refusal <= Refusal::overloaded && !HasFailure()) {
      EXPECT_GT(tally[i], 0U) << "refusal " << i << " never happened";
    }
  }
}

// --- What random commands found, as the shortest way there ---

struct Found : testing::Test, World {};

// Seed 199.
TEST_F(Found, AVoidWithNoBlacklistYearsTakesNobodysHolds) {
  load_first(100);
  settings([](Settings& s) { s.blacklist_years = 0; });
  const Who who = holder(1);
  const Plate reserved{pool, out.application.reservation.plate};
  const std::string_view other = "LA000000000000001";
  ASSERT_TRUE(engine->import_vehicle({who.owner, other, pool, "粤B12345"}, false, kOperator).ok());
  const Who second{who.owner, other};
  ASSERT_EQ(submit(second), Refusal::none);
  ASSERT_EQ(verify(second), Refusal::none);
  ASSERT_EQ(draw(second, 1), Refusal::none);
  ASSERT_TRUE(engine->void_reservation(reserved, "test", true, kOperator, changes).ok());
  run_timers();
  EXPECT_EQ(counts().held, 10U);
}

// Seed 298.
TEST_F(Found, AllSegmentsThatAreDueAreReleasedByAdvancingToTheEnd) {
  const uint32_t first = plate("粤BD00001").number.value;
  for (uint32_t i = 0; i < 3; ++i) {
    LoadSegment segment{
        .plates = {pool, PlateNumber{first + 10 * i}, PlateNumber{first + 10 * i + 9}, {}}};
    segment.release_at = ticks.now().civil + kHour;
    ASSERT_TRUE(engine->load(segment, kOperator).verdict.ok());
  }
  pass(kHour);
  EXPECT_EQ(counts().free, 30U);
}

// Seed 200909: the office slept over the day before the deadline, so the reminder's hour was still
// to come when the deadline's day ended.
TEST_F(Found, ALapseDoesNotWaitForTheReminder) {
  load_first(100);
  settings([](Settings& s) { s.lapse_grace = kHour; });
  holder(1);  // until Monday
  ticks.sleep(5 * kDay);
  run_timers();
  ticks.sleep(kDay);
  run_timers();
  pass(kHour);
  EXPECT_EQ(sink.count<Lapsed>(), 1U);
}

}  // namespace
}  // namespace plated
