// Tickets: what is believed, what is refused and why, and the key files.
#include "net/protocol/ticket.h"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <vector>

namespace plated {
namespace {

const CivilTime kNow{Millis{1'790'000'000'000}};
constexpr std::string_view kHs256 = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::string_view kGood = R"({"sub":"r-7","aud":"plated","exp":1790000060})";

std::string base64url(std::string_view text) {
  std::string out(sodium_base64_encoded_len(text.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                  '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()),
                    text.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  out.pop_back();
  return out;
}

std::string text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

class TicketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_GE(sodium_init(), 0);
    for (std::size_t i = 0; i < kTicketSecretMin; ++i) {
      key_[i] = static_cast<uint8_t>(i * 7 + 1);
    }
    crypto_sign_seed_keypair(public_key_.data(), secret_key_.data(), key_.data());
  }

  [[nodiscard]] std::string sign_hs256(std::string_view header, std::string_view claims,
                                       const TicketKey& key) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    unsigned char mark[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256(mark, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                           key.data());
    return text + "." + base64url(text_of(mark, sizeof mark));
  }
  [[nodiscard]] std::string sign(std::string_view claims) const {
    return sign_hs256(kHs256, claims, key_);
  }
  [[nodiscard]] std::string sign_eddsa(std::string_view header, std::string_view claims) const {
    const std::string text = base64url(header) + "." + base64url(claims);
    unsigned char mark[crypto_sign_BYTES];
    crypto_sign_detached(mark, nullptr, reinterpret_cast<const unsigned char*>(text.data()),
                         text.size(), secret_key_.data());
    return text + "." + base64url(text_of(mark, sizeof mark));
  }
  [[nodiscard]] TicketOutcome verify(std::string_view token) const {
    return TicketVerifier(TicketAlgorithm::hs256, key_).verify(token, kNow);
  }
  [[nodiscard]] TicketOutcome verify_eddsa(std::string_view token) const {
    return TicketVerifier(TicketAlgorithm::eddsa, public_key_).verify(token, kNow);
  }
  void expect_refused(std::string_view token, TicketError error) const {
    const TicketOutcome outcome = verify(token);
    ASSERT_TRUE(std::holds_alternative<TicketError>(outcome)) << token;
    EXPECT_EQ(std::get<TicketError>(outcome), error) << message_of(std::get<TicketError>(outcome));
  }
  void expect_claims_refused(std::string_view claims, TicketError error) const {
    SCOPED_TRACE(claims);
    expect_refused(sign(claims), error);
  }
  void expect_good(const TicketOutcome& outcome) const {
    ASSERT_TRUE(std::holds_alternative<Ticket>(outcome))
        << message_of(std::get<TicketError>(outcome));
    EXPECT_EQ(std::get<Ticket>(outcome).owner, "r-7");
    EXPECT_EQ(std::get<Ticket>(outcome).expires, kNow + Millis{60'000} + kTicketEndLeeway);
  }

  TicketKey key_{};
  TicketKey public_key_{};
  std::array<uint8_t, crypto_sign_SECRETKEYBYTES> secret_key_{};
};

TEST_F(TicketTest, AGoodTicketNamesItsOwnerAndItsEnd) {
  expect_good(verify(sign(kGood)));
  expect_good(verify_eddsa(sign_eddsa(R"({"alg":"EdDSA"})", kGood)));
  expect_good(
      verify(sign(R"({"sub":"r-7","aud":["x","plated"],"exp":1790000060.0,"nbf":1,"a":{}})")));
}

TEST_F(TicketTest, WhatWeSignWeBelieve) {
  expect_good(verify(make_ticket(key_, "r-7", kNow + Millis{60'999})));
}

TEST_F(TicketTest, WhatOthersSignWithOurKeyWeBelieve) {
  // Signed by an independent implementation (Python's hmac and base64).
  const std::string token =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiJyLTciLCJhdWQiOiJwbGF0ZWQiLCJleHAiOjE3OTAwMDAwNjB9."
      "S79XXBYDkU73qQdWXW9po0QQBwAwWchZhrb_sdE0ID8";
  expect_good(verify(token));
}

TEST_F(TicketTest, TheTokenNeverChoosesTheAlgorithm) {
  expect_refused(base64url(R"({"alg":"none"})") + "." + base64url(kGood) + ".",
                 TicketError::wrong_algorithm);
  for (const std::string_view alg : {"none", "None", "HS384", "hs256", "EdDSA", "RS256", ""}) {
    expect_refused(sign_hs256(R"({"alg":")" + std::string(alg) + R"("})", kGood, key_),
                   TicketError::wrong_algorithm);
  }
  // The classic: the public key, which everybody knows, used as the secret of HS256.
  const TicketOutcome confused = verify_eddsa(sign_hs256(kHs256, kGood, public_key_));
  EXPECT_EQ(std::get<TicketError>(confused), TicketError::wrong_algorithm);
  const TicketOutcome disguised =
      verify_eddsa(sign_hs256(R"({"alg":"EdDSA"})", kGood, public_key_));
  EXPECT_EQ(std::get<TicketError>(disguised), TicketError::bad_signature);
}

TEST_F(TicketTest, AHeaderWithoutAlgorithmOrWithExtensionsIsMalformed) {
  for (const std::string_view header :
       {R"({})", R"({"alg":1})", R"({"alg":null})", R"(["HS256"])", R"({"alg":"HS256","crit":[]})",
        R"({"alg":"HS256","crit":["b64"],"b64":false})", R"({"alg":"none","alg":"HS256"})",
        R"({"alg":"HS256"}x)", R"({"alg":"HS256")", ""}) {
    SCOPED_TRACE(header);
    expect_refused(sign_hs256(header, kGood, key_), TicketError::malformed);
  }
}

TEST_F(TicketTest, EveryFlippedBitIsNoticed) {
  const std::string hs256 = sign(kGood);
  const std::string eddsa = sign_eddsa(R"({"alg":"EdDSA"})", kGood);
  for (const bool symmetric : {true, false}) {
    const std::string& good = symmetric ? hs256 : eddsa;
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string forged = good;
        forged[at] = static_cast<char>(forged[at] ^ (1 << bit));
        const TicketOutcome outcome = symmetric ? verify(forged) : verify_eddsa(forged);
        ASSERT_TRUE(std::holds_alternative<TicketError>(outcome)) << at << " " << bit;
      }
    }
  }
}

TEST_F(TicketTest, AnotherKeyOrAShortSignatureDoesNotHold) {
  TicketKey other = key_;
  other[31] ^= 1;
  expect_refused(sign_hs256(kHs256, kGood, other), TicketError::bad_signature);
  const std::string good = sign(kGood);
  const std::string text = good.substr(0, good.rfind('.'));
  expect_refused(text + ".", TicketError::bad_signature);
  expect_refused(text + "." + base64url("short"), TicketError::bad_signature);
  expect_refused(text + "." + base64url(std::string(64, 'x')), TicketError::bad_signature);
}

TEST_F(TicketTest, TheFormIsStrict) {
  const std::string good = sign(kGood);
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("a.b"), good + ".",
        good + "=", good + " ", " " + good, good + "\n", "." + good, good + "." + good,
        std::string(kTicketMax + 1, 'a'), std::string(4096, '.')}) {
    expect_refused(token, TicketError::malformed);
  }
  std::string spaced = good;
  spaced.insert(spaced.find('.') - 2, "\n");
  expect_refused(spaced, TicketError::malformed);
}

TEST_F(TicketTest, ItIsBoundedBySize) {
  const std::string start = R"({"sub":"r-7","aud":"plated","exp":1790000060,"pad":")";
  expect_good(verify(sign(start + std::string(2800, 'x') + "\"}")));
  expect_claims_refused(start + std::string(3200, 'x') + "\"}", TicketError::malformed);
}

TEST_F(TicketTest, ItRunsOutWhenClocksCannotExplainItAnyMore) {
  const std::string token = make_ticket(key_, "r-7", kNow - kTicketEndLeeway);
  const TicketVerifier verifier(TicketAlgorithm::hs256, key_);
  EXPECT_TRUE(std::holds_alternative<Ticket>(verifier.verify(token, kNow - Millis{1})));
  EXPECT_EQ(std::get<TicketError>(verifier.verify(token, kNow)), TicketError::expired);
}

TEST_F(TicketTest, TimesAreNumbers) {
  using enum TicketError;
  expect_claims_refused(R"({"sub":"r-7","aud":"plated"})", malformed);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":"1790000060"})", malformed);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":null})", malformed);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":-1})", expired);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":1790000060,"nbf":"1"})", malformed);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":1790000060,"iat":"1"})", malformed);
  expect_claims_refused(R"({"sub":"r-7","aud":"plated","exp":1e300})", too_long);
}

