// What plated says over plain HTTP to everybody: the page, the pool notice, terms, vouchers,
// health, and the way in with a ticket. A request to a reply, without sockets; http_connection.h
// moves the bytes. Thread-safe: every net thread asks the same one.
//
// Nothing here costs a flood much: assets are constant, and the pool notice is made once a second.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "engine/types.h"
#include "net/notices/personal_data.h"
#include "net/protocol/ticket.h"
#include "net/web/answer_fields.h"
#include "net/web/entrance.h"
#include "net/web/http_reply.h"
#include "net/web/pages.h"
#include "net/web/pool_notice.h"
#include "net/web/voucher_page.h"

namespace plated {

class PublicHttp {
 public:
  struct Parts {
    Engine& engine;
    TickSource& ticks;
    // A monotonic clock, for how old what is kept may be.
    std::function<Millis()> monotonic;
    const TicketVerifier& tickets;
    OpenPersonalData open;
    // A draw secret of a period that is over; nothing while it must stay secret.
    std::function<std::optional<DrawSecret>(PoolKey, Day period)> revealed;
    // Why no new work is taken, if none is.
    std::function<std::optional<std::string>()> not_ready;
    // Signs a ticket for a rehearsal owner; only in a demonstration, otherwise empty.
    std::function<std::string(std::string_view owner)> demo_ticket;
    // Whether a reservation is safe; what is not has no voucher yet.
    std::function<bool(Sequence)> is_durable;
    bool rehearsal = false;
    bool secure = false;     // people come over TLS: the cookie says so
    std::string public_url;  // for vouchers' QR codes (empty: the path alone) and the WebSocket
    Platform platform = {};
  };

  explicit PublicHttp(Parts parts);

  // Answers any request but the upgrade and POST /leave. HEAD is answered as GET; the caller leaves
  // out the body.
  [[nodiscard]] HttpReply answer(const HttpRequest& request);
  [[nodiscard]] HttpReply leave() const { return entrance_.leave(); }

  // What every answer says, whoever makes it.
  [[nodiscard]] const AnswerFields& answer_fields() const { return answer_fields_; }

 private:
  struct Asked {
    std::string_view rest;  // of the path
    std::string_view query;
    const HttpRequest& request;
  };
  struct Route {
    std::string_view path;
    HttpReply (*answer)(PublicHttp&, const Asked&);
  };

  [[nodiscard]] static const Route* find_route(std::string_view path);
  [[nodiscard]] bool knows(std::string_view path) const;
  [[nodiscard]] HttpReply asset(const HttpRequest& request, std::string_view path);
  [[nodiscard]] HttpReply login(std::string_view query, const HttpRequest& request);
  [[nodiscard]] HttpReply terms(std::string_view version);
  [[nodiscard]] HttpReply office(std::string_view code);
  [[nodiscard]] HttpReply voucher(std::string_view code, std::string_view query);
  [[nodiscard]] HttpReply voucher_reply(std::string_view code, std::string_view query);
  [[nodiscard]] VoucherText voucher_text(const VoucherReport& report, std::string_view code);
  [[nodiscard]] HttpReply pools(const PoolNotice::Form& form, const HttpRequest& request);
  [[nodiscard]] HttpReply pools_page(std::string_view query, const HttpRequest& request);
  [[nodiscard]] HttpReply told(unsigned status, const Message& message) const;
  [[nodiscard]] HttpReply ready() const;
  [[nodiscard]] std::string_view mode() const;
  [[nodiscard]] std::string filled_in(std::string_view page) const;

  Parts parts_;
  const AnswerFields answer_fields_;
  Entrance entrance_;
  PoolNotice notice_;
  // What tells apart the tags of a page that was filled in differently.
  std::string filled_tag_;
};

}  // namespace plated
