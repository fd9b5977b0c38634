#include "engine/barred_tickets.h"

#include <sodium.h>

#include <array>

#include "engine/check.h"

namespace plated {

TicketMark ticket_mark(std::string_view owner, std::string_view jti) {
  TicketMark mark{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, mark.size());
  for (const std::string_view part : {owner, jti}) {
    std::array<uint8_t, sizeof(uint32_t)> size;
    for (std::size_t i = 0; i < size.size(); ++i) {
      size[i] = static_cast<uint8_t>(part.size() >> (8 * i));
    }
    crypto_generichash_update(&state, size.data(), size.size());
    crypto_generichash_update(&state, reinterpret_cast<const uint8_t*>(part.data()), part.size());
  }
  crypto_generichash_final(&state, mark.data(), mark.size());
  return mark;
}

void BarredTickets::keep(const TicketMark& mark, const Spent& spent) {
  const bool added = spent_.try_emplace(mark, spent).second;
  check(added, "a ticket is spent once");
  ends_.emplace(spent.until, mark);
}

void BarredTickets::apply(const TicketSpent& event, const Now& now) {
  while (!ends_.empty() && ends_.begin()->first <= now.civil) {
    const std::size_t forgotten = spent_.erase(ends_.begin()->second);
    check(forgotten == 1, "what ends was spent");
    ends_.erase(ends_.begin());
  }
  keep(event.mark, {event.session, event.until});
  check(spent_.size() == ends_.size(), "each spent ticket has its end");
}

void BarredTickets::apply(const TicketsRevoked& event, const Now& now) {
  check(event.owner.empty() != event.jti.empty(),
        "an owner's tickets are revoked, or one of a jti");
  std::erase_if(revoked_, [&](const auto& one) { return one.second.until <= now.civil; });
  Revoked& revoked = revoked_[{std::string(event.owner), std::string(event.jti)}];
  revoked = {std::max(revoked.before, event.before), std::max(revoked.until, event.until)};
}

TicketStanding BarredTickets::standing(const TicketUse& ticket, CivilTime now) const {
  const auto barred = [&](std::string_view owner, std::string_view jti) {
    const auto found = revoked_.find(Whose(owner, jti));
    return found != revoked_.end() && now < found->second.until &&
           (owner.empty() || ticket.issued <= found->second.before);
  };
  if (!revoked_.empty() &&
      (barred(ticket.owner, {}) || (!ticket.jti.empty() && barred({}, ticket.jti)))) {
    return TicketStanding::revoked;
  }
  if (spent_.empty() || ticket.jti.empty()) {
    return TicketStanding::good;
  }
  const auto found = spent_.find(ticket_mark(ticket.owner, ticket.jti));
  if (found == spent_.end() || found->second.until <= now) {
    return TicketStanding::good;
  }
  const bool of_its_session = ticket.session != TicketMark{} &&
                              sodium_memcmp(ticket.session.data(), found->second.session.data(),
                                            ticket.session.size()) == 0;
  return of_its_session ? TicketStanding::good : TicketStanding::spent;
}

bool BarredTickets::is_revoked(const RevokeTickets& wish, CivilTime now) const {
  const auto found = revoked_.find(Whose(wish.owner, wish.jti));
  if (found == revoked_.end() || found->second.until <= now) {
    return false;
  }
  const Revoked& revoked = found->second;
  if (!wish.jti.empty() && !wish.until_is_said) {
    // As long from then as it would be from now: so every ticket that there was then has run out.
    return revoked.until - revoked.before >= wish.until - wish.before;
  }
  return revoked.until >= wish.until && (wish.owner.empty() || revoked.before >= wish.before);
}

std::optional<CivilTime> BarredTickets::barred_until(std::string_view owner, std::string_view jti,
                                                     CivilTime now) const {
  const auto found = revoked_.find(Whose(owner, jti));
  return found == revoked_.end() || found->second.until <= now ? std::nullopt
                                                               : std::optional(found->second.until);
}

}  // namespace plated