TEST_F(TicketTest, ItsBeginningMayBeAMinuteAheadOfOurClock) {
  for (const std::string name : {"nbf", "iat"}) {
    const std::string start = R"({"sub":"r-7","aud":"plated","exp":1790000060,")" + name + "\":";
    expect_good(verify(sign(start + "1790000001}")));
    expect_good(verify(sign(start + "1790000060}")));
    expect_claims_refused(start + "1790000060.5}", TicketError::not_yet_valid);
  }
}

TEST_F(TicketTest, ItRunsForNoLongerThanATicketMay) {
  const auto outcome = [&](Millis age_max, Millis runs_for) {
    return TicketVerifier(TicketAlgorithm::hs256, key_, age_max)
        .verify(make_ticket(key_, "r-7", kNow + runs_for), kNow);
  };
  using std::chrono::hours;
  EXPECT_TRUE(std::holds_alternative<Ticket>(outcome(kTicketAgeMax, hours(24))));
  EXPECT_EQ(std::get<TicketError>(outcome(kTicketAgeMax, hours(25))), TicketError::too_long);
  EXPECT_EQ(std::get<TicketError>(outcome(hours(1), hours(2))), TicketError::too_long);
  EXPECT_TRUE(std::holds_alternative<Ticket>(outcome(hours(999), hours(998))));
}

