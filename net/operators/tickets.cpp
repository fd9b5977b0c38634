// Operators' requests about tickets: what the platform has signed is barred before its end. Part of
// topics.h.
#include <algorithm>
#include <array>

#include "net/operators/json.h"
#include "net/operators/topics.h"
#include "net/protocol/ticket.h"

namespace plated {
namespace {

namespace json = boost::json;

// The record comes first, so that whoever is sent away cannot come in again.
OperatorAnswer revoke(const AdminCall& call) {
  AdminForm form(call.request.body);
  const std::string owner = form.text("owner").value_or("");
  const std::string jti = form.text("jti").value_or("");
  const auto reason = form.text("reason", Need::required);
  const std::optional<CivilTime> until = form.instant("until");
  if (owner.empty() == jti.empty()) {
    form.fail(jti.empty() ? "owner" : "jti", "say either an owner or a jti");
  }
  if (!owner.empty() && !is_owner_id(owner)) {
    form.fail("owner", "must be 1 to 64 letters, digits or . _ : @ -");
  }
  if (!form.finish()) {
    return refuse(form.fault());
  }
  const CivilTime now = call.actions.civil_now();
  // A ticket of the signer's clock that is ahead counts as issued before, too.
  const RevokeTickets wish{.owner = owner,
                           .jti = jti,
                           .before = now + kTicketBeginLeeway,
                           .until = until.value_or(now + call.actions.ticket_age_max +
                                                   kTicketBeginLeeway + kTicketEndLeeway),
                           .reason = *reason,
                           .until_is_said = until.has_value()};
  const Verdict verdict = call.engine.revoke_tickets(wish, call.actor());
  if (!verdict.ok()) {
    return refuse(verdict);
  }
  call.actions.end_tickets(owner, jti);
  // Those that were barred already may be so for longer than was asked for now.
  const CivilTime barred_until = call.engine.tickets_barred_until(owner, jti).value_or(wish.until);
  json::object answer{{"until", instant_json(barred_until)}, {"changed", verdict.changed}};
  answer[owner.empty() ? "jti" : "owner"] = owner.empty() ? jti : owner;
  return say(answer, verdict.rests_on);
}

constexpr std::array<AdminRoute, 1> kTicketRoutes = {{
    {"POST", "/v1/tickets/revoke", revoke},
}};

}  // namespace

std::span<const AdminRoute> ticket_routes() { return kTicketRoutes; }

}  // namespace plated
