#include "net/protocol/ticket_cookie.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "net/protocol/trimmed.h"

namespace plated {
namespace {

bool is_newer(const Ticket& a, const Ticket& b) {
  return std::tie(a.issued, a.expires, a.mark) > std::tie(b.issued, b.expires, b.mark);
}

}  // namespace

std::vector<std::string_view> find_cookies(std::string_view header, std::string_view name) {
  std::vector<std::string_view> found;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(';'), header.size());
    const std::string_view pair = trimmed(header.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      found.push_back(pair.substr(equals + 1));
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return found;
}

std::optional<TicketOutcome> newest_ticket(std::string_view header, std::string_view name,
                                           const TicketVerifier& tickets, CivilTime now) {
  const std::vector<std::string_view> cookies = find_cookies(header, name);
  if (cookies.size() > kTicketCookiesMax) {
    return TicketError::malformed;
  }
  std::optional<TicketOutcome> newest;
  for (const std::string_view cookie : cookies) {
    TicketOutcome outcome = tickets.verify(cookie, now);
    const auto* const ticket = std::get_if<Ticket>(&outcome);
    const auto* const known = newest ? std::get_if<Ticket>(&*newest) : nullptr;
    if (!newest || (ticket != nullptr && (known == nullptr || is_newer(*ticket, *known)))) {
      newest = std::move(outcome);
    }
  }
  return newest;
}

}  // namespace plated
