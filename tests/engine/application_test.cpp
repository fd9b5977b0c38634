// The rules of one application, sentence by sentence: submit, verify, draw, shortlist, confirm,
// expiry, auto-confirm, retries, the order of refusals.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/world.h"

namespace plated {
namespace {

// Each test checks at its end that the states add up and that replay leads to the same digest.
struct Application : testing::Test, World {
  Application() { load_first(1000); }
  ~Application() override {
    const PoolCounts c = counts();
    EXPECT_EQ(c.free + c.held + c.reserved + c.issued + c.withheld, c.loaded);
    MemorySink other;
    EXPECT_EQ(replayed(sink, other, ticks, 16)->digest(), engine->digest());
  }
};

TEST_F(Application, BeginsAtSubmitWithNothing) {
  const auto& view = look(owner(1));
  EXPECT_EQ(view.step, Step::submit);
  EXPECT_EQ(view.draws_left, 0U);
  EXPECT_EQ(view.draw, 0U);
  EXPECT_TRUE(view.batch.empty());
  EXPECT_EQ(view.version, 1U);
}

TEST_F(Application, SubmittingSetsTheDrawsOfTheOffice) {
  settings([](Settings& s) { s.draws = 7; });
  const Who who = owner(1);
  ASSERT_EQ(submit(who), Refusal::none);
  EXPECT_EQ(out.application.step, Step::notice);
  EXPECT_EQ(out.application.draws_left, 7U);
  EXPECT_EQ(out.application.version, 2U);
}

TEST_F(Application, SubmitNeedsTheTermsThatAreInForceAndTellsThemBeforeTheCode) {
  EXPECT_EQ(submit(owner(1), CodeVerdict::wrong_code, "t0"), Refusal::terms_outdated);
  EXPECT_EQ(submit(owner(1), CodeVerdict::wrong_code), Refusal::wrong_code);
  EXPECT_EQ(submit(owner(1), CodeVerdict::code_expired), Refusal::code_expired);
  EXPECT_EQ(submit(owner(1), CodeVerdict::too_many_tries), Refusal::too_many_tries);
}

TEST_F(Application, SubmittingIsPossibleWhileTheOfficeIsClosed) {
  close();
  EXPECT_EQ(submit(owner(1)), Refusal::none);
}

TEST_F(Application, VerifyOpensPickForHalfAnHour) {
  const Who who = picker(1);
  EXPECT_EQ(out.application.step, Step::pick);
  EXPECT_EQ(out.application.verified_in, 30 * kMinute);
  pass(30 * kMinute - Millis{1});
  EXPECT_EQ(look(who).step, Step::pick);
  pass(Millis{1});
  EXPECT_EQ(look(who).step, Step::notice);
  EXPECT_EQ(out.application.draws_left, 5U);
}

TEST_F(Application, VerificationIsRenewedByEveryAction) {
  const Who who = picker(1);
  pass(29 * kMinute);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  pass(29 * kMinute);
  EXPECT_EQ(look(who).step, Step::pick);
}

TEST_F(Application, VerificationNeverRunsOutWhileAHoldIsLive) {
  settings([](Settings& s) {
    s.verified_for = kMinute;
    s.shortlist_hold = 10 * kMinute;
    s.batch_hold = 5 * kMinute;
  });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(out.application.verified_in, 5 * kMinute);
  pass(5 * kMinute - Millis{1});
  EXPECT_EQ(look(who).step, Step::pick);
  pass(Millis{1});
  EXPECT_EQ(look(who).step, Step::notice);
}

TEST_F(Application, VerifyBeforeSubmitIsTheWrongStep) {
  EXPECT_EQ(verify(owner(1)), Refusal::wrong_step);
}

TEST_F(Application, ADrawHoldsTenPlatesForNinetySecondsAndCostsOneDraw) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(out.application.batch.size(), 10U);
  EXPECT_EQ(out.application.batch_expires_in, 90 * kSecond);
  EXPECT_EQ(out.application.draws_left, 4U);
  EXPECT_EQ(out.application.draw, 1U);
  EXPECT_EQ(counts().held, 10U);
  const std::set<PlateNumber> distinct(out.application.batch.begin(), out.application.batch.end());
  EXPECT_EQ(distinct.size(), 10U);
}

TEST_F(Application, TheNextDrawFreesTheLastBatchAfterTakingItsOwn) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto first = out.application.batch;
  ASSERT_EQ(draw(who, 2), Refusal::none);
  for (const PlateNumber plate : out.application.batch) {
    EXPECT_EQ(std::count(first.begin(), first.end(), plate), 0);
  }
  EXPECT_EQ(counts().held, 10U);
}

