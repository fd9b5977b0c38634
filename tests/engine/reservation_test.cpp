// The rules after the confirmation: deadline, reminder, lapse, return, issue, void, extension,
// blacklist.
#include <gtest/gtest.h>

#include "engine/state.h"
#include "tests/support/world.h"

namespace plated {
namespace {

using std::chrono::days;

Day day_named(std::string_view text) { return *parse_day(text); }

struct Reservation : testing::Test, World {
  Reservation() { load_first(1000); }
  ~Reservation() override {
    (void)counts();  // checks that the states add up
    MemorySink other;
    EXPECT_EQ(replayed(sink, other, ticks, 1)->digest(), engine->digest());
  }
  Plate reserved() const { return {pool, out.application.reservation.plate}; }
};

TEST_F(Reservation, MustBeIssuedWithinThreeWorkingDaysNotCountingTheDayOfConfirmation) {
  holder(1);  // on a Wednesday
  EXPECT_EQ(out.application.reservation.deadline, day_named("2026-03-09"))
      << "Thursday, Friday, Monday";
}

TEST_F(Reservation, HolidaysDoNotCountAndMadeUpWorkingDaysDo) {
  OfficePatch patch{.office = office};
  patch.holidays = {day_named("2026-03-05")};
  patch.workdays = {day_named("2026-03-07")};  // a Saturday
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  holder(1);
  EXPECT_EQ(out.application.reservation.deadline, day_named("2026-03-09"))
      << "Friday, Saturday, Monday";
}

TEST_F(Reservation, WhoPicksIsToldTheDeadlineBeforehand) {
  OfficePatch patch{.office = office};
  patch.holidays = {day_named("2026-03-05")};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  const Who who = picker(1);
  EXPECT_EQ(look(who).deadline_if_confirmed, day_named("2026-03-10")) << "Friday, Monday, Tuesday";
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[0]), Refusal::none);
  ASSERT_EQ(confirm(who, out.application.shortlist[0]), Refusal::none);
  EXPECT_EQ(out.application.reservation.deadline, day_named("2026-03-10"));
  EXPECT_FALSE(out.application.deadline_if_confirmed);
}

TEST_F(Reservation, TheDateIsFixedAtConfirmation) {
  const Who who = holder(1);
  OfficePatch patch{.office = office};
  patch.holidays = {day_named("2026-03-05"), day_named("2026-03-06")};
  ASSERT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  settings([](Settings& s) { s.validity_days = 30; });
  EXPECT_EQ(look(who).reservation.deadline, day_named("2026-03-09"));
}

TEST_F(Reservation, LapsesADayOfServiceTimeAfterTheEndOfItsLastDay) {
  const Who who = holder(1);
  pass_days(5);      // Monday, 10:00
  pass(14 * kHour);  // midnight: Tuesday began
  EXPECT_EQ(look(who).step, Step::done);
  pass(kDay - Millis{1});
  EXPECT_EQ(look(who).step, Step::done);
  pass(Millis{1});
  EXPECT_EQ(look(who).step, Step::lapsed);
  EXPECT_EQ(sink.count<Lapsed>(), 1U);
}

TEST_F(Reservation, AChangedGraceAppliesToDaysThatEndAfterwards) {
  const Who who = holder(1);
  pass_days(5);
  pass(14 * kHour);  // its last day has ended
  settings([](Settings& s) { s.lapse_grace = Millis{0}; });
  EXPECT_EQ(look(who).step, Step::done);
  pass(kDay);
  EXPECT_EQ(look(who).step, Step::lapsed);
}

TEST_F(Reservation, ALapseBlacklistsForTwoCalendarYearsAndWithholdsThePlate) {
  const Who who = holder(1);
  pass_days(6);
  pass(14 * kHour);
  ASSERT_EQ(look(who).step, Step::lapsed);
  ASSERT_TRUE(out.application.blacklisted_until.has_value());
  const auto end = day_of(*out.application.blacklisted_until, std::chrono::hours(8));
  EXPECT_EQ(end, day_named("2028-03-11"));
  EXPECT_EQ(counts().withheld, 1U);
  EXPECT_EQ(counts().reserved, 0U);
}

TEST_F(Reservation, ALapsedPlateReturnsWithinTheReturnWindow) {
  holder(1);
  pass_days(6);
  pass(14 * kHour);
  ASSERT_EQ(counts().withheld, 1U);
  pass(kDay);
  EXPECT_EQ(counts().withheld, 0U);
  EXPECT_EQ(counts().free, 1000U);
  EXPECT_EQ(sink.count<PlateReturned>(), 1U);
}

