// Tickets: verifies the compact JWT that the upstream platform signed for an owner, and signs those
// of a rehearsal. The algorithm and the key are the configuration's; a token that names
// another algorithm is refused before its signature is looked at. No token text ever stands in a
// message of this file. Verifying is const and may be done by any thread at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <variant>

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
inline constexpr std::string_view kTicketCookie = "plated_ticket";

struct Ticket {
  std::string owner;
  CivilTime expires{};  // the first moment at which it is worth nothing
  uint64_t mark = 0;    // tells it from others of the owner
};

enum class TicketError : uint8_t {
  malformed,
  wrong_algorithm,
  bad_signature,
  expired,
  not_yet_valid,
  too_long,
  wrong_audience,
  bad_subject,
};

// A sentence for the person who holds the ticket.
[[nodiscard]] std::string_view message_of(TicketError error);

using TicketOutcome = std::variant<Ticket, TicketError>;

class TicketVerifier {
 public:
  // A ticket that ends later than `age_max` (and the leeway of its beginning) from now is refused.
  TicketVerifier(TicketAlgorithm algorithm, const TicketKey& key, Millis age_max = kTicketAgeMax);

  // What the token says at `now`. `exp` and `sub` are required, `aud` is `plated` or a list with it
  // in, `crit` and repeated names are refused. The claims are believed, and their errors told, only
  // after the signature held.
  [[nodiscard]] TicketOutcome verify(std::string_view token, CivilTime now) const;

  // Tickets are verified with this key from now on: those of the key before are bad_signature. Any
  // thread.
  void replace_key(const TicketKey& key);

 private:
  [[nodiscard]] bool signature_holds(std::string_view signed_text,
                                     std::string_view signature) const;

  const TicketAlgorithm algorithm_;
  const Millis age_max_;
  mutable std::shared_mutex key_mutex_;
  TicketKey key_;
};

// Whether `owner` may stand in a ticket: 1 to kOwnerIdMax bytes of A-Z a-z 0-9 . _ : @ -
[[nodiscard]] bool is_owner_id(std::string_view owner);

// Signs a ticket with HS256. Requires an owner for which is_owner_id holds.
[[nodiscard]] std::string make_ticket(const TicketKey& key, std::string_view owner,
                                      CivilTime expires);

// The key, or a sentence that says what is wrong, with the path.
using TicketKeyOutcome = std::variant<TicketKey, std::string>;

// Reads a key as text: one line of base64url, for HS256 of 32 bytes or more, for EdDSA of 32; for
// EdDSA also a PEM `PUBLIC KEY`.
[[nodiscard]] TicketKeyOutcome load_ticket_key(const std::string& path, TicketAlgorithm algorithm);

// As load_ticket_key for HS256, but makes the file, mode 0600 and synced, when there is none. The
// file appears whole or not at all, and one that exists is never replaced.
[[nodiscard]] TicketKeyOutcome load_or_make_ticket_key(const std::string& path);

// The value of the first cookie of that name in the value of a `Cookie` header; nothing when there
// is none.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view header,
                                                          std::string_view name);

// Whether the value of an `Authorization` header is of the scheme Bearer, with a token or without.
[[nodiscard]] bool is_bearer(std::string_view header);

// The token in the value of an `Authorization: Bearer` header.
[[nodiscard]] std::optional<std::string_view> find_bearer(std::string_view header);

}  // namespace plated
