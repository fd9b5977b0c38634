// What every answer of the public's doors bears, asked for over real sockets: every route, every
// way to be refused, the upgrade, and the door of a start.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "net/server/starting_door.h"
#include "tests/net/public_world.h"
#include "tests/net/raw_http.h"

namespace plated {
namespace {

class EveryAnswer : public testing::Test {
 protected:
  EveryAnswer() : http_(http_parts()) {
    PublicNetParts parts = net_parts_of(world_, http_, tickets_);
    parts.upgrade.secure = true;
    net_ = std::make_unique<PublicNet>(parts);
    EXPECT_FALSE(net_->listen("127.0.0.1", 0));
    net_->start();
  }

  PublicHttp::Parts http_parts() {
    PublicHttp::Parts parts = http_parts_of(world_, tickets_);
    parts.not_ready = [] { return std::optional<std::string>("draining"); };
    parts.demo_ticket = [this](std::string_view owner) { return ticket(owner); };
    parts.secure = true;
    parts.public_url = "https://plates.example";
    return parts;
  }
  std::string ticket(std::string_view owner) {
    return make_ticket(key_, owner, world_.ticks.now().civil + std::chrono::hours(1));
  }
  // The voucher of a plate that r-7 has confirmed.
  std::string voucher() {
    world_.make_owner(7);
    const std::string vehicle = vehicle_of(7);
    const Who who{"r-7", vehicle};
    Outcome out;
    world_.engine.submit({who, "2026-01", CodeVerdict::right}, out);
    world_.engine.verify({who, CodeVerdict::right}, out);
    world_.engine.draw({who, 1, false}, out);
    const Plate plate{world_.pool, out.application.batch.at(0)};
    world_.engine.shortlist({who, plate}, out);
    world_.engine.confirm({who, plate}, out);
    return voucher_text(out.application.reservation.voucher);
  }

  static std::string request(const std::string& method, const std::string& target,
                             const std::string& more = {}) {
    return method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
  }
  // Each of them once, with the value that a browser keeps to.
  static void expect_guarded(const RawHttp::Head& head, const std::string& what) {
    const auto is = [&](const std::string& name, const std::string& value) {
      const auto found = head.fields.find(name);
      EXPECT_EQ(found == head.fields.end() ? "(none)" : found->second, value)
          << name << " of " << head.status << " to " << what;
    };
    is("x-content-type-options", "nosniff");
    is("x-frame-options", "DENY");
    is("referrer-policy", "no-referrer");
    is("permissions-policy", "camera=(), geolocation=(), microphone=()");
    is("cross-origin-opener-policy", "same-origin");
    is("cross-origin-resource-policy", "same-origin");
    is("strict-transport-security", "max-age=31536000");
    const auto policy = head.fields.find("content-security-policy");
    ASSERT_NE(policy, head.fields.end()) << head.status << " to " << what;
    EXPECT_EQ(policy->second.rfind("default-src 'none'; ", 0), 0U);
    EXPECT_NE(policy->second.find("frame-ancestors 'none'"), std::string::npos);
    const auto kept = head.fields.find("cache-control");
    ASSERT_NE(kept, head.fields.end()) << head.status << " to " << what;
    EXPECT_FALSE(kept->second.empty());
    EXPECT_TRUE(head.fields.contains("date") && head.fields.contains("server")) << what;
  }

