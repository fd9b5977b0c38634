// Tickets that are worth nothing before their end: spent and revoked ones.
#include <gtest/gtest.h>

#include "engine/state.h"
#include "tests/support/world.h"

namespace plated {
namespace {

constexpr TicketMark kSession{1, 2, 3};
constexpr TicketMark kOtherSession{1, 2, 4};

struct TicketWorld : World {
  [[nodiscard]] TicketUse ticket(std::string_view owner, std::string_view jti,
                                 TicketMark session = {}) {
    return {owner, jti, kBeginning, kBeginning + kHour, session};
  }
  TicketStanding standing(std::string_view owner, std::string_view jti, TicketMark session = {}) {
    return engine->ticket_standing(ticket(owner, jti, session));
  }
  Verdict revoke(std::string_view owner, std::string_view jti) {
    return engine->revoke_tickets({owner, jti, ticks.now().civil, ticks.now().civil + kDay, "lost"},
                                  kOperator);
  }
};

TEST(SpentTickets, OpenOneThingOnly) {
  TicketWorld world;
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::good);
  const Verdict spent = world.engine->spend_ticket(world.ticket("z1", "a", kSession));
  ASSERT_TRUE(spent.ok()) << spent.message;
  EXPECT_EQ(spent.rests_on, world.sink.last());
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::spent);
  EXPECT_EQ(world.standing("z1", "a", kOtherSession), TicketStanding::spent);
  EXPECT_EQ(world.standing("z1", "a", kSession), TicketStanding::good) << "the browser's own";
  EXPECT_EQ(world.engine->spend_ticket(world.ticket("z1", "a", kSession)).kind,
            Verdict::Kind::conflict);
  EXPECT_EQ(world.standing("z1", "b"), TicketStanding::good);
  EXPECT_EQ(world.standing("z2", "a"), TicketStanding::good) << "another owner's";
  EXPECT_EQ(world.standing("z", "1a"), TicketStanding::good) << "the parts do not run together";
}

TEST(SpentTickets, OfAConnectionLetNobodyIn) {
  TicketWorld world;
  ASSERT_TRUE(world.engine->spend_ticket(world.ticket("z1", "a")).ok());
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::spent) << "zeros are no session";
}

TEST(SpentTickets, AreForgottenWhenTheyHaveRunOut) {
  TicketWorld world;
  const Digest before = world.engine->digest();
  ASSERT_TRUE(world.engine->spend_ticket(world.ticket("z1", "a")).ok());
  EXPECT_NE(world.engine->digest(), before);
  world.pass(kHour);
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::good) << "it has run out by itself";
  TicketUse next = world.ticket("z2", "b");
  next.ends = world.ticks.now().civil + kHour;
  ASSERT_TRUE(world.engine->spend_ticket(next).ok());
  std::size_t kept = 0;
  StateWriter::write(*world.engine, [&](const StateItem& item) {
    kept += std::holds_alternative<SpentTicketState>(item) ? 1 : 0;
  });
  EXPECT_EQ(kept, 1U);
}

TEST(RevokedTickets, OfAnOwnerAreThoseIssuedUntilThen) {
  TicketWorld world;
  ASSERT_TRUE(world.revoke("z1", "").changed);
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::revoked);
  EXPECT_EQ(world.standing("z1", ""), TicketStanding::revoked);
  EXPECT_EQ(world.standing("z2", "a"), TicketStanding::good);
  TicketUse silent = world.ticket("z1", "");
  silent.issued = CivilTime::min();
  EXPECT_EQ(world.engine->ticket_standing(silent), TicketStanding::revoked)
      << "what does not say when it was issued was issued before";
  TicketUse later = world.ticket("z1", "");
  later.issued = world.ticks.now().civil + Millis(1);
  EXPECT_EQ(world.engine->ticket_standing(later), TicketStanding::good) << "they may come again";
  world.pass(kDay);
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::good) << "all of them have run out";
}

TEST(RevokedTickets, OfAJtiAreThatOneForItsBrowserToo) {
  TicketWorld world;
  ASSERT_TRUE(world.engine->spend_ticket(world.ticket("z1", "a", kSession)).ok());
  ASSERT_TRUE(world.revoke("", "a").ok());
  EXPECT_EQ(world.standing("z1", "a", kSession), TicketStanding::revoked);
  EXPECT_EQ(world.standing("z1", "b"), TicketStanding::good);
  EXPECT_EQ(world.standing("z1", ""), TicketStanding::good);
}

