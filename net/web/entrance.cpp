#include "net/web/entrance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "net/protocol/html_text.h"
#include "net/protocol/ticket_cookie.h"
#include "net/web/query.h"

namespace plated {
namespace {

HttpReply to_first_page(std::string cookie) {
  HttpReply reply = redirect("/");
  if (!cookie.empty()) {
    reply.fields.emplace_back("Set-Cookie", std::move(cookie));
  }
  return reply;
}

// What only a page that this browser was shown can know of the ticket that it has.
std::string mark_text(const Ticket& ticket) { return fmt::format("{:016x}", ticket.mark); }

// A token has no character that a query or an attribute could take for something else.
std::string enter_address(const std::string& token) { return "/enter?ticket=" + token; }

void paragraph(Words words, std::string& out) {
  out += "<p>";
  append_escaped(words.zh, out);
  out += "</p><p lang=\"en\">";
  append_escaped(words.en, out);
  out += "</p>";
}

void way(std::string_view href, Words words, std::string& out) {
  out += "<a href=\"";
  append_escaped(href, out);
  out += "\">";
  append_words(words, PageLanguage::both, out);
  out += "</a>";
}

}  // namespace

HttpReply Entrance::enter(std::string_view query, const HttpRequest& request) {
  const std::string token = query_value(query, "ticket").value_or(std::string());
  const CivilTime now = parts_.ticks.now().civil;
  const TicketOutcome outcome = token.find('~') == std::string::npos
                                    ? parts_.tickets.verify(token, now)
                                    : TicketOutcome(TicketError::malformed);
  if (const auto* error = std::get_if<TicketError>(&outcome)) {
    return refuse(*error);
  }
  const auto& newcomer = std::get<Ticket>(outcome);
  const std::optional<Ticket> present = this->present(request, now);
  if (!present && request.fetch_site == "cross-site") {
    std::string text;
    begin_page({.title = {"正在进入", "Entering"},
                .rehearsal = parts_.rehearsal,
                .indexed = false,
                .goes_on_to = enter_address(token)},
               text);
    text += "<article class=\"message\"><p class=\"ways\">";
    way(enter_address(token), {"继续", "Go on"}, text);
    text += "</p></article>";
    end_page(text);
    return own_page(200, std::move(text));
  }
  if (present && present->owner != newcomer.owner &&
      query_value(query, "replaces") != mark_text(*present)) {
    return ask_first(token, newcomer, *present);
  }
  // Whoever only looks (HEAD: a scanner of links) must not use up what is good once.
  if (parts_.tickets.uses() == TicketUses::once && request.method == "HEAD") {
    return to_first_page({});
  }
  return let_in(token, newcomer, now);
}

std::optional<Ticket> Entrance::present(const HttpRequest& request, CivilTime now) const {
  std::optional<TicketOutcome> found =
      newest_ticket(request.cookie, ticket_cookie_name(parts_.secure), parts_.tickets, now);
  auto* const ticket = found ? std::get_if<Ticket>(&*found) : nullptr;
  return ticket == nullptr ? std::nullopt : std::optional(std::move(*ticket));
}

HttpReply Entrance::let_in(const std::string& token, const Ticket& ticket, CivilTime now) {
  const auto left =
      std::chrono::duration_cast<std::chrono::seconds>(ticket.expires - kTicketEndLeeway - now);
  if (parts_.tickets.uses() == TicketUses::many) {
    return to_first_page(cookie(token, left));
  }
  const TicketSession session = make_ticket_session();
  TicketUse use = ticket.use();
  use.session = session.hash;
  const Verdict spent = parts_.engine.spend_ticket(use);
  if (spent.kind == Verdict::Kind::overloaded) {
    HttpReply reply =
        told(503, {{"请稍后再试", "Please try again in a moment"},
                   {"系统繁忙，请稍后从您登录的平台重新进入；已有的号牌和次数不受影响。",
                    "The service is busy. Enter again in a moment from the platform "
                    "where you sign in; your plates and draws are not affected."},
                   true});
    reply.fields.emplace_back("Retry-After", "5");
    return reply;
  }
  if (!spent.ok()) {
    return refuse(TicketError::spent);
  }
  HttpReply reply = to_first_page(cookie(token + "~" + session.text, left));
  reply.rests_on = spent.rests_on;  // else a crash would make it good again
  return reply;
}

HttpReply Entrance::ask_first(const std::string& token, const Ticket& newcomer,
                              const Ticket& present) {
  const std::string now = shown(present.owner);
  const std::string next = shown(newcomer.owner);
  std::string text;
  begin_page({.title = {"要换一位所有人吗？", "Change to another owner?"},
              .rehearsal = parts_.rehearsal,
              .indexed = false},
             text);
  text += "<article class=\"message\"><h1>";
  append_words({"要换一位所有人吗？", "Change to another owner?"}, PageLanguage::both, text);
  text += "</h1>";
  const std::string zh = "这台设备现在以 " + now + " 的身份登录。继续后将改为 " + next +
                         "；如果这不是您要进入的账户，请不要继续。";
  const std::string en = "This device is signed in as " + now + ". If you go on, it will be " +
                         next + " instead. Do not go on if that is not you.";
  paragraph({zh, en}, text);
  text += "<p class=\"ways\">";
  way(enter_address(token) + "&replaces=" + mark_text(present),
      {"改为 " + next, "Change to " + next}, text);
  way("/", {"保持 " + now, "Stay " + now}, text);
  text += "</p></article>";
  end_page(text);
  return own_page(200, std::move(text));
}

HttpReply Entrance::refuse(TicketError error) const {
  const std::string english = std::string(message_of(error)) +
                              " Go back to the platform where you sign in, and enter again from "
                              "there; your plates and draws are not affected.";
  return told(401, {.title = {"请重新登录", "Please sign in again"},
                    .text = {"登录凭据无效或已过期。请回到您登录的平台，重新进入号牌预选；已有的"
                             "号牌和次数不受影响。",
                             english},
                    .signs_in = true});
}

HttpReply Entrance::told(unsigned status, const Message& message) const {
  return own_page(status, message_page(message, parts_.rehearsal, parts_.platform));
}

// 张*（z1***234）, or the masked identifier alone.
std::string Entrance::shown(const std::string& owner) {
  const std::string id = masked_id(owner);
  const std::optional<OwnerReport> report = parts_.engine.owner(owner);
  const std::optional<PersonalData> person =
      report && report->key != 0 ? parts_.open(report->key, report->sealed) : std::nullopt;
  return person && !person->name.empty() ? masked_name(person->name) + " (" + id + ")" : id;
}

HttpReply Entrance::leave() const { return to_first_page(cookie({}, {})); }

std::string Entrance::cookie(std::string_view value, std::chrono::seconds lives) const {
  std::string text(ticket_cookie_name(parts_.secure));
  text.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
  text += std::to_string(std::max<int64_t>(lives.count(), 0));
  return parts_.secure ? text + "; Secure" : text;
}

}  // namespace plated
