#include "net/protocol/upgrade.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <variant>

#include "net/protocol/message.h"
#include "net/protocol/ticket_cookie.h"
#include "net/protocol/trimmed.h"

namespace plated {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

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

// What the ticket says, wherever it stands: the bearer token's place, or a cookie. Nothing: there
// is none.
std::optional<TicketOutcome> find_ticket(const UpgradeFields& fields, const UpgradePolicy& policy,
                                         CivilTime now) {
  if (!is_bearer(fields.authorization)) {
    return newest_ticket(fields.cookie, ticket_cookie_name(policy.secure), *policy.tickets, now);
  }
  const std::optional<std::string_view> token = find_bearer(fields.authorization);
  return token ? std::optional(policy.tickets->verify(*token, now)) : std::nullopt;
}

// A client's random 16 bytes in base64 (RFC 6455, 4.1).
bool is_key(std::string_view text) {
  constexpr std::size_t kKeySize = 16;
  std::array<uint8_t, kKeySize> key{};
  std::size_t size = 0;
  const char* end = nullptr;
  return sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, &end,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         size == key.size() && end == text.data() + text.size();
}

}  // namespace

UpgradeVerdict judge_upgrade(const UpgradeFields& fields, const UpgradePolicy& policy,
                             CivilTime now) {
  if (fields.version != "13") {
    return {426, "the WebSocket's version is 13, of RFC 6455", {}};
  }
  if (!is_key(fields.key)) {
    return {400, "Sec-WebSocket-Key must be 16 bytes in base64, once", {}};
  }
  if (!offers(fields.protocols, kSubprotocol)) {
    return {400, "the subprotocol plated.v1 is needed", {}};
  }
  if (!is_bearer(fields.authorization) && !is_own_origin(fields, policy) &&
      !find_cookies(fields.cookie, ticket_cookie_name(policy.secure)).empty()) {
    return {403, "the cookie counts only with an origin of this server's", {}};
  }
  std::optional<TicketOutcome> found = find_ticket(fields, policy, now);
  if (!found) {
    return {401, "a ticket is needed", {}};
  }
  if (const auto* error = std::get_if<TicketError>(&*found)) {
    return {401, message_of(*error), {}};
  }
  return {0, {}, std::get<Ticket>(std::move(*found))};
}

std::optional<Ticket> borne_ticket(const UpgradeFields& fields, const UpgradePolicy& policy,
                                   CivilTime now) {
  std::optional<TicketOutcome> found = find_ticket(fields, policy, now);
  auto* const ticket = found ? std::get_if<Ticket>(&*found) : nullptr;
  return ticket == nullptr ? std::nullopt : std::optional(std::move(*ticket));
}

// Our own origin has our own scheme: behind a proxy that speaks TLS for the server, the public
// address is configured.
bool is_own_origin(const UpgradeFields& fields, const UpgradePolicy& policy) {
  const std::string origin = canonical_origin(fields.origin);
  const std::string own = (policy.tls ? "https://" : "http://") + std::string(fields.host);
  return (!fields.host.empty() && origin == canonical_origin(own)) ||
         std::find(policy.origins.begin(), policy.origins.end(), origin) != policy.origins.end();
}

std::string canonical_origin(std::string_view origin) {
  std::string text(origin);
  std::transform(text.begin(), text.end(), text.begin(), lower);
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
    if (text.starts_with(scheme) && text.ends_with(port)) {
      text.resize(text.size() - port.size());
    }
  }
  return text;
}

std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() ||
        canonical_origin(target.substr(0, scheme.size())) != scheme) {
      continue;
    }
    const std::size_t end = target.find_first_of("/?", scheme.size());
    if (end == std::string_view::npos) {
      return "/";
    }
    // A query behind nothing is one of the first page, which has none.
    return target[end] == '?' ? "/" : target.substr(end);
  }
  return target;
}

}  // namespace plated
