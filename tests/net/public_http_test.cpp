#include "net/web/public_http.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "net/protocol/answer_text.h"
#include "net/protocol/ticket_cookie.h"
#include "net/web/page_assets.h"
#include "net/web/query.h"
#include "tests/net/net_world.h"

namespace plated {
namespace {

class PublicHttpTest : public testing::Test {
 protected:
  PublicHttpTest() : http_(parts()) {}

  PublicHttp::Parts parts() {
    return {.engine = world_.engine,
            .ticks = world_.ticks,
            .monotonic = [this] { return monotonic_; },
            .tickets = tickets_,
            .open = [](uint64_t, std::string_view) { return std::nullopt; },
            .revealed =
                [this](PoolKey, Day) {
                  ++secrets_asked_;
                  return revealed_;
                },
            .not_ready = [this] { return not_ready_; },
            .demo_ticket =
                [this](std::string_view owner) {
                  return make_ticket(key_, owner, world_.ticks.now().civil + std::chrono::hours(1));
                },
            .is_durable = [this](Sequence) { return durable_; },
            .rehearsal = true,
            .secure = true,
            .public_url = "https://plates.example"};
  }
  HttpReply get(std::string_view target) { return http_.answer({"GET", target, {}, {}}); }
  static std::string field(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.fields) {
      if (key == name) {
        return value;
      }
    }
    return {};
  }

  struct Reservation {
    Plate plate;
    VoucherCode voucher;
  };
  // r-`number`, who is there already, confirms the first plate drawn.
  Reservation reserve(uint64_t number) {
    const std::string owner = "r-" + std::to_string(number);
    const std::string vehicle = vehicle_of(number);
    const Who who{owner, vehicle};
    Outcome out;
    world_.engine.submit({who, "2026-01", CodeVerdict::right}, out);
    world_.engine.verify({who, CodeVerdict::right}, out);
    world_.engine.draw({who, 1, false}, out);
    const Plate plate{world_.pool, out.application.batch.at(0)};
    world_.engine.shortlist({who, plate}, out);
    world_.engine.confirm({who, plate}, out);
    EXPECT_EQ(out.application.step, Step::done);
    return {plate, out.application.reservation.voucher};
  }

  void describe_office() {
    OfficePatch patch{.office = world_.pool.office, .name = "深圳车管所"};
    patch.contact = {"龙井路 1 号 <南>", "0755-83333333", "周一至周五"};
    patch.schedule = {{0x1f, 9 * 60, 17 * 60}, {0x20, 9 * 60, 12 * 60}};
    Settings settings = world_.engine.office(world_.pool.office)->settings;
    settings.batch_size = 7;
    patch.settings = settings;
    ASSERT_TRUE(world_.engine.put_office(patch, kNobody, world_.changes).ok());
  }

