#include "net/protocol/upgrade.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "net/protocol/message.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool offers(std::string_view protocols, std::string_view wanted) {
  while (!protocols.empty()) {
    const std::size_t comma = std::min(protocols.find(','), protocols.size());
    if (trimmed(protocols.substr(0, comma)) == wanted) {
      return true;
    }
    protocols.remove_prefix(std::min(comma + 1, protocols.size()));
  }
  return false;
}

// Whether `origin` is `scheme` and exactly the host (and port) that was asked for.
bool is_at(std::string_view origin, std::string_view scheme, std::string_view host) {
  return origin.size() > scheme.size() && same_name(origin.substr(0, scheme.size()), scheme) &&
         !host.empty() && same_name(origin.substr(scheme.size()), host);
}

// Our own origin has our own scheme: whoever stands behind a proxy that speaks TLS for them
// configures the public address.
bool is_ours(const UpgradeFields& fields, const UpgradePolicy& policy) {
  if (is_at(fields.origin, policy.tls ? "https://" : "http://", fields.host)) {
    return true;
  }
  return std::any_of(policy.origins.begin(), policy.origins.end(),
                     [&](const std::string& origin) { return same_name(origin, fields.origin); });
}

}  // namespace

UpgradeVerdict judge_upgrade(const UpgradeFields& fields, const UpgradePolicy& policy,
                             CivilTime now) {
  if (!offers(fields.protocols, kSubprotocol)) {
    return {400, "the subprotocol plated.v1 is needed", {}};
  }
  std::optional<std::string_view> token;
  if (!fields.authorization.empty()) {
    token = find_bearer(fields.authorization);
  } else {
    token = find_cookie(fields.cookie, kTicketCookie);
    if (token && !is_ours(fields, policy)) {
      return {403, "the cookie counts only with an origin of this server's", {}};
    }
  }
  if (!token) {
    return {401, "a ticket is needed", {}};
  }
  TicketOutcome outcome = policy.tickets->verify(*token, now);
  if (const auto* error = std::get_if<TicketError>(&outcome)) {
    return {401, message_of(*error), {}};
  }
  return {0, {}, std::get<Ticket>(std::move(outcome))};
}

bool bears_ticket(const UpgradeFields& fields, const UpgradePolicy& policy, CivilTime now) {
  const std::optional<std::string_view> token = fields.authorization.empty()
                                                    ? find_cookie(fields.cookie, kTicketCookie)
                                                    : find_bearer(fields.authorization);
  return token && std::holds_alternative<Ticket>(policy.tickets->verify(*token, now));
}

}  // namespace plated