TEST_F(Reservation, TheMomentsOfReturnAreSpreadOverTheWindow) {
  for (uint64_t n = 1; n <= 40; ++n) {
    holder(n);
    ASSERT_TRUE(engine->void_reservation(reserved(), "test", false, kOperator, changes).ok());
  }
  pass(12 * kHour);
  EXPECT_GT(counts().withheld, 8U);
  EXPECT_LT(counts().withheld, 32U);
}

TEST_F(Reservation, WithNoBlacklistYearsTheNextApplicationFollowsTheLapse) {
  settings([](Settings& s) { s.blacklist_years = 0; });
  const Who who = holder(1);
  pass_days(7);
  EXPECT_EQ(look(who).step, Step::submit);
  EXPECT_EQ(out.application.number, 2U);
}

TEST_F(Reservation, ALapsedApplicationIsFollowedByTheNextWhenItsOwnerIsNoLongerBlacklisted) {
  const Who who = holder(1);
  pass_days(7);
  ASSERT_EQ(look(who).step, Step::lapsed);
  const uint32_t version = out.application.version;
  EXPECT_EQ(submit(who), Refusal::none) << "it was submitted: a retry";
  EXPECT_EQ(out.application.step, Step::lapsed);
  ASSERT_TRUE(engine->lift_blacklist(who.owner, "appeal", kOperator).ok());
  EXPECT_EQ(look(who).step, Step::submit);
  EXPECT_EQ(out.application.number, 2U);
  EXPECT_GT(out.application.version, version);
}

TEST_F(Reservation, AnOutageNeverLapsesWhatTheCounterHadNoTimeToEnter) {
  const Who who = holder(1);
  ticks.sleep(20 * kDay);  // the service is down
  run_timers();
  EXPECT_EQ(look(who).step, Step::done);
  pass(kDay - Millis{1});
  EXPECT_EQ(look(who).step, Step::done);
  pass(Millis{1});
  EXPECT_EQ(look(who).step, Step::lapsed);
}

TEST_F(Reservation, ASuspendedClockLapsesNothingUntilAnOperatorAcceptsIt) {
  const Who who = holder(1);
  ticks.sleep(20 * kDay);
  engine->suspend_clock(ticks.now().civil);
  pass(3 * kDay);
  EXPECT_EQ(look(who).step, Step::done);
  ASSERT_TRUE(engine->accept_clock(kOperator).ok());
  run_timers();
  EXPECT_EQ(look(who).step, Step::done) << "its last day ended with the acceptance";
  pass(kDay);
  EXPECT_EQ(look(who).step, Step::lapsed);
}

TEST_F(Reservation, AReminderIsDueTheDayBeforeTheDeadline) {
  holder(1);
  pass_days(3);
  EXPECT_EQ(sink.count<Reminded>(), 0U);
  pass_days(1);  // Sunday, the day before
  EXPECT_EQ(sink.count<Reminded>(), 1U);
  pass_days(3);
  EXPECT_EQ(sink.count<Reminded>(), 1U);
}

TEST_F(Reservation, IssuingFinishesTheApplicationForGood) {
  const Who who = holder(1);
  const Plate plate = reserved();
  ASSERT_TRUE(engine->issue(plate, std::nullopt, kOperator, changes).changed);
  EXPECT_EQ(look(who).step, Step::issued);
  EXPECT_EQ(counts().issued, 1U);
  const Verdict again = engine->issue(plate, std::nullopt, kOperator, changes);
  EXPECT_TRUE(again.ok());
  EXPECT_FALSE(again.changed);
  pass_days(30);
  EXPECT_EQ(look(who).step, Step::issued);
  EXPECT_EQ(engine->void_reservation(plate, "x", false, kOperator, changes).kind,
            Verdict::Kind::conflict);
}

TEST_F(Reservation, IssuingTakesTheDayOnWhichItHappened) {
  const Who who = holder(1);
  const Plate plate = reserved();
  pass_days(6);  // Tuesday; the deadline was Monday, the lapse is tonight
  const auto issue = [&](std::string_view date) {
    return engine->issue(plate, day_named(date), kOperator, changes).kind;
  };
  EXPECT_EQ(engine->issue(plate, std::nullopt, kOperator, changes).kind, Verdict::Kind::conflict);
  EXPECT_EQ(issue("2026-03-11"), Verdict::Kind::bad_request) << "a day that has not come";
  EXPECT_EQ(issue("2026-03-03"), Verdict::Kind::bad_request) << "before the confirmation";
  EXPECT_EQ(issue("2026-03-09"), Verdict::Kind::ok);
  EXPECT_EQ(look(who).step, Step::issued);
}

