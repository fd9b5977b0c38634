// The whole server: storage, the citizens' door, the operators' door, the clockwork, in the order
// in which they open and close. Only this file and its parts beside it know every room.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "engine/guarded.h"
#include "engine/secret_memory.h"
#include "net/notices/sms_gateway.h"
#include "net/operators/actions.h"
#include "net/operators/socket.h"
#include "net/protocol/ticket.h"
#include "net/server/public_net.h"
#include "net/server/starting_door.h"
#include "net/web/public_http.h"
#include "persistence/data_directory.h"
#include "tools/plated/credentials.h"
#include "tools/plated/descriptors.h"
#include "tools/plated/examination.h"
#include "tools/plated/life.h"
#include "tools/plated/options.h"
#include "tools/plated/server_log.h"
#include "tools/shell/descriptor_limit.h"
#include "tools/shell/progress_line.h"

namespace plated {

// Exit statuses of a server, beside those of the options.
inline constexpr int kExitLogFailed = 74;

class Server {
 public:
  explicit Server(const Options& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Opens everything. False: it said why, and nothing was opened that stays.
  [[nodiscard]] bool start();
  // Reads again what SIGHUP may change: certificate, private key, key of tickets, limits, log
  // level. All of it, or nothing where something cannot be used; what was done, or why not, is
  // said.
  void reload(const Options& fresh);
  // From now on /readyz says that this server is leaving; everything else goes on.
  void announce_end() { leaving_.store(true); }
  // Drains: no new work, answers what is in flight, says bye, syncs, snapshots. Returns the exit
  // status.
  [[nodiscard]] int stop();
  // Has an operator asked for the end?
  [[nodiscard]] bool drain_wanted() const { return drain_wanted_.load(); }

 private:
  [[nodiscard]] bool lock_directory();
  [[nodiscard]] bool open_starting_door();
  [[nodiscard]] bool recover_life();
  [[nodiscard]] LifeOptions life_options() const;
  [[nodiscard]] Life::Outside life_outside();
  void tell_recovery(const RecoveryStep& step);
  [[nodiscard]] bool open_doors();
  [[nodiscard]] bool open_credentials();
  [[nodiscard]] bool open_metrics();
  [[nodiscard]] SmsGatewayOptions gateway_options();
  // People come over TLS, ours or a proxy's.
  [[nodiscard]] bool is_secure() const;
  [[nodiscard]] PublicNetParts net_parts();
  [[nodiscard]] PublicHttp::Parts http_parts();
  [[nodiscard]] UpgradePolicy upgrade_policy() const;
  [[nodiscard]] ServiceReport report();
  [[nodiscard]] Examined examined();
  [[nodiscard]] std::optional<uint64_t> disk_free() const;
  void observe_rates();
  static std::string make_code_ids();
  void greet() const;
  bool fail(const std::string& why) const;
  bool refuse(const Status& status) const;

  const Options options_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  const CivilTime started_at_ = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  std::atomic<bool> drain_wanted_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> doors_open_{false};  // the log's thread may speak to net
  OfficeCode rehearsal_office_;
  const LockedPtr<TicketKey> ticket_key_ = make_locked<TicketKey>();
  std::string sms_secret_;
  const std::size_t descriptors_ = raise_descriptor_limit();
  ServerLog log_;
  SparingLog sparing_log_;
  RateWindow rates_;
  // Whoever sends the SMS drops ids that it knows, so the next start must not say one again.
  const std::string code_ids_ = make_code_ids();
  std::atomic<uint64_t> next_code_id_{1};

  Guarded<std::string> starting_{"starting"};  // why there is no service yet
  ProgressLine recovery_line_{ProgressLine::Kind::plain};

  // The process's own.
  DataDirectory data_;
  ShownIdentity identity_;
  std::optional<boost::asio::ssl::context> tls_;
  LockedPtr<TicketVerifier> tickets_;
  std::unique_ptr<StartingDoor> starting_door_;
  // The life, and the doors that open on it; they close in the order in which they would end.
  std::unique_ptr<Life> life_;
  std::unique_ptr<SmsGateway> gateway_;  // calls back into the life
  std::unique_ptr<PublicHttp> http_;
  std::unique_ptr<PublicNet> net_;
  std::unique_ptr<AdminSocket> admin_;
  std::unique_ptr<PlainDoor> metrics_door_;  // asks all of the others, so it goes first
};

}  // namespace plated
