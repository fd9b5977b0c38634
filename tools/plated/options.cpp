#include "tools/plated/options.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/un.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>
#include <tuple>

#include "engine/plate.h"
#include "net/protocol/upgrade.h"
#include "posix/descriptor.h"
#include "tools/plated/admin_group.h"
#include "tools/plated/credentials.h"
#include "tools/plated/option_keys.h"
#include "tools/shell/nearest.h"

namespace plated {
namespace {

constexpr std::string_view kEnvironmentPrefix = "PLATED_";
constexpr std::string_view kConfigVariable = "PLATED_CONFIG";
// The operators' socket in a file that also has the section [admin]: there it has a name of its
// own, because a key of TOML cannot be a text and a section.
constexpr std::string_view kAdminPath = "admin.path";

// What has been read so far: the values, where each came from, and every mistake.
struct Reading {
  Options options;
  std::vector<std::string> origins = std::vector<std::string>(option_keys().size(), "built-in");
  std::string mistakes;
  bool usage = false;  // a flag was wrong, not the configuration

  void mistake(std::string_view origin, std::string_view text) {
    mistakes.append("plated: ").append(origin).append(": ").append(text).append("\n");
    if (origin.starts_with("--")) {
      usage = true;
    }
  }
};

std::size_t index_of(std::string_view name) {
  const auto keys = option_keys();
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [name](const OptionKey& key) { return key.name == name; });
  return static_cast<std::size_t>(found - keys.begin());
}

void settle(Reading& reading, std::size_t index, const std::string& origin,
            const Objection& objection) {
  if (objection) {
    reading.mistake(origin, std::string(option_keys()[index].name) + " " + *objection);
  } else {
    reading.origins[index] = origin;
  }
}

std::string flag_of(const OptionKey& key) { return "--" + std::string(key.name); }

std::string place_of(const std::string& path, const toml::source_region& source) {
  return path + ":" + std::to_string(source.begin.line) + ":" + std::to_string(source.begin.column);
}

Objection put_node(const OptionKey& key, Options& options, const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return put_text(key, options, text->get());
  }
  if (const auto* on = node.as_boolean()) {
    return put_bool(key, options, on->get());
  }
  if (const auto* whole = node.as_integer()) {
    return put_integer(key, options, whole->get());
  }
  if (const auto* array = node.as_array()) {
    std::vector<std::string> values;
    for (const toml::node& one : *array) {
      if (!one.is_string()) {
        return "must be " + wanted(key);
      }
      values.push_back(one.as_string()->get());
    }
    return put_list(key, options, std::move(values));
  }
  return "must be " + wanted(key);
}

void read_table(Reading& reading, const std::string& path, const toml::table& table,
                const std::string& prefix) {
  const auto keys = option_keys();
  for (const auto& [part, node] : table) {
    const std::string said = prefix + std::string(part.str());
    const std::string name = said == kAdminPath ? "admin" : said;
    const std::size_t index = index_of(name);
    const bool is_section = std::any_of(keys.begin(), keys.end(), [&](const OptionKey& key) {
      return key.name.starts_with(name + ".");
    });
    if (index < keys.size() && !(is_section && node.is_table())) {
      settle(reading, index, place_of(path, node.source()),
             put_node(keys[index], reading.options, node));
    } else if (node.is_table() && (is_section || !node.as_table()->empty())) {
      read_table(reading, path, *node.as_table(), name + ".");
    } else if (is_section) {
      reading.mistake(place_of(path, node.source()), name + " is a section: [" + name + "]");
    } else {
      std::vector<std::string> names;
      for (const OptionKey& key : keys) {
        names.emplace_back(key.name);
      }
      reading.mistake(place_of(path, part.source()),
                      "unknown key " + name + "; did you mean " + nearest(name, names) + "?");
    }
  }
}

// A directory and a file that cannot be read to its end are told as such, not taken for nothing.
std::variant<std::string, std::error_code> text_of_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 16 * 1024> some{};
  for (;;) {
    const ssize_t got =
        file.is_open()
            ? retry_interrupted([&] { return ::read(file.number(), some.data(), some.size()); })
            : -1;
    if (got < 0) {
      return std::error_code(errno, std::generic_category());
    }
    if (got == 0) {
      return text;
    }
    text.append(some.data(), static_cast<std::size_t>(got));
  }
}

