// The walk of one owner, against answers given by hand: what it asks, what it repeats, when it
// stops.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "tools/plateload/owners/walk.h"

namespace plated::load {
namespace {

using Kind = Action::Kind;

// A walk and the answers to it. `expect` reads the request that the last action sends.
class WalkTest : public ::testing::Test {
 protected:
  void begin(const WalkPlan& plan) {
    walk_.emplace("V", plan);
    action_ = walk_->on_connected();
  }

  void expect(const std::string& op) {
    ASSERT_EQ(action_.kind, Kind::send) << action_.why;
    request_ = boost::json::parse(action_.text).as_object();
    ASSERT_EQ(request_.at("op").as_string(), op);
    ASSERT_EQ(op, action_.op == Op::repeat ? "draw" : name_of(action_.op));
  }
  std::string field(const char* name) { return std::string(request_.at(name).as_string()); }
  std::string asked() const { return std::string(name_of(action_.op)); }
  int64_t draw_number() { return request_.at("draw").as_int64(); }

  void answer_code() {
    Message message;
    message.id = request_.at("id").as_int64();
    action_ = walk_->on_message(message);
  }
  void answer() {
    Message message;
    message.id = request_.at("id").as_int64();
    ++document_.version;
    message.document = document_;
    action_ = walk_->on_message(message);
  }
  void push() {
    Message message;
    message.kind = MessageKind::application;
    ++document_.version;
    message.document = document_;
    action_ = walk_->on_message(message);
  }
  void refuse(const std::string& code, std::optional<int64_t> retry_in_ms = {}) {
    Message message;
    message.kind = MessageKind::refusal;
    message.id = request_.at("id").as_int64();
    message.code = code;
    message.retry_in_ms = retry_in_ms;
    action_ = walk_->on_message(message);
  }

  void at_submit() {
    document_.vehicle = "V";
    document_.terms = "2026-01";
    document_.step = WalkStep::submit;
  }
  void at_notice() {
    document_.step = WalkStep::notice;
    document_.draws_left = 5;
  }
  void at_pick() {
    document_.step = WalkStep::pick;
    document_.draws_left = 5 - document_.draw;
  }
  void drawn(std::vector<std::string> plates) {
    ++document_.draw;
    --document_.draws_left;
    document_.batch = std::move(plates);
  }

  // Brings the walk to its first choice in `pick`.
  void walk_to_pick(const WalkPlan& plan) {
    at_submit();
    begin(plan);
    expect("enter");
    answer();
    expect("send_code");
    EXPECT_EQ(field("for"), "submit");
    answer_code();
    expect("submit");
    EXPECT_EQ(field("terms"), "2026-01");
    EXPECT_EQ(field("code"), "000000");
    at_notice();
    answer();
    expect("send_code");
    EXPECT_EQ(field("for"), "verify");
    answer_code();
    expect("verify");
    at_pick();
    answer();
  }

