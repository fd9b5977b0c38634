// Tickets: verifies the compact JWT that the upstream platform signed for an owner, and signs those
// of a rehearsal. The algorithm and the key are the configuration's; a token that names
// another algorithm is refused before its signature is looked at. No token text ever stands in a
// message of this file. Verifying is const and may be done by any thread at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/types.h"

namespace plated {

enum class TicketAlgorithm : uint8_t { hs256, eddsa };

// The shared secret of HS256, or the public key of EdDSA (Ed25519).
using TicketKey = std::array<uint8_t, 32>;

inline constexpr std::size_t kTicketMax = 4096;  // bytes of a compact JWT
inline constexpr std::string_view kTicketAudience = "plated";
inline constexpr std::string_view kTicketCookie = "plated_ticket";

struct Ticket {
  std::string owner;
  CivilTime expires{};  // the first moment at which it is worth nothing
};

enum class TicketError : uint8_t {
  malformed,
  wrong_algorithm,
  bad_signature,
  expired,
  not_yet_valid,
  wrong_audience,
  bad_subject,
};

// A sentence for the person who holds the ticket.
[[nodiscard]] std::string_view message_of(TicketError error);

using TicketOutcome = std::variant<Ticket, TicketError>;

class TicketVerifier {
 public:
  // Accepts tickets of this algorithm only; `key` is its shared secret or public key.
  TicketVerifier(TicketAlgorithm algorithm, const TicketKey& key);

  // What the token says at `now`. `exp` and `sub` are required, `aud` is `plated` or a list with it
  // in, `crit` and repeated names are refused; there is no leeway. The claims are believed, and
  // their errors told, only after the signature held.
  [[nodiscard]] TicketOutcome verify(std::string_view token, CivilTime now) const;

 private:
  [[nodiscard]] bool signature_holds(std::string_view signed_text,
                                     std::string_view signature) const;

  TicketAlgorithm algorithm_;
  TicketKey key_;
};

// Whether `owner` may stand in a ticket: 1 to kOwnerIdMax bytes of A-Z a-z 0-9 . _ : @ -
[[nodiscard]] bool is_owner_id(std::string_view owner);

// Signs a ticket with HS256. Requires an owner for which is_owner_id holds.
[[nodiscard]] std::string make_ticket(const TicketKey& key, std::string_view owner,
                                      CivilTime expires);

// The key, or a sentence that says what is wrong, with the path.
using TicketKeyOutcome = std::variant<TicketKey, std::string>;

// Reads a key as text: one line of base64url of 32 bytes; for EdDSA also a PEM `PUBLIC KEY`.
[[nodiscard]] TicketKeyOutcome load_ticket_key(const std::string& path, TicketAlgorithm algorithm);

// As load_ticket_key for HS256, but makes the file, mode 0600 and synced, when there is none. The
// file appears whole or not at all, and one that exists is never replaced.
[[nodiscard]] TicketKeyOutcome load_or_make_ticket_key(const std::string& path);

// The value of the first cookie of that name in the value of a `Cookie` header; nothing when there
// is none.
[[nodiscard]] std::optional<std::string_view> find_cookie(std::string_view header,
                                                          std::string_view name);

// The token in the value of an `Authorization: Bearer` header; nothing for any other scheme.
[[nodiscard]] std::optional<std::string_view> find_bearer(std::string_view header);

}  // namespace plated