  NetWorld world_;
  const TicketKey key_{7};
  const TicketVerifier tickets_{TicketAlgorithm::hs256, key_};
  Millis monotonic_{12'345};
  std::optional<DrawSecret> revealed_;
  unsigned secrets_asked_ = 0;
  std::optional<std::string> not_ready_;
  bool durable_ = true;
  PublicHttp http_;
};

TEST_F(PublicHttpTest, ThePageSaysInWhichModeItIs) {
  const HttpReply page = get("/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_NE(page.body.find("data-mode=\"demo\""), std::string_view::npos);
  EXPECT_EQ(page.body.find("{{mode}}"), std::string_view::npos);
  const HttpReply again = http_.answer({"GET", "/", {}, field(page, "ETag")});
  EXPECT_EQ(again.status, 304U);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(PublicHttpTest, AnAssetIsCompressedForWhoeverTakesIt) {
  const HttpReply page = get("/");
  const std::size_t at = page.body.find("/assets/");
  ASSERT_NE(at, std::string_view::npos);
  const std::string path(page.body.substr(at, page.body.find('"', at) - at));
  const HttpReply plain = get(path);
  EXPECT_EQ(plain.status, 200U);
  EXPECT_NE(field(plain, "Cache-Control").find("immutable"), std::string::npos);
  const PageAsset* const asset = find_page_asset(path);
  ASSERT_NE(asset, nullptr);
  const auto encoding_for = [&](std::string_view accepted) {
    const HttpReply packed = http_.answer({"GET", path, accepted, {}});
    const std::string encoding = field(packed, "Content-Encoding");
    EXPECT_EQ(field(packed, "Vary"), "Accept-Encoding");
    EXPECT_EQ(packed.body, encoding.empty()   ? asset->bytes
                           : encoding == "br" ? asset->brotli
                                              : asset->gzip);
    EXPECT_EQ(field(packed, "ETag") == field(plain, "ETag"), encoding.empty());
    EXPECT_EQ(http_.answer({"GET", path, accepted, field(packed, "ETag")}).status, 304U);
    return encoding;
  };
  EXPECT_EQ(encoding_for("gzip, deflate, br"), "br");
  EXPECT_EQ(encoding_for("gzip;q=0.5"), "gzip");
  EXPECT_EQ(encoding_for("gzip, br;q=0"), "gzip");
  EXPECT_EQ(encoding_for("x-brotli, x-gzip, gzip;q=0.00, zstd"), "");
  EXPECT_EQ(encoding_for(""), "");
}

TEST_F(PublicHttpTest, WhoeverHasAnAssetAlreadyIsNotSentItAgain) {
  const PageAsset& asset = page_asset_named("app.js");
  const HttpReply fresh = get(asset.path);
  EXPECT_EQ(field(fresh, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(field(get("/"), "Cache-Control"), "no-cache");
  const HttpReply known = http_.answer({"GET", asset.path, {}, "\"old\", " + field(fresh, "ETag")});
  EXPECT_EQ(known.status, 304U);
  EXPECT_TRUE(known.body.empty());
  EXPECT_EQ(field(known, "ETag"), field(fresh, "ETag"));
  EXPECT_EQ(field(known, "Cache-Control"), field(fresh, "Cache-Control"));
  EXPECT_EQ(http_.answer({"GET", asset.path, {}, "\"old\""}).status, 200U);
}

TEST_F(PublicHttpTest, EveryReplyTellsBrowsersToTakeNothingFromElsewhere) {
  std::map<std::string_view, std::string> fields;
  for (const auto& [name, value] : http_.answer_fields().of_all()) {
    fields[name] = value;
  }
  EXPECT_EQ(fields["Content-Security-Policy"],
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            "font-src 'self'; connect-src 'self' wss://plates.example; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'");
  EXPECT_EQ(fields["X-Content-Type-Options"], "nosniff");
  EXPECT_EQ(fields["X-Frame-Options"], "DENY");
  EXPECT_EQ(fields["Referrer-Policy"], "no-referrer");
  EXPECT_EQ(fields["Cross-Origin-Opener-Policy"], "same-origin");
  EXPECT_EQ(fields["Cross-Origin-Resource-Policy"], "same-origin");
}

TEST_F(PublicHttpTest, WhatIsNotThereIsSaidClearly) {
  for (const std::string_view target :
       {"/nothing", "/assets/../secret", "//", "", "/v1/terms/", "/v1/terms/none", "/v1/terms/%zz",
        "/v1/voucher/", "/v1/voucher/00000000000000000000000000000000"}) {
    EXPECT_EQ(get(target).status, 404U) << target;
    EXPECT_FALSE(get(target).body.empty()) << target;
  }
  const HttpReply posted = http_.answer({"POST", "/", {}, {}});
  EXPECT_EQ(posted.status, 405U);
  EXPECT_EQ(field(posted, "Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(get("/v1/select").status, 426U);
  EXPECT_EQ(field(get("/v1/select"), "Connection"), "upgrade");
  EXPECT_EQ(field(get("/v1/select"), "Sec-WebSocket-Version"), "13");
  for (const std::string_view method : {"OPTIONS", "POST"}) {
    for (const std::string_view target : {"/nothing", "/healthz/", "/v1", ""}) {
      EXPECT_EQ(http_.answer({method, target, {}, {}}).status, 404U) << method << target;
    }
  }
  for (const std::string_view target : {"/healthz", "/", "/v1/select", "/v1/voucher/x", "*"}) {
    const HttpReply options = http_.answer({"OPTIONS", target, {}, {}});
    EXPECT_EQ(options.status, 204U);
    EXPECT_EQ(field(options, "Allow"), "GET, HEAD, OPTIONS");
  }
  EXPECT_EQ(get("/leave").status, 405U);
  EXPECT_EQ(field(get("/leave"), "Allow"), "POST, OPTIONS");
}

TEST_F(PublicHttpTest, ATicketBecomesACookie) {
  const std::string token =
      make_ticket(key_, "r-7", world_.ticks.now().civil + std::chrono::hours(1));
  const HttpReply entered = get("/enter?ticket=" + token);
  EXPECT_EQ(entered.status, 303U);
  EXPECT_EQ(field(entered, "Location"), "/");
  EXPECT_EQ(field(entered, "Set-Cookie"),
            std::string(ticket_cookie_name(true)) + "=" + token +
                "; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600; Secure");
  const HttpReply refused = get("/enter?ticket=" + token + "x");
  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(field(refused, "Set-Cookie"), "");
  EXPECT_EQ(get("/enter").status, 401U);
}

TEST_F(PublicHttpTest, WhoLeavesLosesTheCookie) {
  const HttpReply left = http_.leave();
  EXPECT_EQ(left.status, 303U);
  EXPECT_EQ(field(left, "Location"), "/");
  EXPECT_EQ(field(left, "Set-Cookie"),
            std::string(ticket_cookie_name(true)) +
                "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0; Secure");
}

TEST_F(PublicHttpTest, TheLoginPageIsForDemonstrations) {
  EXPECT_EQ(get("/login").status, 200U);
  EXPECT_TRUE(field(get("/login?owner=r-7"), "Location").starts_with("/enter?ticket="));
  for (const std::string_view owner : {"", "7", "r-", "r-07", "r-x", "r-1234567890123", "admin"}) {
    EXPECT_EQ(get("/login?owner=" + std::string(owner)).status, 400U) << owner;
  }
  PublicHttp::Parts real = parts();
  real.demo_ticket = nullptr;
  PublicHttp http(std::move(real));
  EXPECT_EQ(http.answer({"GET", "/login", {}, {}}).status, 404U);
  EXPECT_EQ(http.answer({"GET", "/login?owner=r-7", {}, {}}).status, 404U);
}

TEST_F(PublicHttpTest, ThePoolNoticeHasTheFieldsOfTheProtocol) {
  const HttpReply reply = get("/v1/pools");
  EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
  const boost::json::value pool = parsed(reply.body).at(0);
  EXPECT_EQ(pool.at("office").as_string(), "粤B");
  EXPECT_EQ(pool.at("class").as_string(), "small");
  EXPECT_EQ(pool.at("power").as_string(), "electric");
  EXPECT_EQ(pool.at("loaded").as_int64(), 100);
  EXPECT_EQ(pool.at("free").as_int64(), 100);
  EXPECT_EQ(pool.at("held").as_int64() + pool.at("reserved").as_int64() +
                pool.at("issued").as_int64() + pool.at("withheld").as_int64(),
            0);
  EXPECT_LT(pool.at("free_without4").as_int64(), 100);
  const auto& segment = pool.at("segments").at(0).as_object();
  for (const char* const name :
       {"segment", "from", "to", "plates", "all_zero", "release_at", "released", "note"}) {
    EXPECT_TRUE(segment.contains(name)) << name;
  }
  EXPECT_EQ(segment.at("note").as_string(), "first <one>");
  const auto& secrets = pool.at("secrets").as_array();
  ASSERT_EQ(secrets.size(), 2U);
  EXPECT_EQ(secrets[0].at("commitment").as_string().size(), 64U);
  EXPECT_TRUE(secrets[0].at("revealed").is_null());
}

TEST_F(PublicHttpTest, ThePoolNoticeIsMadeAtMostOnceASecond) {
  const std::string_view before = get("/v1/pools").body;
  revealed_ = DrawSecret{1, 2, 3};
  EXPECT_EQ(get("/v1/pools").body.data(), before.data());
  world_.ticks.advance(kPoolsFor);  // the service's own time does not make it older
  EXPECT_EQ(get("/v1/pools").body.data(), before.data());
  monotonic_ += kPoolsFor;
  const HttpReply fresh = get("/v1/pools");
  EXPECT_TRUE(parsed(fresh.body)
                  .at(0)
                  .at("secrets")
                  .at(0)
                  .at("revealed")
                  .as_string()
                  .starts_with("010203"));
}

TEST_F(PublicHttpTest, APublicSecretIsAskedForOnceAndStaysPublic) {
  revealed_ = DrawSecret{1, 2, 3};
  EXPECT_NE(get("/v1/pools").body.find("\"010203"), std::string_view::npos);
  EXPECT_EQ(secrets_asked_, 2U);
  revealed_ = std::nullopt;
  monotonic_ += kPoolsFor;
  EXPECT_NE(get("/v1/pools").body.find("\"010203"), std::string_view::npos);
  EXPECT_EQ(secrets_asked_, 2U);
}

TEST_F(PublicHttpTest, ThePoolNoticeIsNotSentToWhoeverHasItAlready) {
  for (const std::string_view target : {"/v1/pools", "/pools"}) {
    const HttpReply first = get(target);
    EXPECT_EQ(field(first, "Cache-Control"), "public, max-age=5");
    const std::string tag = field(first, "ETag");
    monotonic_ += kPoolsFor;
    const HttpReply again = http_.answer({"GET", target, {}, tag});
    EXPECT_EQ(again.status, 304U) << target;
    EXPECT_TRUE(again.body.empty());
    const uint64_t owner = target.size();
    world_.make_owner(owner);
    reserve(owner);
    monotonic_ += kPoolsFor;
    const HttpReply changed = http_.answer({"GET", target, {}, tag});
    EXPECT_EQ(changed.status, 200U) << target;
    EXPECT_NE(field(changed, "ETag"), tag);
  }
}

TEST_F(PublicHttpTest, ThePoolNoticeIsCompressedForWhoeverTakesIt) {
  const HttpReply plain = get("/pools");
  const HttpReply packed = http_.answer({"GET", "/pools", "gzip", {}});
  EXPECT_EQ(field(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), plain.body.size());
  EXPECT_NE(field(packed, "ETag"), field(plain, "ETag"));
  EXPECT_EQ(http_.answer({"GET", "/pools", "gzip", field(packed, "ETag")}).status, 304U);
  EXPECT_EQ(http_.answer({"GET", "/pools", "gzip", field(plain, "ETag")}).status, 200U);
}

TEST_F(PublicHttpTest, ThePoolPageSpeaksTheReadersLanguage) {
  const auto title = [&](std::string_view target, std::string_view accepted) {
    const HttpReply page = http_.answer({"GET", target, {}, {}, accepted});
    const bool chinese = page.body.find("<h1>号池公示</h1>") != std::string_view::npos;
    const bool english = page.body.find("<h1>Pool notice</h1>") != std::string_view::npos;
    EXPECT_NE(chinese, english);
    return chinese ? "zh" : "en";
  };
  EXPECT_STREQ(title("/pools", ""), "zh");
  EXPECT_STREQ(title("/pools", "en-GB,en;q=0.9"), "en");
  EXPECT_STREQ(title("/pools", "en-US,en;q=0.9,zh-CN;q=0.8"), "en");
  EXPECT_STREQ(title("/pools", "en-GB,zh-CN;q=0.5"), "en");
  EXPECT_STREQ(title("/pools", "zh-CN,en;q=0.9"), "zh");
  EXPECT_STREQ(title("/pools", "en;q=0.3, zh-TW;q=0.7"), "zh");
  EXPECT_STREQ(title("/pools", "en;q=0,fr"), "zh") << "English is not wanted";
  EXPECT_STREQ(title("/pools", "fr, end, *;q=0.5"), "zh");
  EXPECT_STREQ(title("/pools", "zh-CN,zh;q=0.9,en;q=0.8"), "zh");
  EXPECT_STREQ(title("/pools", "zh;q=0.35, EN-us;q=0.4"), "en");
  EXPECT_STREQ(title("/pools", "fr, *;q=0.5, zh;q=0"), "en");
  EXPECT_STREQ(title("/pools", "fr"), "zh");
  EXPECT_STREQ(title("/pools", "english"), "zh");
  EXPECT_STREQ(title("/pools?lang=en", "zh-CN"), "en");
  EXPECT_STREQ(title("/pools?lang=zh", "en"), "zh");
}

TEST_F(PublicHttpTest, WithManyOfficesThePoolPageListsThemAndShowsOneAtATime) {
  EXPECT_NE(get("/pools").body.find("粤BD10000"), std::string_view::npos);
  const OfficeCode other = *parse_office("粤A").office;
  OfficePatch patch;
  patch.office = other;
  patch.name = "广州";
  ASSERT_TRUE(world_.engine.put_office(patch, kNobody, world_.changes).ok());
  const PoolKey pool{other, PlateClass::large, Power::hybrid};
  ASSERT_TRUE(world_.engine.make_pool(pool, DrawSecret{3}, DrawSecret{4}).ok());
  monotonic_ += kPoolsFor;
  const HttpReply list = get("/pools?lang=en");
  EXPECT_NE(list.body.find("?office=粤A&amp;lang=en"), std::string_view::npos);
  EXPECT_NE(list.body.find("广州"), std::string_view::npos);
  EXPECT_EQ(list.body.find("粤BD10000"), std::string_view::npos);
  const HttpReply one = get("/pools?office=%E7%B2%A4B");
  EXPECT_NE(one.body.find("粤BD10000"), std::string_view::npos);
  EXPECT_EQ(one.body.find("广州"), std::string_view::npos);
  for (const std::string_view target : {"/pools?office=京A", "/pools?office=x"}) {
    EXPECT_EQ(get(target).status, 404U) << target;
  }
}

TEST_F(PublicHttpTest, ThePoolPageEscapesWhatOperatorsWrote) {
  const HttpReply page = get("/pools");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_NE(page.body.find("first &lt;one&gt;"), std::string_view::npos);
  EXPECT_EQ(page.body.find("<script"), std::string_view::npos);
  EXPECT_EQ(page.body.find(" style="), std::string_view::npos);
}

TEST_F(PublicHttpTest, TermsAreToldInBothLanguages) {
  const HttpReply reply = get("/v1/terms/2026-01");
  EXPECT_EQ(reply.body, R"({"version":"2026-01","zh":"条款","en":"terms"})");
}

TEST_F(PublicHttpTest, AVoucherIsAPageOnceItsReservationIsSafe) {
  world_.make_owner(7);
  const std::string vehicle = vehicle_of(7);
  const Reservation reservation = reserve(7);
  const std::string target = "/v1/voucher/" + voucher_text(reservation.voucher);
  durable_ = false;
  EXPECT_EQ(get(target).status, 404U);
  durable_ = true;
  const HttpReply page = get(target);
  EXPECT_EQ(page.status, 200U);
  EXPECT_NE(page.body.find(text_of(reservation.plate).view()), std::string_view::npos);
  EXPECT_NE(page.body.find(vehicle.substr(11)), std::string_view::npos);
  EXPECT_EQ(page.body.find(vehicle), std::string_view::npos);
  EXPECT_NE(page.body.find("<svg class=\"plate\""), std::string_view::npos);
  EXPECT_NE(page.body.find("<svg class=\"qr\""), std::string_view::npos);
  EXPECT_EQ(page.body.find(" style="), std::string_view::npos);
  EXPECT_EQ(field(page, "Cache-Control"), "no-store");
  EXPECT_EQ(field(page, "X-Robots-Tag"), "noindex, nofollow");
  EXPECT_NE(page.body.find("<meta name=\"robots\" content=\"noindex, nofollow\">"),
            std::string_view::npos);
  EXPECT_EQ(field(get("/v1/voucher/none"), "X-Robots-Tag"), "noindex, nofollow");
  EXPECT_EQ(field(get("/pools"), "X-Robots-Tag"), "");
  const std::string script =
      "<script defer src=\"" + std::string(page_asset_named("print.js").path) + "\"></script>";
  EXPECT_NE(page.body.find(script), std::string_view::npos);
  EXPECT_EQ(page.body.find("<script", page.body.find(script) + 1), std::string_view::npos);
  EXPECT_NE(page.body.find("<button id=\"print\""), std::string_view::npos);
}

TEST_F(PublicHttpTest, AVoucherSaysWhereToGo) {
  world_.make_owner(7);
  const Reservation reservation = reserve(7);
  describe_office();
  const HttpReply page = get("/v1/voucher/" + voucher_text(reservation.voucher));
  for (const std::string_view words : {"龙井路 1 号 &lt;南&gt;", "0755-83333333", "周一至周五"}) {
    EXPECT_NE(page.body.find(words), std::string_view::npos) << words;
  }
}

TEST_F(PublicHttpTest, AnOfficeDescribesItself) {
  describe_office();
  const HttpReply reply = get("/v1/offices/%E7%B2%A4B");
  EXPECT_EQ(reply.content_type, "application/json; charset=utf-8");
  EXPECT_EQ(reply.body,
            R"({"office":"粤B","name":"深圳车管所","address":"龙井路 1 号 <南>",)"
            R"("telephone":"0755-83333333","hours":"周一至周五","time_zone":"Asia/Shanghai",)"
            R"("batch_size":7,"schedule":[{"days":"1-5","from":"09:00","to":"17:00"},)"
            R"({"days":"6","from":"09:00","to":"12:00"}]})");
  for (const std::string_view target : {"/v1/offices/京A", "/v1/offices/x", "/v1/offices/%G"}) {
    EXPECT_EQ(get(target).status, 404U) << target;
  }
}

TEST_F(PublicHttpTest, ThePoolNoticeSaysWhenAndWhereAnOfficeIsOpen) {
  describe_office();
  ASSERT_TRUE(
      world_.engine.set_open(world_.pool.office, false, "x", Actor{7}, world_.changes).ok());
  monotonic_ += kPoolsFor;
  const HttpReply chinese = get("/pools?lang=zh");
  EXPECT_NE(chinese.body.find("周一至周五 09:00–17:00；周六 09:00–12:00"), std::string_view::npos);
  EXPECT_NE(chinese.body.find("龙井路 1 号 &lt;南&gt;"), std::string_view::npos);
  const std::optional<CivilTime> opens = world_.engine.office(world_.pool.office)->opens_at();
  ASSERT_TRUE(opens);
  const std::string when = local_time(*opens, std::chrono::hours(8));
  EXPECT_NE(chinese.body.find("将于 " + when + " 开放"), std::string_view::npos);
  const HttpReply english = get("/pools?lang=en");
  EXPECT_NE(english.body.find("Mon–Fri 09:00–17:00; Sat 09:00–12:00"), std::string_view::npos);
}

TEST_F(PublicHttpTest, WhoeverHasNoTicketIsShownThePlatform) {
  PublicHttp::Parts mine = parts();
  mine.platform = {"交管 \"12123\"", "https://platform.example/?a=1&b=2"};
  PublicHttp http(std::move(mine));
  const HttpReply page = http.answer({"GET", "/", {}, {}});
  EXPECT_NE(page.body.find(R"(data-platform-name="交管 &quot;12123&quot;")"),
            std::string_view::npos);
  EXPECT_NE(page.body.find(R"(data-platform-url="https://platform.example/?a=1&amp;b=2")"),
            std::string_view::npos);
  EXPECT_NE(field(page, "ETag"), field(get("/"), "ETag")) << "another text has another tag";
  const HttpReply refused = http.answer({"GET", "/enter?ticket=x", {}, {}});
  EXPECT_EQ(refused.status, 401U);
  EXPECT_NE(refused.body.find(R"(<a href="https://platform.example/?a=1&amp;b=2">)"),
            std::string_view::npos);
  EXPECT_EQ(get("/enter?ticket=x").body.find("platform.example"), std::string_view::npos);
  EXPECT_EQ(get("/").body.find("{{"), std::string_view::npos) << "nothing is left to fill in";
}

TEST_F(PublicHttpTest, AVoucherIsPrintedOnEitherPaper) {
  world_.make_owner(7);
  const std::string target = "/v1/voucher/" + voucher_text(reserve(7).voucher);
  for (const auto& [query, style, other] : {std::tuple("", "voucher.css", "?paper=receipt"),
                                            {"?paper=a4", "voucher.css", "?paper=receipt"},
                                            {"?paper=receipt", "receipt.css", "?paper=a4"}}) {
    const HttpReply page = get(target + query);
    EXPECT_NE(page.body.find(page_asset_named(style).path), std::string_view::npos) << query;
    EXPECT_NE(page.body.find(other), std::string_view::npos) << query;
  }
}

TEST_F(PublicHttpTest, AVoucherSaysWhenItIsUsedAndIsGoneWhenItIsVoid) {
  world_.make_owner(7);
  world_.make_owner(8);
  const Reservation issued = reserve(7);
  const Reservation voided = reserve(8);
  ASSERT_TRUE(world_.engine.issue(issued.plate, {}, kNobody, world_.changes).ok());
  ASSERT_TRUE(
      world_.engine.void_reservation(voided.plate, "papers", false, kNobody, world_.changes).ok());
  const HttpReply used = get("/v1/voucher/" + voucher_text(issued.voucher));
  EXPECT_NE(used.body.find("已办理，本凭证不再有效"), std::string_view::npos);
  EXPECT_EQ(used.body.find("class=\"notes\""), std::string_view::npos);
  const HttpReply gone = get("/v1/voucher/" + voucher_text(voided.voucher));
  EXPECT_EQ(gone.status, 404U);
  EXPECT_NE(gone.body.find("已被车管所撤销"), std::string_view::npos);
}

TEST_F(PublicHttpTest, ReadinessGivesItsReason) {
  EXPECT_EQ(get("/healthz").status, 200U);
  EXPECT_EQ(get("/readyz").status, 200U);
  not_ready_ = "draining";
  EXPECT_EQ(get("/readyz").status, 503U);
  EXPECT_EQ(get("/readyz").body, "draining\n");
  EXPECT_EQ(get("/healthz").status, 200U);
}

TEST(Query, ValuesAreDecodedAndBrokenOnesAreNothing) {
  EXPECT_EQ(query_value("a=1&b=%E7%B2%A4+B&c", "b"), "粤 B");
  EXPECT_EQ(query_value("a=1&c", "c"), "");
  EXPECT_FALSE(query_value("a=1", "b"));
  EXPECT_FALSE(query_value("a=%4", "a"));
  EXPECT_FALSE(query_value("a=%4x", "a"));
}

}  // namespace
}  // namespace plated
