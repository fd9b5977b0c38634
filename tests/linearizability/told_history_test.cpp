// Histories that could have been, and histories that could not, each as short as it can be told.
#include <gtest/gtest.h>

#include <string>

#include "tests/linearizability/verdict.h"
#include "tests/linearizability/witness.h"

namespace plated::linearizability {
namespace {

constexpr uint64_t kToldStepsMax = 200'000;

struct ToldHistory : testing::Test {
  ToldHistory() : witness(3, 12) {}

  void could_have_been() const {
    const Verdict verdict = judge(witness.history, kToldStepsMax);
    EXPECT_TRUE(verdict.linearizable())
        << (verdict.violations.empty() ? "gave up" : verdict.violations[0]);
  }
  // And the explanation names what cannot be placed.
  void could_not(const std::string& because) const {
    const Verdict verdict = judge(witness.history, kToldStepsMax);
    ASSERT_FALSE(verdict.violations.empty());
    EXPECT_TRUE(verdict.given_up.empty());
    std::string all;
    for (const std::string& violation : verdict.violations) {
      all += violation;
    }
    EXPECT_NE(all.find(because), std::string::npos) << all;
  }

  static void forget_answer(Request& request) {
    request.answered = false;
    request.error.clear();
    request.document.reset();
    request.window.until = kForever;
  }
  static void seen_between(Request& request, int64_t from, int64_t until) {
    request.window = {from * 1000, until * 1000};
  }

  Witness witness;
  const std::string one = Witness::car(1);
  const std::string two = Witness::car(2);
};

// --- What could have been ---

TEST_F(ToldHistory, OneOwnerAfterAnotherIsLawful) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[1];
  witness.shortlist(one, plate);
  witness.confirm(one, plate);
  witness.in_pick(two);
  witness.draw(two, 1);
  could_have_been();
}

TEST_F(ToldHistory, AnswersThatOverlapMayHaveHappenedInEitherOrder) {
  witness.in_pick(one);
  const int64_t called = witness.now() - 1;
  witness.enter(one);  // called after the draw was, and saw the application before it
  seen_between(witness.draw(one, 1), called, witness.now() + 100);
  witness.draw(one, 1);
  could_have_been();
}

TEST_F(ToldHistory, ARequestWithoutAnAnswerMayHaveTakenEffect) {
  witness.in_pick(one);
  Request& draw = witness.draw(one, 1);
  const PlateId plate = draw.document->batch->plates[0];
  Request& kept = witness.shortlist(one, plate);
  forget_answer(draw);
  forget_answer(kept);
  witness.confirm(one, plate);
  could_have_been();
}

TEST_F(ToldHistory, ARequestWithoutAnAnswerMayNeverHaveHappened) {
  witness.in_pick(one);
  Request lost{.client = "lost", .owner = Witness::owner_of(one), .vehicle = one};
  lost.verb = Verb::draw;
  lost.draw = 1;
  lost.window = {witness.now() * 1000, kForever};
  witness.history.requests.push_back(lost);
  witness.enter(one);
  witness.draw(one, 1);
  witness.draw(one, 2);
  could_have_been();
}

TEST_F(ToldHistory, ARetryIsAnsweredWithTheSameBatch) {
  witness.in_pick(one);
  witness.draw(one, 1);
  witness.draw(one, 1, 6);
  witness.pass(Witness::kBatchHold);
  witness.draw(one, 1, 6);
  could_have_been();
}

TEST_F(ToldHistory, AHoldEndsByItselfAndThePlateIsDrawnByAnother) {
  witness.in_pick(one);
  witness.in_pick(two);
  witness.draw(one, 1);
  witness.pass(Witness::kBatchHold);
  witness.settle(one);
  witness.draw(two, 1);
  could_have_been();
}

TEST_F(ToldHistory, AnAnswerAtTheDeadlineMayBeEither) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.pass(Witness::kBatchHold - 10);
  Request& late = witness.shortlist(one, plate);
  ASSERT_EQ(late.error, "expired");
  could_have_been();
}

TEST_F(ToldHistory, UsedUpDrawsAreConfirmedByThemselves) {
  witness.in_pick(one);
  for (uint32_t draw = 1; draw <= Witness::kDraws; ++draw) {
    witness.draw(one, draw);
  }
  witness.pass(Witness::kBatchHold);
  EXPECT_TRUE(witness.push(one).document.automatic);
  could_have_been();
}