TEST_F(Application, AHintMaySayWhatItLikes) {
  const Who own = picker(1);
  const uint32_t right = out.hint;
  const Who other = picker(2);
  ASSERT_NE(right, kNoIndex);
  uint32_t draws = 0;
  for (const uint32_t hint : {right, out.hint, right + 1, 1'000'000U, kNoIndex}) {
    EXPECT_EQ(draw({own.owner, own.vehicle, hint}, ++draws), Refusal::none) << hint;
    EXPECT_EQ(out.application.vehicle.view(), own.vehicle);
    EXPECT_EQ(out.hint, right);
    EXPECT_EQ(draw({other.owner, own.vehicle, hint}, draws + 1), Refusal::not_your_vehicle) << hint;
  }
}

TEST_F(Application, ADrawWithoutFourHasNoFourInAnyPlate) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1, true), Refusal::none);
  for (const PlateNumber plate : out.application.batch) {
    EXPECT_EQ(text_of(Plate{pool, plate}).view().find('4'), std::string_view::npos);
  }
}

TEST_F(Application, TheLatestDrawsNumberAgainIsARetryWhateverItsWithoutFour) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto first = out.application.batch;
  const auto version = out.application.version;
  ticks.advance(kSecond);
  ASSERT_EQ(draw(who, 1, true), Refusal::none);
  EXPECT_EQ(out.application.batch, first);
  EXPECT_EQ(out.application.version, version);
  EXPECT_EQ(out.application.draws_left, 4U);
  EXPECT_EQ(out.application.batch_expires_in, 89 * kSecond);
  EXPECT_FALSE(out.changed);
}

TEST_F(Application, ANumberNeitherNextNorLatestIsAnError) {
  const Who who = picker(1);
  EXPECT_EQ(draw(who, 2), Refusal::wrong_draw_number);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(draw(who, 1), Refusal::wrong_draw_number);
  EXPECT_EQ(draw(who, 4), Refusal::wrong_draw_number);
}

TEST_F(Application, WithoutDrawsLeftADrawIsRefusedButAWrongNumberIsToldFirst) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(draw(who, 2), Refusal::no_draws_left);
  EXPECT_EQ(draw(who, 3), Refusal::wrong_draw_number);
}

TEST_F(Application, APlateOfTheLiveBatchJoinsTheShortlist) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[3];
  ASSERT_EQ(shortlist(who, plate), Refusal::none);
  EXPECT_EQ(out.application.shortlist, std::vector{plate});
  EXPECT_EQ(out.application.shortlist_expires_in, 180 * kSecond);
  EXPECT_EQ(out.application.batch.size(), 10U) << "the batch shows shortlisted plates too";
  EXPECT_EQ(counts().held, 10U);
}

TEST_F(Application, AnotherPlateOfTheSameBatchPutsTheFirstBackIntoIt) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto batch = out.application.batch;
  ASSERT_EQ(shortlist(who, batch[0]), Refusal::none);
  ASSERT_EQ(shortlist(who, batch[1]), Refusal::none);
  EXPECT_EQ(out.application.shortlist, std::vector{batch[1]});
  ASSERT_EQ(shortlist(who, batch[0]), Refusal::none) << "it is in the batch again";
  EXPECT_EQ(out.application.shortlist, std::vector{batch[0]});
}

TEST_F(Application, EachBatchAddsAtMostOnePlateToTheShortlistWhichSurvivesRedraws) {
  const Who who = picker(1);
  std::vector<PlateNumber> chosen;
  for (uint32_t n = 1; n <= 3; ++n) {
    ASSERT_EQ(draw(who, n), Refusal::none);
    chosen.push_back(out.application.batch[n]);
    ASSERT_EQ(shortlist(who, chosen.back()), Refusal::none);
  }
  EXPECT_EQ(out.application.shortlist, chosen);
  EXPECT_EQ(counts().held, 12U);
}

TEST_F(Application, ARedrawRestartsALiveShortlistsCountdown) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  pass(100 * kSecond);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(out.application.shortlist_expires_in, 180 * kSecond);
}

TEST_F(Application, APlateAlreadyOnTheShortlistIsARetryAndRestartsNothing) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[0];
  ASSERT_EQ(shortlist(who, plate), Refusal::none);
  ticks.advance(10 * kSecond);
  ASSERT_EQ(shortlist(who, plate), Refusal::none);
  EXPECT_EQ(out.application.shortlist_expires_in, 170 * kSecond);
  EXPECT_FALSE(out.changed);
}

