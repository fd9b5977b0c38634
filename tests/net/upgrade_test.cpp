#include "net/protocol/upgrade.h"

#include <gtest/gtest.h>

#include "net/protocol/ticket_cookie.h"

namespace plated {
namespace {

class Upgrade : public testing::Test {
 protected:
  Upgrade() {
    policy_.tickets = &tickets_;
    policy_.origins = {"https://plates.example"};
    fields_.protocols = "plated.v1";
    fields_.version = "13";
    fields_.key = "dGhlIHNhbXBsZSBub25jZQ==";
    fields_.host = "server.example:8080";
  }
  unsigned status() { return judge_upgrade(fields_, policy_, now_).status; }

  const CivilTime now_{Millis(1'790'000'000'000)};
  const TicketKey key_{7};
  const TicketVerifier tickets_{TicketAlgorithm::hs256, key_};
  const std::string token_ = make_ticket(key_, "r-7", now_ + std::chrono::hours(1));
  const std::string bearer_ = "Bearer " + token_;
  const std::string cookie_ = "a=b; " + std::string(ticket_cookie_name(false)) + "=" + token_;
  UpgradePolicy policy_;
  UpgradeFields fields_;
};

TEST_F(Upgrade, ABearerTokenNeedsNoOrigin) {
  fields_.authorization = bearer_;
  const UpgradeVerdict verdict = judge_upgrade(fields_, policy_, now_);
  EXPECT_EQ(verdict.status, 0U);
  EXPECT_EQ(verdict.ticket.owner, "r-7");
}

TEST_F(Upgrade, TheVersionIsThirteenAndTheKeyHasSixteenBytes) {
  fields_.authorization = bearer_;
  for (const std::string_view key :
       {"", "abc", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ== ",
        "dGhlIHNhbXBsZSBub25jZWE=", "dGhlIHNhbXBsZSBub25jZ$==", "dGhlIHNhbXBsZSBub25jZQ==AAAA"}) {
    fields_.key = key;
    EXPECT_EQ(status(), 400U) << key;
  }
  for (const std::string_view version : {"", "8", "13, 8", "013", "14"}) {
    fields_.version = version;
    EXPECT_EQ(status(), 426U) << version;
  }
}

TEST_F(Upgrade, ACookieCountsOnlyWithAnOriginOfOurs) {
  fields_.cookie = cookie_;
  for (const std::string_view origin :
       {"http://server.example:8080", "HTTP://SERVER.example:8080", "https://plates.example"}) {
    fields_.origin = origin;
    EXPECT_EQ(status(), 0U) << origin;
  }
  for (const std::string_view origin : {"",
                                        "null",
                                        "https://server.example:8080",
                                        "http://server.example",
                                        "http://server.example:80",
                                        "https://plates.example:80",
                                        "https://evil.example",
                                        "http://server.example:8080.evil.example",
                                        "http://evil.server.example:8080",
                                        "http://server.example:8080/",
                                        "ws://server.example:8080",
                                        "http://plates.example",
                                        "https://plates.example:444",
                                        "https://plates.example.evil",
                                        "https://",
                                        "http://",
                                        "file://",
                                        "server.example:8080",
                                        "https://xplates.example",
                                        "http:server.example:8080",
                                        "http://server.example:8080@evil",
                                        "http://evil#server.example:8080",
                                        " http://server",
                                        "http://[::1]",
                                        "https://PLATES.example."}) {
    fields_.origin = origin;
    EXPECT_EQ(status(), 403U) << origin;
  }
}

TEST_F(Upgrade, UnderTlsPlainHttpIsNotOurs) {
  fields_.cookie = cookie_;
  policy_.tls = true;
  fields_.origin = "http://server.example:8080";
  EXPECT_EQ(status(), 403U);
  fields_.origin = "https://server.example:8080";
  EXPECT_EQ(status(), 0U);
}

TEST_F(Upgrade, WithoutAValidTicketNobodyComesIn) {
  fields_.origin = "http://server.example:8080";
  EXPECT_EQ(status(), 401U);
  for (const std::string& wrong :
       {std::string("Bearer x"), std::string("bearer"), std::string("Bearer "),
        "Bearer " + make_ticket(key_, "r-7", now_ - kTicketEndLeeway),
        "Bearer " + make_ticket(TicketKey{8}, "r-7", now_ + std::chrono::hours(1))}) {
    fields_.authorization = wrong;
    fields_.cookie = cookie_;  // is not asked when there is a header
    EXPECT_EQ(status(), 401U) << wrong;
  }
}

TEST_F(Upgrade, CredentialsForAProxyDoNotHideTheCookie) {
  fields_.authorization = "Basic dXNlcjpwYXNz";
  EXPECT_EQ(status(), 401U);
  fields_.cookie = cookie_;
  EXPECT_EQ(status(), 403U);
  fields_.origin = "https://plates.example";
  EXPECT_EQ(status(), 0U);
  EXPECT_TRUE(borne_ticket(fields_, policy_, now_));
}

TEST_F(Upgrade, AnOriginWithItsSchemesOwnPortIsTheSame) {
  fields_.cookie = cookie_;
  fields_.origin = "https://plates.example:443";
  EXPECT_EQ(status(), 0U);
  fields_.host = "server.example:80";
  fields_.origin = "http://server.example";
  EXPECT_EQ(status(), 0U);
  fields_.host = "server.example:443";
  EXPECT_EQ(status(), 403U);
  policy_.tls = true;
  fields_.origin = "https://server.example";
  EXPECT_EQ(status(), 0U);
  policy_.origins = {canonical_origin("HTTPS://Other.example:443")};
  fields_.origin = "https://other.example";
  EXPECT_EQ(status(), 0U);
}

TEST(OriginForm, IsWhatFollowsTheHost) {
  EXPECT_EQ(origin_form("http://a.example/v1/pools?x=1"), "/v1/pools?x=1");
  EXPECT_EQ(origin_form("HTTPS://a.example:443/"), "/");
  EXPECT_EQ(origin_form("http://a.example"), "/");
  EXPECT_EQ(origin_form("http://a.example?x=1"), "/");
  EXPECT_EQ(origin_form("/http://a"), "/http://a");
  EXPECT_EQ(origin_form("ftp://a/b"), "ftp://a/b");
  EXPECT_EQ(origin_form("*"), "*");
  EXPECT_EQ(origin_form(""), "");
}

TEST_F(Upgrade, TheSubprotocolIsNeeded) {
  fields_.authorization = bearer_;
  for (const std::string_view protocols : {"", "plated", "plated.v2", "plated.v10", "Plated.v1"}) {
    fields_.protocols = protocols;
    EXPECT_EQ(status(), 400U) << protocols;
  }
  fields_.protocols = "chat ,\tplated.v1";
  EXPECT_EQ(status(), 0U);
}

}  // namespace
}  // namespace plated
