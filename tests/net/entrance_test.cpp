// The way in with a ticket: whom it lets in, whom it asks first, and how often.
#include "net/web/entrance.h"

#include <gtest/gtest.h>

#include <string>

#include "net/protocol/ticket_cookie.h"
#include "tests/net/net_world.h"

namespace plated {
namespace {

class EntranceTest : public testing::Test {
 protected:
  explicit EntranceTest(TicketUses uses = TicketUses::many)
      : tickets_(TicketAlgorithm::hs256, key_, kTicketAgeMax, uses),
        entrance_(
            {.engine = world_.engine,
             .ticks = world_.ticks,
             .tickets = tickets_,
             .open = [](uint64_t, std::string_view sealed) { return personal_data_of(sealed); },
             .rehearsal = true,
             .secure = true,
             .platform = {}}) {
    tickets_.ask([this](const TicketUse& use) { return world_.engine.ticket_standing(use); });
    import("z1-000001", "张三");
    import("z2-000002", "李四");
  }
  void import(std::string_view owner, const std::string& name) {
    const std::string sealed = bytes_of({name, "13800001234", ""});
    EXPECT_TRUE(
        world_.engine.import_owner(owner, OwnerKind::person, ++keys_, sealed, kNobody).ok());
  }
  std::string ticket(std::string_view owner, Millis ago = Millis(0), std::string_view jti = {}) {
    const CivilTime now = world_.ticks.now().civil;
    return make_ticket(key_, owner, now + std::chrono::hours(1), now - ago, jti);
  }
  static std::string as_cookie(const std::string& value) {
    return std::string(ticket_cookie_name(true)) + "=" + value;
  }
  HttpReply enter(const std::string& token, const std::string& cookie = {},
                  std::string_view from = "same-origin", const std::string& more = {}) {
    return entrance_.enter("ticket=" + token + more, {"GET", "/enter", {}, {}, {}, cookie, from});
  }
  static std::string field(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.fields) {
      if (key == name) {
        return value;
      }
    }
    return {};
  }
  // The value that the browser keeps.
  static std::string kept(const HttpReply& reply) {
    const std::string set = field(reply, "Set-Cookie");
    const std::size_t begin = set.find('=') + 1;
    return set.substr(begin, set.find(';') - begin);
  }
  // Where the page's way that has these words leads.
  static std::string way(const HttpReply& page, const std::string& words) {
    const std::size_t begin = page.body.rfind("href=\"", page.body.find(words)) + 6;
    const std::size_t end = page.body.find("\">", begin);
    std::string href(page.body.substr(begin, end - begin));
    for (std::size_t at = href.find("&amp;"); at != std::string::npos; at = href.find("&amp;")) {
      href.replace(at, 5, "&");
    }
    return href;
  }

