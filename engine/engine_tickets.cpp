// Tickets that are barred before their end: spent where each is good for one entrance, or revoked.
// They have a mutex of their own, which is taken alone: nothing else rests on them.
#include "engine/check.h"
#include "engine/engine_parts.h"

namespace plated {

Verdict Engine::spend_ticket(const TicketUse& ticket) {
  check(!ticket.jti.empty(), "what is spent has a name");
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<BarredTickets> tickets(parts_->state.tickets());
  const Now now = parts_->ticks.now();
  TicketUse bare = ticket;
  bare.session = {};
  if (tickets->standing(bare, now.civil) != TicketStanding::good) {
    return Verdict::refuse(Verdict::Kind::conflict, "the ticket was used, or is revoked");
  }
  if (tickets->full_of_spent()) {
    return Verdict::refuse(Verdict::Kind::overloaded,
                           "as many tickets were used as can be remembered; try again later");
  }
  const Verdict verdict = parts_->conclude(
      now, TicketSpent{ticket_mark(ticket.owner, ticket.jti), ticket.session, ticket.ends});
  check(now.civil >= ticket.ends || tickets->standing(bare, now.civil) == TicketStanding::spent,
        "what was spent opens nothing else");
  return verdict;
}

Verdict Engine::revoke_tickets(const RevokeTickets& wish, Actor actor) {
  if (wish.owner.empty() == wish.jti.empty()) {
    return Verdict::refuse(Verdict::Kind::bad_request, "say either an owner or a jti", "jti");
  }
  const LogRoom room(parts_->sink, EventSink::For::command);
  if (!room.here()) {
    return Verdict::overloaded();
  }
  const Hold<BarredTickets> tickets(parts_->state.tickets());
  const Now now = parts_->ticks.now();
  if (wish.until <= now.civil) {
    return Verdict::refuse(Verdict::Kind::bad_request, "must be ahead", "until");
  }
  if (tickets->is_revoked(wish, now.civil)) {
    return parts_->unchanged();
  }
  if (tickets->full_of_revoked()) {
    return Verdict::refuse(Verdict::Kind::conflict,
                           "as many tickets are revoked as can be; some end within a day");
  }
  const Verdict verdict = parts_->conclude(
      now, TicketsRevoked{wish.owner, wish.jti, wish.before, wish.until, wish.reason, actor});
  check(tickets->barred_until(wish.owner, wish.jti, now.civil) >= wish.until,
        "what was revoked is");
  return verdict;
}

}  // namespace plated
