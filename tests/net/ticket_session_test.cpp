// What a ticket opens at the public door: how often, with which cookie, and until when.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/protocol/ticket_cookie.h"
#include "tests/net/public_world.h"
#include "tests/net/raw_http.h"

namespace plated {
namespace {

class TicketSessions : public testing::Test {
 protected:
  explicit TicketSessions(TicketUses uses = TicketUses::many)
      : tickets_(TicketAlgorithm::hs256, key_, kTicketAgeMax, uses),
        http_(http_parts_of(world_, tickets_)) {
    tickets_.ask([this](const TicketUse& use) { return world_.engine.ticket_standing(use); });
    PublicNetParts parts = net_parts_of(world_, http_, tickets_);
    parts.threads = 2;
    net_ = std::make_unique<PublicNet>(parts);
    EXPECT_FALSE(net_->listen("127.0.0.1", 0));
    net_->start();
  }
  std::string ticket(std::string_view owner, std::string_view jti) {
    const CivilTime now = world_.ticks.now().civil;
    return make_ticket(key_, owner, now + std::chrono::hours(1), now, jti);
  }
  static std::string upgrade(const std::string& credentials) {
    return "GET /v1/select HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Protocol: plated.v1\r\n" +
           credentials + "\r\n\r\n";
  }
  static std::string bearer(const std::string& token) { return "Authorization: Bearer " + token; }
  static std::string cookie(const std::string& value) {
    return "Origin: http://a\r\nCookie: " + std::string(ticket_cookie_name(false)) + "=" + value;
  }
  std::string status_of_upgrade(const std::string& credentials) {
    return RawHttp(net_->port()).ask(upgrade(credentials)).code();
  }
  // The cookie's value that a browser has once it has entered.
  std::string enter(const std::string& token) {
    const auto head =
        RawHttp(net_->port()).ask("GET /enter?ticket=" + token + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto set = head.fields.find("set-cookie");
    if (set == head.fields.end()) {
      return head.code();
    }
    const std::size_t begin = set->second.find('=') + 1;
    return set->second.substr(begin, set->second.find(';') - begin);
  }

  NetWorld world_;
  const TicketKey key_{7};
  TicketVerifier tickets_;
  PublicHttp http_;
  std::unique_ptr<PublicNet> net_;
};

TEST_F(TicketSessions, RevokedTicketsLetNobodyInAndEndWhatTheyOpened) {
  RawHttp revoked(net_->port());
  RawHttp other(net_->port());
  ASSERT_EQ(revoked.ask(upgrade(bearer(ticket("r-1", "a")))).code(), "101");
  ASSERT_EQ(other.ask(upgrade(bearer(ticket("r-2", "b")))).code(), "101");
  const CivilTime now = world_.ticks.now().civil;
  const RevokeTickets wish{"r-1", "", now, now + std::chrono::hours(24), "stolen"};
  ASSERT_TRUE(world_.engine.revoke_tickets(wish, kNobody).ok());
  net_->end_tickets(tickets_of("r-1", ""));
  const std::string said = revoked.until("\x03\xf0");
  EXPECT_NE(said.find("signed_out"), std::string::npos) << said;
  EXPECT_NE(said.find("\x03\xf0"), std::string::npos) << "closed with 1008";
  EXPECT_EQ(status_of_upgrade(bearer(ticket("r-1", "a"))), "401");
  EXPECT_EQ(status_of_upgrade(cookie(ticket("r-1", "c"))), "401");
  EXPECT_EQ(status_of_upgrade(bearer(ticket("r-2", "b"))), "101");
  EXPECT_EQ(net_->sessions() >= 1, true) << "the other owner's stays";
}

TEST_F(TicketSessions, ThoseOfAnOwnerOrTheOneOfAJtiAreMeant) {
  const TicketMarks of_a{1, owner_mark("a")};
  const TicketMarks of_none{2, 0};
  EXPECT_TRUE(tickets_of("r-1", "")("r-1", of_a));
  EXPECT_TRUE(tickets_of("r-1", "")("r-1", of_none));
  EXPECT_FALSE(tickets_of("r-1", "")("r-2", of_a));
  EXPECT_TRUE(tickets_of("", "a")("r-1", of_a));
  EXPECT_FALSE(tickets_of("", "b")("r-1", of_a));
  EXPECT_FALSE(tickets_of("", "a")("r-1", of_none));
}

TEST_F(TicketSessions, OneOfAJtiEnds) {
  RawHttp one(net_->port());
  RawHttp other(net_->port());
  ASSERT_EQ(one.ask(upgrade(bearer(ticket("r-1", "a")))).code(), "101");
  ASSERT_EQ(other.ask(upgrade(bearer(ticket("r-1", "b")))).code(), "101");
  net_->end_tickets(tickets_of("", "a"));
  EXPECT_NE(one.until("signed_out").find("signed_out"), std::string::npos);
  net_->end_tickets(tickets_of("", "b"));
  EXPECT_NE(other.until("signed_out").find("signed_out"), std::string::npos);
}

class TicketsOfOneUse : public TicketSessions {
 protected:
  TicketsOfOneUse() : TicketSessions(TicketUses::once) {}
};

TEST_F(TicketsOfOneUse, OpenOneConnection) {
  const std::string token = ticket("r-1", "a");
  EXPECT_EQ(status_of_upgrade(bearer(token)), "101");
  EXPECT_EQ(status_of_upgrade(bearer(token)), "401");
  EXPECT_EQ(status_of_upgrade(cookie(token)), "401");
  EXPECT_EQ(enter(token), "401") << "and no browser";
  EXPECT_EQ(world_.sink.count<TicketSpent>(), 1U);
}

TEST_F(TicketsOfOneUse, OpenOneBrowsersSessionWhichMayConnectAgainAndAgain) {
  const std::string token = ticket("r-1", "a");
  const std::string value = enter(token);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(status_of_upgrade(cookie(value)), "101");
  }
  EXPECT_EQ(status_of_upgrade(bearer(token)), "401") << "what stood in the address opens nothing";
  EXPECT_EQ(status_of_upgrade(cookie(token)), "401");
  EXPECT_EQ(world_.sink.count<TicketSpent>(), 1U);
}

TEST_F(TicketsOfOneUse, AreNotUsedByWhoeverFindsNoRoom) {
  const std::string token = ticket("r-1", "a");
  world_.sink.full = true;
  EXPECT_EQ(status_of_upgrade(bearer(token)), "503");
  world_.sink.full = false;
  EXPECT_EQ(status_of_upgrade(bearer(token)), "101");
}

}  // namespace
}  // namespace plated
