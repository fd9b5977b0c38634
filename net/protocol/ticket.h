// Tickets: verifies the compact JWT that the upstream platform signed for an owner, and signs those
// of a rehearsal. The algorithm and the key are the configuration's; a token that names
// another algorithm is refused before its signature is looked at. No token text ever stands in a
// message of this file. Verifying is const and may be done by any thread at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <variant>

#include "engine/barred_tickets.h"
#include "engine/secret_memory.h"
#include "engine/types.h"

namespace plated {

enum class TicketAlgorithm : uint8_t { hs256, eddsa };

// The secret of HS256 as HMAC takes it (RFC 2104: zeros after a shorter one, the digest of a longer
// one), or the public key of EdDSA (Ed25519) and zeros.
using TicketKey = SecretBytes<64>;

inline constexpr std::size_t kTicketSecretMin = 32;  // bytes of a secret
// The clocks of whoever signs and of this machine are not one: so much may `nbf` and `iat` be ahead
// of ours, and so much a ticket is still taken after `exp`.
inline constexpr Millis kTicketBeginLeeway = std::chrono::seconds(60);
inline constexpr Millis kTicketEndLeeway = std::chrono::seconds(5);
inline constexpr Millis kTicketAgeMax = std::chrono::hours(24);

inline constexpr std::size_t kTicketMax = 4096;  // bytes of a compact JWT
inline constexpr std::string_view kTicketAudience = "plated";
inline constexpr std::size_t kTicketJtiMax = 255;  // bytes

struct Ticket {
  std::string owner;
  CivilTime expires{};                  // the first moment at which it is worth nothing
  uint64_t mark = 0;                    // tells it from others of the owner
  CivilTime issued = CivilTime::min();  // min: it does not say
  std::string jti{};                    // may be empty
  TicketMark session{};                 // hash of what a browser's cookie has behind it, or zeros

  [[nodiscard]] TicketUse use() const { return {owner, jti, issued, expires, session}; }
};

// Whether a ticket opens as many connections as one likes, or, by its `jti`, one thing only: a
// browser's session, or one connection.
enum class TicketUses : uint8_t { many, once };

enum class TicketError : uint8_t {
  malformed,
  wrong_algorithm,
  bad_signature,
  expired,
  not_yet_valid,
  too_long,
  wrong_audience,
  bad_subject,
  no_jti,
  spent,
  revoked,
};

// A sentence for the person who holds the ticket.
[[nodiscard]] std::string_view message_of(TicketError error);

using TicketOutcome = std::variant<Ticket, TicketError>;

class TicketVerifier {
 public:
  // A ticket that ends later than `age_max` (and the leeway of its beginning) from now is refused.
  TicketVerifier(TicketAlgorithm algorithm, const TicketKey& key, Millis age_max = kTicketAgeMax,
                 TicketUses uses = TicketUses::many);

  // Who knows which tickets are barred before their end; asked for each that is good otherwise.
  // Before any thread verifies.
  void ask(std::function<TicketStanding(const TicketUse&)> standing) {
    standing_ = std::move(standing);
  }
  [[nodiscard]] TicketUses uses() const { return uses_; }

  // What the token says at `now`; behind it may stand `~` and a browser's session. `exp` and `sub`
  // are required, `aud` is `plated` or a list with it in, `crit` and repeated names are refused.
  // The claims are read, and judged, only once the signature has proved good.
  [[nodiscard]] TicketOutcome verify(std::string_view token, CivilTime now) const;

  // Tickets are verified with this key from now on: those of the key before are bad_signature. Any
  // thread.
  void replace_key(const TicketKey& key);

 private:
  [[nodiscard]] bool signature_holds(std::string_view signed_text,
                                     std::string_view signature) const;

  const TicketAlgorithm algorithm_;
  const Millis age_max_;
  const TicketUses uses_;
  std::function<TicketStanding(const TicketUse&)> standing_;
  // Not Guarded: any number of threads verify at once, and whoever replaces the key waits for them.
  mutable std::shared_mutex key_mutex_;
  TicketKey key_;
};

// Whether `owner` may stand in a ticket: 1 to kOwnerIdMax bytes of A-Z a-z 0-9 . _ : @ -
[[nodiscard]] bool is_owner_id(std::string_view owner);

// Signs a ticket with HS256. Requires an owner for which is_owner_id holds, and a jti (empty: none)
// of letters, digits and hyphens.
[[nodiscard]] std::string make_ticket(const TicketKey& key, std::string_view owner,
                                      CivilTime expires,
                                      std::optional<CivilTime> issued = std::nullopt,
                                      std::string_view jti = {});

// A jti that nobody has had: 128 random bits.
[[nodiscard]] std::string make_jti();

// What a browser that has entered with a ticket of one use shows behind it from now on.
struct TicketSession {
  std::string text;   // stands behind the ticket and `~`
  TicketMark hash{};  // what is kept of it
};
// One that nobody has had: 128 random bits.
[[nodiscard]] TicketSession make_ticket_session();

// The key, or a sentence that says what is wrong, with the path.
using TicketKeyOutcome = std::variant<TicketKey, std::string>;

// Reads a key as text: one line of base64url, for HS256 of 32 bytes or more, for EdDSA of 32; for
// EdDSA also a PEM `PUBLIC KEY`.
[[nodiscard]] TicketKeyOutcome load_ticket_key(const std::string& path, TicketAlgorithm algorithm);

// As load_ticket_key for HS256, but makes the file, mode 0600 and synced, when there is none. The
// file appears whole or not at all, and one that exists is never replaced.
[[nodiscard]] TicketKeyOutcome load_or_make_ticket_key(const std::string& path);

// Whether the value of an `Authorization` header is of the scheme Bearer, with a token or without.
[[nodiscard]] bool is_bearer(std::string_view header);

// The token in the value of an `Authorization: Bearer` header.
[[nodiscard]] std::optional<std::string_view> find_bearer(std::string_view header);

}  // namespace plated
