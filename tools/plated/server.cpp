#include "tools/plated/server.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "engine/plate.h"
#include "net/notices/gateway_check.h"
#include "net/operators/metrics.h"
#include "net/protocol/upgrade.h"
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

// After a failed write nothing more is acknowledged, and nothing can be mended here: the next start
// recovers what is safe.
void end_after_log_failure(const Status& status) {
  std::fprintf(stderr,
               "plated: the log could not be written, so nothing more can be promised: %s\n",
               status.text().c_str());
  _exit(kExitLogFailed);
}

}  // namespace

Server::Server(const Options& options)
    : options_(options),
      rehearsal_office_(parse_office(options.rehearsal_office).office.value()),
      log_(options.log_level),
      sparing_log_([this](const std::string& line) { log_.say(LogLevel::warning, line); }) {}

// A start that failed leaves the life's threads running, which must not speak to net or to the
// gateway any more when those are gone.
Server::~Server() {
  if (life_) {
    life_->stop();
    (void)life_->storage().close();
  }
}

std::string Server::make_code_ids() {
  uint64_t start = 0;
  randombytes_buf(&start, sizeof(start));
  return fmt::format("code-{:016x}-", start);
}

bool Server::fail(const std::string& why) const {
  log_.say(LogLevel::error, why);
  return false;
}

bool Server::start() {
  for (const std::string& remark : options_.remarks) {
    log_.say(LogLevel::warning, remark);
  }
  // Cheap refusals first: who has the directory, or the port, is told before a long recovery.
  if (!lock_directory() || !open_credentials() || !open_starting_door() || !recover_life()) {
    return false;
  }
  const Verdict founded = found_service(life_->engine(), life_->storage().bound_keys(), options_);
  if (!founded.ok()) {
    return fail(founded.message);
  }
  // Keys and secrets have come this way.
  wipe_stack();
  if (!open_metrics() || !open_doors()) {
    return false;
  }
  if (!locked_memory_is_locked()) {
    log_.say(
        LogLevel::warning,
        "the system locks no more memory for this process, so secrets may be swapped out: raise "
        "the limit (ulimit -l, LimitMEMLOCK), or encrypt the swap");
  }
  greet();
  return true;
}

bool Server::refuse(const Status& status) const {
  return fail(fmt::format("{}\nWhat can be done: {}.", status.text(), status.remedy()));
}

bool Server::lock_directory() {
  if (options_.snapshot_process && checkpoint_program().empty()) {
    return fail("snapshot.process needs platelog beside this binary");
  }
  auto data = DataDirectory::open(posix_file_system(), options_.data);
  if (!data.ok()) {
    return refuse(data.status);
  }
  data_ = std::move(data.value);
  return true;
}

LifeOptions Server::life_options() const {
  LifeOptions life;
  life.storage.directory = options_.data;
  life.storage.shards = static_cast<uint32_t>(options_.shards);
  life.storage.log_file_size = options_.log_file_size_max;
  life.storage.archive = options_.log_retirement == LogRetirement::archive;
  life.storage.checkpoint_process = options_.snapshot_process;
  life.rehearsal = options_.rehearsal || options_.demo;
  life.rehearsal_office = rehearsal_office_;
  life.ticket_age_max = Millis(static_cast<int64_t>(options_.ticket_age_max_ms));
  life.checkpoint_interval = Millis(static_cast<int64_t>(options_.snapshot_interval_s) * 1000);
  return life;
}

Life::Outside Server::life_outside() {
  Life::Outside outside{.storage = {.files = posix_file_system(), .clocks = machine_clocks()}};
  outside.storage.on_durable = [this](Sequence sequence) {
    if (doors_open_.load()) {
      net_->durable(sequence);
    }
  };
  outside.storage.on_failure = end_after_log_failure;
  outside.publish = [this](const Changes& changes) { net_->watchers().publish(changes); };
  // Tried until it has run out, or the owner has asked for another one.
  outside.send_code = [this](SmsMessage message) {
    message.id = code_ids_ + std::to_string(next_code_id_++);
    return gateway_->submit(
        std::move(message), [](bool) {}, kCodeLife);
  };
  outside.sms_held_up = [this] { return gateway_->held_up(); };
  outside.send_notice = [this](SmsMessage message, SmsGateway::Callback callback) {
    return gateway_->submit(std::move(message), std::move(callback));
  };
  outside.every_second = [this] { observe_rates(); };
  outside.report = [this] { return report(); };
  outside.gateway_problem = [this] {
    return plated::gateway_problem(gateway_options(), gateway_->counts());
  };
  outside.examine = [this] { return examine(posix_file_system(), examined()); };
  outside.end_tickets = [this](std::string_view owner, std::string_view jti) {
    net_->end_tickets(tickets_of(owner, jti));
  };
  outside.drain = [this] { drain_wanted_.store(true); };
  outside.say = [this](LogLevel level, const std::string& line) {
    recovery_line_.wipe();
    log_.say(level, line);
  };
  return outside;
}

