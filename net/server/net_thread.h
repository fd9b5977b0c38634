// One thread of the net: its event loop, its timing wheel, its deliveries, and every connection
// that was accepted on it. A connection lives and ends on its thread, so nothing of it needs a
// lock.
//
// `run` is the thread. What stands under "From any thread" may be called from elsewhere; all else
// belongs to the connections of this thread.
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/timing_wheel.h"
#include "engine/types.h"
#include "net/io/poller.h"
#include "net/io/socket.h"
#include "net/notices/sparing_log.h"
#include "net/protocol/upgrade.h"
#include "net/selection/connection.h"
#include "net/selection/deliveries.h"
#include "net/selection/dispatch.h"
#include "net/selection/limits.h"
#include "net/selection/owner_quota.h"
#include "net/selection/request_meter.h"
#include "net/web/public_http.h"

namespace plated {

class HttpConnection;
class NetThread;
class Session;

struct ConnectionLimits {
  Limits asking{};                        // for what comes over them
  std::size_t connections_max = 200'000;  // of all threads together
  // Of these so many never become sessions, so that whoever asks how the service is gets an answer.
  std::size_t plain_reserve = 0;
  std::size_t connections_per_owner_max = 16;
  std::size_t send_queue_max = 256 * 1024;  // bytes that wait for one slow reader
  Millis handshake_timeout = std::chrono::seconds(5);
  Millis idle_timeout = std::chrono::seconds(60);        // a ping goes out after a third of it
  Millis keep_alive_timeout = std::chrono::seconds(15);  // plain HTTP between two requests
  Millis closing_timeout = std::chrono::seconds(2);      // for the peer to agree to a close
  Millis answer_timeout = std::chrono::seconds(2);       // for a connection asked if it is there
};

// What a thread says before it executes the requests of one turn of its event loop, and after them.
// So the log can make durable together what they append. Either both are there or none.
struct LogRun {
  std::function<void()> begin;
  std::function<void()> end;
};

// What the threads share. Everything that is referred to outlives them.
struct NetShared {
  Dispatch::Parts dispatch;
  const std::atomic<uint64_t>& durable;
  TickSource& ticks;  // for dates: a ticket's end
  // What every deadline of a connection goes by; service time is the engine's, and may stand still.
  std::function<Millis()> monotonic;
  PublicHttp& http;
  UpgradePolicy upgrade;
  ConnectionLimits limits;
  std::optional<OfficeCode> rehearsal_office;  // in a rehearsal only
  boost::asio::ssl::context* tls = nullptr;    // null: none
  OwnerQuota& owners;
  std::atomic<std::size_t>& connections;  // open now, over all threads
  LogRun log_run{};
  std::vector<NetThread*> threads{};  // all of them, by their numbers
  SparingLog* log = nullptr;          // null: nobody hears what is in the way
};

// One session, as operators see it.
struct SessionEntry {
  std::string owner;
  PeerAddress peer;
};

// A connection that waits for a request, of which its thread may make room for another.
struct WaitingConnection
    : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  ConnectionId connection;
};

// By which ticket a session came in: its signature's mark, and that of its jti (0: it has none).
struct TicketMarks {
  uint64_t ticket = 0;
  uint64_t jti = 0;
};
// Whether a session of this owner and ticket is meant.
using WhoseTickets = std::function<bool(std::string_view owner, const TicketMarks& marks)>;

// Finds its connection when it is due.
struct ConnectionTimer : Timer {
  ConnectionId connection;
};

class NetThread {
 public:
  NetThread(uint16_t number, NetShared& shared);
  ~NetThread();
  NetThread(const NetThread&) = delete;
  NetThread& operator=(const NetThread&) = delete;

  // Serves until stop().
  void run();

