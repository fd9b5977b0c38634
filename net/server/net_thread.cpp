#include "net/server/net_thread.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <type_traits>
#include <utility>

#include "engine/check.h"
#include "net/server/http_connection.h"
#include "net/server/session.h"

namespace plated {

namespace asio = boost::asio;

namespace {

// How often the thread looks at its wheel; deadlines of connections are in seconds.
constexpr Millis kBeat{50};
// The most buffers that are kept, and the largest that is worth keeping.
constexpr std::size_t kBuffersMax = 256;
constexpr std::size_t kBufferBytesMax = 64 * 1024;
constexpr std::size_t kBufferBytes = 2 * 1024;

}  // namespace

NetThread::NetThread(uint16_t number, NetShared& shared)
    : number_(number),
      shared_(shared),
      limits_(shared.limits),
      poller_(context_, [this] { settle(); }),
      wheel_(Tick(shared.monotonic())),
      deliveries_(
          shared.dispatch, shared.durable, [this] { asio::post(context_, [this] { woken(); }); },
          std::chrono::steady_clock::now) {
  deliveries_.set_limits(limits_.asking);
}

NetThread::~NetThread() {
  // Connections disarm their timers and leave the watchers, so they go before what they leave.
  replaced_.clear();
  slots_.clear();
}

void NetThread::run() {
  beat();
  context_.run();
  settle();
}

void NetThread::stop() { context_.stop(); }

void NetThread::drain() {
  asio::post(context_, [this] {
    draining_ = true;
    for (Slot& slot : slots_) {
      std::visit(
          [](auto& open) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(open)>, std::monostate>) {
              open->drain();
            }
          },
          slot.open);
    }
    flush_all();
  });
}

void NetThread::list_sessions(std::vector<SessionEntry>& out, std::function<void()> done) {
  asio::post(context_, [this, &out, done = std::move(done)] {
    for (Slot& slot : slots_) {
      if (Session* const session = session_of(&slot.open)) {
        out.push_back({session->caller().owner, session->caller().peer});
      }
    }
    done();
  });
}

template <class Action>
void NetThread::on_session(ConnectionId connection, Action action) {
  asio::post(context_, [this, connection, action] {
    if (Session* const session = session_of(find(connection))) {
      action(*session);
    }
  });
}

void NetThread::ask(ConnectionId connection) {
  on_session(connection, [](Session& session) { session.ask(); });
}

void NetThread::end_silent(ConnectionId connection) {
  on_session(connection, [](Session& session) { session.end_silent(); });
}

void NetThread::end_flood(ConnectionId connection) {
  on_session(connection, [](Session& session) { session.end_flood(); });
}

void NetThread::end_tickets(const WhoseTickets& whose) {
  asio::post(context_, [this, whose] {
    for (Slot& slot : slots_) {
      if (Session* const session = session_of(&slot.open)) {
        session->end_ticket(whose);
      }
    }
  });
}

void NetThread::set_limits(const ConnectionLimits& limits) {
  asio::post(context_, [this, limits] {
    limits_ = limits;
    deliveries_.set_limits(limits_.asking);
  });
}

void NetThread::complain(const std::string& thing, const std::string& text) {
  if (shared_.log != nullptr) {
    shared_.log->say(thing, text, std::chrono::steady_clock::now());
  }
}

ConnectionId NetThread::take_slot() {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return {number_, slot, ++slots_[slot].generation};
}

NetThread::Open* NetThread::find(ConnectionId connection) {
  if (connection.slot >= slots_.size()) {
    return nullptr;
  }
  Slot& slot = slots_[connection.slot];
  return slot.generation == connection.generation ? &slot.open : nullptr;
}

// Sessions leave `plain_reserve` free. Where no more than that is left, each thread has its share
// of it for those who ask how the service is, and of the others they get the places of those who
// have asked nothing yet.
NetThread::Room NetThread::make_room() {
  const std::size_t open = shared_.connections.load();
  const std::size_t share = (limits_.plain_reserve + shared_.threads.size() - 1) /
                            std::max<std::size_t>(shared_.threads.size(), 1);
  if (open + limits_.plain_reserve < limits_.connections_max || plain_ < share) {
    return Room::there;
  }
  complain("connections_max", "as many connections are open as may be (" +
                                  std::to_string(limits_.connections_max) +
                                  "); those that say nothing make room, others are turned away");
  if (waiting_.empty()) {
    return Room::none;
  }
  Open* const oldest = find(waiting_.front().connection);
  check(oldest != nullptr, "what waits for a request is one of this thread's connections");
  std::get<std::unique_ptr<HttpConnection>>(*oldest)->drain();
  return Room::made;
}