bool Server::open_credentials() {
  auto read = read_credentials(options_, MissingKey::is_made);
  if (const auto* why = std::get_if<std::string>(&read)) {
    return fail(*why);
  }
  auto& credentials = std::get<Credentials>(read);
  *ticket_key_ = credentials.ticket_key;
  sms_secret_ = std::move(credentials.sms_secret);
  tickets_ = make_locked<TicketVerifier>(options_.ticket_algorithm, *ticket_key_,
                                         Millis(static_cast<int64_t>(options_.ticket_age_max_ms)),
                                         options_.ticket_uses);
  if (credentials.identity != nullptr) {
    identity_.show(std::move(credentials.identity));
    tls_.emplace(boost::asio::ssl::context::tls_server);
    allow_strong_tls_only(tls_->native_handle());
    // What was decrypted is wiped once it was handed over: a code may stand there.
    SSL_CTX_set_options(tls_->native_handle(), SSL_OP_CLEANSE_PLAINTEXT);
    identity_.serve(tls_->native_handle());
  }
  const std::size_t fit = connections_that_fit(descriptors_, options_);
  if (fit < options_.connections_max) {
    log_.say(LogLevel::warning,
             fmt::format("limits.connections_max is {}, but the {} files that may be open (ulimit "
                         "-Hn, LimitNOFILE) leave room for {} connections",
                         options_.connections_max, descriptors_, fit));
  }
  return true;
}

void Server::reload(const Options& fresh) {
  auto read = read_credentials(fresh, MissingKey::is_a_fault);
  if (const auto* why = std::get_if<std::string>(&read)) {
    log_.say(LogLevel::error, "nothing was reloaded: " + *why);
    return;
  }
  auto& credentials = std::get<Credentials>(read);
  if ((credentials.identity != nullptr) != tls_.has_value()) {
    log_.say(LogLevel::error, "nothing was reloaded: TLS begins and ends with a restart only");
    return;
  }
  identity_.show(std::move(credentials.identity));
  tickets_->replace_key(credentials.ticket_key);
  net_->set_limits(limits_of(fresh, descriptors_));
  log_.show(fresh.log_level);
  log_.say(LogLevel::info, "reloaded certificate, key of tickets, limits and log level");
}

// For machines that look after machines; as plain as it can be, and never beside the public's port.
bool Server::open_metrics() {
  if (options_.metrics_listen.empty()) {
    return true;
  }
  constexpr std::size_t kVisitors = 16;
  metrics_door_ = std::make_unique<PlainDoor>(
      [this](std::string_view method, std::string_view target) {
        HttpReply reply;
        const bool known = target.substr(0, target.find('?')) == "/metrics";
        if (!known || (method != "GET" && method != "HEAD")) {
          reply.status = known ? 405 : 404;
          if (known) {
            reply.fields.emplace_back("Allow", "GET, HEAD");
          }
          reply.body = known ? "only GET and HEAD are answered here\n" : "here is only /metrics\n";
          return reply;
        }
        if (!doors_open_.load()) {
          reply.status = 503;
          reply.body = "starting\n";
          return reply;
        }
        reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
        reply.set_body(metrics_text(life_->engine(), report()));
        return reply;
      },
      AnswerFields({}), nullptr, kVisitors);
  const auto error = metrics_door_->open(options_.metrics_address, options_.metrics_port);
  return !error || fail(fmt::format("cannot listen on {} (metrics.listen): {}",
                                    options_.metrics_listen, error.message()));
}

bool Server::open_starting_door() {
  const auto reason = [this] { return *Hold(starting_); };
  starting_door_ = std::make_unique<StartingDoor>(
      reason, AnswerFields({is_secure(), options_.public_url}), tls_ ? &*tls_ : nullptr,
      std::min(PlainDoor::kVisitorsMax, descriptors_ / 4));
  if (const auto error = starting_door_->open(options_.listen_address, options_.listen_port)) {
    return fail(fmt::format("cannot listen on {}: {}", options_.listen, error.message()));
  }
  return true;
}

