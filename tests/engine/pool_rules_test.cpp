// The rules of pools: segments and their release, withholding, the end of a pool, secrets by the
// day.
#include <gtest/gtest.h>

#include "engine/draw_stream.h"
#include "tests/support/world.h"

namespace plated {
namespace {

struct PoolRules : testing::Test, World {
  ~PoolRules() override {
    if (engine->pool(pool)) {
      (void)counts();
    }
    MemorySink other;
    EXPECT_EQ(replayed(sink, other, ticks, 8)->digest(), engine->digest());
  }
  PlateState state_of(std::string_view text) { return engine->plate(plate(text)).state; }
  PlateSelection list(std::vector<std::string_view> texts) {
    PlateSelection selection{.pool = pool};
    for (const auto text : texts) {
      selection.plates.push_back(plate(text).number);
    }
    return selection;
  }
};

TEST_F(PoolRules, AWholeElectricPoolLeavesOutTheAllZeroSerials) {
  EXPECT_EQ(load("粤BD00000", "粤BEZ9999").plates, 1'699'875U);
  EXPECT_EQ(counts().free, 1'699'875U);
}

TEST_F(PoolRules, AllZeroSerialsAreLoadedWhenTheLoadSaysSo) {
  LoadSegment segment{.plates = {pool, plate("粤BD00000").number, plate("粤BD00009").number, {}}};
  segment.all_zero = true;
  EXPECT_EQ(engine->load(segment, kOperator).plates, 10U);
}

TEST_F(PoolRules, ADryRunChangesNothing) {
  LoadSegment segment{.plates = {pool, plate("粤BD00001").number, plate("粤BD00100").number, {}}};
  segment.dry_run = true;
  const Digest before = engine->digest();
  EXPECT_EQ(engine->load(segment, kOperator).plates, 100U);
  EXPECT_EQ(engine->digest(), before);
}

TEST_F(PoolRules, PlatesAlreadyKnownAreRefusedWithAListAndNothingIsLoaded) {
  load_first(10);
  const PlatesReport report = load("粤BD00008", "粤BD00020");
  EXPECT_EQ(report.verdict.kind, Verdict::Kind::conflict);
  ASSERT_EQ(report.refused.size(), 3U);
  EXPECT_EQ(report.refused[0].why, "already_known");
  EXPECT_EQ(counts().loaded, 10U);
}

TEST_F(PoolRules, DuplicatesInAListAreRefused) {
  const auto report =
      engine->load({.plates = list({"粤BD00001", "粤BD00002", "粤BD00001"})}, kOperator);
  ASSERT_EQ(report.refused.size(), 1U);
  EXPECT_EQ(report.refused[0].why, "duplicate");
}

TEST_F(PoolRules, AListIsLoadedInManySmallEventsAndFreeWithOne) {
  PlateSelection selection{.pool = pool};
  for (uint32_t n = 0; n < 1000; ++n) {
    selection.plates.push_back(PlateNumber{plate("粤BD00001").number.value + 3 * n});
  }
  ASSERT_TRUE(engine->load({.plates = selection}, kOperator).verdict.ok());
  EXPECT_EQ(sink.count<SegmentListed>(), 4U);
  EXPECT_EQ(sink.count<SegmentReleased>(), 1U);
  EXPECT_EQ(counts().free, 1000U);
}

TEST_F(PoolRules, ASegmentIsWithheldUntilItsReleaseTime) {
  LoadSegment segment{.plates = {pool, plate("粤BD00001").number, plate("粤BD00100").number, {}}};
  segment.release_at = ticks.now().civil + kHour;
  ASSERT_TRUE(engine->load(segment, kOperator).verdict.ok());
  EXPECT_EQ(counts().withheld, 100U);
  EXPECT_EQ(state_of("粤BD00005"), PlateState::withheld);
  EXPECT_EQ(engine->plate(plate("粤BD00005")).why, WithheldWhy::unreleased);
  const Who who = picker(1);
  EXPECT_EQ(draw(who, 1), Refusal::pool_empty);
  pass(kHour);
  EXPECT_EQ(counts().free, 100U);
}

TEST_F(PoolRules, FreePlatesAreWithheldAndRestoredWithAReason) {
  load_first(100);
  ASSERT_TRUE(
      engine->withhold(list({"粤BD00008", "粤BD00088"}), "auction", kOperator).verdict.ok());
  EXPECT_EQ(counts().withheld, 2U);
  EXPECT_EQ(engine->plate(plate("粤BD00088")).reason, "auction");
  ASSERT_TRUE(engine->restore(list({"粤BD00088"}), "back", kOperator).verdict.ok());
  EXPECT_EQ(counts().withheld, 1U);
  EXPECT_EQ(state_of("粤BD00088"), PlateState::free);
}

TEST_F(PoolRules, AWithheldRangeIsAllOrNothing) {
  load_first(100);
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  PlateSelection all{
      .pool = pool, .from = plate("粤BD00001").number, .to = plate("粤BD00100").number};
  const PlatesReport refused = engine->withhold(all, "x", kOperator);
  EXPECT_EQ(refused.verdict.kind, Verdict::Kind::conflict);
  EXPECT_EQ(refused.refused.size(), 10U);
  EXPECT_EQ(refused.refused[0].why, "held");
  EXPECT_EQ(counts().withheld, 0U);
  pass(90 * kSecond);
  EXPECT_EQ(engine->withhold(all, "x", kOperator).plates, 100U);
  EXPECT_EQ(counts().withheld, 100U);
  EXPECT_FALSE(engine->withhold(all, "x", kOperator).verdict.changed);
}

TEST_F(PoolRules, AReservedAndAReturningPlateAreNotWithheld) {
  load_first(100);
  holder(1);
  const Plate mine{pool, out.application.reservation.plate};
  PlateSelection selection{.pool = pool};
  selection.plates = {mine.number};
  EXPECT_EQ(engine->withhold(selection, "x", kOperator).refused.at(0).why, "reserved");
  ASSERT_TRUE(engine->void_reservation(mine, "x", false, kOperator, changes).ok());
  EXPECT_EQ(engine->withhold(selection, "x", kOperator).refused.at(0).why, "returning");
}

TEST_F(PoolRules, UnreleasedPlatesWithheldStayBehindAtTheRelease) {
  LoadSegment segment{.plates = {pool, plate("粤BD00001").number, plate("粤BD00100").number, {}}};
  segment.release_at = ticks.now().civil + kHour;
  ASSERT_TRUE(engine->load(segment, kOperator).verdict.ok());
  ASSERT_TRUE(engine->withhold(list({"粤BD00008"}), "auction", kOperator).verdict.ok());
  EXPECT_EQ(counts().withheld, 100U);
  pass(kHour);
  EXPECT_EQ(counts().free, 99U);
  ASSERT_TRUE(engine->restore(list({"粤BD00008"}), "x", kOperator).verdict.ok());
  EXPECT_EQ(counts().free, 100U);
}

TEST_F(PoolRules, APoolTooEmptyIsFilledUpFromTheLastBatchInItsOrder) {
  load_first(13);
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto first = out.application.batch;
  ASSERT_EQ(shortlist(who, first[0]), Refusal::none);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  const auto second = out.application.batch;
  ASSERT_EQ(second.size(), 10U);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(second[3 + i], first[1 + i]) << "three were free; then the last batch's, in order";
  }
  EXPECT_EQ(counts().held, 11U);
}

TEST_F(PoolRules, OnesOwnBatchAloneIsNotEnoughForADraw) {
  load_first(10);
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(draw(who, 2), Refusal::all_held);
  EXPECT_EQ(out.retry_in, 22'500 * Millis{1});
  EXPECT_EQ(look(who).draws_left, 4U);
}

TEST_F(PoolRules, HeldOrReturningPlatesAreAllHeldAndGoneOnesAPoolEmpty) {
  load_first(1);
  const Who first = holder(1);
  const Plate mine{pool, out.application.reservation.plate};
  const Who second = picker(2);
  EXPECT_EQ(draw(second, 1), Refusal::pool_empty);
  ASSERT_TRUE(engine->void_reservation(mine, "x", false, kOperator, changes).ok());
  EXPECT_EQ(draw(second, 1), Refusal::all_held) << "returning";
  pass(kDay);
  EXPECT_EQ(verify(second), Refusal::none);
  EXPECT_EQ(draw(second, 1), Refusal::none);
  (void)first;
}

TEST_F(PoolRules, WithoutFourOnlyMatchingPlatesCount) {
  ASSERT_TRUE(load("粤BD00040", "粤BD00049").verdict.ok());
  const Who who = picker(1);
  EXPECT_EQ(draw(who, 1, true), Refusal::pool_empty);
  EXPECT_EQ(draw(who, 1, false), Refusal::none);
}

TEST_F(PoolRules, WithoutFourTheLastBatchFillsUpWithMatchingPlatesOnly) {
  ASSERT_TRUE(load("粤BD00040", "粤BD00049").verdict.ok());
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_TRUE(load("粤BD00050", "粤BD00052").verdict.ok());
  ASSERT_EQ(draw(who, 2, true), Refusal::none);
  EXPECT_EQ(out.application.batch.size(), 3U) << "of the last batch every plate has a 4";
  EXPECT_EQ(counts().held, 3U);
  ASSERT_TRUE(load("粤BD00053", "粤BD00053").verdict.ok());
  ASSERT_EQ(draw(who, 3, true), Refusal::none);
  EXPECT_EQ(out.application.batch.size(), 4U) << "one was free; then the last batch's";
}

TEST_F(PoolRules, FreedPlatesAreFreeToEverybodyFromTheMomentTheirReleaseIsRecorded) {
  load_first(10);
  const Who first = picker(1);
  ASSERT_EQ(draw(first, 1), Refusal::none);
  const Who second = picker(2);
  EXPECT_EQ(draw(second, 1), Refusal::all_held);
  pass(90 * kSecond);
  EXPECT_EQ(draw(second, 1), Refusal::none);
}

TEST_F(PoolRules, TheFirstPeriodIsCommittedFromTheFirstLoadTheNextADayAhead) {
  load_first(10);
  const auto periods = engine->pool(pool)->periods;
  ASSERT_EQ(periods.size(), 2U);
  EXPECT_TRUE(periods[0].began);
  EXPECT_FALSE(periods[1].began);
  EXPECT_EQ(periods[0].commitment, commitment_of(DrawSecret{1}));
  EXPECT_EQ(periods[1].day - periods[0].day, std::chrono::days(1));
}

TEST_F(PoolRules, ANewDayBringsTheNextSecretAndDrawsUseIt) {
  load_first(100);
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const Day first = sink.latest<Drawn>().period;
  pass(14 * kHour);
  ASSERT_EQ(verify(who), Refusal::none);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(sink.latest<Drawn>().period - first, std::chrono::days(1));
}

TEST_F(PoolRules, AfterAnOutageOverManyDaysTheSecretCommittedLastServes) {
  load_first(100);
  ticks.sleep(5 * kDay);
  run_timers();
  EXPECT_EQ(engine->pool(pool)->periods.at(1).began, true);
  const Who who = picker(1);
  EXPECT_EQ(draw(who, 1), Refusal::none);
}

TEST_F(PoolRules, ADrawIsRecomputedFromTheSecretAndTheLog) {
  load_first(500);
  const Who who = picker(7);
  FreeSet before;
  before.reserve(500, 500);
  for (uint32_t n = 1; n <= 500; ++n) {
    const PlateNumber p{plate("粤BD00001").number.value + n - 1};
    before.put(p, has_four(office, PlateClass::small, p));
  }
  ASSERT_EQ(draw(who, 1), Refusal::none);
  DrawStream stream(DrawSecret{1}, who.owner, who.vehicle, 1, 1);
  std::array<Pick, kBatchSizeMax> picks;
  ASSERT_EQ(before.pick(stream, 10, false, picks), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(out.application.batch[i], picks[i].plate);
    EXPECT_EQ(sink.latest<Drawn>().taken[i], picks[i]);
  }
}

TEST_F(PoolRules, AListIsRefusedWhenTheLogHasNoRoomForIt) {
  const std::size_t before = sink.records.size();
  sink.full = true;
  const auto report = engine->load({.plates = list({"粤BD00001", "粤BD00002"})}, kOperator);
  EXPECT_EQ(report.verdict.kind, Verdict::Kind::overloaded);
  EXPECT_EQ(sink.records.size(), before);
  sink.full = false;
  EXPECT_TRUE(engine->load({.plates = list({"粤BD00001", "粤BD00002"})}, kOperator).verdict.ok());
}

TEST_F(PoolRules, APoolIsNotMadeWithSecretsThatWereKeptForAnotherDay) {
  const PoolKey other{office, PlateClass::large, Power::electric};
  const Day day = engine->office(office)->today();
  pass_days(1);
  EXPECT_EQ(engine->make_pool(other, DrawSecret{1}, DrawSecret{2}, day).kind,
            Verdict::Kind::overloaded);
  EXPECT_FALSE(engine->pool(other).has_value());
  EXPECT_TRUE(
      engine->make_pool(other, DrawSecret{2}, DrawSecret{3}, day + std::chrono::days(1)).ok());
}

}  // namespace
}  // namespace plated