  // From any thread.
  // Says bye to everybody who is told nothing more, and takes nobody new over plain HTTP.
  void drain();
  void stop();
  // Appends the sessions of this thread to `out`, which lives until `done` is called there.
  void list_sessions(std::vector<SessionEntry>& out, std::function<void()> done);
  // As the functions of Session of the same names, for a connection of this thread and for all.
  void ask(ConnectionId connection);
  void end_silent(ConnectionId connection);
  void end_flood(ConnectionId connection);
  void end_tickets(const WhoseTickets& whose);
  // From then on; what has begun keeps the deadlines that it has.
  void set_limits(const ConnectionLimits& limits);
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] AckGate& gate() { return deliveries_.gate(); }
  [[nodiscard]] const RequestMeter& meter() const { return deliveries_.meter(); }

  // For the connections of this thread.
  // Takes a connection that was just accepted, or closes it if there are too many. Those that have
  // been waiting for a request make room, the longest first, so whoever asks at once is answered.
  // False: before the next one, those who are here have their turn, lest they make room too soon.
  bool admit(int descriptor, const PeerAddress& peer);
  // It stands behind those that wait already, until it is unlinked.
  void wait_for_request(WaitingConnection& waiting) { waiting_.push_back(waiting); }
  // Replaces a plain connection by a session over its socket, which is known as `upgraded_id`; the
  // caller goes on until it returns, and is gone then.
  Session& upgrade(ConnectionId old, std::unique_ptr<Socket> socket, Ticket ticket,
                   const PeerAddress& peer);
  [[nodiscard]] static ConnectionId upgraded_id(ConnectionId old) {
    return {old.thread, old.slot, old.generation + 1};
  }
  // The connection ends as soon as nothing of it is on the stack any more.
  void retire(ConnectionId connection);

  void arm(ConnectionTimer& timer, Millis in) { wheel_.arm(timer, Tick(monotonic() + in)); }
  void cancel(ConnectionTimer& timer) { wheel_.cancel(timer); }
  [[nodiscard]] Millis monotonic() const { return shared_.monotonic(); }
  [[nodiscard]] Micros now() const { return Micros(monotonic()); }
  [[nodiscard]] CivilTime civil() { return shared_.ticks.now().civil; }

  // A request is about to be executed: the log gathers until the turn of the sockets ends.
  void begin_run();
  // Sees to it that a turn ends before the thread waits again: then the log's run ends, and what
  // was written is flushed. For whoever may have been called outside of one.
  void settle_soon() { poller_.end_soon(); }
  // Has the connection flushed before the thread waits again.
  void flush_soon(ConnectionId connection) { unflushed_.push_back(connection); }
  void flush_all();
  // Buffers that are handed round, so that an idle connection has none.
  [[nodiscard]] std::string take_buffer();
  void give_buffer(std::string buffer);

  [[nodiscard]] NetShared& shared() { return shared_; }
  [[nodiscard]] Deliveries& deliveries() { return deliveries_; }
  [[nodiscard]] const ConnectionLimits& limits() const { return limits_; }
  // Tells whoever looks after the server what keeps happening.
  void complain(const std::string& thing, const std::string& text);
  [[nodiscard]] bool draining() const { return draining_; }

 private:
  using Open =
      std::variant<std::monostate, std::unique_ptr<HttpConnection>, std::unique_ptr<Session>>;
  struct Slot {
    uint32_t generation = 0;
    PeerAddress peer;
    Open open;
  };

  enum class Room : uint8_t { there, made, none };
  [[nodiscard]] Room make_room();
  [[nodiscard]] ConnectionId take_slot();
  [[nodiscard]] Open* find(ConnectionId connection);
  [[nodiscard]] static Session* session_of(Open* open);
  template <class Action>
  void on_session(ConnectionId connection, Action action);
  void settle();
  void woken();
  void reply_to(ConnectionId connection);
  void beat();
  void expire();
  void reap();

  const uint16_t number_;
  NetShared& shared_;
  ConnectionLimits limits_;
  // Sockets and timers are touched by this thread only, so Asio need not lock them; posts come from
  // any.
  boost::asio::io_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      beat_{context_};
  Poller poller_;
  TimingWheel wheel_;  // turns by the monotonic clock
  Deliveries deliveries_;
  boost::intrusive::list<WaitingConnection, boost::intrusive::constant_time_size<false>> waiting_;
  std::size_t plain_ = 0;  // connections that are no sessions
  bool draining_ = false;
  bool in_run_ = false;

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<ConnectionId> retired_;
  std::vector<Open> replaced_;  // upgraded, and not yet off the stack
  std::vector<ConnectionId> unflushed_;
  std::vector<std::string> buffers_;
};

}  // namespace plated