bool Server::recover_life() {
  life_ = std::make_unique<Life>(life_options(), life_outside());
  const Status recovered =
      life_->recover([this](const RecoveryStep& step) { tell_recovery(step); });
  recovery_line_.wipe();
  return recovered.ok() || refuse(recovered);
}

// On the thread that recovers. Nobody waits for the end of a long recovery that is not wanted any
// more: what was read is thrown away, and nothing has been written.
void Server::tell_recovery(const RecoveryStep& step) {
  const std::string text = recovery_text(step);
  recovery_line_.show("plated: " + text);
  *Hold(starting_) = text;
  sigset_t signals;
  if (sigpending(&signals) == 0 &&
      (sigismember(&signals, SIGTERM) == 1 || sigismember(&signals, SIGINT) == 1)) {
    recovery_line_.wipe();
    log_.say(LogLevel::info, "told to end while recovering; nothing was changed");
    std::fflush(nullptr);
    _exit(0);
  }
}

bool Server::is_secure() const {
  return tls_.has_value() || options_.public_url.starts_with("https://");
}

PublicHttp::Parts Server::http_parts() {
  const bool rehearsal = options_.rehearsal || options_.demo;
  PublicHttp::Parts parts{
      .engine = life_->engine(),
      .ticks = life_->storage().ticks(),
      .monotonic = life_->storage().clocks().monotonic,
      .tickets = *tickets_,
      .open = life_->opener(),
      .revealed =
          [this](PoolKey pool, Day period) {
            return revealed_secret(life_->engine(), life_->storage().keys(), pool, period);
          },
      .not_ready = [this]() -> std::optional<std::string> {
        if (leaving_.load() || net_->draining()) {
          return "draining";
        }
        const Status full = life_->storage().out_of_room();
        return full.ok() ? std::nullopt
                         : std::optional("no room for the log, so new work is refused: " +
                                         std::generic_category().message(full.error_number()));
      },
      .demo_ticket = {},
      .is_durable = [this](Sequence s) { return net_->is_durable(s); },
      .rehearsal = rehearsal,
      .secure = is_secure(),
      .public_url = options_.public_url,
      .platform = {options_.platform_name, options_.platform_url}};
  if (options_.demo) {
    parts.demo_ticket = [this](std::string_view owner) {
      const CivilTime now = life_->storage().ticks().now().civil;
      return make_ticket(*ticket_key_, owner, now + kDemoTicketFor, now, make_jti());
    };
  }
  return parts;
}

// Behind a proxy the browser's origin is the public address's, not the one that the proxy speaks
// to.
UpgradePolicy Server::upgrade_policy() const {
  UpgradePolicy policy{
      tickets_.get(), tls_.has_value(), {canonical_origin(options_.public_url)}, is_secure()};
  for (const std::string& origin : options_.allowed_origins) {
    policy.origins.push_back(canonical_origin(origin));
  }
  return policy;
}

PublicNetParts Server::net_parts() {
  Storage& storage = life_->storage();
  const bool rehearsal = options_.rehearsal || options_.demo;
  return {.engine = life_->engine(),
          .codes = life_->codes(),
          .http = *http_,
          .ticks = storage.ticks(),
          .monotonic = storage.clocks().monotonic,
          .upgrade = upgrade_policy(),
          .limits = limits_of(options_, descriptors_),
          .threads = options_.threads,
          .rehearsal_office = rehearsal ? std::optional(rehearsal_office_) : std::nullopt,
          .tls = tls_ ? &*tls_ : nullptr,
          .durable = storage.commit().durable(),
          .log_run = {[&storage] { storage.commit().begin_run(); },
                      [&storage] { storage.commit().end_run(); }},
          .log = &sparing_log_};
}

SmsGatewayOptions Server::gateway_options() {
  SmsGatewayOptions options;
  options.kind = options_.sms_gateway;
  options.file = options_.sms_file;
  options.file_size_max = options_.sms_file_size_max;
  options.file_keep = Millis(static_cast<int64_t>(options_.sms_file_keep_ms));
  options.webhook = options_.sms_webhook;
  options.connections = options_.sms_connections;
  options.certificate_authority = options_.sms_certificate_authority;
  options.form.body = options_.sms_body;
  options.form.secret = sms_secret_;
  for (const std::string& header : options_.sms_headers) {
    options.form.headers.push_back(split_header(header).value());
  }
  options.complain = [this](const std::string& why) {
    sparing_log_.say("sms " + why, "an SMS did not leave: " + why,
                     std::chrono::steady_clock::now());
  };
  return options;
}