TEST(RevokedTickets, AreRevokedOnceAndForWhatIsAhead) {
  TicketWorld world;
  const RevokeTickets wish{"z1", "", kBeginning, kBeginning + kDay, "lost"};
  EXPECT_TRUE(world.engine->revoke_tickets(wish, kOperator).changed);
  EXPECT_FALSE(world.engine->revoke_tickets(wish, kOperator).changed);
  EXPECT_EQ(world.sink.count<TicketsRevoked>(), 1U);
  EXPECT_EQ(world.sink.latest<TicketsRevoked>().actor.uid, kOperator.uid);
  EXPECT_EQ(world.engine->revoke_tickets({"z1", "", kBeginning, kBeginning, ""}, kOperator).field,
            "until");
  EXPECT_EQ(
      world.engine->revoke_tickets({"z1", "a", kBeginning, kBeginning + kDay, ""}, kOperator).kind,
      Verdict::Kind::bad_request);
}

// Without an end that anybody said, each repetition would bar a ticket for a moment longer than it
// can live.
TEST(RevokedTickets, OfAJtiAreNotRevokedAnewLaterOn) {
  TicketWorld world;
  const auto revoke_again = [&](Millis runs, bool said) {
    const CivilTime now = world.ticks.now().civil;
    return world.engine->revoke_tickets({"", "a", now, now + runs, "lost", said}, kOperator)
        .changed;
  };
  EXPECT_TRUE(revoke_again(kDay, false));
  const CivilTime until = world.ticks.now().civil + kDay;
  world.pass(kHour);
  EXPECT_FALSE(revoke_again(kDay, false));
  EXPECT_EQ(world.engine->tickets_barred_until("", "a"), until);
  EXPECT_TRUE(revoke_again(2 * kDay, false)) << "tickets may live for longer by now";
  EXPECT_FALSE(revoke_again(kHour, true)) << "an end that is said never shortens";
  EXPECT_TRUE(revoke_again(3 * kDay, true));
  world.pass(3 * kDay);
  EXPECT_EQ(world.engine->tickets_barred_until("", "a"), std::nullopt);
  EXPECT_TRUE(revoke_again(kDay, false)) << "it was good again";
}

TEST(RevokedTickets, OfAJtiThatWereBarredForAMomentAreBarredForLong) {
  TicketWorld world;
  const CivilTime now = world.ticks.now().civil;
  ASSERT_TRUE(world.engine->revoke_tickets({"", "a", now, now + kHour, "x"}, kOperator).changed);
  ASSERT_TRUE(
      world.engine->revoke_tickets({"", "a", now, now + kDay, "x", false}, kOperator).changed);
  EXPECT_EQ(world.engine->tickets_barred_until("", "a"), now + kDay);
}

TEST(RevokedTickets, OfAnOwnerAreRevokedAnew) {
  TicketWorld world;
  EXPECT_TRUE(world.revoke("z1", "").changed);
  world.pass(kHour);
  EXPECT_TRUE(world.revoke("z1", "").changed) << "those of the last hour are good until then";
}

// What a restart does: by the log, and by a snapshot.
TEST(BarredTickets, SurviveARestart) {
  TicketWorld world;
  ASSERT_TRUE(world.engine->spend_ticket(world.ticket("z1", "a", kSession)).ok());
  ASSERT_TRUE(world.revoke("z2", "").ok());
  ASSERT_TRUE(world.revoke("", "c").ok());
  MemorySink sink;
  const auto replayed_engine = replayed(world.sink, sink, world.ticks, 1);
  Engine read({2, EntropySeed{1}}, sink, world.ticks);
  StateReader reader(read, world.sink.last(), world.engine->last_now());
  StateWriter::write(*world.engine, [&](const StateItem& item) { EXPECT_TRUE(reader.read(item)); });
  reader.finish();
  for (Engine* const engine : {replayed_engine.get(), &read}) {
    EXPECT_EQ(engine->digest(), world.engine->digest());
    EXPECT_EQ(engine->ticket_standing(world.ticket("z1", "a")), TicketStanding::spent);
    EXPECT_EQ(engine->ticket_standing(world.ticket("z1", "a", kSession)), TicketStanding::good);
    EXPECT_EQ(engine->ticket_standing(world.ticket("z2", "a")), TicketStanding::revoked);
    EXPECT_EQ(engine->ticket_standing(world.ticket("z3", "c")), TicketStanding::revoked);
  }
}

TEST(BarredTickets, AFullLogSpendsAndRevokesNothing) {
  TicketWorld world;
  world.sink.full = true;
  EXPECT_EQ(world.engine->spend_ticket(world.ticket("z1", "a")).kind, Verdict::Kind::overloaded);
  EXPECT_EQ(world.revoke("z1", "").kind, Verdict::Kind::overloaded);
  EXPECT_EQ(world.standing("z1", "a"), TicketStanding::good);
}

}  // namespace
}  // namespace plated