TEST_F(TicketTest, TheNewNameOfTheCurveIsTheOldOnes) {
  expect_good(verify_eddsa(sign_eddsa(R"({"alg":"Ed25519"})", kGood)));
  expect_refused(sign_hs256(R"({"alg":"Ed25519"})", kGood, key_), TicketError::wrong_algorithm);
  const TicketOutcome other = verify_eddsa(sign_eddsa(R"({"alg":"Ed448"})", kGood));
  EXPECT_EQ(std::get<TicketError>(other), TicketError::wrong_algorithm);
}

TEST_F(TicketTest, AKeyIsReplacedWhileTicketsAreVerified) {
  TicketVerifier verifier(TicketAlgorithm::hs256, key_);
  TicketKey other = key_;
  other[0] ^= 1;
  verifier.replace_key(other);
  EXPECT_EQ(std::get<TicketError>(verifier.verify(sign(kGood), kNow)), TicketError::bad_signature);
  expect_good(verifier.verify(make_ticket(other, "r-7", kNow + Millis{60'000}), kNow));
}

TEST_F(TicketTest, TwoTicketsOfOneOwnerAreToldApart) {
  const auto mark = [&](int64_t after_s) {
    const std::string token = make_ticket(key_, "r-7", kNow + std::chrono::seconds(after_s));
    return std::get<Ticket>(verify(token)).mark;
  };
  EXPECT_EQ(mark(60), mark(60));
  EXPECT_NE(mark(60), mark(61));
}

TEST_F(TicketTest, ItIsForUsOrForNobody) {
  for (const std::string_view aud :
       {R"("other")", R"("PLATED")", R"("plated ")", "[]", R"(["other"])", "null", "7", "{}"}) {
    expect_claims_refused(R"({"sub":"r-7","exp":1790000060,"aud":)" + std::string(aud) + "}",
                          TicketError::wrong_audience);
  }
  expect_claims_refused(R"({"sub":"r-7","exp":1790000060})", TicketError::wrong_audience);
}

TEST_F(TicketTest, TheSubjectIsAnOwner) {
  for (const std::string& sub :
       {std::string(R"("")"), std::string(R"("a b")"), std::string(R"("a\u0000")"),
        std::string(R"("é")"), std::string(R"("a/b")"), std::string("7"), std::string("null"),
        "\"" + std::string(kOwnerIdMax + 1, 'a') + "\""}) {
    expect_claims_refused(R"({"aud":"plated","exp":1790000060,"sub":)" + sub + "}",
                          TicketError::bad_subject);
  }
  expect_claims_refused(R"({"aud":"plated","exp":1790000060})", TicketError::bad_subject);
  EXPECT_TRUE(is_owner_id("Az09._:@-"));
  EXPECT_TRUE(is_owner_id(std::string(kOwnerIdMax, 'a')));
}

TEST_F(TicketTest, ARepeatedNameIsMalformed) {
  expect_claims_refused(R"({"sub":"r-1","sub":"r-7","aud":"plated","exp":1790000060})",
                        TicketError::malformed);
  expect_claims_refused(R"({"sub":"r-1","s\u0075b":"r-7","aud":"plated","exp":1790000060})",
                        TicketError::malformed);
}

TEST_F(TicketTest, SaysWhenItWasIssuedAndWhichItIs) {
  const auto read = [this](std::string_view more) {
    const std::string claims =
        R"({"sub":"r-7","aud":"plated","exp":1790000060)" + std::string(more) + "}";
    return verify(sign(claims));
  };
  const auto whole = std::get<Ticket>(read(R"(,"iat":1789999990.5,"jti":"a-1")"));
  EXPECT_EQ(whole.issued, CivilTime(Millis(1'789'999'990'500)));
  EXPECT_EQ(whole.jti, "a-1");
  const auto bare = std::get<Ticket>(read(""));
  EXPECT_EQ(bare.issued, CivilTime::min());
  EXPECT_EQ(bare.jti, "");
  for (const std::string& jti : {std::string("7"), std::string("null"), std::string("[]"),
                                 "\"" + std::string(kTicketJtiMax + 1, 'a') + "\""}) {
    EXPECT_EQ(std::get<TicketError>(read(",\"jti\":" + jti)), TicketError::malformed) << jti;
  }
}

TEST_F(TicketTest, OfOneUseNeedsAName) {
  const TicketVerifier once(TicketAlgorithm::hs256, key_, kTicketAgeMax, TicketUses::once);
  const CivilTime end = kNow + std::chrono::minutes(1);
  EXPECT_EQ(std::get<TicketError>(once.verify(make_ticket(key_, "r-7", end), kNow)),
            TicketError::no_jti);
  EXPECT_EQ(std::get<Ticket>(once.verify(make_ticket(key_, "r-7", end, kNow, "j"), kNow)).jti, "j");
}

TEST_F(TicketTest, WhoeverKnowsThatItIsBarredIsAskedLast) {
  TicketVerifier tickets(TicketAlgorithm::hs256, key_);
  TicketStanding standing = TicketStanding::good;
  std::string asked;
  tickets.ask([&](const TicketUse& use) {
    asked += std::string(use.owner) + "/" + std::string(use.jti) + " ";
    return standing;
  });
  const std::string token = make_ticket(key_, "r-7", kNow + std::chrono::minutes(1), kNow, "j");
  EXPECT_TRUE(std::holds_alternative<Ticket>(tickets.verify(token, kNow)));
  standing = TicketStanding::spent;
  EXPECT_EQ(std::get<TicketError>(tickets.verify(token, kNow)), TicketError::spent);
  standing = TicketStanding::revoked;
  EXPECT_EQ(std::get<TicketError>(tickets.verify(token, kNow)), TicketError::revoked);
  EXPECT_EQ(std::get<TicketError>(tickets.verify(token + "x", kNow)), TicketError::bad_signature);
  EXPECT_EQ(asked, "r-7/j r-7/j r-7/j ") << "a forged one is nobody's business";
}

TEST_F(TicketTest, ABrowsersSessionStandsBehindIt) {
  const std::string token = make_ticket(key_, "r-7", kNow + std::chrono::minutes(1));
  const TicketSession session = make_ticket_session();
  EXPECT_EQ(std::get<Ticket>(verify(token + "~" + session.text)).session, session.hash);
  EXPECT_EQ(std::get<Ticket>(verify(token)).session, TicketMark{});
  EXPECT_NE(make_ticket_session().text, session.text);
  EXPECT_NE(make_jti(), make_jti());
  for (const std::string_view wrong : {"a b", "a;b", "a\r\nX: y", "a~b", "\xe5"}) {
    EXPECT_EQ(std::get<TicketError>(verify(token + "~" + std::string(wrong))),
              TicketError::malformed)
        << wrong;
  }
  EXPECT_EQ(std::get<TicketError>(verify(token + "~" + std::string(100, 'a'))),
            TicketError::malformed);
}

TEST(Bearers, AreFoundWhateverTheCaseOfTheScheme) {
  EXPECT_EQ(find_bearer("Bearer a.b.c"), "a.b.c");
  EXPECT_EQ(find_bearer(" bEARER  a.b.c "), "a.b.c");
  EXPECT_FALSE(find_bearer("Bearer"));
  EXPECT_FALSE(find_bearer("Bearer "));
  EXPECT_FALSE(find_bearer("Basic a.b.c"));
  EXPECT_TRUE(is_bearer("bearer"));
  EXPECT_FALSE(is_bearer("Bearers a.b.c"));
  EXPECT_FALSE(find_bearer(""));
}

class TicketKeyFile : public TicketTest {
 protected:
  void SetUp() override {
    TicketTest::SetUp();
    std::string pattern = ::testing::TempDir() + "ticket_key_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/ticket.key";
  }
  void TearDown() override {
    ::unlink(path_.c_str());
    EXPECT_EQ(::rmdir(directory_.c_str()), 0) << "something else was left there";
  }
  void write(std::string_view text) const {
    std::ofstream(path_) << text;
    EXPECT_EQ(::chmod(path_.c_str(), 0600), 0);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(TicketKeyFile, IsMadeOnceForItsOwnerOnly) {
  const TicketKeyOutcome first = load_or_make_ticket_key(path_);
  ASSERT_TRUE(std::holds_alternative<TicketKey>(first)) << std::get<std::string>(first);
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  EXPECT_EQ(found.st_size, 44);
  EXPECT_EQ(std::get<TicketKey>(load_or_make_ticket_key(path_)), std::get<TicketKey>(first));
  EXPECT_EQ(std::get<TicketKey>(load_ticket_key(path_, TicketAlgorithm::hs256)),
            std::get<TicketKey>(first));
}

TEST_F(TicketKeyFile, IsReadAsBase64UrlOrAsPem) {
  write(base64url(text_of(key_.data(), kTicketSecretMin)) + "\n");
  EXPECT_EQ(std::get<TicketKey>(load_ticket_key(path_, TicketAlgorithm::hs256)), key_);
  EXPECT_EQ(std::get<TicketKey>(load_ticket_key(path_, TicketAlgorithm::eddsa)), key_);
  write(
      "-----BEGIN PUBLIC "
      "KEY-----\nMCowBQYDK2VwAyEA5AMJmM/VrRcjwWn5VqoLnrhhm1mSvWEsKvQo68efjfA=\n-----END PUBLIC "
      "KEY-----\n");
  EXPECT_EQ(std::get<TicketKey>(load_ticket_key(path_, TicketAlgorithm::eddsa)), public_key_);
  EXPECT_TRUE(std::holds_alternative<std::string>(load_ticket_key(path_, TicketAlgorithm::hs256)));
}

// As HMAC takes a secret that is longer than a block: by its digest.
TEST_F(TicketKeyFile, ASecretMayBeLongerThanThirtyTwoBytes) {
  for (const std::size_t size : {33U, 48U, 64U, 65U, 100U, 512U}) {
    const std::string secret(size, 'k');
    write(base64url(secret));
    const TicketKeyOutcome key = load_ticket_key(path_, TicketAlgorithm::hs256);
    ASSERT_TRUE(std::holds_alternative<TicketKey>(key)) << size;
    const std::string text = base64url(kHs256) + "." + base64url(kGood);
    unsigned char mark[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(secret.data()),
                                secret.size());
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                                  text.size());
    crypto_auth_hmacsha256_final(&state, mark);
    const TicketVerifier verifier(TicketAlgorithm::hs256, std::get<TicketKey>(key));
    expect_good(verifier.verify(text + "." + base64url(text_of(mark, sizeof mark)), kNow));
    EXPECT_TRUE(
        std::holds_alternative<std::string>(load_ticket_key(path_, TicketAlgorithm::eddsa)));
  }
}

TEST_F(TicketKeyFile, ThatIsBadIsSaidSoAndLeftAlone) {
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string(42, 'A'), std::string(45, 'A'),
        std::string(43, 'A') + "=", std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n"),
        std::string("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        std::string(10000, 'A')}) {
    write(text);
    for (const auto algorithm : {TicketAlgorithm::hs256, TicketAlgorithm::eddsa}) {
      const TicketKeyOutcome outcome = load_ticket_key(path_, algorithm);
      ASSERT_TRUE(std::holds_alternative<std::string>(outcome)) << text;
      EXPECT_NE(std::get<std::string>(outcome).find(path_), std::string::npos);
    }
    ASSERT_TRUE(std::holds_alternative<std::string>(load_or_make_ticket_key(path_)));
    std::ostringstream left;
    left << std::ifstream(path_).rdbuf();
    EXPECT_EQ(left.str(), text);
  }
}

// Who reads the secret of HS256 signs tickets, and so does who changes a key of either kind.
TEST_F(TicketKeyFile, ThatOthersMayOpenIsRefusedWithWhatToType) {
  write(base64url(text_of(key_.data(), kTicketSecretMin)));
  struct Case {
    mode_t mode;
    bool as_secret;
    bool as_public_key;
  };
  for (const auto& [mode, as_secret, as_public_key] : std::vector<Case>{{0600, true, true},
                                                                        {0400, true, true},
                                                                        {0640, true, true},
                                                                        {0644, false, true},
                                                                        {0604, false, true},
                                                                        {0660, false, false},
                                                                        {0622, false, false}}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    for (const auto algorithm : {TicketAlgorithm::hs256, TicketAlgorithm::eddsa}) {
      const TicketKeyOutcome outcome = load_ticket_key(path_, algorithm);
      const bool taken = algorithm == TicketAlgorithm::hs256 ? as_secret : as_public_key;
      EXPECT_EQ(std::holds_alternative<TicketKey>(outcome), taken) << std::oct << mode;
      if (const auto* const why = std::get_if<std::string>(&outcome)) {
        EXPECT_NE(why->find(": chmod "), std::string::npos) << *why;
        EXPECT_TRUE(why->ends_with("'" + path_ + "'")) << *why;
      }
    }
  }
}

TEST_F(TicketKeyFile, IsNotMadeBehindALink) {
  const std::string elsewhere = directory_ + "/elsewhere";
  ASSERT_EQ(::symlink(elsewhere.c_str(), path_.c_str()), 0);
  const TicketKeyOutcome outcome = load_or_make_ticket_key(path_);
  ASSERT_TRUE(std::holds_alternative<std::string>(outcome));
  EXPECT_TRUE(std::get<std::string>(outcome).ends_with(": rm '" + path_ + "'"));
  EXPECT_NE(::access(elsewhere.c_str(), F_OK), 0);
}

TEST_F(TicketKeyFile, ThatCannotBeMadeIsSaidSo) {
  const auto outcome = load_or_make_ticket_key(directory_ + "/absent/ticket.key");
  ASSERT_TRUE(std::holds_alternative<std::string>(outcome));
  EXPECT_NE(std::get<std::string>(outcome).find("absent"), std::string::npos);
}

}  // namespace
}  // namespace plated
