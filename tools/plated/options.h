// What the operator of a server decides before it starts. Options is plain data, made once at the
// start and passed down; nobody reads a file or the environment after that.
//
// Each value comes from the strongest source that names it: built-in < TOML file (--config) <
// PLATED_… environment < flags. option_keys.cpp has the one table of them. A name nobody knows is
// an error with the nearest known one, so that a mistyped setting is never silently the default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "net/notices/sms_gateway.h"
#include "net/protocol/ticket.h"
#include "tools/plated/server_log.h"

namespace plated {

// What happens to log files that no snapshot needs any more.
enum class LogRetirement : uint8_t { archive, remove };

struct Options {
  Options();  // the built-in values, some of which depend on the machine's number of cores

  std::string data = "./plated-data";
  std::string listen = "127.0.0.1:8080";
  std::string admin;                  // empty until parsed: `data`/admin.sock
  std::string admin_group;            // name or number; empty: the process's own
  std::optional<uint32_t> admin_gid;  // from admin_group
  uint64_t threads;
  uint64_t shards;  // a power of two
  bool rehearsal = false;
  bool demo = false;
  std::string rehearsal_office = "粤B";

  std::string public_url;     // without a slash at its end
  std::string platform_name;  // where people sign in; both or neither
  std::string platform_url;
  std::vector<std::string> allowed_origins;  // beside the server's own
  std::string tls_certificate;               // PEM files; TLS if both are there
  std::string tls_key;

  TicketAlgorithm ticket_algorithm = TicketAlgorithm::hs256;
  std::string ticket_key;  // empty until parsed: `data`/ticket.key
  uint64_t ticket_age_max_ms = 24 * 60 * 60 * 1000;
  TicketUses ticket_uses = TicketUses::many;

  SmsGatewayKind sms_gateway = SmsGatewayKind::file;
  std::string sms_file;  // empty until parsed: `data`/sms.jsonl
  uint64_t sms_file_size_max = uint64_t{64} << 20;
  uint64_t sms_file_keep_ms = 259'200'000;
  std::string sms_webhook;
  std::string sms_certificate_authority;  // empty: the system's
  uint64_t sms_connections = 8;
  std::string sms_body = SmsForm{}.body;
  std::vector<std::string> sms_headers;  // each `Name: value`
  std::string sms_secret;                // path; empty: nothing is signed

  uint64_t log_file_size_max = 256 * 1024 * 1024;  // bytes
  LogRetirement log_retirement = LogRetirement::archive;
  LogLevel log_level = LogLevel::info;
  uint64_t snapshot_interval_s = 600;
  bool snapshot_process = false;  // by platelog, which stands beside this binary

  uint64_t connections_max = 200'000;
  uint64_t connections_per_owner_max = 16;
  uint64_t handshake_timeout_ms = 5'000;
  uint64_t idle_timeout_ms = 60'000;
  uint64_t send_queue_max = 256 * 1024;  // bytes that wait for one slow reader
  // 0: no limit. Once parsed: 0 in a rehearsal that says nothing of them, but for the last.
  uint64_t connections_per_address_max = 2'000;
  uint64_t upgrades_per_address = 50;     // a second
  uint64_t requests_per_connection = 20;  // a second
  uint64_t interval_draw_ms = 300;
  uint64_t interval_confirm_ms = 300;
  uint64_t codes_per_address = 200;  // an hour
  uint64_t codes_per_second = 500;
  uint64_t bare_frames_per_connection = 100;  // a second

  uint64_t drain_delay_ms = 5'000;  // once parsed: 0 in a rehearsal that says nothing of it
  std::string metrics_listen;       // empty: nowhere
  bool metrics_any_address = false;
  bool core_dumps = false;  // and whoever is of this user may look into the process

  // From `listen`.
  std::string listen_address;  // an IPv6 address without its brackets
  uint16_t listen_port = 0;
  // From `metrics_listen`.
  std::string metrics_address;
  uint16_t metrics_port = 0;
  // What the operator should hear of these options before anything is done with them.
  std::vector<std::string> remarks;
};

inline constexpr int kExitStartFailed = 1;

inline constexpr int kExitUsage = 2;
inline constexpr int kExitConfiguration = 78;

// The process has nothing more to do than to print this and exit.
struct Exit {
  int status = 0;
  std::string out;
  std::string err;
};

// Reads flags, `environment` (as main's envp, ends with a null pointer) and the TOML file. Names
// every mistake, not only the first. With --check-config it also reads every file that a start
// would, and ends as that would. Never throws.
[[nodiscard]] std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                                        const char* const* environment);

// `plated 1.2.3`
[[nodiscard]] std::string_view version_line();

}  // namespace plated