TEST_F(ToldHistory, WhatEndsUnseenMayBeOneChangeOrSeveral) {
  witness.in_pick(one);
  witness.shortlist(one, witness.draw(one, 1).document->batch->plates[0]);
  witness.pass(Witness::kBatchHold + 100);
  Request& between = witness.draw(one, 3);  // refused when the batch was over, told no version
  ASSERT_EQ(between.error, "wrong_draw_number");
  witness.pass(Witness::kShortlistHold);
  const int64_t several = witness.enter(one).document->version;
  witness.history.requests.back().document->version = several - 1;
  could_have_been();
  witness.history.requests.back().document->version = several;
  could_have_been();
}

TEST_F(ToldHistory, ACrashKeepsCountdownsStanding) {
  witness.in_pick(one);
  witness.draw(one, 1);
  witness.pass(Witness::kBatchHold / 2);
  witness.kill();
  EXPECT_TRUE(witness.enter(one).document->batch.has_value());
  witness.pass(Witness::kBatchHold / 2);
  EXPECT_FALSE(witness.enter(one).document->batch.has_value());
  could_have_been();
}

TEST_F(ToldHistory, AnAnswerFromBeforeACrashMayBeReadAfterIt) {
  witness.in_pick(one);
  Request& draw = witness.draw(one, 1);
  Push& push = witness.push(one);
  witness.kill();
  draw.window.until = push.window.until = witness.now() * 1000;
  witness.enter(one);
  witness.push(one);
  could_have_been();
}

TEST_F(ToldHistory, AVoidedPlateReturnsAndIsDrawnAgain) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.shortlist(one, plate);
  witness.confirm(one, plate);
  witness.look(plate);
  ASSERT_TRUE(witness.void_reservation(plate).ok);
  witness.look(plate);
  witness.enter(one);
  witness.in_pick(one);
  witness.draw(one, 1);
  could_have_been();
}

TEST_F(ToldHistory, AnIssuedPlateStaysWhereItIs) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.shortlist(one, plate);
  witness.confirm(one, plate);
  witness.issue(plate);
  witness.look(plate);
  EXPECT_EQ(witness.confirm(one, plate).document->step, Step::issued);
  could_have_been();
}

TEST_F(ToldHistory, RefusalsInTheirOrderAreLawful) {
  witness.submit(one, "111111");
  witness.draw(one, 1);
  witness.in_pick(one);
  witness.draw(one, 2);
  const Request& draw = witness.draw(one, 1);
  witness.shortlist(one, 12);
  witness.confirm(one, draw.document->batch->plates[0]);
  witness.shortlist(one, draw.document->batch->plates[0]);
  witness.confirm(one, draw.document->batch->plates[0]);
  witness.confirm(one, draw.document->batch->plates[1]);
  witness.shortlist(one, draw.document->batch->plates[1]);
  witness.draw(one, 2);
  could_have_been();
}

// --- What could not ---

TEST_F(ToldHistory, AStaleReadIsFound) {
  witness.in_pick(one);
  const Document stale = *witness.enter(one).document;
  witness.draw(one, 1);
  witness.enter(one).document = stale;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, AnAcknowledgedConfirmationThatIsLostInACrashIsFound) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  const Document before = *witness.shortlist(one, plate).document;
  witness.confirm(one, plate);
  witness.kill();
  witness.enter(one).document = before;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, APlateThatTwoHoldIsFound) {
  witness.in_pick(one);
  witness.in_pick(two);
  const Request& first = witness.draw(one, 1);
  witness.draw(two, 1).document->batch->plates = first.document->batch->plates;
  could_not("the plate plate-0");
}

TEST_F(ToldHistory, APlateThatIsReservedForTwoIsFound) {
  witness.in_pick(one);
  witness.in_pick(two);
  const PlateId first = witness.draw(one, 1).document->batch->plates[0];
  const PlateId second = witness.draw(two, 1, 6).document->batch->plates[0];
  witness.shortlist(one, first);
  witness.shortlist(two, second);
  witness.confirm(one, first);
  Request& confirm = witness.confirm(two, second);
  confirm.plate = confirm.document->reserved = first;
  could_not("the plate plate-0");
}

TEST_F(ToldHistory, ARetryThatDrawsAnewIsFound) {
  witness.in_pick(one);
  witness.draw(one, 1);
  Request& again = witness.draw(one, 2, 6);
  again.draw = 1;  // the client repeated its first draw, and was given a second
  could_not("device of car-1 draw 1");
}

TEST_F(ToldHistory, AConfirmationThatActsTwiceIsFound) {
  witness.in_pick(one);
  const PlateId first = witness.draw(one, 1).document->batch->plates[0];
  witness.shortlist(one, first);
  witness.confirm(one, first);
  Request& second = witness.confirm(one, first + 1);
  ASSERT_EQ(second.error, "already_confirmed");
  second.error.clear();
  second.document = witness.enter(one).document;
  second.document->reserved = first + 1;
  could_not("confirm plate-1 -> ok");
}

