// The rules of offices: their states, what each refuses, service time, settings, schedule; and of
// owners who need more time.
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace plated {
namespace {

struct OfficeRules : testing::Test, World {
  OfficeRules() { load_first(1000); }
  ~OfficeRules() override {
    MemorySink other;
    EXPECT_EQ(replayed(sink, other, ticks, 2)->digest(), engine->digest());
  }
  OfficeState state() { return engine->office(office)->state(); }
  Verdict schedule(std::vector<ScheduleRow> rows) {
    OfficePatch patch{.office = office};
    patch.schedule = std::move(rows);
    return engine->put_office(patch, kOperator, changes);
  }
};

TEST_F(OfficeRules, ANewOfficeIsClosedUntilToldOtherwise) {
  const OfficeCode other = *parse_office("粤A").office;
  ASSERT_TRUE(engine->put_office({.office = other}, kOperator, changes).ok());
  EXPECT_EQ(engine->office(other)->state(), OfficeState::closed);
}

TEST_F(OfficeRules, ClosedRefusesVerifyAndDrawAndNothingElse) {
  const Who fresh = owner(2);
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  close();
  EXPECT_EQ(draw(who, 2), Refusal::not_open);
  ASSERT_EQ(submit(fresh), Refusal::none);
  EXPECT_EQ(verify(fresh), Refusal::not_open);
  enter(who);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  ASSERT_EQ(confirm(who, out.application.shortlist[0]), Refusal::none);
}

TEST_F(OfficeRules, ClosedLetsExpiryAndAutoConfirmGoOn) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  close();
  pass(90 * kSecond);
  EXPECT_EQ(look(who).step, Step::done);
}

TEST_F(OfficeRules, PausedRefusesEverythingThatWouldChangeAnApplication) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto batch = out.application.batch;
  ASSERT_EQ(shortlist(who, batch[0]), Refusal::none);
  const Who fresh = owner(2);
  pause();
  EXPECT_EQ(draw(who, 2), Refusal::paused);
  EXPECT_EQ(shortlist(who, batch[1]), Refusal::paused);
  EXPECT_EQ(confirm(who, batch[0]), Refusal::paused);
  EXPECT_EQ(submit(fresh), Refusal::paused);
  EXPECT_EQ(enter(who), Refusal::none) << "looking changes nothing";
  EXPECT_EQ(out.application.office_state, OfficeState::paused);
}

TEST_F(OfficeRules, CountdownsStandStillWhilePausedAndGoOnWithWhatWasLeft) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  pass(30 * kSecond);
  pause();
  pass(kHour);
  EXPECT_EQ(look(who).batch_expires_in, 60 * kSecond);
  EXPECT_EQ(out.application.verified_in, 30 * kMinute - 30 * kSecond);
  resume();
  pass(60 * kSecond - Millis{1});
  EXPECT_EQ(look(who).batch.size(), 10U);
  pass(Millis{1});
  EXPECT_TRUE(look(who).batch.empty());
  EXPECT_EQ(counts().held, 0U);
}

TEST_F(OfficeRules, AResumeAtTheVeryTickOfADeadlineDecidesAsIfThereHadBeenNoPause) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[0];
  ticks.advance(90 * kSecond);
  pause();
  resume();
  EXPECT_EQ(shortlist(who, plate), Refusal::expired);
}

TEST_F(OfficeRules, WhatIsDueIsSettledFirstEvenWhenPaused) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ticks.advance(90 * kSecond);
  pause();
  EXPECT_EQ(draw(who, 2), Refusal::paused);
  EXPECT_TRUE(out.settled_first);
  EXPECT_EQ(counts().held, 0U);
}

TEST_F(OfficeRules, CountdownsStandStillWhileTheServiceIsDown) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  pass(30 * kSecond);
  ticks.sleep(3 * kDay);
  run_timers();
  EXPECT_EQ(look(who).batch_expires_in, 60 * kSecond);
}

TEST_F(OfficeRules, MaintenanceRefusesEverythingButLookingAtAFinishedApplication) {
  const Who done = holder(1);
  const Who picking = picker(2);
  maintain();
  EXPECT_EQ(enter(picking), Refusal::maintenance);
  EXPECT_EQ(draw(picking, 1), Refusal::maintenance);
  EXPECT_EQ(enter(done), Refusal::none);
  EXPECT_EQ(out.application.step, Step::done);
}

TEST_F(OfficeRules, ResumeEndsPauseAndMaintenanceAndUncoversWhatLayBelow) {
  close();
  pause();
  maintain();
  resume();
  EXPECT_EQ(state(), OfficeState::closed);
}