TEST_F(Reservation, AVoidStartsTheNextApplicationAndReturnsThePlateLikeALapse) {
  const Who who = holder(1);
  const Plate plate = reserved();
  const VoucherCode code = out.application.reservation.voucher;
  ASSERT_TRUE(engine->voucher(code).has_value());
  ASSERT_TRUE(engine->void_reservation(plate, "proof", false, kOperator, changes).ok());
  EXPECT_EQ(look(who).step, Step::submit);
  EXPECT_EQ(out.application.number, 2U);
  EXPECT_EQ(counts().withheld, 1U);
  EXPECT_FALSE(engine->voucher(code).has_value());
  EXPECT_FALSE(out.application.blacklisted_until.has_value());
  ASSERT_EQ(submit(who), Refusal::none) << "they may select again at once";
}

TEST_F(Reservation, AVoidMayBlacklist) {
  const Who who = holder(1);
  ASSERT_TRUE(engine->void_reservation(reserved(), "fraud", true, kOperator, changes).ok());
  EXPECT_EQ(enter(who), Refusal::blacklisted);
}

TEST_F(Reservation, AnExtensionMovesTheDeadlineAndTheLapse) {
  const Who who = holder(1);
  const Plate plate = reserved();
  EXPECT_EQ(engine->extend(plate, day_named("2026-03-08"), "x", kOperator, changes).kind,
            Verdict::Kind::bad_request);
  ASSERT_TRUE(engine->extend(plate, day_named("2026-03-20"), "ill", kOperator, changes).ok());
  pass_days(16);
  EXPECT_EQ(look(who).step, Step::done);
  pass_days(3);
  EXPECT_EQ(look(who).step, Step::lapsed);
}

TEST_F(Reservation, OnlyAReservedPlateIsIssued) {
  const Plate free = plate("粤BD00005");
  EXPECT_EQ(engine->issue(free, std::nullopt, kOperator, changes).kind, Verdict::Kind::conflict);
  EXPECT_EQ(engine->issue(plate("粤BA00005"), std::nullopt, kOperator, changes).kind,
            Verdict::Kind::not_found);
}

// --- Blacklist ---

TEST_F(Reservation, ABlacklistEntryFreesAllHoldsOfUnfinishedApplicationsWithoutAutoConfirm) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[1]), Refusal::none);
  ASSERT_TRUE(blacklist(who).ok());
  run_timers();
  EXPECT_EQ(counts().held, 0U);
  pass(kHour);
  EXPECT_EQ(sink.count<Confirmed>(), 0U);
  ASSERT_TRUE(engine->lift_blacklist(who.owner, "x", kOperator).ok());
  EXPECT_EQ(look(who).draws_left, 1U) << "the draws left stay, at least one";
}

TEST_F(Reservation, ABlacklistEntryFreesTheFallbackToo) {
  settings([](Settings& s) { s.draws = 1; });
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  ASSERT_EQ(shortlist(who, out.application.batch[5]), Refusal::none);
  pass(90 * kSecond);
  ASSERT_EQ(counts().held, 2U) << "the fallback and the shortlisted plate";
  ASSERT_TRUE(blacklist(who).ok());
  run_timers();
  EXPECT_EQ(counts().held, 0U);
  EXPECT_EQ(sink.count<Confirmed>(), 0U);
}

TEST_F(Reservation, AnIssuedPlateIsNotTakenForItsVehiclesNextOneOfTheSameNumber) {
  const Who who = holder(1);
  const Plate issued = reserved();
  ASSERT_TRUE(engine->issue(issued, std::nullopt, kOperator, changes).ok());
  const PoolKey hybrid{office, PlateClass::small, Power::hybrid};
  ASSERT_TRUE(engine->make_pool(hybrid, DrawSecret{1}, DrawSecret{2}).ok());
  ASSERT_TRUE(
      engine->load({.plates = {hybrid, issued.number, issued.number, {}}}, kOperator).verdict.ok());
  const Who buyer{owner(2).owner, who.vehicle};
  ASSERT_TRUE(
      engine->import_vehicle({buyer.owner, who.vehicle, hybrid, "粤B12345"}, false, kOperator)
          .ok());
  ASSERT_EQ(submit(buyer), Refusal::none);
  ASSERT_EQ(verify(buyer), Refusal::none);
  ASSERT_EQ(draw(buyer, 1), Refusal::none);
  engine->shortlist({buyer, {hybrid, issued.number}}, out);
  engine->confirm({buyer, {hybrid, issued.number}}, out);
  ASSERT_EQ(out.application.step, Step::done);
  MemorySink other;
  other.before = sink.records.size();
  Engine restarted(EngineOptions{8, EntropySeed{9}}, other, ticks);
  StateReader reader(restarted, sink.last(), ticks.now());
  StateWriter::write(*engine, [&](const StateItem& item) { EXPECT_TRUE(reader.read(item)); });
  reader.finish();
  EXPECT_EQ(restarted.void_reservation(issued, "x", false, kOperator, changes).kind,
            Verdict::Kind::conflict);
}

