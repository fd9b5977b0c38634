#include "tools/plated/server.h"

#include <fmt/format.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "engine/plate.h"
#include "tools/plated/checkpoint_process.h"
#include "tools/plated/founding.h"
#include "tools/plated/recovery_text.h"
#include "tools/plated/secrets.h"

namespace plated {
namespace {

// How long a drain waits for clients to close.
constexpr auto kDrainPatience = std::chrono::seconds(5);
constexpr auto kDrainLook = std::chrono::milliseconds(10);
constexpr Millis kDemoTicketFor = std::chrono::hours(24);

void say(const std::string& line) { std::fprintf(stderr, "plated: %s\n", line.c_str()); }

// After a failed write nothing more is acknowledged, and nothing can be mended here: the next start
// recovers what is safe.
void end_after_log_failure(const Status& status) {
  say("the log could not be written, so nothing more can be promised: " + status.text());
  _exit(kExitLogFailed);
}

}  // namespace

Server::Server(const Options& options)
    : options_(options), rehearsal_office_(parse_office(options.rehearsal_office).office.value()) {}

// A start that failed leaves the log's thread running, which must not speak to net any more when
// that is destroyed.
Server::~Server() {
  if (storage_) {
    (void)storage_->close();
  }
}

std::string Server::make_code_ids() {
  uint64_t start = 0;
  randombytes_buf(&start, sizeof(start));
  return fmt::format("code-{:016x}-", start);
}

bool Server::fail(const std::string& why) const {
  say(why);
  return false;
}

bool Server::start() {
  // Cheap refusals first: who has the directory, or the port, is told before a long recovery.
  if (!lock_storage() || !open_starting_door() || !open_storage() || !open_tickets()) {
    return false;
  }
  const Verdict founded = found_service(storage_->engine(), storage_->keys(), options_);
  if (!founded.ok()) {
    return fail(founded.message);
  }
  if (!open_doors()) {
    return false;
  }
  greet();
  return true;
}

bool Server::refuse(const Status& status) const {
  return fail(fmt::format("{}\nWhat can be done: {}.", status.text(), status.remedy()));
}

bool Server::lock_storage() {
  if (options_.snapshot_process && checkpoint_program().empty()) {
    return fail("snapshot.process needs platelog beside this binary");
  }
  Storage::Outside outside;
  outside.on_durable = [this](Sequence sequence) {
    if (doors_open_.load()) {
      net_->durable(sequence);
    }
  };
  outside.on_failure = end_after_log_failure;
  storage_ = std::make_unique<Storage>(options_, outside);
  const Status locked = storage_->lock();
  return locked.ok() || refuse(locked);
}

bool Server::open_starting_door() {
  if (!options_.tls_certificate.empty() && !open_tls()) {
    return false;
  }
  const auto reason = [this] {
    const std::lock_guard lock(starting_mutex_);
    return starting_;
  };
  starting_door_ = std::make_unique<StartingDoor>(reason, tls_ ? &*tls_ : nullptr);
  if (const auto error = starting_door_->open(options_.listen_address, options_.listen_port)) {
    return fail(fmt::format("cannot listen on {}: {}", options_.listen, error.message()));
  }
  return true;
}

bool Server::open_storage() {
  const auto say_alone = [this](const std::string& line) {
    recovery_line_.wipe();
    say(line);
  };
  const Status opened =
      storage_->open(say_alone, [this](const RecoveryStep& step) { tell_recovery(step); });
  recovery_line_.wipe();
  return opened.ok() || refuse(opened);
}

// On the thread that recovers. Nobody waits for the end of a long recovery that is not wanted any
// more: what was read is thrown away, and nothing has been written.
void Server::tell_recovery(const RecoveryStep& step) {
  const std::string text = recovery_text(step);
  recovery_line_.show("plated: " + text);
  {
    const std::lock_guard lock(starting_mutex_);
    starting_ = text;
  }
  sigset_t signals;
  if (sigpending(&signals) == 0 &&
      (sigismember(&signals, SIGTERM) == 1 || sigismember(&signals, SIGINT) == 1)) {
    recovery_line_.wipe();
    say("told to end while recovering; nothing was changed");
    std::fflush(nullptr);
    _exit(0);
  }
}

bool Server::open_tickets() {
  const TicketKeyOutcome key =
      options_.rehearsal || options_.demo
          ? load_or_make_ticket_key(options_.ticket_key)
          : load_ticket_key(options_.ticket_key, options_.ticket_algorithm);
  if (const auto* why = std::get_if<std::string>(&key)) {
    return fail(*why);
  }
  ticket_key_ = std::get<TicketKey>(key);
  tickets_ = std::make_unique<TicketVerifier>(options_.ticket_algorithm, ticket_key_);
  return true;
}

PublicHttp::Parts Server::http_parts() {
  const bool rehearsal = options_.rehearsal || options_.demo;
  PublicHttp::Parts parts{
      .engine = storage_->engine(),
      .ticks = storage_->ticks(),
      .tickets = *tickets_,
      .open = [this](uint64_t key,
                     std::string_view sealed) { return storage_->open_data(key, sealed); },
      .revealed =
          [this](PoolKey pool, Day period) {
            return revealed_secret(storage_->engine(), storage_->keys(), pool, period);
          },
      .not_ready = [this]() -> std::optional<std::string> {
        return net_->draining() ? std::optional<std::string>("draining") : std::nullopt;
      },
      .demo_ticket = {},
      .is_durable = [this](Sequence s) { return net_->is_durable(s); },
      .rehearsal = rehearsal,
      .secure = tls_.has_value(),
      .public_url = options_.public_url};
  if (options_.demo) {
    parts.demo_ticket = [this](std::string_view owner) {
      return make_ticket(ticket_key_, owner, storage_->ticks().now().civil + kDemoTicketFor);
    };
  }
  return parts;
}

// Behind a proxy the browser's origin is the public address's, not the one that the proxy speaks
// to.
UpgradePolicy Server::upgrade_policy() const {
  UpgradePolicy policy{tickets_.get(), tls_.has_value(), options_.allowed_origins};
  const std::string& url = options_.public_url;
  policy.origins.push_back(url.substr(0, url.find('/', url.find("://") + 3)));
  return policy;
}

bool Server::open_doors() {
  const bool rehearsal = options_.rehearsal || options_.demo;
  Engine& engine = storage_->engine();
  const OpenPersonalData open = [this](uint64_t key, std::string_view sealed) {
    return storage_->open_data(key, sealed);
  };
  gateway_ = std::make_unique<SmsGateway>(SmsGatewayOptions{
      options_.sms_gateway, options_.sms_file, options_.sms_webhook, options_.sms_connections,
      std::chrono::seconds(10), options_.sms_certificate_authority});
  codes_ = std::make_unique<SmsCodes>(rehearsal);
  // Tried until the owner may ask for another one, so that no code arrives after its successor.
  const auto send_code = [this](std::string_view phone, std::string_view text) {
    return gateway_->submit(
        {code_ids_ + std::to_string(next_code_id_++), std::string(phone), std::string(text)},
        [](bool) {}, kCodeResend);
  };
  desk_ =
      std::make_unique<CodeDesk>(engine, *codes_, CodeDesk::Outside{open, send_code, rehearsal});
  http_ = std::make_unique<PublicHttp>(http_parts());
  ConnectionLimits limits;
  limits.connections_max = options_.connections_max;
  limits.connections_per_owner_max = options_.connections_per_owner_max;
  limits.send_queue_max = options_.send_queue_max;
  limits.handshake_timeout = Millis(static_cast<int64_t>(options_.handshake_timeout_ms));
  limits.idle_timeout = Millis(static_cast<int64_t>(options_.idle_timeout_ms));
  net_ = std::make_unique<PublicNet>(PublicNetParts{
      engine, *desk_, *http_, storage_->ticks(), storage_->clocks().monotonic, upgrade_policy(),
      limits, options_.threads, rehearsal ? std::optional(rehearsal_office_) : std::nullopt,
      tls_ ? &*tls_ : nullptr, storage_->commit().durable(),
      LogRun{[this] { storage_->commit().begin_run(); },
             [this] { storage_->commit().end_run(); }}});
  // Either the log's thread sees this, or what it has just published is seen here.
  doors_open_.store(true);
  net_->durable(storage_->commit().durable());
  const int listening = starting_door_->hand_over();
  if (const auto error = net_->listen(options_.listen_address, options_.listen_port, listening)) {
    return fail(fmt::format("cannot listen on {}: {}", options_.listen, error.message()));
  }
  outbox_ = std::make_unique<NoticeOutbox>(
      engine, NoticeOutbox::Outside{
                  open,
                  [this](SmsMessage message, SmsGateway::Callback callback) {
                    return gateway_->submit(std::move(message), std::move(callback));
                  },
                  [this] { return storage_->commit().durable(); }, storage_->clocks().monotonic});
  routes_ = std::make_unique<AdminRoutes>(engine, make_actions());
  admin_ = std::make_unique<AdminSocket>(*routes_);
  if (const std::string error = admin_->start(options_.admin); !error.empty()) {
    return fail(error);
  }
  net_->start();
  outbox_->start();
  Clockwork::Outside clockwork;
  clockwork.publish = [this](const Changes& changes) { net_->watchers().publish(changes); };
  clockwork.every_second = [this] { observe_rates(); };
  clockwork.say = say;
  clockwork.checkpoint_interval = Millis(static_cast<int64_t>(options_.snapshot_interval_s) * 1000);
  clockwork_ = std::make_unique<Clockwork>(*storage_, clockwork);
  return true;
}

bool Server::open_tls() {
  boost::system::error_code error;
  tls_.emplace(boost::asio::ssl::context::tls_server);
  tls_->set_options(boost::asio::ssl::context::no_tlsv1 | boost::asio::ssl::context::no_tlsv1_1);
  tls_->use_certificate_chain_file(options_.tls_certificate, error);
  if (error) {
    return fail(options_.tls_certificate + ": " + error.message());
  }
  tls_->use_private_key_file(options_.tls_key, boost::asio::ssl::context::pem, error);
  return !error || fail(options_.tls_key + ": " + error.message());
}

void Server::greet() const {
  const std::string address = fmt::format("{}://{}", tls_ ? "https" : "http", options_.listen);
  std::printf("%s", fmt::format("plated {} serves {} (operators: {})\n", PLATED_VERSION, address,
                                options_.admin)
                        .c_str());
  if (options_.demo) {
    std::printf("Log in as a made-up owner: %s/login\n", address.c_str());
  }
  std::fflush(stdout);
}

void Server::observe_rates() {
  RequestTotals totals;
  net_->add_to(totals);
  rates_.observe(storage_->clocks().monotonic(), totals);
}

int Server::stop() {
  net_->drain();
  const auto patience = std::chrono::steady_clock::now() + kDrainPatience;
  while (net_->connections() > 0 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(kDrainLook);
  }
  clockwork_->stop();
  net_->stop();
  admin_->stop();
  gateway_->stop();
  outbox_->stop();
  doors_open_.store(false);
  const Digest live = storage_->engine().digest();
  const Sequence last = storage_->commit().last();
  if (!storage_->commit().wait_durable(last)) {
    return kExitLogFailed;
  }
  const auto snapshot = storage_->checkpoint();
  if (!snapshot.ok()) {
    say("the last checkpoint failed; the log alone is complete: " + snapshot.status.text());
  } else if (snapshot.value.snapshot.sequence == last && snapshot.value.snapshot.digest != live) {
    say("the replayed state differs from the live one; keep this directory for inspection");
    (void)storage_->close();
    return kExitStartFailed;
  }
  return storage_->close().ok() ? 0 : kExitLogFailed;
}

}  // namespace plated