TEST_F(Application, APlateOfTheLatestBatchWhenThatIsOverHasExpiredAnyOtherIsNotInTheBatch) {
  const Who who = picker(1);
  EXPECT_EQ(shortlist(who, PlateNumber{5}), Refusal::not_in_batch);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto first = out.application.batch;
  ASSERT_EQ(draw(who, 2), Refusal::none);
  const auto second = out.application.batch;
  EXPECT_EQ(shortlist(who, first[0]), Refusal::not_in_batch);
  pass(90 * kSecond);
  EXPECT_EQ(shortlist(who, second[0]), Refusal::expired);
  EXPECT_EQ(shortlist(who, first[0]), Refusal::not_in_batch);
}

TEST_F(Application, ConfirmingReservesThePlateAndReleasesEveryOtherHold) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  const PlateNumber plate = out.application.batch[4];
  ASSERT_EQ(shortlist(who, plate), Refusal::none);
  ASSERT_EQ(confirm(who, plate), Refusal::none);
  EXPECT_EQ(out.application.step, Step::done);
  EXPECT_EQ(out.application.reservation.plate, plate);
  EXPECT_FALSE(out.application.reservation.automatic);
  EXPECT_EQ(out.application.reservation.sequence, sink.last());
  EXPECT_EQ(counts().held, 0U);
  EXPECT_EQ(counts().reserved, 1U);
  EXPECT_EQ(counts().free, 999U);
}

TEST_F(Application, ConfirmingAgainIsARetryAndAnotherPlateIsAlreadyConfirmed) {
  const Who who = holder(1);
  const PlateNumber plate = out.application.reservation.plate;
  const auto version = out.application.version;
  ASSERT_EQ(confirm(who, plate), Refusal::none);
  EXPECT_EQ(out.application.version, version);
  EXPECT_EQ(confirm(who, PlateNumber{plate.value + 1}), Refusal::already_confirmed);
}

TEST_F(Application, OnlyAPlateOnTheLiveShortlistIsConfirmed) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto batch = out.application.batch;
  EXPECT_EQ(confirm(who, batch[0]), Refusal::not_on_shortlist);
  ASSERT_EQ(shortlist(who, batch[0]), Refusal::none);
  EXPECT_EQ(confirm(who, batch[1]), Refusal::not_on_shortlist);
  pass(180 * kSecond);
  EXPECT_EQ(confirm(who, batch[0]), Refusal::expired);
}

TEST_F(Application, ConfirmBeforePickIsTheWrongStep) {
  EXPECT_EQ(confirm(owner(1), PlateNumber{5}), Refusal::wrong_step);
}

TEST_F(Application, WhenTheBatchsCountdownEndsItsPlatesOffTheShortlistBecomeFree) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[2]), Refusal::none);
  pass(90 * kSecond);
  EXPECT_EQ(counts().held, 1U);
  EXPECT_TRUE(look(who).batch.empty());
  EXPECT_EQ(out.application.shortlist.size(), 1U);
  pass(90 * kSecond);
  EXPECT_EQ(counts().held, 0U);
  EXPECT_TRUE(look(who).shortlist.empty());
}

TEST_F(Application, ARequestAtTheDeadlineLosesEvenIfTheTimerHasNotRun) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[0];
  ticks.advance(90 * kSecond);
  EXPECT_EQ(shortlist(who, plate), Refusal::expired);
  EXPECT_TRUE(out.settled_first) << "the expiry is told before the refusal";
  EXPECT_TRUE(out.settled.batch.empty());
  EXPECT_EQ(sink.count<BatchExpired>(), 1U);
  EXPECT_EQ(out.rests_on, sink.last()) << "the refusal rests on the expiry's record";
}

TEST_F(Application, ARequestOneMillisecondBeforeTheDeadlineWins) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[0];
  ticks.advance(90 * kSecond - Millis{1});
  EXPECT_EQ(shortlist(who, plate), Refusal::none);
}

TEST_F(Application, OneCommandMakesOneAppendWithWhatWasDueFirst) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ticks.advance(90 * kSecond);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(sink.appends.back(), 2U);  // the expiry and the draw
}

TEST_F(Application, WithNoDrawsLeftTheFirstPlateOfTheLastDrawStaysAsFallback) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto batch = out.application.batch;
  EXPECT_EQ(out.application.fallback, batch[0]);
  ASSERT_EQ(shortlist(who, batch[5]), Refusal::none);
  pass(90 * kSecond);
  EXPECT_EQ(counts().held, 2U) << "the fallback and the shortlisted plate";
  EXPECT_EQ(look(who).fallback, batch[0]);
  pass(90 * kSecond);
  EXPECT_EQ(look(who).step, Step::done);
  EXPECT_EQ(out.application.reservation.plate, batch[0]);
  EXPECT_TRUE(out.application.reservation.automatic);
  EXPECT_EQ(counts().held, 0U);
}