bool Server::open_doors() {
  gateway_ = std::make_unique<SmsGateway>(gateway_options());
  tickets_->ask(
      [this](const TicketUse& ticket) { return life_->engine().ticket_standing(ticket); });
  http_ = std::make_unique<PublicHttp>(http_parts());
  net_ = std::make_unique<PublicNet>(net_parts());
  // Either the log's thread sees this, or what it has just published is seen here.
  doors_open_.store(true);
  net_->durable(life_->storage().commit().durable());
  const int listening = starting_door_->hand_over();
  if (const auto error = net_->listen(options_.listen_address, options_.listen_port, listening)) {
    return fail(fmt::format("cannot listen on {}: {}", options_.listen, error.message()));
  }
  admin_ = std::make_unique<AdminSocket>(life_->routes());
  if (const std::string error = admin_->start(options_.admin, options_.admin_gid); !error.empty()) {
    return fail(error);
  }
  net_->start();
  life_->start();
  return true;
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
  rates_.observe(life_->storage().clocks().monotonic(), totals);
}

int Server::stop() {
  net_->drain();
  const auto patience = std::chrono::steady_clock::now() + kDrainPatience;
  while (net_->connections() > 0 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(kDrainLook);
  }
  metrics_door_.reset();
  net_->stop();
  admin_->stop();
  gateway_->stop();
  life_->stop();
  doors_open_.store(false);
  switch (life_->finish()) {
    case Life::End::safe:
      return 0;
    case Life::End::state_differs:
      return kExitStartFailed;
    case Life::End::log_failed:
      break;
  }
  return kExitLogFailed;
}

std::optional<uint64_t> Server::disk_free() const {
  std::error_code failed;
  const auto space = std::filesystem::space(options_.data, failed);
  return failed ? std::nullopt : std::optional<uint64_t>(space.available);
}

Examined Server::examined() {
  Storage& storage = life_->storage();
  Examined what;
  what.directory = options_.data;
  what.descriptors = descriptors_;
  what.connections_max = options_.connections_max;
  what.connections_fit = connections_that_fit(descriptors_, options_);
  what.certificate_ends = identity_.ends();
  what.tickets =
      fmt::format("{}, for at most {} hours each",
                  options_.ticket_algorithm == TicketAlgorithm::hs256 ? "HS256" : "EdDSA",
                  options_.ticket_age_max_ms / 3'600'000);
  const Status room = storage.room_problem();
  what.file_room = room.ok();
  what.room_problem = room.text();
  what.disk_free = disk_free();
  what.log_bytes = storage.commit().counters().bytes;
  what.uptime = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started_);
  what.now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  return what;
}

ServiceReport Server::report() {
  Storage& storage = life_->storage();
  ServiceReport report;
  report.version = PLATED_VERSION;
  report.uptime = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - started_);
  report.sessions = net_->sessions();
  net_->add_to(report.requests);
  report.rates = rates_.rates();
  report.refused = net_->refused();
  for (const Limit limit : {Limit::code_interval, Limit::code_tries}) {
    report.refused[static_cast<std::size_t>(limit)] = life_->refused_codes(limit);
  }
  const GroupCommit::Counters counters = storage.commit().counters();
  report.durable = storage.commit().durable();
  report.log_bytes = counters.bytes;
  report.log_files = storage.log_files();
  report.log_age = storage.since_durable_moved();
  if (const auto newest = storage.newest_snapshot()) {
    report.snapshot = newest->first;
    report.snapshot_age = newest->second;
  }
  report.started = started_at_;
  report.log_room = storage.log_room();
  if (const Status problem = storage.room_problem(); !problem.ok()) {
    report.log_room_problem = problem.text();
  }
  report.disk_free = disk_free();
  const SmsCounts sms = gateway_->counts();
  report.sms_sent = sms.sent;
  report.sms_failed = sms.failed;
  report.sms_queued = sms.queued;
  report.sms_last_failure = sms.last_failure;
  report.sms_failing_for = sms.nothing_left_for;
  return report;
}

}  // namespace plated