TEST_F(OfficeRules, TheBlacklistedMayEnterOnlyToLookAtWhatIsFinished) {
  const Who done = holder(1);
  const Who fresh = owner(2);
  blacklist(done);
  blacklist(fresh);
  EXPECT_EQ(enter(done), Refusal::none);
  EXPECT_EQ(enter(fresh), Refusal::blacklisted);
  EXPECT_EQ(submit(fresh), Refusal::blacklisted);
}

TEST_F(OfficeRules, TheScheduleOpensAndCloses) {
  close();  // said on Wednesday at 10:00: holds until the schedule's next change
  ASSERT_TRUE(schedule({{0x1f, 9 * 60, 17 * 60}}).ok());
  EXPECT_EQ(state(), OfficeState::closed);
  pass(7 * kHour);  // 17:00
  EXPECT_EQ(state(), OfficeState::closed);
  pass(16 * kHour);  // Thursday, 9:00
  EXPECT_EQ(state(), OfficeState::open);
  pass(8 * kHour);
  EXPECT_EQ(state(), OfficeState::closed);
}

TEST_F(OfficeRules, AClosedOfficeSaysWhenItNextOpens) {
  const Who who = picker(1);
  ASSERT_TRUE(schedule({{0x1f, 9 * 60, 17 * 60}}).ok());
  EXPECT_FALSE(look(who).opens_at) << "it is open";
  const CivilTime thursday = ticks.now().civil + 23 * kHour;  // from Wednesday, 10:00
  close();  // for what is left of today's hours, whose end opens nothing
  EXPECT_EQ(look(who).opens_at, thursday);
  EXPECT_EQ(draw(who, 1), Refusal::not_open);
  EXPECT_EQ(out.until, thursday);
  pass(8 * kHour);  // an hour after the end of the hours
  EXPECT_EQ(look(who).opens_at, thursday);
  pause();
  EXPECT_FALSE(look(who).opens_at) << "nobody knows when a pause ends";
}

TEST_F(OfficeRules, AnOfficeWithoutAScheduleDoesNotSayWhenItOpens) {
  const Who who = picker(1);
  close();
  EXPECT_FALSE(look(who).opens_at);
}

TEST_F(OfficeRules, AnApplicationBearsItsOfficesNameAndItsYears) {
  ASSERT_TRUE(
      engine->put_office({.office = office, .name = "深圳车管所"}, kOperator, changes).ok());
  settings([](Settings& s) { s.blacklist_years = 7; });
  const Who who = picker(1);
  EXPECT_EQ(look(who).office_name, "深圳车管所");
  EXPECT_EQ(look(who).blacklist_years, 7U);
}

TEST_F(OfficeRules, AnOperatorsOpenHoldsUntilTheSchedulesNextChange) {
  ASSERT_TRUE(schedule({{0x1f, 9 * 60, 17 * 60}}).ok());
  pass(8 * kHour);
  ASSERT_EQ(state(), OfficeState::closed);
  open();
  pass(14 * kHour);  // through the night
  EXPECT_EQ(state(), OfficeState::open);
  pass(kHour);  // 9:00: open anyway
  pass(8 * kHour);
  EXPECT_EQ(state(), OfficeState::closed);
}

TEST_F(OfficeRules, ANewOfficesScheduleHoldsAtOnce) {
  const OfficeCode other = *parse_office("粤A").office;
  OfficePatch patch{.office = other};
  patch.schedule = {{0x7f, 0, kMinutesPerDay}};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_EQ(engine->office(other)->state(), OfficeState::open);
  EXPECT_FALSE(engine->office(other)->schedule_changes.has_value());
}

// 2026-03-05 is a Thursday, 2026-03-07 a Saturday.
TEST_F(OfficeRules, TheScheduleKeepsTheOfficesHolidaysAndWorkdays) {
  ASSERT_TRUE(schedule({{0x1f, 9 * 60, 17 * 60}}).ok());
  OfficePatch patch{.office = office};
  patch.holidays = {*parse_day("2026-03-05")};
  patch.workdays = {*parse_day("2026-03-07")};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  pass(24 * kHour);  // Thursday, 10:00
  EXPECT_EQ(state(), OfficeState::closed);
  pass(24 * kHour);
  EXPECT_EQ(state(), OfficeState::open);
  pass(24 * kHour);
  EXPECT_EQ(state(), OfficeState::open) << "a made-up Saturday";
  pass(24 * kHour);
  EXPECT_EQ(state(), OfficeState::closed);
}

TEST_F(OfficeRules, AHolidayThatIsSaidOnItsDayClosesTheOffice) {
  ASSERT_TRUE(schedule({{0x1f, 9 * 60, 17 * 60}}).ok());
  pass(24 * kHour);
  ASSERT_EQ(state(), OfficeState::open);
  OfficePatch patch{.office = office};
  patch.holidays = {*parse_day("2026-03-05")};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_EQ(state(), OfficeState::closed);
  patch.holidays.emplace();
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_EQ(state(), OfficeState::open);
}