  std::optional<Walk> walk_;
  Action action_;
  Document document_;
  boost::json::object request_;
};

TEST_F(WalkTest, GoesFromTheFirstEnterToAConfirmedPlate) {
  walk_to_pick({});
  expect("draw");
  EXPECT_EQ(draw_number(), 1);
  drawn({"A", "B", "C"});
  answer();
  expect("shortlist");
  const std::string chosen = field("plate");
  document_.shortlist = std::vector{chosen};
  answer();
  expect("confirm");
  EXPECT_EQ(field("plate"), chosen);
  document_.step = WalkStep::done;
  document_.reservation = Reservation{chosen, 9, false};
  answer();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::confirmed);
}

TEST_F(WalkTest, ThinksBeforeWhatItIsPlannedToThinkAbout) {
  WalkPlan plan;
  plan.think.before[static_cast<std::size_t>(Op::draw)] = {Think::Kind::fixed, 700, 0};
  plan.think.before[static_cast<std::size_t>(Op::confirm)] = {Think::Kind::fixed, 300, 0};
  walk_to_pick(plan);
  ASSERT_EQ(action_.kind, Kind::pause);
  EXPECT_EQ(action_.after_ms, 700);
  push();  // what happens meanwhile does not hurry the owner
  EXPECT_EQ(action_.kind, Kind::listen);
  action_ = walk_->on_pause_over();
  expect("draw");
  drawn({"A", "B"});
  answer();
  expect("shortlist");
  document_.shortlist = std::vector{field("plate")};
  answer();
  ASSERT_EQ(action_.kind, Kind::pause);
  EXPECT_EQ(action_.after_ms, 300);
  action_ = walk_->on_pause_over();
  expect("confirm");
  EXPECT_EQ(walk_->thought_ms(), 1'000);
}

TEST_F(WalkTest, OnlyWhatWasReallyWaitedWasThought) {
  WalkPlan plan;
  plan.think.before[static_cast<std::size_t>(Op::draw)] = {Think::Kind::fixed, 700, 0};
  walk_to_pick(plan);
  ASSERT_EQ(action_.kind, Kind::pause);
  EXPECT_EQ(walk_->thought_ms(), 0);
  action_ = walk_->on_lost("reset", 200);
  EXPECT_EQ(walk_->thought_ms(), 200);
  ASSERT_EQ(action_.kind, Kind::reconnect);
  action_ = walk_->on_lost("refused", 5'000);  // to wait for the server is no thought
  EXPECT_EQ(walk_->thought_ms(), 200);
  action_ = walk_->on_connected();
  expect("enter");
  answer();
  expect("draw");
  EXPECT_EQ(walk_->thought_ms(), 200);
}

TEST_F(WalkTest, BreaksOffOnceWherePlannedAndGoesOn) {
  WalkPlan plan;
  plan.reconnect_at = 2;
  plan.think.away = {Think::Kind::fixed, 250, 0};
  at_submit();
  begin(plan);
  expect("enter");
  answer();
  expect("send_code");
  answer_code();
  ASSERT_EQ(action_.kind, Kind::reconnect);
  EXPECT_EQ(action_.after_ms, 250);
  action_ = walk_->on_connected();
  EXPECT_EQ(walk_->thought_ms(), 250);
  expect("enter");
  answer();
  expect("submit");
}

TEST_F(WalkTest, TalksNonsenseOnceAndGoesOnWhenItIsRefused) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    WalkPlan plan;
    plan.nonsense_at = 1;
    plan.seed = seed;
    at_submit();
    begin(plan);
    expect("enter");
    answer();
    ASSERT_EQ(action_.kind, Kind::send);
    ASSERT_EQ(action_.op, Op::nonsense);
    Message refusal;
    refusal.kind = MessageKind::refusal;
    refusal.code = "bad_request";  // without an id, as where none can be read
    action_ = walk_->on_message(refusal);
    expect("send_code");
  }
}

TEST_F(WalkTest, NonsenseThatIsTakenForARequestIsAFailure) {
  WalkPlan plan;
  plan.nonsense_at = 1;
  at_submit();
  begin(plan);
  expect("enter");
  answer();
  ASSERT_EQ(action_.op, Op::nonsense);
  Message taken;
  taken.id = 2;
  taken.document = document_;
  action_ = walk_->on_message(taken);
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::failed);
}

TEST_F(WalkTest, WhoIsOnlyPreparedEndsInPickWithHisDraws) {
  WalkPlan plan;
  plan.prepare_only = true;
  plan.draws = 0;
  walk_to_pick(plan);
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::ready);
  plan.draws = 1;
  walk_to_pick(plan);
  expect("draw");
  drawn({"A"});
  answer();
  EXPECT_EQ(action_.end, WalkEnd::ready);
}

TEST_F(WalkTest, DrawsAsOftenAsPlannedBeforeItChooses) {
  WalkPlan plan;
  plan.draws = 3;
  walk_to_pick(plan);
  for (int64_t draw = 1; draw <= 3; ++draw) {
    if (asked() == "shortlist") {
      expect("shortlist");
      document_.shortlist = std::vector{field("plate")};
      answer();
    }
    expect("draw");
    EXPECT_EQ(draw_number(), draw);
    const std::string name = std::to_string(draw);
    drawn({"A" + name, "B" + name});
    answer();
  }
  expect("shortlist");
  EXPECT_EQ(field("plate").back(), '3');
}

