// The public side of the server as one thing to start and stop: its threads, their listeners, and
// the gates that the log opens. Whoever wires the server makes one of it, gives `durable` to the
// log and `watchers()` to whatever changes applications without a request of their owners.
//
//   PublicNet net(parts);
//   if (auto error = net.listen("127.0.0.1", 8080)) …;
//   net.start();
//   …
//   net.drain(); … until connections() is 0 or patience ends …; net.stop();
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/types.h"
#include "net/protocol/upgrade.h"
#include "net/selection/code_desk.h"
#include "net/selection/limits.h"
#include "net/selection/owner_quota.h"
#include "net/selection/request_meter.h"
#include "net/selection/watchers.h"
#include "net/server/listener.h"
#include "net/server/net_thread.h"
#include "net/web/public_http.h"

namespace plated {

struct PublicNetParts {
  Engine& engine;
  CodeDesk& codes;
  PublicHttp& http;
  TickSource& ticks;
  std::function<Millis()> monotonic;  // any thread asks it
  UpgradePolicy upgrade;
  ConnectionLimits limits;
  std::size_t threads = 1;
  std::optional<OfficeCode> rehearsal_office;  // in a rehearsal only
  boost::asio::ssl::context* tls = nullptr;    // null: none
  Sequence durable;                            // what recovery found
  LogRun log_run{};
  SparingLog* log = nullptr;  // outlives the net; null: none
};

// All of an owner's, or (the owner empty) the one of that jti.
[[nodiscard]] WhoseTickets tickets_of(std::string_view owner, std::string_view jti);

class PublicNet {
 public:
  explicit PublicNet(const PublicNetParts& parts);
  // As stop().
  ~PublicNet();
  PublicNet(const PublicNet&) = delete;
  PublicNet& operator=(const PublicNet&) = delete;

  // `listening`, if it is there, is a socket that listens there already, for the first thread.
  [[nodiscard]] boost::system::error_code listen(const std::string& address, uint16_t port,
                                                 std::optional<int> listening = std::nullopt);
  [[nodiscard]] uint16_t port() const;
  void start();

  // Everything up to `sequence` is safe. For the log's writer thread: never blocks.
  void durable(Sequence sequence);
  [[nodiscard]] bool is_durable(Sequence sequence) const {
    return sequence.value <= durable_.load(std::memory_order_acquire);
  }

  // From now on, also for connections that are open.
  void set_limits(const ConnectionLimits& limits);

  // No new connections and requests; every connection hears bye after its answers, and closes.
  void drain();
  [[nodiscard]] bool draining() const { return draining_.load(); }
  // Ends the threads at once.
  void stop();

  [[nodiscard]] Watchers& watchers() { return watchers_; }
  [[nodiscard]] std::size_t connections() const { return connections_.load(); }
  [[nodiscard]] std::size_t sessions() const { return owners_.total(); }
  // What was refused because of each limit, since the start.
  [[nodiscard]] LimitCounts refused() const { return limits_.counts(); }
  // Who is connected, and from where, as each thread saw it at some moment of the call. Requires
  // running threads, and to be called from none of them: it waits for them.
  [[nodiscard]] std::vector<SessionEntry> list_sessions();
  // Ends the sessions that are meant (see tickets_of), and says bye. From any thread.
  void end_tickets(const WhoseTickets& whose);
  void add_to(RequestTotals& totals) const;

 private:
  std::atomic<uint64_t> durable_;
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> connections_{0};
  Watchers watchers_;
  OwnerQuota owners_;
  LimitBook limits_;
  NetShared shared_;
  std::vector<std::unique_ptr<NetThread>> threads_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::thread> running_;
};

}  // namespace plated