void read_file(Reading& reading, const std::string& path) {
  const auto text = text_of_file(path);
  if (const auto* const error = std::get_if<std::error_code>(&text)) {
    reading.mistake(path, "cannot read it: " + error->message());
    return;
  }
  try {
    read_table(reading, path, toml::parse(std::get<std::string>(text), path), "");
  } catch (const toml::parse_error& error) {
    const bool in_file = error.source().begin.line > 0;
    reading.mistake(in_file ? place_of(path, error.source()) : path, error.description());
  }
}

// What container platforms set by themselves, for services and links that are called plated or
// plated-something: PLATED_METRICS_SERVICE_HOST, PLATED_PORT_8080_TCP_ADDR, PLATED_PORT=tcp://…
bool is_of_a_platform(std::string_view name, std::string_view value) {
  const bool is_url = value.starts_with("tcp://") || value.starts_with("udp://");
  return name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
         name.find("_SERVICE_PORT_") != std::string_view::npos || name == "PLATED_PORT" ||
         (name.ends_with("_PORT") && is_url) || name.find("_PORT_") != std::string_view::npos;
}

void read_environment(Reading& reading, const char* const* environment) {
  const auto keys = option_keys();
  std::vector<std::string> names;
  for (const OptionKey& key : keys) {
    names.push_back(environment_name(key));
  }
  std::string platforms;
  for (; *environment != nullptr; ++environment) {
    const std::string_view line = *environment;
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string name(line.substr(0, equals));
    if (!name.starts_with(kEnvironmentPrefix) || name == kConfigVariable) {
      continue;
    }
    const auto found = std::find(names.begin(), names.end(), name);
    const std::string_view value = line.substr(std::min(equals + 1, line.size()));
    if (found == names.end() && is_of_a_platform(name, value)) {
      platforms.append(platforms.empty() ? "" : ", ").append(name);
      continue;
    }
    if (found == names.end()) {
      reading.mistake(name, "unknown variable; did you mean " + nearest(name, names) + "?");
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    // Compose files and charts write so what nobody has set.
    if (!value.empty()) {
      settle(reading, index, name, put_word(keys[index], reading.options, value));
    }
  }
  if (!platforms.empty()) {
    reading.options.remarks.push_back("passed over what a container platform sets: " + platforms);
  }
}

std::string config_of_environment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view line = *environment;
    const std::size_t size = kConfigVariable.size();
    if (line.starts_with(kConfigVariable) && line.size() > size && line[size] == '=') {
      return std::string(line.substr(size + 1));
    }
  }
  return {};
}

struct Flags {
  std::string config;
  bool check_config = false;
  bool version = false;
  bool help = false;
  std::vector<std::pair<std::size_t, std::string>> values;  // index of the key, word
};

void declare(CLI::App& app, Flags& flags) {
  app.set_help_flag();
  app.allow_extras();  // so that an unknown flag gets our own answer
  app.add_option("--config", flags.config, "a TOML file with the keys below")->type_name("FILE");
  const auto keys = option_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].has_flag) {
      continue;
    }
    const std::string help(keys[i].help);
    if (std::holds_alternative<SwitchValue>(keys[i].value)) {
      app.add_flag_callback(
          flag_of(keys[i]), [&flags, i] { flags.values.emplace_back(i, "true"); }, help);
    } else {
      app.add_option_function<std::string>(
             flag_of(keys[i]),
             [&flags, i](const std::string& word) { flags.values.emplace_back(i, word); }, help)
          ->type_name(std::string(keys[i].placeholder));
    }
  }
  app.add_flag("--check-config", flags.check_config, "print the configuration with its sources");
  app.add_flag("--version", flags.version, "print the version");
  app.add_flag("--help", flags.help, "print this");
}

std::string complaint_of_extra(const CLI::App& app, const std::string& extra) {
  if (!extra.starts_with("-")) {
    return "plated: unexpected argument " + extra + "\n";
  }
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    names.push_back(option->get_name());
  }
  const std::string name = extra.substr(0, extra.find('='));
  return "plated: unknown flag " + name + "; did you mean " + nearest(name, names) + "?\n";
}

// What a file that says all keys calls it.
std::string name_in_file(const OptionKey& key) {
  return std::string(key.name == "admin" ? kAdminPath : key.name);
}

std::string help_text(const CLI::App& app) {
  std::string text = app.help();
  text += "\nKeys of the TOML file, and their variables in the environment:\n";
  const Options built_in;
  for (const OptionKey& key : option_keys()) {
    text += "  " + name_in_file(key) + " = " + show(key, built_in) + "\n      " +
            environment_name(key) + "; " + std::string(key.help) + "; " + wanted(key) + "\n";
  }
  return text;
}

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