  uint64_t keys_ = 0;
  NetWorld world_;
  const TicketKey key_{7};
  TicketVerifier tickets_;
  Entrance entrance_;
};

TEST_F(EntranceTest, WhoeverHasNoTicketYetGoesStraightIn) {
  const std::string token = ticket("z1-000001");
  const HttpReply entered = enter(token);
  EXPECT_EQ(entered.status, 303U);
  EXPECT_EQ(field(entered, "Location"), "/");
  EXPECT_EQ(field(entered, "Set-Cookie"),
            "__Host-plated_ticket=" + token +
                "; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600; Secure");
  EXPECT_EQ(enter(token, as_cookie("nonsense")).status, 303U);
}

TEST_F(EntranceTest, TheSameOwnersNewerTicketGoesStraightThrough) {
  const std::string newer = ticket("z1-000001");
  const HttpReply entered = enter(newer, as_cookie(ticket("z1-000001", Millis(60'000))));
  EXPECT_EQ(entered.status, 303U);
  EXPECT_EQ(kept(entered), newer);
}

TEST_F(EntranceTest, AnotherOwnerIsNamedBeforeTheyAreReplaced) {
  const std::string theirs = ticket("z2-000002");
  const std::string cookie = as_cookie(ticket("z1-000001"));
  const HttpReply asked = enter(theirs, cookie);
  EXPECT_EQ(asked.status, 200U);
  EXPECT_EQ(field(asked, "Set-Cookie"), "") << "nothing is replaced yet";
  EXPECT_EQ(field(asked, "Cache-Control"), "no-store");
  EXPECT_NE(asked.body.find("张*"), std::string_view::npos);
  EXPECT_NE(asked.body.find("李*"), std::string_view::npos);
  for (const char* secret : {"张三", "李四", "z1-000001", "z2-000002", "13800001234"}) {
    EXPECT_EQ(asked.body.find(secret), std::string_view::npos) << secret;
  }
  EXPECT_EQ(way(asked, "Stay "), "/");
  const std::string on = way(asked, "Change to 李");
  ASSERT_EQ(on.rfind("/enter?", 0), 0U) << on;
  const HttpReply replaced =
      entrance_.enter(on.substr(7), {"GET", "/enter", {}, {}, {}, cookie, "same-origin"});
  EXPECT_EQ(replaced.status, 303U);
  EXPECT_EQ(kept(replaced), theirs);
}

// A page from elsewhere may link here with whatever it likes; it does not know whose ticket goes.
TEST_F(EntranceTest, NobodyElseCanSayYes) {
  const std::string theirs = ticket("z2-000002");
  const std::string cookie = as_cookie(ticket("z1-000001"));
  for (const char* guess : {"&replaces=", "&replaces=z1-000001", "&replaces=0000000000000000"}) {
    EXPECT_EQ(enter(theirs, cookie, "same-origin", guess).status, 200U) << guess;
  }
  const HttpReply asked = enter(theirs, as_cookie(ticket("z1-000001", Millis(60'000))));
  const std::string on = way(asked, "Change to 李");
  const HttpReply other =
      entrance_.enter(on.substr(7), {"GET", "/enter", {}, {}, {}, cookie, "same-origin"});
  EXPECT_EQ(other.status, 200U) << "yes to the replacement of another ticket";
}

// From another site a browser does not send our cookie; from our own page it does.
TEST_F(EntranceTest, WhoeverComesFromElsewhereComesOnceMoreFromHere) {
  const std::string token = ticket("z2-000002");
  const HttpReply bounced = enter(token, {}, "cross-site");
  EXPECT_EQ(bounced.status, 200U);
  EXPECT_EQ(field(bounced, "Set-Cookie"), "");
  EXPECT_NE(
      bounced.body.find("<meta http-equiv=\"refresh\" content=\"0;url=/enter?ticket=" + token),
      std::string_view::npos);
  EXPECT_EQ(way(bounced, "Go on"), "/enter?ticket=" + token);
  EXPECT_EQ(enter(token, {}, "").status, 303U) << "a browser that does not say where it was";
  EXPECT_EQ(enter(token, {}, "none").status, 303U) << "an address that was typed";
  EXPECT_EQ(enter("nonsense", {}, "cross-site").status, 401U);
}

class OnceTest : public EntranceTest {
 protected:
  OnceTest() : EntranceTest(TicketUses::once) {}
};

TEST_F(OnceTest, ATicketOpensOneBrowsersSession) {
  const std::string token = ticket("z1-000001", Millis(0), "a");
  const HttpReply entered = enter(token);
  EXPECT_EQ(entered.status, 303U);
  EXPECT_EQ(entered.rests_on, world_.sink.last()) << "a crash must not make it good again";
  const std::string value = kept(entered);
  EXPECT_EQ(value.rfind(token + "~", 0), 0U);
  const CivilTime now = world_.ticks.now().civil;
  EXPECT_TRUE(std::holds_alternative<Ticket>(tickets_.verify(value, now))) << "again and again";
  EXPECT_EQ(std::get<TicketError>(tickets_.verify(token, now)), TicketError::spent);
  EXPECT_EQ(std::get<TicketError>(tickets_.verify(token + "~AAAA", now)), TicketError::spent);
  const HttpReply again = enter(token);
  EXPECT_EQ(again.status, 401U);
  EXPECT_NE(again.body.find("has been used"), std::string_view::npos);
  EXPECT_EQ(enter(value).status, 401U) << "what a browser keeps opens no other";
}

TEST_F(OnceTest, WhoeverIsAskedOrSentOnHasUsedNothing) {
  const std::string token = ticket("z2-000002", Millis(0), "b");
  EXPECT_EQ(enter(token, {}, "cross-site").status, 200U);
  const std::string present = kept(enter(ticket("z1-000001", Millis(0), "a")));
  EXPECT_EQ(enter(token, as_cookie(present)).status, 200U);
  EXPECT_EQ(enter(token).status, 303U);
}

TEST_F(OnceTest, AScannerOfLinksUsesNothing) {
  const std::string token = ticket("z1-000001", Millis(0), "a");
  const HttpReply looked = entrance_.enter("ticket=" + token, {"HEAD", "/enter", {}, {}});
  EXPECT_EQ(looked.status, 303U);
  EXPECT_EQ(field(looked, "Set-Cookie"), "");
  EXPECT_EQ(enter(token).status, 303U);
}

TEST_F(OnceTest, AFullLogLetsNobodyInAndUsesNothing) {
  const std::string token = ticket("z1-000001", Millis(0), "a");
  world_.sink.full = true;
  const HttpReply busy = enter(token);
  EXPECT_EQ(busy.status, 503U);
  EXPECT_EQ(field(busy, "Retry-After"), "5");
  EXPECT_EQ(field(busy, "Set-Cookie"), "");
  world_.sink.full = false;
  EXPECT_EQ(enter(token).status, 303U);
}

TEST_F(OnceTest, ATicketWithoutANameIsRefused) {
  const HttpReply refused = enter(ticket("z1-000001"));
  EXPECT_EQ(refused.status, 401U);
  EXPECT_NE(refused.body.find("has no jti"), std::string_view::npos);
}

}  // namespace
}  // namespace plated