bool NetThread::admit(int descriptor, const PeerAddress& peer) {
  if (!draining_ && !shared_.dispatch.limits.connection_opens(limits_.asking, peer, now())) {
    ::close(descriptor);
    complain("connections_per_address_max",
             "an address has as many connections open as one may have (" +
                 std::to_string(limits_.asking.connections_per_address_max) +
                 "); others of it are turned away");
    return true;
  }
  const Room room = draining_ ? Room::none : make_room();
  if (room == Room::none) {
    ::close(descriptor);
    if (!draining_) {
      shared_.dispatch.limits.connection_ended(peer, now());
    }
    return true;
  }
  shared_.connections.fetch_add(1);
  ++plain_;
  const ConnectionId id = take_slot();
  auto http = std::make_unique<HttpConnection>(
      *this, id,
      std::make_unique<Socket>(poller_, descriptor,
                               shared_.tls == nullptr ? nullptr : shared_.tls->native_handle()),
      peer);
  HttpConnection& admitted = *http;
  slots_[id.slot].open = std::move(http);
  slots_[id.slot].peer = peer;
  admitted.start();
  return room == Room::there;
}

Session& NetThread::upgrade(ConnectionId old, std::unique_ptr<Socket> socket, Ticket ticket,
                            const PeerAddress& peer) {
  check(find(old) != nullptr, "the connection is one of this thread's");
  --plain_;
  Slot& slot = slots_[old.slot];
  replaced_.push_back(std::move(slot.open));
  ++slot.generation;
  const ConnectionId id = upgraded_id(old);
  auto session = std::make_unique<Session>(*this, id, std::move(socket), std::move(ticket), peer);
  Session& upgraded = *session;
  slot.open = std::move(session);
  return upgraded;
}

void NetThread::retire(ConnectionId connection) {
  const Open* const open = find(connection);
  check(open != nullptr, "a connection retires once");
  // It has no socket any more, so others may have its place at once.
  plain_ -= std::holds_alternative<std::unique_ptr<HttpConnection>>(*open) ? 1 : 0;
  shared_.dispatch.limits.connection_ended(slots_[connection.slot].peer, now());
  shared_.connections.fetch_sub(1);
  retired_.push_back(connection);
}

void NetThread::reap() {
  replaced_.clear();
  for (const ConnectionId connection : std::exchange(retired_, {})) {
    Open* const open = find(connection);
    check(open != nullptr, "what has retired stays until it is reaped");
    *open = std::monostate{};
    ++slots_[connection.slot].generation;
    free_slots_.push_back(connection.slot);
  }
}

Session* NetThread::session_of(Open* open) {
  auto* const session = open == nullptr ? nullptr : std::get_if<std::unique_ptr<Session>>(open);
  return session == nullptr ? nullptr : session->get();
}

void NetThread::begin_run() {
  if (in_run_ || !shared_.log_run.begin) {
    return;
  }
  in_run_ = true;
  shared_.log_run.begin();
}

void NetThread::settle() {
  if (std::exchange(in_run_, false)) {
    shared_.log_run.end();
  }
  flush_all();
}

void NetThread::woken() {
  deliveries_.release(
      [this](const Deliveries::Said& said) {
        session_of(find(said.caller.connection))->deliver(said.bytes);
      },
      [this](ConnectionId connection) { reply_to(connection); });
  flush_all();
}

// A reply that was held back; whoever it was for may be gone, or have become a session.
void NetThread::reply_to(ConnectionId connection) {
  Open* const open = find(connection);
  if (open == nullptr) {
    return;
  }
  if (auto* const http = std::get_if<std::unique_ptr<HttpConnection>>(open)) {
    (*http)->reply_cleared();
  }
}

void NetThread::beat() {
  expire();
  deliveries_.tell_places(now());
  flush_all();
  reap();
  beat_.expires_after(kBeat);
  beat_.async_wait([this](boost::system::error_code error) {
    if (!error) {
      beat();
    }
  });
}

void NetThread::expire() {
  const Millis now = monotonic();
  for (;;) {
    const Expired expired = wheel_.expire(Tick(now));
    if (expired.timer != nullptr) {
      const ConnectionId connection = static_cast<ConnectionTimer*>(expired.timer)->connection;
      if (Open* const open = find(connection)) {
        std::visit(
            [&](auto& found) {
              if constexpr (!std::is_same_v<std::decay_t<decltype(found)>, std::monostate>) {
                found->timer_due();
              }
            },
            *open);
      }
    } else if (!expired.more) {
      return;
    }
  }
}

void NetThread::flush_all() {
  // Flushing delivers nothing, so the list does not grow meanwhile.
  for (const ConnectionId connection : unflushed_) {
    if (Session* const session = session_of(find(connection))) {
      session->flush();
    }
  }
  unflushed_.clear();
}

std::string NetThread::take_buffer() {
  if (buffers_.empty()) {
    std::string buffer;
    buffer.reserve(kBufferBytes);
    return buffer;
  }
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void NetThread::give_buffer(std::string buffer) {
  if (buffers_.size() >= kBuffersMax || buffer.capacity() > kBufferBytesMax) {
    return;
  }
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

}  // namespace plated
