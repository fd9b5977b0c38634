// Who may open a WebSocket: the decision behind /v1/select, from the header fields of the request.
// Pure, so that every way to be refused is tested without a socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"
#include "net/protocol/ticket.h"

namespace plated {

// Values of header fields as they came; empty: not there.
struct UpgradeFields {
  std::string_view authorization;
  std::string_view cookie;
  std::string_view origin;
  std::string_view host;
  std::string_view protocols;  // Sec-WebSocket-Protocol
  std::string_view version;    // Sec-WebSocket-Version
  std::string_view key;        // Sec-WebSocket-Key
};

struct UpgradePolicy {
  const TicketVerifier* tickets = nullptr;
  bool tls = false;
  std::vector<std::string> origins;  // beside the server's own, each a canonical_origin
  bool secure = false;               // people come over TLS, ours or a proxy's
};

struct UpgradeVerdict {
  unsigned status = 0;   // 0: let in; else 400, 401, 403 or 426
  std::string_view why;  // a sentence
  Ticket ticket;         // of who is let in
};

// A browser sends the cookie wherever a page of its asks, so the cookie counts only together with
// an origin that is ours; a bearer token is sent on purpose and needs none. A request with both is
// judged by the token alone. Credentials of another scheme are for whoever stands before us (a
// proxy that asks for a password) and count as none.
[[nodiscard]] UpgradeVerdict judge_upgrade(const UpgradeFields& fields, const UpgradePolicy& policy,
                                           CivilTime now);

// The valid ticket that the request bears, from wherever it was asked. Lets nobody in: it answers a
// page that asks /v1/select without an upgrade, since no browser tells a page why its upgrade was
// refused; and it says who logs out.
[[nodiscard]] std::optional<Ticket> borne_ticket(const UpgradeFields& fields,
                                                 const UpgradePolicy& policy, CivilTime now);

// Whether the request's origin is the server's own or a configured one.
[[nodiscard]] bool is_own_origin(const UpgradeFields& fields, const UpgradePolicy& policy);

// An origin as browsers write it: scheme and host in lower case, without the scheme's own port.
[[nodiscard]] std::string canonical_origin(std::string_view origin);

// The target of a request in origin form: what follows the host of http://host/path (RFC 9112,
// 3.2.2), anything else as it is.
[[nodiscard]] std::string_view origin_form(std::string_view target);

}  // namespace plated
