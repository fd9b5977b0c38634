#include "net/server/http_connection.h"

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <iterator>
#include <string>
#include <utility>

#include "engine/check.h"
#include "net/protocol/rehearsal.h"
#include "net/server/answer_head.h"
#include "net/server/session.h"

namespace plated {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

namespace {

constexpr std::size_t kHeaderMax = 8 * 1024;  // a ticket has at most half of that
constexpr std::string_view kSelect = "/v1/select";
constexpr std::string_view kLeave = "/leave";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

HttpReply plain(unsigned status, std::string_view why) {
  HttpReply reply;
  reply.status = status;
  reply.set_body(std::string(why) + "\n");
  return reply;
}

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

// Several lines of one field are one list (RFC 9110, 5.3), whichever line a proxy has added.
template <class Request>
void join_lines(Request& request, http::field name, std::string_view separator) {
  const auto [begin, end] = request.equal_range(name);
  if (begin == end || std::next(begin) == end) {
    return;
  }
  std::string joined;
  for (auto line = begin; line != end; ++line) {
    joined.append(joined.empty() ? "" : separator).append(view(line->value()));
  }
  request.set(name, joined);
}

template <class Request>
void join_lists(Request& request) {
  for (const http::field name :
       {http::field::connection, http::field::upgrade, http::field::sec_websocket_protocol,
        http::field::accept_encoding, http::field::accept_language, http::field::if_none_match}) {
    join_lines(request, name, ", ");
  }
  join_lines(request, http::field::cookie, "; ");
}

// A bearer token wherever it stands: a proxy may have put credentials of its own beside it.
template <class Request>
std::string_view authorization_of(const Request& request) {
  const auto [begin, end] = request.equal_range(http::field::authorization);
  for (auto line = begin; line != end; ++line) {
    if (is_bearer(view(line->value()))) {
      return view(line->value());
    }
  }
  return view(request[http::field::authorization]);
}

// What must not be said twice, or nothing.
template <class Request>
std::string_view said_once(const Request& request, http::field name) {
  return request.count(name) == 1 ? view(request[name]) : std::string_view();
}

template <class Request>
UpgradeFields fields_of(const Request& request) {
  return {authorization_of(request),
          view(request[http::field::cookie]),
          view(request[http::field::origin]),
          view(request[http::field::host]),
          view(request[http::field::sec_websocket_protocol]),
          said_once(request, http::field::sec_websocket_version),
          said_once(request, http::field::sec_websocket_key)};
}

// Whom the request is for must be said once (RFC 9112, 3.2); before HTTP/1.1 it need not be said.
template <class Request>
bool names_its_host(const Request& request) {
  const std::size_t hosts = request.count(http::field::host);
  return hosts == 1 || (hosts == 0 && request.version() < 11);
}

}  // namespace

HttpConnection::HttpConnection(NetThread& thread, ConnectionId id, std::unique_ptr<Socket> socket,
                               const PeerAddress& peer)
    : thread_(thread), id_(id), peer_(peer), socket_(std::move(socket)), buffer_(2 * kHeaderMax) {
  timer_.connection = id;
  waiting_.connection = id;
}

HttpConnection::~HttpConnection() { thread_.cancel(timer_); }

void HttpConnection::read(Millis deadline) {
  parser_.emplace();
  parser_->header_limit(kHeaderMax);
  parser_->body_limit(0);
  thread_.arm(timer_, deadline);
  thread_.wait_for_request(waiting_);
  ++operations_;
  http::async_read_header(*socket_, buffer_, *parser_,
                          [this](error_code error, std::size_t) { on_header(error); });
}

void HttpConnection::on_header(error_code error) {
  waiting_.unlink();
  if (returned()) {
    return;
  }
  if (error) {
    // What is not HTTP is told so; whoever went away is not.
    const bool malformed = error.category() == make_error_code(http::error::bad_method).category();
    if (malformed && error != http::error::end_of_stream && error != http::error::partial_message) {
      write(refuse_form(error), false);
    } else {
      cut();
    }
    return;
  }
  if (!parser_->is_done()) {
    write(plain(413, "no body is taken here"), false);
    return;
  }
  Request& request = parser_->get();
  join_lists(request);
  if (!names_its_host(request)) {
    write(plain(400, "a request names its host, once"), false);
    return;
  }
  const std::string_view target = origin_form(view(request.target()));
  const bool select = path_of(target) == kSelect;
  if (select && websocket::is_upgrade(request)) {
    if (!upgrade()) {
      write(std::move(reply_), false);
    }
    return;
  }
  const bool keep_alive = request.keep_alive() && !thread_.draining();
  if (path_of(target) == kLeave && request.method() == http::verb::post) {
    log_out(keep_alive);
    return;
  }
  const bool reads = request.method() == http::verb::get || request.method() == http::verb::head;
  if (select && reads &&
      !borne_ticket(fields_of(request), thread_.shared().upgrade, thread_.civil())) {
    write(plain(401, "a ticket is needed"), keep_alive);
    return;
  }
  write_when_durable(
      thread_.shared().http.answer(
          {view(request.method_string()), target, view(request[http::field::accept_encoding]),
           view(request[http::field::if_none_match]), view(request[http::field::accept_language]),
           view(request[http::field::cookie]), view(request["Sec-Fetch-Site"])}),
      keep_alive);
}

// Any page may have a browser ask this, so an origin that is not ours is told nothing; a program
// sends none.
void HttpConnection::log_out(bool keep_alive) {
  const UpgradeFields fields = fields_of(parser_->get());
  NetShared& shared = thread_.shared();
  if (!fields.origin.empty() && !is_own_origin(fields, shared.upgrade)) {
    write(plain(403, "only a page of this server's logs out"), keep_alive);
    return;
  }
  if (const auto ticket = borne_ticket(fields, shared.upgrade, thread_.civil())) {
    for (NetThread* const thread : shared.threads) {
      thread->end_tickets([mark = ticket->mark](std::string_view, const TicketMarks& marks) {
        return marks.ticket == mark;
      });
    }
  }
  write(shared.http.leave(), keep_alive);
}

HttpReply HttpConnection::refuse_form(error_code error) {
  const bool too_long = error == http::error::header_limit || error == http::error::buffer_overflow;
  if (error == http::error::body_limit) {
    return plain(413, "no body is taken here");
  }
  return too_long ? plain(431, "the header is longer than 8 KiB")
                  : plain(400, "this is not an HTTP request");
}

// In a rehearsal, makes the owner if there is none of that name. False: there is no room for them
// now; without a vehicle they would be told that it is somebody else's.
bool HttpConnection::rehearses(std::string_view owner) {
  NetShared& shared = thread_.shared();
  if (!shared.rehearsal_office || shared.dispatch.engine.has_owner(owner)) {
    return true;
  }
  const auto number = rehearsal_number(owner);
  if (!number) {
    return true;
  }
  const Verdict made =
      shared.dispatch.engine.make_rehearsal_owner(*number, *shared.rehearsal_office);
  return made.kind != Verdict::Kind::overloaded;
}

bool HttpConnection::upgrade() {
  const Request& request = parser_->get();
  NetShared& shared = thread_.shared();
  if (shared.dispatch.draining.load() || thread_.draining()) {
    reply_ = plain(503, "the service is about to stop");
    return false;
  }
  if (!asking_) {
    if (const auto wait =
            shared.dispatch.limits.upgrade(thread_.limits().asking, peer_, thread_.now())) {
      reply_ =
          plain(429, "too many WebSockets at once from this address; try again a little later");
      reply_.fields.emplace_back(
          "Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(*wait).count()));
      return false;
    }
  }
  if (buffer_.size() > 0) {
    reply_ = plain(400, "a WebSocket begins after the answer to its upgrade");
    return false;
  }
  UpgradeVerdict verdict = judge_upgrade(fields_of(request), shared.upgrade, thread_.civil());
  if (verdict.status != 0) {
    reply_ = verdict.status == 426 ? upgrade_required(std::string(verdict.why) + "\n")
                                   : plain(verdict.status, verdict.why);
    return false;
  }
  const ConnectionLimits& limits = thread_.limits();
  if (shared.owners.total() + limits.plain_reserve >= limits.connections_max) {
    reply_ = plain(503, "as many are connected as can be; try again later");
    reply_.fields.emplace_back("Retry-After", "5");
    thread_.complain("sessions", "as many WebSockets are open as may be; others are told to wait");
    return false;
  }
  const std::string& owner = verdict.ticket.owner;
  if (!rehearses(owner)) {
    reply_ = plain(503, "there is no room for a new owner now; try again later");
    return false;
  }
  if (!find_room(owner)) {
    return asking_;
  }
  if (!spend(verdict.ticket)) {
    shared.owners.give_back(owner_mark(owner), NetThread::upgraded_id(id_), thread_.now());
    return false;
  }
  gone_ = true;
  thread_.cancel(timer_);
  const Request kept = parser_->release();
  thread_.upgrade(id_, std::move(socket_), std::move(verdict.ticket), peer_).start(kept);
  return true;
}

// Uses up a ticket that is good for one connection; one that a browser has entered with is used
// already, and good for that browser. What the connection is told rests on that record. False:
// `reply_` says why not.
bool HttpConnection::spend(const Ticket& ticket) {
  NetShared& shared = thread_.shared();
  if (shared.upgrade.tickets->uses() == TicketUses::many || ticket.session != TicketMark{}) {
    return true;
  }
  const Verdict spent = shared.dispatch.engine.spend_ticket(ticket.use());
  if (spent.kind == Verdict::Kind::overloaded) {
    reply_ = plain(503, spent.message);
    reply_.fields.emplace_back("Retry-After", "5");
  } else if (!spent.ok()) {
    reply_ = plain(401, message_of(TicketError::spent));
  }
  return spent.ok();
}

// Whether the owner may have one more connection. If they have as many as one may have, these are
// asked first whether they are there (`asking_`), and after a while the oldest that is not makes
// room.
bool HttpConnection::find_room(const std::string& owner) {
  NetShared& shared = thread_.shared();
  const uint64_t mark = owner_mark(owner);
  const ConnectionId upgraded = NetThread::upgraded_id(id_);
  const bool asked = std::exchange(asking_, false);
  if (shared.owners.take(mark, upgraded)) {
    return true;
  }
  if (!asked) {
    asking_ = true;
    thread_.arm(timer_, thread_.limits().answer_timeout);
    for (const ConnectionId other : shared.owners.ask(mark)) {
      shared.threads[other.thread]->ask(other);
    }
    return false;
  }
  const auto silent = shared.owners.replace_silent(mark, upgraded);
  if (silent) {
    shared.threads[silent->thread]->end_silent(*silent);
    return true;
  }
  reply_ = plain(429, "this owner has as many connections as one may have");
  return false;
}

void HttpConnection::write_when_durable(HttpReply reply, bool keep_alive) {
  if (thread_.deliveries().is_durable(reply.rests_on)) {
    write(std::move(reply), keep_alive);
    return;
  }
  reply_ = std::move(reply);
  keep_alive_ = keep_alive;
  thread_.arm(timer_, thread_.limits().keep_alive_timeout);
  thread_.deliveries().hold_back(reply_.rests_on, id_);
}

void HttpConnection::reply_cleared() {
  if (!gone_) {
    write(std::exchange(reply_, {}), keep_alive_);
  }
}

void HttpConnection::write(HttpReply reply, bool keep_alive) {
  reply_ = std::move(reply);
  const bool head = parser_->is_header_done() && parser_->get().method() == http::verb::head;
  Response& response = response_.emplace();
  response.version(11);
  put_head(reply_, thread_.shared().http.answer_fields(), thread_.civil(), response);
  response.keep_alive(keep_alive);
  if (keep_alive && parser_->get().version() < 11) {
    response.set(http::field::connection, "keep-alive");  // what such a client waits for
  }
  if (!head) {
    response.body() = {reply_.body.data(), reply_.body.size()};
  }
  serializer_.emplace(response);
  thread_.arm(timer_, thread_.limits().keep_alive_timeout);
  ++operations_;
  const auto written = [this](error_code error, std::size_t) { on_written(error); };
  if (head) {
    http::async_write_header(*socket_, *serializer_, written);
  } else {
    http::async_write(*socket_, *serializer_, written);
  }
}

void HttpConnection::on_written(error_code error) {
  if (returned()) {
    return;
  }
  const bool keep_alive = response_->keep_alive();
  serializer_.reset();
  response_.reset();
  reply_ = {};
  if (error || !keep_alive || thread_.draining()) {
    error_code ignored;
    socket_->shutdown_send(ignored);
    cut();
    return;
  }
  read(thread_.limits().keep_alive_timeout);
}

void HttpConnection::timer_due() {
  if (!asking_) {
    cut();
  } else if (!upgrade()) {
    write(std::move(reply_), false);
  }
}

void HttpConnection::drain() {
  if (waiting_.is_linked()) {
    cut();
  }
}

void HttpConnection::cut() {
  if (gone_) {
    return;
  }
  gone_ = true;
  waiting_.unlink();
  thread_.cancel(timer_);
  socket_->close();
  if (operations_ == 0) {
    thread_.retire(id_);
  }
}

bool HttpConnection::returned() {
  check(operations_ > 0, "an operation returns once");
  --operations_;
  if (!gone_) {
    return false;
  }
  if (operations_ == 0) {
    thread_.retire(id_);
  }
  return true;
}

}  // namespace plated