TEST_F(Reservation, AnEntryIsSettledAfterARestartThoughTheOfficeIsPaused) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  pause();
  ASSERT_TRUE(blacklist(who).ok());
  MemorySink other;
  other.before = sink.records.size();
  Engine restarted(EngineOptions{8, EntropySeed{9}}, other, ticks);
  StateReader reader(restarted, sink.last(), ticks.now());
  StateWriter::write(*engine, [&](const StateItem& item) { EXPECT_TRUE(reader.read(item)); });
  reader.finish();
  ASSERT_EQ(restarted.pool(pool)->counts.held, 10U);
  while (restarted.advance(changes)) {
  }
  EXPECT_EQ(restarted.pool(pool)->counts.held, 0U);
}

TEST_F(Reservation, ACommandRightAfterTheEntryFindsTheHoldsGone) {
  const Who who = picker(1);
  ASSERT_EQ(draw(who, 1), Refusal::none);
  const PlateNumber plate = out.application.batch[1];
  ASSERT_TRUE(blacklist(who).ok());
  EXPECT_EQ(shortlist(who, plate), Refusal::blacklisted);
  EXPECT_TRUE(out.settled_first);
  EXPECT_EQ(counts().held, 0U);
}

TEST_F(Reservation, HisOtherReservationsStand) {
  const Who who = holder(1);
  ASSERT_TRUE(blacklist(who).ok());
  run_timers();
  EXPECT_EQ(look(who).step, Step::done);
  EXPECT_EQ(counts().reserved, 1U);
}

TEST_F(Reservation, TheBlacklistEndsByItself) {
  const Who who = owner(1);
  ASSERT_TRUE(engine->blacklist(who.owner, ticks.now().civil + kHour, "test", kOperator).ok());
  EXPECT_EQ(enter(who), Refusal::blacklisted);
  EXPECT_EQ(out.until, ticks.now().civil + kHour);
  pass(kHour);
  EXPECT_EQ(enter(who), Refusal::none);
}

TEST_F(Reservation, RepeatingAnEntryChangesNothing) {
  const Who who = owner(1);
  const CivilTime until = ticks.now().civil + kHour;
  EXPECT_TRUE(engine->blacklist(who.owner, until, "test", kOperator).changed);
  EXPECT_FALSE(engine->blacklist(who.owner, until, "test", kOperator).changed);
  EXPECT_EQ(engine->blacklisted().size(), 1U);
}

// --- Notices, which a rehearsal does not send ---

struct Notices : testing::Test, World {
  Notices() : World(4, "small", false) { load_first(1000); }
  ~Notices() override {
    MemorySink other;
    EXPECT_EQ(replayed(sink, other, ticks, 1)->digest(), engine->digest());
  }
};

TEST_F(Notices, ALapseWithoutBlacklistingNamesTheDeadlineThoughTheNextApplicationHasBegun) {
  settings([](Settings& s) { s.blacklist_years = 0; });
  const Who who = holder(1);
  pass_days(7);
  ASSERT_EQ(look(who).step, Step::submit);
  const auto owed = engine->notices({}, 10);
  ASSERT_EQ(owed.size(), 3U) << "confirmed, reminder, lapsed";
  EXPECT_EQ(owed[2].kind, NoticeKind::lapsed);
  EXPECT_EQ(owed[2].deadline, day_named("2026-03-09"));
}

TEST_F(Notices, AnExtendedDeadlineIsTold) {
  holder(1);
  const Plate plate{pool, out.application.reservation.plate};
  const Day later = day_named("2026-03-12");
  ASSERT_TRUE(engine->extend(plate, later, "the counter was closed", kOperator, changes).ok());
  const auto owed = engine->notices({}, 10);
  ASSERT_EQ(owed.size(), 2U);
  EXPECT_EQ(owed[1].kind, NoticeKind::extended);
  EXPECT_EQ(owed[1].deadline, later);
}

TEST_F(Notices, AReminderThatAVoidFindsDueNamesTheDeadline) {
  holder(1);
  const Plate plate{pool, out.application.reservation.plate};
  pass_days(3);               // Saturday, 10:00
  pass(22 * kHour);           // Sunday, 8:00: the day before the deadline
  ticks.advance(20 * kHour);  // Monday, 4:00, and no timer has run since
  ASSERT_TRUE(engine->void_reservation(plate, "x", false, kOperator, changes).ok());
  const auto owed = engine->notices({}, 10);
  ASSERT_EQ(owed.size(), 2U);
  EXPECT_EQ(owed[1].deadline, day_named("2026-03-09"));
}

}  // namespace
}  // namespace plated