TEST_F(WalkTest, TheUnansweredDrawIsRepeatedWithItsNumberAfterAReconnect) {
  walk_to_pick({});
  expect("draw");
  const int64_t first_id = request_.at("id").as_int64();
  action_ = walk_->on_lost("reset", 0);
  ASSERT_EQ(action_.kind, Kind::reconnect);
  action_ = walk_->on_connected();
  expect("enter");
  drawn({"A", "B"});
  answer();
  expect("draw");
  EXPECT_EQ(draw_number(), 1);
  EXPECT_NE(request_.at("id").as_int64(), first_id);
  answer();
  expect("shortlist");
}

TEST_F(WalkTest, TheBackoffGrowsAndEnds) {
  begin({});
  int64_t longest = 0;
  for (uint32_t i = 0; i < kReconnectsMax; ++i) {
    action_ = walk_->on_lost("refused", 0);
    ASSERT_EQ(action_.kind, Kind::reconnect);
    longest = std::max(longest, action_.after_ms);
  }
  EXPECT_GT(longest, 2'000);
  EXPECT_LT(longest, 10'000);
  action_ = walk_->on_lost("refused", 0);
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::failed);
}

TEST_F(WalkTest, WithoutResumeAnApplicationOnItsWayIsASurprise) {
  at_submit();
  at_notice();
  begin({});
  expect("enter");
  answer();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::failed);
}

TEST_F(WalkTest, WithResumeItGoesOnFromWhereItIs) {
  at_submit();
  at_pick();
  drawn({"A", "B"});
  document_.shortlist = std::vector<std::string>{"B"};
  WalkPlan plan;
  plan.resume = true;
  begin(plan);
  expect("enter");
  answer();
  expect("confirm");
  EXPECT_EQ(field("plate"), "B");
}

