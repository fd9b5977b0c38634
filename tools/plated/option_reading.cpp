#include "tools/plated/option_reading.h"

#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/plate.h"
#include "net/notices/sms_gateway.h"
#include "net/protocol/upgrade.h"
#include "tools/plated/admin_group.h"
#include "tools/plated/credentials.h"

namespace plated {

void OptionReading::mistake(std::string_view origin, std::string_view text) {
  mistakes.append("plated: ").append(origin).append(": ").append(text).append("\n");
  if (origin.starts_with("--")) {
    usage = true;
  }
}

std::size_t index_of(std::string_view name) {
  const auto keys = option_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [name](const OptionKey& key) { return key.name == name; });
  return static_cast<std::size_t>(found - keys.begin());
}

namespace {

// Scheme, host and perhaps a port, and nothing behind them.
bool is_origin(std::string_view url) {
  return parse_webhook_url(url) && url.find_first_of("/?", url.find("//") + 2) == url.npos;
}

// An address to which people are sent; it may have a path, a query and a slash at its end.
bool is_page_url(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) &&
         url.find_first_of(" \"<>\\") == std::string_view::npos && url.find('.') < url.size() - 1;
}

// Reads ADDR:PORT, an address of IPv6 in brackets; nothing if it is not of that form. A name is no
// address: it may mean several, and another one tomorrow.
std::optional<std::pair<std::string, uint16_t>> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::nullopt;
  }
  std::string_view address = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size()) {
    return std::nullopt;
  }
  const bool brackets = address.starts_with('[') && address.ends_with(']');
  if (brackets) {
    address = address.substr(1, address.size() - 2);
  }
  // A link-local address has its interface behind it.
  const std::string number(address.substr(0, brackets ? address.find('%') : address.size()));
  in6_addr read{};
  if (::inet_pton(brackets ? AF_INET6 : AF_INET, number.c_str(), &read) != 1) {
    return std::nullopt;
  }
  return std::pair(std::string(address), port);
}

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

void complain(OptionReading& reading, std::string_view name, std::string_view text) {
  reading.mistake(reading.origins[index_of(name)], std::string(name) + " " + std::string(text));
}

// Of two that go together, complains about the one that was said, where it was said.
void complain_alone(OptionReading& reading, std::string_view said, std::string_view missing,
                    std::string_view why) {
  const OptionKey& key = option_keys()[index_of(missing)];
  complain(reading, said,
           "does not work alone: say " + std::string(missing) + " (" + environment_name(key) +
               "), too; " + std::string(why));
}

// Whoever rehearses drives one machine from few others, as fast as they can.
void lift_limits(OptionReading& reading) {
  Options& options = reading.options;
  const std::pair<std::string_view, uint64_t*> limits[] = {
      {"limits.connections_per_address_max", &options.connections_per_address_max},
      {"limits.upgrades_per_address", &options.upgrades_per_address},
      {"limits.requests_per_connection", &options.requests_per_connection},
      {"limits.interval_draw_ms", &options.interval_draw_ms},
      {"limits.interval_confirm_ms", &options.interval_confirm_ms},
      {"limits.codes_per_address", &options.codes_per_address},
      {"limits.codes_per_second", &options.codes_per_second}};
  for (const auto& [name, limit] : limits) {
    std::string& origin = reading.origins[index_of(name)];
    if (origin == "built-in") {
      *limit = 0;
      origin = "rehearsal";
    }
  }
}

// Tickets and SMS of a rehearsal are what they are, whatever the file of the real service says.
void impose_rehearsal(OptionReading& reading) {
  Options& options = reading.options;
  if (options.demo && !options.rehearsal) {
    options.rehearsal = true;
    reading.origins[index_of("rehearsal")] = "demo";
  }
  if (!options.rehearsal) {
    return;
  }
  if (reading.origins[index_of("drain_delay")] == "built-in") {
    options.drain_delay_ms = 0;
    reading.origins[index_of("drain_delay")] = "rehearsal";
  }
  lift_limits(reading);
  options.ticket_algorithm = TicketAlgorithm::hs256;
  options.ticket_key = options.data + "/ticket.key";
  options.sms_gateway = SmsGatewayKind::none;
  for (const std::string_view name : {"ticket.algorithm", "ticket.key", "sms.gateway"}) {
    reading.origins[index_of(name)] = "rehearsal";
  }
}

void fill_in(Options& options) {
  if (options.admin.empty()) {
    options.admin = options.data + "/admin.sock";
  }
  if (options.ticket_key.empty()) {
    options.ticket_key = options.data + "/ticket.key";
  }
  if (options.sms_file.empty()) {
    options.sms_file = options.data + "/sms.jsonl";
  }
  if (options.public_url.empty()) {
    const std::string_view scheme = options.tls_certificate.empty() ? "http://" : "https://";
    options.public_url = std::string(scheme) + options.listen;
  }
  options.public_url = canonical_origin(options.public_url);
}