void complain(Reading& reading, std::string_view name, std::string_view text) {
  reading.mistake(reading.origins[index_of(name)], std::string(name) + " " + std::string(text));
}

// Whoever rehearses drives one machine from few others, as fast as they can.
void lift_limits(Reading& reading) {
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
void impose_rehearsal(Reading& reading) {
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

void judge_addresses(Reading& reading) {
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

void judge_admin_group(Reading& reading) {
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

void judge(Reading& reading) {
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
    complain(reading, options.platform_name.empty() ? "platform.name" : "platform.url",
             "must be said, too: a link needs a name and an address");
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
    complain(reading, options.tls_key.empty() ? "tls.certificate" : "tls.key",
             "does not work alone: TLS needs tls.certificate and tls.key");
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
    complain(reading, "sms.webhook", "must be http://… or https://… for the gateway `webhook`");
  }
}

std::string effective(const Reading& reading) {
  std::string text;
  const auto keys = option_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string line = name_in_file(keys[i]) + " = " + show(keys[i], reading.options);
    constexpr std::size_t kColumn = 52;
    text += line + std::string(kColumn > line.size() ? kColumn - line.size() : 1, ' ') + "# " +
            reading.origins[i] + "\n";
  }
  return text;
}

// Why a start could not use the data directory, which it makes where only the last part of the path
// is missing. Empty: it could.
std::string data_problem(const std::string& data) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(data, failed);
  const bool there = std::filesystem::exists(path, failed);
  const std::filesystem::path directory = there ? path : path.parent_path();
  if (!std::filesystem::is_directory(directory, failed)) {
    return "data " + data + ": " + directory.string() +
           (failed || !there ? " is not there" : " is no directory");
  }
  return ::access(directory.c_str(), W_OK | X_OK) == 0
             ? std::string()
             : "data " + data + ": " + std::generic_category().message(errno);
}

Exit usage(std::string text) { return {kExitUsage, "", std::move(text) + "Try plated --help.\n"}; }

}  // namespace

Options::Options() {
  const uint64_t cores = std::max(1U, std::thread::hardware_concurrency());
  threads = std::min<uint64_t>(cores, 1024);
  shards = std::min<uint64_t>(std::bit_ceil(std::max<uint64_t>(8, 4 * cores)), 4096);
}

std::string_view version_line() { return "plated " PLATED_VERSION; }

std::variant<Options, Exit> parse_options(int argc, const char* const* argv,
                                          const char* const* environment) {
  Flags flags;
  CLI::App app("Lets car owners choose their number plates.", "plated");
  try {
    declare(app, flags);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage("plated: " + std::string(error.what()) + "\n");
  }
  if (flags.help) {
    return Exit{0, help_text(app), ""};
  }
  if (flags.version) {
    return Exit{0, std::string(version_line()) + "\n", ""};
  }
  const std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) {
    return usage(complaint_of_extra(app, extras.front()));
  }

  Reading reading;
  if (flags.config.empty()) {
    flags.config = config_of_environment(environment);
  }
  if (!flags.config.empty()) {
    read_file(reading, flags.config);
  }
  read_environment(reading, environment);
  for (const auto& [index, word] : flags.values) {
    const OptionKey& key = option_keys()[index];
    settle(reading, index, flag_of(key), put_word(key, reading.options, word));
  }
  if (reading.mistakes.empty()) {
    judge(reading);
  }
  if (!reading.mistakes.empty()) {
    if (reading.usage) {
      return usage(reading.mistakes);
    }
    return Exit{kExitConfiguration, "", reading.mistakes};
  }
  if (flags.check_config) {
    std::string remarks;
    for (const std::string& remark : reading.options.remarks) {
      remarks += "plated: " + remark + "\n";
    }
    if (const std::string why = data_problem(reading.options.data); !why.empty()) {
      return Exit{kExitStartFailed, effective(reading), remarks + "plated: " + why + "\n"};
    }
    const auto credentials = read_credentials(reading.options, MissingKey::may_be_made);
    if (const auto* const why = std::get_if<std::string>(&credentials)) {
      return Exit{kExitStartFailed, effective(reading), remarks + "plated: " + *why + "\n"};
    }
    return Exit{0, effective(reading), std::move(remarks)};
  }
  return reading.options;
}

}  // namespace plated