TEST_F(WalkTest, WhatIsAllHeldIsAskedAgainWhenItWasSaid) {
  walk_to_pick({});
  expect("draw");
  refuse("all_held", 1'234);
  ASSERT_EQ(action_.kind, Kind::pause);
  EXPECT_EQ(action_.after_ms, 1'234);
  action_ = walk_->on_pause_over();
  expect("draw");
  EXPECT_EQ(draw_number(), 1);
}

TEST_F(WalkTest, AnOpRefusedWithWaitingIsRepeatedOnceAdmitted) {
  walk_to_pick({});
  expect("draw");
  refuse("waiting");
  ASSERT_EQ(action_.kind, Kind::pause);
  Message event;
  event.kind = MessageKind::waiting;
  EXPECT_EQ(walk_->on_message(event).kind, Kind::listen);
  event.kind = MessageKind::admitted;
  action_ = walk_->on_message(event);
  expect("draw");
  EXPECT_EQ(walk_->on_message(event).kind, Kind::listen);
}

TEST_F(WalkTest, WhoeverWaitsGivesASignOfLifeAndAsksAgain) {
  walk_to_pick({});
  expect("draw");
  refuse("waiting");
  ASSERT_EQ(action_.kind, Kind::pause);
  EXPECT_LT(action_.after_ms, 60'000) << "so often a client that waits has to enter";
  action_ = walk_->on_pause_over();
  expect("enter");
  answer();
  expect("draw");
  refuse("waiting");
  ASSERT_EQ(action_.kind, Kind::pause);
  Message event;
  event.kind = MessageKind::admitted;
  action_ = walk_->on_message(event);
  expect("draw");
  EXPECT_EQ(walk_->on_pause_over().kind, Kind::listen) << "the old pause is over";
}

TEST_F(WalkTest, TooSoonMeansThatTheCodeWasSentBefore) {
  at_submit();
  begin({});
  expect("enter");
  answer();
  expect("send_code");
  refuse("too_soon", 60'000);
  expect("submit");
  refuse("code_expired");
  ASSERT_EQ(action_.kind, Kind::pause);
  action_ = walk_->on_pause_over();
  expect("send_code");
  refuse("too_soon", 1'000);
  EXPECT_EQ(action_.kind, Kind::pause);
}

TEST_F(WalkTest, ABatchThatExpiredIsDrawnAgain) {
  walk_to_pick({});
  expect("draw");
  drawn({"A", "B"});
  answer();
  expect("shortlist");
  refuse("expired");
  expect("draw");
  EXPECT_EQ(draw_number(), 2);
}

TEST_F(WalkTest, WithNoDrawsLeftItListensForTheAutoConfirm) {
  WalkPlan plan;
  plan.draws = 5;
  walk_to_pick(plan);
  expect("draw");
  document_.draw = 4;
  document_.draws_left = 1;
  drawn({"A", "B"});
  answer();
  expect("shortlist");
  refuse("expired");
  EXPECT_EQ(action_.kind, Kind::listen);
  document_.batch.reset();
  document_.step = WalkStep::done;
  document_.reservation = Reservation{"A", 7, true};
  push();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::confirmed);
}

TEST_F(WalkTest, AConfirmThatLostAgainstTheAutoConfirmIsConfirmed) {
  WalkPlan plan;
  plan.resume = true;
  at_submit();
  at_pick();
  document_.draw = 4;
  document_.draws_left = 1;
  drawn({"A", "B"});
  document_.shortlist = std::vector<std::string>{"B"};
  begin(plan);
  expect("enter");
  answer();
  expect("confirm");
  document_.step = WalkStep::done;
  document_.batch.reset();
  document_.shortlist.reset();
  document_.reservation = Reservation{"A", 7, true};
  push();
  EXPECT_EQ(action_.kind, Kind::listen);
  refuse("already_confirmed");
  expect("enter");
  answer();
  EXPECT_EQ(action_.end, WalkEnd::confirmed);
}

TEST_F(WalkTest, AnAbandonerLeavesWithHisBatchHeld) {
  WalkPlan plan;
  plan.abandon = true;
  walk_to_pick(plan);
  expect("draw");
  drawn({"A", "B"});
  answer();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::abandoned);
}

TEST_F(WalkTest, AnEmptyPoolIsAnEndOnlyWhereItWasMeant) {
  for (const bool meant : {false, true}) {
    document_ = {};
    WalkPlan plan;
    plan.until_empty = meant;
    walk_to_pick(plan);
    expect("draw");
    refuse("pool_empty");
    EXPECT_EQ(action_.kind, Kind::finish);
    EXPECT_EQ(action_.end, meant ? WalkEnd::pool_empty : WalkEnd::failed);
  }
}

TEST_F(WalkTest, WhoOnlyLooksRepeatsTheLatestDrawAndNothingElse) {
  WalkPlan plan;
  plan.look_only = true;
  plan.repeat_draw = 2;
  at_submit();
  at_pick();
  document_.draw = 1;
  document_.draws_left = 4;
  drawn({"A"});
  begin(plan);
  expect("enter");
  answer();
  expect("draw");
  EXPECT_EQ(draw_number(), 2);
  answer();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::looked);
}

TEST_F(WalkTest, AnAnswerToNoQuestionIsAFailure) {
  begin({});
  expect("enter");
  request_["id"] = 99;
  answer();
  EXPECT_EQ(action_.kind, Kind::finish);
  EXPECT_EQ(action_.end, WalkEnd::failed);
}

TEST(WalkPlan, IsTheSameForTheSameSeedAndFollowsItsShares) {
  PlanShares shares;
  shares.redraws = 0.3;
  shares.abandon = 0.2;
  int redraws = 0;
  int abandons = 0;
  for (uint64_t owner = 0; owner < 10'000; ++owner) {
    const WalkPlan plan = make_plan(shares, 5, owner);
    EXPECT_EQ(plan.seed, make_plan(shares, 5, owner).seed);
    redraws += plan.draws > 1 ? 1 : 0;
    abandons += plan.abandon ? 1 : 0;
    EXPECT_LE(plan.draws, 5U);
  }
  EXPECT_NEAR(redraws, 3'000, 300);
  EXPECT_NEAR(abandons, 2'000, 300);
}

}  // namespace
}  // namespace plated::load