  NetWorld world_;
  TicketKey key_{7};
  TicketVerifier tickets_{TicketAlgorithm::hs256, key_};
  PublicHttp http_;
  std::unique_ptr<PublicNet> net_;
};

TEST_F(EveryAnswer, OfEveryRouteIsGuarded) {
  const std::string code = voucher();
  const std::map<std::string, std::string> routes = {{"/", "200"},
                                                     {"/login", "200"},
                                                     {"/login?owner=r-7", "303"},
                                                     {"/login?owner=nobody", "400"},
                                                     {"/enter?ticket=" + ticket("r-7"), "303"},
                                                     {"/enter?ticket=none", "401"},
                                                     {"/leave", "405"},
                                                     {"/pools", "200"},
                                                     {"/pools?office=nowhere", "404"},
                                                     {"/v1/pools", "200"},
                                                     {"/v1/offices/%E7%B2%A4B", "200"},
                                                     {"/v1/offices/none", "404"},
                                                     {"/v1/terms/2026-01", "200"},
                                                     {"/v1/terms/none", "404"},
                                                     {"/v1/voucher/" + code, "200"},
                                                     {"/v1/voucher/none", "404"},
                                                     {"/v1/select", "401"},
                                                     {"/healthz", "200"},
                                                     {"/readyz", "503"},
                                                     {"/nothing", "404"}};
  for (const auto& [target, status] : routes) {
    for (const char* method : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
      const RawHttp::Head head = RawHttp(net_->port()).ask(request(method, target));
      expect_guarded(head, std::string(method) + " " + target);
      if (method == std::string("GET")) {
        EXPECT_EQ(head.code(), status) << target;
      }
    }
  }
}

TEST_F(EveryAnswer, ThatRefusesIsGuarded) {
  const std::string upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string select = upgrade + "Sec-WebSocket-Protocol: plated.v1\r\n";
  const std::string other_version =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: plated.v1\r\n";
  const std::string bad_key =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: abc\r\nSec-WebSocket-Protocol: plated.v1\r\n";
  const std::string bearer = "Authorization: Bearer " + ticket("r-7") + "\r\n";
  const std::map<std::string, std::string> requests = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(9'000, 'x') + "\r\n\r\n", "431"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "413"},
      {request("POST", "/leave", "Origin: https://evil.example\r\n"), "403"},
      {request("POST", "/leave"), "303"},
      {request("GET", "/v1/select", bearer), "426"},
      {request("GET", "/v1/select", upgrade + bearer), "400"},
      {request("OPTIONS", "/v1/select"), "204"},
      {request("GET", "/v1/select", other_version + bearer), "426"},
      {request("GET", "/v1/select", bad_key + bearer), "400"},
      {request("GET", "/v1/select", select), "401"},
      {request("GET", "/v1/select",
               select + "Cookie: __Host-plated_ticket=" + ticket("r-7") + "\r\n"),
       "403"},
      {request("GET", "/v1/select", select + bearer), "101"}};
  for (const auto& [text, status] : requests) {
    const RawHttp::Head head = RawHttp(net_->port()).ask(text);
    EXPECT_EQ(head.code(), status) << text.substr(0, 200);
    expect_guarded(head, text.substr(0, 200));
  }
}

TEST_F(EveryAnswer, OfAStartIsGuarded) {
  StartingDoor door([] { return std::string("recovering"); },
                    AnswerFields({true, "https://plates.example"}), nullptr);
  ASSERT_FALSE(door.open("127.0.0.1", 0));
  for (const char* target : {"/", "/healthz", "/readyz", "/v1/select", "/nothing"}) {
    const RawHttp::Head head = RawHttp(door.port()).ask(request("GET", target));
    expect_guarded(head, std::string("a start, ") + target);
    EXPECT_EQ(head.fields.at("cache-control"), "no-store") << target;
  }
}

TEST_F(EveryAnswer, WithoutTlsSaysNothingOfTls) {
  const AnswerFields fields({false, "http://plates.example"});
  for (const AnswerFields::Field& field : fields.of_all()) {
    EXPECT_NE(field.first, "Strict-Transport-Security");
  }
}

// What an answer says of itself about being kept stands, and nothing else is kept by anybody.
TEST_F(EveryAnswer, IsKeptOnlyWhereItSaysSo) {
  for (const char* target : {"/healthz", "/readyz", "/nothing", "/v1/terms/none", "/enter"}) {
    EXPECT_EQ(RawHttp(net_->port()).ask(request("GET", target)).fields["cache-control"], "no-store")
        << target;
  }
  EXPECT_EQ(RawHttp(net_->port()).ask(request("GET", "/v1/pools")).fields["cache-control"],
            "public, max-age=5");
}

}  // namespace
}  // namespace plated
