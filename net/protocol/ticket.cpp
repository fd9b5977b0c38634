#include "net/protocol/ticket.h"

#include <simdjson.h>
#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <set>
#include <span>

#include "engine/check.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

// A block of SHA-256, which is what HMAC makes of any key first.
static_assert(sizeof(TicketKey) == 64);
static_assert(sizeof(TicketKey) >= crypto_sign_ed25519_PUBLICKEYBYTES);
static_assert(crypto_sign_ed25519_BYTES > crypto_auth_hmacsha256_BYTES);

// The end of the year 9999; a later expiry is as good as this one, and fits every calendar.
constexpr double kExpiryMaxSeconds = 253402300799.0;

constexpr std::string_view kBearer = "bearer";
constexpr std::size_t kTicketSessionMax = 64;  // bytes, more than there ever are

constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  if (token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

// Strict base64url: no padding, no white space, no stray bits after the last byte. So one signature
// has one spelling only. The alphabet is checked here, because libsodium 1.0.18 takes some bytes
// above 127 for letters.
std::optional<std::string> decode(std::string_view text) {
  if (text.find_first_not_of(kBase64Url) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

std::string encode(std::span<const unsigned char> bytes) {
  std::string text(
      sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();  // the terminating NUL
  return text;
}

std::string encode(std::string_view text) {
  return encode(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
}

std::array<unsigned char, crypto_auth_hmacsha256_BYTES> hmac_of(const TicketKey& key,
                                                                std::string_view text) {
  crypto_auth_hmacsha256_state state;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mark{};
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()),
                                text.size());
  crypto_auth_hmacsha256_final(&state, mark.data());
  sodium_memzero(&state, sizeof state);
  return mark;
}

// Parses one JSON object. A name that stands twice is refused: two readers of one token must not
// be able to read two different owners.
bool parse_object(simdjson::dom::parser& parser, std::string_view text,
                  simdjson::dom::object& object) {
  const simdjson::padded_string padded(text);
  // The parser copies every string to its own memory, so the text may go.
  if (parser.parse(padded).get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  std::set<std::string_view> names;
  return std::all_of(object.begin(), object.end(),
                     [&](const auto& field) { return names.insert(field.key).second; });
}

// `Ed25519` is the name of RFC 9864 for what `EdDSA` is here.
bool names(std::string_view named, TicketAlgorithm algorithm) {
  return algorithm == TicketAlgorithm::hs256 ? named == "HS256"
                                             : named == "EdDSA" || named == "Ed25519";
}

// Refuses a header that names another algorithm than ours, or asks for extensions (`crit`).
std::optional<TicketError> judge_header(std::string_view text, TicketAlgorithm algorithm) {
  simdjson::dom::parser parser;
  simdjson::dom::object header;
  if (!parse_object(parser, text, header)) {
    return TicketError::malformed;
  }
  if (header.at_key("crit").error() != simdjson::NO_SUCH_FIELD) {
    return TicketError::malformed;
  }
  std::string_view named;
  if (header.at_key("alg").get_string().get(named) != simdjson::SUCCESS) {
    return TicketError::malformed;
  }
  if (!names(named, algorithm)) {
    return TicketError::wrong_algorithm;
  }
  return std::nullopt;
}

// A NumericDate in milliseconds, cut to what a calendar can hold.
CivilTime civil_of(double seconds) {
  const double cut = std::clamp(seconds, 0.0, kExpiryMaxSeconds);
  return CivilTime{Millis{static_cast<int64_t>(std::floor(cut * 1000.0))}};
}

bool is_for_us(const simdjson::dom::element& audience) {
  if (audience.is_string()) {
    return std::string_view(audience) == kTicketAudience;
  }
  simdjson::dom::array list;
  if (audience.get_array().get(list) != simdjson::SUCCESS) {
    return false;
  }
  return std::any_of(list.begin(), list.end(), [](const simdjson::dom::element& one) {
    return one.is_string() && std::string_view(one) == kTicketAudience;
  });
}

// Refuses a moment in `name`, if it is there, that is ahead of our clock by more than clocks
// differ.
std::optional<TicketError> judge_beginning(const simdjson::dom::object& claims,
                                           std::string_view name, CivilTime now) {
  const auto claim = claims.at_key(name);
  if (claim.error() == simdjson::NO_SUCH_FIELD) {
    return std::nullopt;
  }
  double seconds = 0;
  if (claim.get_double().get(seconds) != simdjson::SUCCESS) {
    return TicketError::malformed;
  }
  if (now + kTicketBeginLeeway < civil_of(seconds)) {
    return TicketError::not_yet_valid;
  }
  return std::nullopt;
}

TicketOutcome judge_claims(std::string_view text, CivilTime now, Millis age_max) {
  simdjson::dom::parser parser;
  simdjson::dom::object claims;
  if (!parse_object(parser, text, claims)) {
    return TicketError::malformed;
  }
  double exp = 0;
  if (claims.at_key("exp").get_double().get(exp) != simdjson::SUCCESS) {
    return TicketError::malformed;
  }
  const CivilTime expires = civil_of(exp) + kTicketEndLeeway;
  if (now >= expires) {
    return TicketError::expired;
  }
  for (const std::string_view name : {"nbf", "iat"}) {
    if (const auto refused = judge_beginning(claims, name, now)) {
      return *refused;
    }
  }
  // Whoever signs "24 h from now" by a clock that is ahead means the same.
  if (civil_of(exp) - now > age_max + kTicketBeginLeeway) {
    return TicketError::too_long;
  }
  simdjson::dom::element audience;
  if (claims.at_key("aud").get(audience) != simdjson::SUCCESS || !is_for_us(audience)) {
    return TicketError::wrong_audience;
  }
  std::string_view owner;
  if (claims.at_key("sub").get_string().get(owner) != simdjson::SUCCESS || !is_owner_id(owner)) {
    return TicketError::bad_subject;
  }
  Ticket ticket{.owner = std::string(owner), .expires = expires};
  double issued = 0;
  if (claims.at_key("iat").get_double().get(issued) == simdjson::SUCCESS) {
    ticket.issued = civil_of(issued);
  }
  if (const auto jti = claims.at_key("jti"); jti.error() != simdjson::NO_SUCH_FIELD) {
    std::string_view name;
    if (jti.get_string().get(name) != simdjson::SUCCESS || name.size() > kTicketJtiMax) {
      return TicketError::malformed;
    }
    ticket.jti = name;
  }
  return ticket;
}

TicketMark hash_of_session(std::string_view text) {
  TicketMark hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return hash;
}

std::string random_text() {
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return encode(bytes);
}

// A ticket whose claims hold: what the server knows of it.
std::optional<TicketError> error_of(TicketStanding standing) {
  switch (standing) {
    case TicketStanding::good:
      return std::nullopt;
    case TicketStanding::spent:
      return TicketError::spent;
    case TicketStanding::revoked:
      return TicketError::revoked;
  }
  return TicketError::revoked;
}

}  // namespace

std::string_view message_of(TicketError error) {
  switch (error) {
    case TicketError::malformed:
      return "The ticket is not a well-formed JWT.";
    case TicketError::wrong_algorithm:
      return "The ticket is signed with another algorithm than the configured one.";
    case TicketError::bad_signature:
      return "The ticket's signature does not hold.";
    case TicketError::expired:
      return "The ticket has run out.";
    case TicketError::not_yet_valid:
      return "The ticket is not valid yet.";
    case TicketError::too_long:
      return "The ticket ends later than a ticket may (ticket.max_age).";
    case TicketError::wrong_audience:
      return "The ticket is meant for another service.";
    case TicketError::bad_subject:
      return "The ticket does not name an owner.";
    case TicketError::no_jti:
      return "The ticket has no jti, and tickets are good for one use here.";
    case TicketError::spent:
      return "The ticket has been used; each is good for one use here.";
    case TicketError::revoked:
      return "The ticket has been revoked.";
  }
  return "The ticket is refused.";
}

TicketVerifier::TicketVerifier(TicketAlgorithm algorithm, const TicketKey& key, Millis age_max,
                               TicketUses uses)
    : algorithm_(algorithm), age_max_(age_max), uses_(uses), key_(key) {
  check(sodium_init() >= 0, "libsodium starts");
}

void TicketVerifier::replace_key(const TicketKey& key) {
  const std::unique_lock lock(key_mutex_);
  key_ = key;
}

TicketOutcome TicketVerifier::verify(std::string_view text, CivilTime now) const {
  const std::size_t tilde = std::min(text.find('~'), text.size());
  const std::string_view token = text.substr(0, tilde);
  const std::string_view session = text.substr(std::min(tilde + 1, text.size()));
  // It may stand in a header of ours one day, so it has the token's own characters only.
  if (token.size() > kTicketMax || session.size() > kTicketSessionMax ||
      session.find_first_not_of(kBase64Url) != std::string_view::npos) {
    return TicketError::malformed;
  }
  const std::optional<Parts> parts = split(token);
  if (!parts) {
    return TicketError::malformed;
  }
  const std::optional<std::string> header = decode(parts->header);
  const std::optional<std::string> claims = decode(parts->payload);
  const std::optional<std::string> signature = decode(parts->signature);
  if (!header || !claims || !signature) {
    return TicketError::malformed;
  }
  if (const auto refused = judge_header(*header, algorithm_)) {
    return *refused;
  }
  if (!signature_holds(parts->signed_text, *signature)) {
    return TicketError::bad_signature;
  }
  TicketOutcome outcome = judge_claims(*claims, now, age_max_);
  if (auto* const ticket = std::get_if<Ticket>(&outcome)) {
    std::memcpy(&ticket->mark, signature->data(), sizeof ticket->mark);
    if (!session.empty()) {
      ticket->session = hash_of_session(session);
    }
    if (uses_ == TicketUses::once && ticket->jti.empty()) {
      return TicketError::no_jti;
    }
    if (const auto barred = standing_ ? error_of(standing_(ticket->use())) : std::nullopt) {
      return *barred;
    }
  }
  return outcome;
}

bool TicketVerifier::signature_holds(std::string_view signed_text,
                                     std::string_view signature) const {
  const std::shared_lock lock(key_mutex_);
  const auto* text = reinterpret_cast<const unsigned char*>(signed_text.data());
  const auto* mark = reinterpret_cast<const unsigned char*>(signature.data());
  switch (algorithm_) {
    case TicketAlgorithm::hs256:
      return signature.size() == crypto_auth_hmacsha256_BYTES &&
             sodium_memcmp(mark, hmac_of(key_, signed_text).data(), signature.size()) == 0;
    case TicketAlgorithm::eddsa:
      return signature.size() == crypto_sign_ed25519_BYTES &&
             crypto_sign_ed25519_verify_detached(mark, text, signed_text.size(), key_.data()) == 0;
  }
  return false;
}

bool is_owner_id(std::string_view owner) {
  return !owner.empty() && owner.size() <= kOwnerIdMax &&
         owner.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             "0123456789._:@-") == std::string_view::npos;
}

std::string make_ticket(const TicketKey& key, std::string_view owner, CivilTime expires,
                        std::optional<CivilTime> issued, std::string_view jti) {
  check(is_owner_id(owner), "a ticket names an owner that needs no escaping");
  check(jti.find_first_not_of(kBase64Url) == std::string_view::npos, "nor does its jti");
  const auto seconds_of = [](CivilTime at) {
    return std::to_string(std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count());
  };
  std::string claims = R"({"sub":")";
  claims.append(owner).append(R"(","aud":")").append(kTicketAudience).append(R"(","exp":)");
  claims.append(seconds_of(expires));
  if (issued) {
    claims.append(R"(,"iat":)").append(seconds_of(*issued));
  }
  if (!jti.empty()) {
    claims.append(R"(,"jti":")").append(jti).append("\"");
  }
  claims.append("}");
  std::string token = encode(std::string_view(R"({"alg":"HS256","typ":"JWT"})"));
  token.append(".").append(encode(claims));
  const std::string mark = encode(hmac_of(key, token));
  return token.append(".").append(mark);
}

std::string make_jti() { return random_text(); }

TicketSession make_ticket_session() {
  TicketSession session{random_text(), {}};
  session.hash = hash_of_session(session.text);
  return session;
}

bool is_bearer(std::string_view header) {
  header = trimmed(header);
  const std::string_view scheme = header.substr(0, header.find(' '));
  return scheme.size() == kBearer.size() &&
         std::equal(scheme.begin(), scheme.end(), kBearer.begin(), [](char c, char wanted) {
           return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == wanted;
         });
}

std::optional<std::string_view> find_bearer(std::string_view header) {
  header = trimmed(header);
  if (!is_bearer(header) || header.size() == kBearer.size()) {
    return std::nullopt;
  }
  return trimmed(header.substr(kBearer.size()), " ");
}

}  // namespace plated