TEST_F(OfficeRules, ADayIsNotAHolidayAndAWorkdayAtOnce) {
  OfficePatch patch{.office = office};
  patch.holidays = {*parse_day("2026-03-05"), *parse_day("2026-03-07")};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  OfficePatch second{.office = office};
  second.workdays = {*parse_day("2026-03-07")};
  const Verdict verdict = engine->put_office(second, kOperator, changes);
  EXPECT_EQ(verdict.kind, Verdict::Kind::bad_request);
  EXPECT_EQ(verdict.field, "workdays");
  EXPECT_EQ(verdict.message, "2026-03-07 is a holiday and a working day");
  EXPECT_TRUE(engine->office(office)->calendar.workdays.empty());
}

TEST_F(OfficeRules, RepeatingAnActionChangesNothing) {
  EXPECT_FALSE(engine->set_open(office, true, "x", kOperator, changes).changed);
  EXPECT_FALSE(engine->set_overlay(office, Overlay::none, "x", kOperator, changes).changed);
  EXPECT_FALSE(engine->put_office({.office = office}, kOperator, changes).changed);
}

TEST_F(OfficeRules, AnUnknownOfficeIsNotFound) {
  const OfficeCode other = *parse_office("粤C").office;
  EXPECT_EQ(engine->set_open(other, true, "x", kOperator, changes).kind, Verdict::Kind::not_found);
}

TEST_F(OfficeRules, SettingsApplyToWhatBeginsAfterTheyChanged) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  settings([](Settings& s) {
    s.batch_hold = 10 * kSecond;
    s.batch_size = 3;
    s.draws = 9;
  });
  EXPECT_EQ(look(who).batch_expires_in, 90 * kSecond);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(out.application.batch.size(), 3U);
  EXPECT_EQ(out.application.batch_expires_in, 10 * kSecond);
  EXPECT_EQ(out.application.draws_left, 3U);
}

TEST_F(OfficeRules, ASettingOutOfItsRangeIsRefusedWithTheRange) {
  OfficePatch patch{.office = office};
  patch.settings = engine->office(office)->settings;
  patch.settings->batch_size = 21;
  const Verdict verdict = engine->put_office(patch, kOperator, changes);
  EXPECT_EQ(verdict.kind, Verdict::Kind::bad_request);
  EXPECT_EQ(verdict.field, "batch_size");
  EXPECT_EQ(verdict.message, "from 1 to 20");
}

TEST_F(OfficeRules, TheShortlistsHoldIsNeverLessThanTheBatchs) {
  OfficePatch patch{.office = office};
  patch.settings = engine->office(office)->settings;
  patch.settings->shortlist_hold = 89 * kSecond;
  EXPECT_EQ(engine->put_office(patch, kOperator, changes).field, "shortlist_hold_ms");
}

TEST_F(OfficeRules, LongerCountdownsApplyToWhatBeginsAfterwards) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_TRUE(engine->lengthen_countdowns(who.owner, 3, "need", kOperator).ok());
  EXPECT_EQ(look(who).batch_expires_in, 90 * kSecond);
  ASSERT_EQ(draw(who, 2), Refusal::none);
  EXPECT_EQ(out.application.batch_expires_in, 270 * kSecond);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  EXPECT_EQ(out.application.shortlist_expires_in, 540 * kSecond);
}

TEST_F(OfficeRules, AShortlistOutlivesItsBatchEvenWhenHoldsBecomeShorter) {
  const Who who = picker(1);
  ASSERT_TRUE(engine->lengthen_countdowns(who.owner, 10, "need", kOperator).ok());
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_TRUE(engine->lengthen_countdowns(who.owner, 1, "over", kOperator).ok());
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  EXPECT_EQ(out.application.shortlist_expires_in, out.application.batch_expires_in);
}

TEST_F(OfficeRules, LengtheningIsFromTwoToTenTimes) {
  const Who who = owner(1);
  EXPECT_EQ(engine->lengthen_countdowns(who.owner, 11, "x", kOperator).field, "times");
  EXPECT_EQ(engine->lengthen_countdowns(who.owner, 0, "x", kOperator).field, "times");
}

TEST_F(OfficeRules, TimeIsRecordedWhileACountdownRuns) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const auto records = sink.records.size();
  ticks.advance(Millis{400});
  engine->record_time(Millis{500});
  EXPECT_EQ(sink.records.size(), records);
  ticks.advance(Millis{200});
  engine->record_time(Millis{500});
  EXPECT_EQ(sink.count<TimeRecorded>(), 1U);
  pass(kHour);
  const auto quiet = sink.records.size();
  ticks.advance(kHour);
  engine->record_time(Millis{500});
  EXPECT_EQ(sink.records.size(), quiet) << "no countdown runs";
}

}  // namespace
}  // namespace plated
