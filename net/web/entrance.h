// The way in with a ticket, and the way out: GET /enter and what POST /leave answers. A request to
// a reply, without sockets. Thread-safe.
//
// A browser that comes from the platform's page does not send our SameSite=Strict cookie along, so
// nobody could tell whom the ticket replaces: such a browser is sent once more, from a page of
// ours. Who would replace another owner is asked first; a page from elsewhere cannot say yes in
// their place, since it does not know the mark of the ticket that goes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "engine/types.h"
#include "net/notices/personal_data.h"
#include "net/protocol/ticket.h"
#include "net/web/http_reply.h"
#include "net/web/pages.h"

namespace plated {

class Entrance {
 public:
  struct Parts {
    Engine& engine;
    TickSource& ticks;
    const TicketVerifier& tickets;
    OpenPersonalData open;
    bool rehearsal = false;
    bool secure = false;  // people come over TLS: the cookie says so
    Platform platform = {};
  };

  explicit Entrance(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] HttpReply enter(std::string_view query, const HttpRequest& request);
  // To whoever gives up the ticket: the cookie goes. The caller closes what it had opened.
  [[nodiscard]] HttpReply leave() const;

 private:
  [[nodiscard]] std::optional<Ticket> present(const HttpRequest& request, CivilTime now) const;
  [[nodiscard]] HttpReply let_in(const std::string& token, const Ticket& ticket, CivilTime now);
  [[nodiscard]] HttpReply ask_first(const std::string& token, const Ticket& newcomer,
                                    const Ticket& present);
  [[nodiscard]] HttpReply refuse(TicketError error) const;
  [[nodiscard]] HttpReply told(unsigned status, const Message& message) const;
  [[nodiscard]] std::string shown(const std::string& owner);
  [[nodiscard]] std::string cookie(std::string_view value, std::chrono::seconds lives) const;

  Parts parts_;
};

}  // namespace plated