TEST_F(ToldHistory, AVersionThatGoesBackIsFound) {
  witness.in_pick(one);
  witness.draw(one, 1);
  witness.enter(one).document->version -= 1;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, AVersionThatStaysThoughSomethingChangedIsFound) {
  witness.in_pick(one);
  const Request& draw = witness.draw(one, 1);
  witness.shortlist(one, draw.document->batch->plates[0]).document->version =
      draw.document->version;
  could_not("device of car-1 shortlist");
}

TEST_F(ToldHistory, AHoldThatLivesAfterItsDeadlineIsFound) {
  witness.in_pick(one);
  const Request& draw = witness.draw(one, 1);
  witness.pass(Witness::kBatchHold + 100);
  Request& late = witness.enter(one);
  late.document->batch = draw.document->batch;
  late.document->batch->left = 1'000;
  late.document->version = draw.document->version;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, ARequestThatSucceedsAfterTheDeadlineIsFound) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  Request& kept = witness.shortlist(one, plate);
  const int64_t late = witness.now() + 2 * Witness::kBatchHold;
  seen_between(kept, late, late + 1);
  could_not("device of car-1 shortlist");
}

TEST_F(ToldHistory, AHoldThatEndsBeforeItsDeadlineIsFound) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.pass(Witness::kBatchHold / 2);
  Request& early = witness.shortlist(one, plate);
  early.document.reset();
  early.error = "expired";
  could_not("device of car-1 shortlist");
}

TEST_F(ToldHistory, AHoldThatACrashRevivesIsFound) {
  witness.in_pick(one);
  const Request& draw = witness.draw(one, 1);
  witness.pass(Witness::kBatchHold);
  witness.enter(one);
  witness.kill();
  Request& after = witness.enter(one);
  after.document = draw.document;
  after.document->version += 2;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, ACountdownThatACrashLengthensIsFound) {
  witness.in_pick(one);
  witness.draw(one, 1);
  witness.pass(Witness::kBatchHold / 2);
  witness.kill();
  // A second may be given back, but no more than that.
  witness.enter(one).document->batch->left += 1'100'000;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, ACountdownThatIsShortenedIsFound) {
  witness.in_pick(one);
  witness.draw(one, 1);
  witness.enter(one).document->batch->left -= 100'000;
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, AShortlistedPlateThatAnotherDrawsIsFound) {
  witness.in_pick(one);
  witness.in_pick(two);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.shortlist(one, plate);
  witness.pass(Witness::kBatchHold);
  witness.settle(one);
  Request& draw = witness.draw(two, 1);
  draw.document->batch->plates[2] = plate;
  could_not("the plate plate-0");
}

TEST_F(ToldHistory, ADrawThatCostsTwoIsFound) {
  witness.in_pick(one);
  witness.draw(one, 1).document->draws_left -= 1;
  could_not("device of car-1 draw 1");
}

TEST_F(ToldHistory, APlateThatIsLookedAtAsFreeWhileItIsReservedIsFound) {
  witness.in_pick(one);
  const PlateId plate = witness.draw(one, 1).document->batch->plates[0];
  witness.shortlist(one, plate);
  witness.confirm(one, plate);
  OperatorAct& look = witness.look(plate);
  ASSERT_EQ(look.state, "reserved");
  look.state = "free";
  look.vehicle.clear();
  could_not("operator look at plate-0");
}

TEST_F(ToldHistory, ARightAnswerToAWrongCodeIsFound) {
  witness.submit(one).code = "111111";
  could_not("device of car-1 submit");
}

TEST_F(ToldHistory, AnAnswerAboutSomebodyElsesVehicleIsFound) {
  witness.submit(one);
  witness.enter(one).owner = Witness::owner_of(two);
  could_not("device of car-1 enter");
}

TEST_F(ToldHistory, ARequestThatTakesEffectAfterItsServerWasKilledIsFound) {
  witness.in_pick(one);
  Request& draw = witness.draw(one, 1);
  witness.draw(one, 1);
  forget_answer(draw);
  Request lost = draw;
  witness.history.requests.erase(witness.history.requests.end() - 2);
  witness.history.requests.insert(witness.history.requests.end() - 1, lost);
  Request& seen = witness.history.requests.back();
  seen.verb = Verb::enter;
  // It was asked for before the kill; before and after the start nothing was drawn; then it was.
  const Micros killed = witness.now() * 1000;
  witness.kill();
  Request before = witness.history.requests[1];
  before.verb = Verb::enter;
  before.window = {killed + 31'000, killed + 32'000};
  seen.window = {killed + 33'000, killed + 34'000};
  witness.history.requests.push_back(before);
  could_not("device of car-1 enter");
}

}  // namespace
}  // namespace plated::linearizability
