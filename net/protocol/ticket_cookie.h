// The cookie in which a browser keeps its ticket: what it is called, and which of several counts.
// Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "net/protocol/ticket.h"

namespace plated {

// Where people come over TLS its name makes browsers refuse it from anybody but this very host,
// over TLS, for all of its paths: neither a neighbour's host nor plain HTTP can plant one.
[[nodiscard]] constexpr std::string_view ticket_cookie_name(bool secure) {
  return secure ? "__Host-plated_ticket" : "plated_ticket";
}

// The values of the cookies of that name in the value of a `Cookie` header, as they come.
[[nodiscard]] std::vector<std::string_view> find_cookies(std::string_view header,
                                                         std::string_view name);

// So many are looked at; a browser that sends more has been given them by somebody else.
inline constexpr std::size_t kTicketCookiesMax = 4;

// What the cookies of that name say. Where several are good the one that was issued last counts
// (then the one that ends last), wherever it stands: who could plant a cookie could choose its
// place. Without a good one: what is wrong with one of them. Nothing without a cookie.
[[nodiscard]] std::optional<TicketOutcome> newest_ticket(std::string_view header,
                                                         std::string_view name,
                                                         const TicketVerifier& tickets,
                                                         CivilTime now);

}  // namespace plated