TEST_F(Application, AFallbackOnTheShortlistIsHeldOnce) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto batch = out.application.batch;
  ASSERT_EQ(shortlist(who, batch[0]), Refusal::none);
  pass(90 * kSecond);
  EXPECT_EQ(counts().held, 1U);
  pass(90 * kSecond);
  EXPECT_EQ(look(who).reservation.plate, batch[0]);
  EXPECT_EQ(counts().reserved, 1U);
}

TEST_F(Application, TheOwnerChoosesAsLongAsACountdownRunsAfterTheLastDraw) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[7];
  ASSERT_EQ(shortlist(who, plate), Refusal::none);
  pass(179 * kSecond);
  ASSERT_EQ(confirm(who, plate), Refusal::none);
  EXPECT_FALSE(out.application.reservation.automatic);
  EXPECT_EQ(counts().held, 0U);
}

TEST_F(Application, AutoConfirmHappensByItselfAtTheTimer) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  enter(who);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  changes.applications.clear();
  pass(90 * kSecond);
  ASSERT_EQ(changes.applications.size(), 1U) << "a watched application's change is told";
  EXPECT_TRUE(changes.applications[0].application.reservation.automatic);
  EXPECT_EQ(changes.applications[0].application.reservation.sequence, sink.last());
}

TEST_F(Application, WithDrawsLeftNothingIsConfirmedByItself) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(out.application.fallback, kNoPlate);
  pass(kHour);
  EXPECT_EQ(look(who).step, Step::notice);
  EXPECT_EQ(out.application.draws_left, 4U);
}

TEST_F(Application, RetriesAreRecognisedBeforeEverythingButTheVehicle) {
  const Who who = holder(1);
  const PlateNumber plate = out.application.reservation.plate;
  maintain();
  blacklist(who);
  EXPECT_EQ(confirm(who, plate), Refusal::none);
  EXPECT_EQ(submit(who, CodeVerdict::wrong_code, "t0"), Refusal::none);
  EXPECT_EQ(verify(who, CodeVerdict::wrong_code), Refusal::none);
  EXPECT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(draw({"r-2", who.vehicle}, 1), Refusal::not_your_vehicle);
}

TEST_F(Application, RefusalsComeInTheOrderOfTheRules) {
  const Who who = owner(1);
  maintain();
  blacklist(who);
  EXPECT_EQ(draw(who, 9), Refusal::maintenance);
  resume();
  pause();
  EXPECT_EQ(draw(who, 9), Refusal::blacklisted);
  engine->lift_blacklist(who.owner, "test", kOperator);
  EXPECT_EQ(draw(who, 9), Refusal::wrong_step);
  resume();
  const Who other = picker(2);
  pause();
  EXPECT_EQ(draw(other, 9), Refusal::paused);
  resume();
  close();
  EXPECT_EQ(draw(other, 9), Refusal::not_open);
  open();
  EXPECT_EQ(draw(other, 9), Refusal::wrong_draw_number);
}

TEST_F(Application, AForeignOrUnknownVehicleIsNotYours) {
  const Who who = owner(1);
  const Who other = owner(2);
  EXPECT_EQ(enter({who.owner, other.vehicle}), Refusal::not_your_vehicle);
  EXPECT_EQ(enter({who.owner, "LGXCE4CB6P0123456"}), Refusal::not_your_vehicle);
  EXPECT_EQ(enter({"nobody", who.vehicle}), Refusal::not_your_vehicle);
}

TEST_F(Application, VersionsGrowWithEveryChangeAndWithNothingElse) {
  const Who who = picker(1);
  uint32_t version = out.application.version;
  ASSERT_EQ(draw(who, 1), Refusal::none);
  EXPECT_EQ(out.application.version, ++version);
  EXPECT_EQ(draw(who, 7), Refusal::wrong_draw_number);
  EXPECT_EQ(look(who).version, version);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  EXPECT_EQ(out.application.version, ++version);
  pass(90 * kSecond);
  EXPECT_EQ(look(who).version, ++version);
}

TEST_F(Application, AFullLogRefusesAsOverloadedAndChangesNothing) {
  const Who who = picker(1);
  const Digest before = engine->digest();
  sink.full = true;
  EXPECT_EQ(draw(who, 1), Refusal::overloaded);
  EXPECT_TRUE(out.retry_in.has_value());
  sink.full = false;
  EXPECT_EQ(engine->digest(), before);
}

}  // namespace
}  // namespace plated