void judge_addresses(OptionReading& reading) {
  Options& options = reading.options;
  const std::string_view form = "must be ADDR:PORT, as in 127.0.0.1:8080 or [::1]:8080, not a name";
  if (const auto listen = split_address(options.listen)) {
    std::tie(options.listen_address, options.listen_port) = *listen;
  } else {
    complain(reading, "listen", form);
  }
  const bool anywhere = options.listen_address == "0.0.0.0" || options.listen_address == "::";
  if (anywhere && options.public_url.empty()) {
    options.remarks.push_back("public_url is not set: the QR codes of vouchers will say " +
                              options.listen + ", which no phone can reach");
  }
  if (options.metrics_listen.empty()) {
    return;
  }
  if (const auto listen = split_address(options.metrics_listen)) {
    std::tie(options.metrics_address, options.metrics_port) = *listen;
  } else {
    complain(reading, "metrics.listen", form);
    return;
  }
  if (!is_loopback(options.metrics_address) && !options.metrics_any_address) {
    complain(reading, "metrics.listen",
             "must be a loopback address, unless metrics.any_address says that others may read it");
  }
}

void judge_admin_group(OptionReading& reading) {
  Options& options = reading.options;
  const auto number = group_called(options.admin_group);
  if (!number) {
    complain(reading, "admin.group", "names no group of this machine: " + options.admin_group);
    return;
  }
  if (!may_give_to(*number)) {
    complain(reading, "admin.group",
             "is a group that this process is not in, so it may not give it the socket: " +
                 options.admin_group);
    return;
  }
  options.admin_gid = *number;
  const std::string barred = barred_directory(options.admin, *number);
  const bool in_data = options.admin == options.data + "/admin.sock";
  const bool will_be_barred = in_data && ::access(options.data.c_str(), F_OK) != 0;
  if (!barred.empty() || will_be_barred) {
    options.remarks.push_back(
        "admin.group: the group " + options.admin_group + " cannot reach " + options.admin +
        ", since " + (barred.empty() ? options.data : barred) +
        " is closed to it; say another path, such as --admin /run/plated/admin.sock, in a "
        "directory of mode 0750 and this group");
  }
}

}  // namespace

void judge(OptionReading& reading) {
  Options& options = reading.options;
  if (options.data.empty()) {
    complain(reading, "data", "must name a directory");
  }
  if (!options.public_url.empty() && !is_origin(options.public_url)) {
    complain(reading, "public_url",
             "must be as in https://plates.example, without a path or a slash at its end: the page "
             "is served at the root of its host");
  }
  if (options.platform_name.empty() != options.platform_url.empty()) {
    const bool url = options.platform_name.empty();
    complain_alone(reading, url ? "platform.url" : "platform.name",
                   url ? "platform.name" : "platform.url", "a link needs a name and an address");
  } else if (!options.platform_url.empty() && !is_page_url(options.platform_url)) {
    complain(reading, "platform.url", "must be as in https://example.com/login");
  }
  impose_rehearsal(reading);
  judge_addresses(reading);
  fill_in(options);
  if (options.admin.size() >= sizeof(sockaddr_un::sun_path)) {
    complain(reading, "admin", "must be shorter than 108 bytes, as any path of a Unix socket");
  }
  if (!std::has_single_bit(options.shards)) {
    complain(reading, "shards", "must be a power of two");
  }
  if (const auto office = parse_office(options.rehearsal_office).office) {
    options.rehearsal_office = text_of(*office).view();
  } else {
    complain(reading, "rehearsal_office", "must be an office, as in 粤B");
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    const bool certificate = options.tls_key.empty();
    complain_alone(reading, certificate ? "tls.certificate" : "tls.key",
                   certificate ? "tls.key" : "tls.certificate", "TLS needs both");
  }
  if (!options.admin_group.empty()) {
    judge_admin_group(reading);
  }
  for (const std::string& origin : options.allowed_origins) {
    if (!is_origin(origin)) {
      complain(reading, "allowed_origins", "must be as in https://example.com, not " + origin);
    }
  }
  for (const std::string& header : options.sms_headers) {
    if (!split_header(header)) {
      complain(reading, "sms.headers", "must be as in Authorization: Bearer x, not " + header);
    }
  }
  for (const std::string_view part : {"{to}", "{text}"}) {
    if (options.sms_body.find(part) == std::string::npos) {
      complain(reading, "sms.body", "must contain " + std::string(part));
    }
  }
  if (options.sms_gateway == SmsGatewayKind::webhook && !parse_webhook_url(options.sms_webhook)) {
    if (options.sms_webhook.empty()) {
      complain_alone(reading, "sms.gateway", "sms.webhook", "`webhook` needs its address");
    } else {
      complain(reading, "sms.webhook", "must be http://… or https://…");
    }
  }
}

}  // namespace plated
