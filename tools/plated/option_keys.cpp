#include "tools/plated/option_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "tools/shell/number.h"

namespace plated {
namespace {

constexpr std::array<std::string_view, 2> kAlgorithms = {"HS256", "EdDSA"};
constexpr std::array<std::string_view, 2> kTicketUses = {"many", "once"};
constexpr std::array<std::string_view, 3> kGateways = {"none", "file", "webhook"};
// What other programs' variables say, in any case.
constexpr std::array<std::string_view, 4> kYes = {"true", "1", "yes", "on"};
constexpr std::array<std::string_view, 4> kNo = {"false", "0", "no", "off"};
constexpr std::array<std::string_view, 4> kLevels = {"error", "warning", "info", "debug"};
constexpr std::array<std::string_view, 2> kRetirements = {"archive", "remove"};

template <auto Member>
constexpr ChoiceValue choice(std::span<const std::string_view> words) {
  using Enum = std::remove_reference_t<decltype(std::declval<Options&>().*Member)>;
  return {words, [](Options& options, std::size_t i) { options.*Member = static_cast<Enum>(i); },
          [](const Options& options) { return static_cast<std::size_t>(options.*Member); }};
}

constexpr uint64_t kMiB = 1024 * 1024;
constexpr uint64_t kDaySeconds = 24 * 60 * 60;
constexpr uint64_t kSecondMs = 1000;
constexpr uint64_t kDayMs = kDaySeconds * kSecondMs;

struct Unit {
  std::string_view name;
  uint64_t milliseconds;
};
// The longest first, as they are shown.
constexpr std::array<Unit, 5> kUnits = {
    {{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", kSecondMs}, {"ms", 1}}};

// 24h, 90s, 500ms; a bare number is none, but for 0.
std::optional<uint64_t> span_of(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty() && number == 0) {
    return 0;
  }
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [text](const Unit& one) { return one.name == text; });
  if (unit == kUnits.end() || number > UINT64_MAX / unit->milliseconds) {
    return std::nullopt;
  }
  return number * unit->milliseconds;
}

std::string text_of_span(uint64_t milliseconds) {
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [milliseconds](const Unit& one) {
    return milliseconds > 0 && milliseconds % one.milliseconds == 0;
  });
  return unit == kUnits.end()
             ? "0s"
             : std::to_string(milliseconds / unit->milliseconds) + std::string(unit->name);
}

const std::array kKeys = {
    OptionKey{"data", true, "DIR", "the data directory", TextValue{&Options::data}},
    OptionKey{"listen", true, "ADDR:PORT", "the public address to listen on",
              TextValue{&Options::listen}},
    OptionKey{"admin", true, "PATH", "the operators' socket (default: DIR/admin.sock)",
              TextValue{&Options::admin}},
    OptionKey{"admin.group", false, "GROUP", "who may open it beside its owner: a name or a number",
              TextValue{&Options::admin_group}},
    OptionKey{"threads", true, "N", "network threads (default: one for each core)",
              WholeValue{&Options::threads, 1, 1024}},
    OptionKey{"rehearsal", true, "",
              "no SMS is sent, every code is 000000, an unknown owner r-N is made",
              SwitchValue{&Options::rehearsal}},
    OptionKey{"demo", true, "", "a rehearsal with a loaded pool and a login page",
              SwitchValue{&Options::demo}},
    OptionKey{"rehearsal_office", false, "OFFICE", "the office of a rehearsal's vehicles",
              TextValue{&Options::rehearsal_office}},
    OptionKey{"shards", false, "N", "groups of owners with a lock each, a power of two",
              WholeValue{&Options::shards, 8, 4096}},
    OptionKey{"public_url", false, "URL",
              "the address that the public uses, as https://plates.example",
              TextValue{&Options::public_url}},
    OptionKey{"platform.name", false, "NAME", "what the platform is called where people sign in",
              TextValue{&Options::platform_name}},
    OptionKey{"platform.url", false, "URL", "its address, linked where a ticket is missing",
              TextValue{&Options::platform_url}},
    OptionKey{"allowed_origins", false, "ORIGINS", "other sites whose pages may use the cookie",
              ListValue{&Options::allowed_origins}},
    OptionKey{"tls.certificate", false, "FILE", "PEM certificate chain; goes with tls.key",
              TextValue{&Options::tls_certificate}},
    OptionKey{"tls.key", false, "FILE", "PEM private key", TextValue{&Options::tls_key}},
    OptionKey{"ticket.algorithm", false, "NAME", "the only algorithm accepted for tickets",
              choice<&Options::ticket_algorithm>(kAlgorithms)},
    OptionKey{"ticket.key", false, "FILE", "the key that verifies them (default: DIR/ticket.key)",
              TextValue{&Options::ticket_key}},
    OptionKey{"ticket.max_age", false, "SPAN", "a ticket that runs for longer from now is refused",
              SpanValue{&Options::ticket_age_max_ms, kSecondMs, 36'500 * kDayMs}},
    OptionKey{"ticket.jti", false, "NAME",
              "`once`: a ticket opens one browser's session, or one connection",
              choice<&Options::ticket_uses>(kTicketUses)},
    OptionKey{"sms.gateway", false, "NAME", "what sends SMS",
              choice<&Options::sms_gateway>(kGateways)},
    OptionKey{"sms.file", false, "FILE", "of the gateway `file` (default: DIR/sms.jsonl)",
              TextValue{&Options::sms_file}},
    OptionKey{"sms.file_keep", false, "SPAN",
              "how long messages stand in it at least, and at most twice as long (0s: for ever)",
              SpanValue{&Options::sms_file_keep_ms, 0, 3'650 * kDayMs}},
    OptionKey{"sms.file_size_max", false, "BYTES", "the size at which it is set aside earlier",
              WholeValue{&Options::sms_file_size_max, kMiB, 1024 * kMiB}},
    OptionKey{"sms.webhook", false, "URL", "of the gateway `webhook`: http or https",
              TextValue{&Options::sms_webhook}},
    OptionKey{"sms.certificate_authority", false, "FILE",
              "PEM, for a web hook's https (default: the system's)",
              TextValue{&Options::sms_certificate_authority}},
    OptionKey{"sms.body", false, "TEMPLATE",
              "what a web hook is sent: {id}, {to} and {text} stand for the message's",
              TextValue{&Options::sms_body}},
    OptionKey{"sms.headers", false, "HEADERS", "of a web hook's requests, each Name: value",
              ListValue{&Options::sms_headers}},
    OptionKey{"sms.secret", false, "FILE",
              "a secret, one line, that signs a web hook's bodies (X-Plated-Signature)",
              TextValue{&Options::sms_secret}},
    OptionKey{"sms.connections", false, "N", "connections to the web hook at once",
              WholeValue{&Options::sms_connections, 1, 64}},
    OptionKey{"log.file_size_max", false, "BYTES", "the size at which the log begins its next file",
              WholeValue{&Options::log_file_size_max, kMiB, 1024 * kMiB}},
    OptionKey{"log.retirement", false, "NAME", "what happens to log files that no recovery needs",
              choice<&Options::log_retirement>(kRetirements)},
    OptionKey{"log.level", false, "NAME", "how much is told on standard error",
              choice<&Options::log_level>(kLevels)},
    OptionKey{"snapshot.interval_s", false, "SECONDS", "from one snapshot to the next",
              WholeValue{&Options::snapshot_interval_s, 1, 7 * kDaySeconds}},
    OptionKey{"snapshot.process", false, "",
              "write snapshots in a separate process, with memory of its own",
              SwitchValue{&Options::snapshot_process}},
    OptionKey{"drain_delay", false, "SPAN",
              "how long /readyz is 503 before a server that was told to end takes no new work",
              SpanValue{&Options::drain_delay_ms, 0, 3'600 * kSecondMs}},
    OptionKey{"metrics.listen", false, "ADDR:PORT", "GET /metrics for machines (default: nowhere)",
              TextValue{&Options::metrics_listen}},
    OptionKey{"metrics.any_address", false, "",
              "metrics.listen may be an address that others reach",
              SwitchValue{&Options::metrics_any_address}},
    OptionKey{"debug.core_dumps", false, "",
              "a crash may leave the memory in a file, and debuggers may look: personal data, too",
              SwitchValue{&Options::core_dumps}},
    OptionKey{"limits.connections_max", false, "N", "connections open at once",
              WholeValue{&Options::connections_max, 1, 10'000'000}},
    OptionKey{"limits.connections_per_owner_max", false, "N",
              "connections of one owner open at once",
              WholeValue{&Options::connections_per_owner_max, 1, 10'000}},
    OptionKey{"limits.handshake_timeout_ms", false, "MS", "time from the connection to the upgrade",
              WholeValue{&Options::handshake_timeout_ms, 100, 60'000}},
    OptionKey{"limits.idle_timeout_ms", false, "MS",
              "time after which a silent connection is closed",
              WholeValue{&Options::idle_timeout_ms, 1'000, 3'600'000}},
    OptionKey{"limits.send_queue_max", false, "BYTES", "what may wait for one slow reader",
              WholeValue{&Options::send_queue_max, 16 * 1024, 16 * kMiB}},
    OptionKey{"limits.connections_per_address_max", false, "N",
              "connections of one address (IPv6: of one /64) open at once; 0: no limit",
              WholeValue{&Options::connections_per_address_max, 0, 10'000'000}},
    OptionKey{"limits.upgrades_per_address", false, "N",
              "WebSockets that one address may open in a second; 0: no limit",
              WholeValue{&Options::upgrades_per_address, 0, 1'000'000}},
    OptionKey{"limits.requests_per_connection", false, "N",
              "requests of one WebSocket in a second; 0: no limit",
              WholeValue{&Options::requests_per_connection, 0, 1'000'000}},
    OptionKey{"limits.interval_draw_ms", false, "MS",
              "from one draw of an owner to the next; 0: no limit",
              WholeValue{&Options::interval_draw_ms, 0, 60'000}},
    OptionKey{"limits.interval_confirm_ms", false, "MS",
              "from one confirmation of an owner to the next; 0: no limit",
              WholeValue{&Options::interval_confirm_ms, 0, 60'000}},
    OptionKey{"limits.codes_per_address", false, "N",
              "SMS codes that one address may ask for in an hour; 0: no limit",
              WholeValue{&Options::codes_per_address, 0, 1'000'000}},
    OptionKey{"limits.codes_per_second", false, "N",
              "SMS codes that all together may ask for in a second; 0: no limit",
              WholeValue{&Options::codes_per_second, 0, 1'000'000}},
    OptionKey{
        "limits.bare_frames_per_connection", false, "N",
        "frames of one WebSocket in a second that are no request: control frames and parts of "
        "messages; 0: no limit",
        WholeValue{&Options::bare_frames_per_connection, 0, 1'000'000}},
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append({'\\', c});
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      out.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

Objection complain(const OptionKey& key) { return "must be " + wanted(key); }

}  // namespace

std::span<const OptionKey> option_keys() { return kKeys; }

std::string environment_name(const OptionKey& key) {
  std::string name = "PLATED_";
  for (const char c : key.name) {
    const bool small = c >= 'a' && c <= 'z';
    name.push_back(c == '.' ? '_' : small ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

std::string wanted(const OptionKey& key) {
  if (std::holds_alternative<SwitchValue>(key.value)) {
    return "true or false (in the environment yes, no, on, off, 1 and 0, too)";
  }
  if (std::holds_alternative<ListValue>(key.value)) {
    return "a list of texts";
  }
  if (const auto* whole = std::get_if<WholeValue>(&key.value)) {
    return "a whole number from " + std::to_string(whole->min) + " to " +
           std::to_string(whole->max);
  }
  if (const auto* span = std::get_if<SpanValue>(&key.value)) {
    return "a span from " + text_of_span(span->min) + " to " + text_of_span(span->max) +
           ", as in \"24h\", \"90s\" or \"500ms\"";
  }
  if (const auto* words = std::get_if<ChoiceValue>(&key.value)) {
    std::string list = "one of";
    for (const std::string_view word : words->words) {
      list.append(" ").append(quoted(word));
    }
    return list;
  }
  return "a text";
}

Objection put_text(const OptionKey& key, Options& options, std::string_view text) {
  if (const auto* place = std::get_if<TextValue>(&key.value)) {
    options.*(place->at) = text;
    return std::nullopt;
  }
  if (const auto* span = std::get_if<SpanValue>(&key.value)) {
    const std::optional<uint64_t> read = span_of(text);
    if (!read || *read < span->min || *read > span->max) {
      return complain(key);
    }
    options.*(span->at) = *read;
    return std::nullopt;
  }
  if (const auto* words = std::get_if<ChoiceValue>(&key.value)) {
    const auto found = std::find(words->words.begin(), words->words.end(), text);
    if (found == words->words.end()) {
      return complain(key);
    }
    words->put(options, static_cast<std::size_t>(found - words->words.begin()));
    return std::nullopt;
  }
  return complain(key);
}

Objection put_bool(const OptionKey& key, Options& options, bool value) {
  const auto* place = std::get_if<SwitchValue>(&key.value);
  if (place == nullptr) {
    return complain(key);
  }
  options.*(place->at) = value;
  return std::nullopt;
}

Objection put_integer(const OptionKey& key, Options& options, int64_t value) {
  if (std::holds_alternative<SpanValue>(key.value)) {
    return put_text(key, options, std::to_string(value));
  }
  const auto* whole = std::get_if<WholeValue>(&key.value);
  if (whole == nullptr || value < 0) {
    return complain(key);
  }
  const auto number = static_cast<uint64_t>(value);
  if (number < whole->min || number > whole->max) {
    return complain(key);
  }
  options.*(whole->at) = number;
  return std::nullopt;
}

Objection put_list(const OptionKey& key, Options& options, std::vector<std::string> values) {
  const auto* place = std::get_if<ListValue>(&key.value);
  if (place == nullptr) {
    return complain(key);
  }
  options.*(place->at) = std::move(values);
  return std::nullopt;
}

Objection put_word(const OptionKey& key, Options& options, std::string_view word) {
  if (std::holds_alternative<SwitchValue>(key.value)) {
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    for (const bool value : {true, false}) {
      const auto& words = value ? kYes : kNo;
      if (std::find(words.begin(), words.end(), lower) != words.end()) {
        return put_bool(key, options, value);
      }
    }
    return complain(key);
  }
  if (std::holds_alternative<WholeValue>(key.value)) {
    const std::optional<int64_t> number = parse_whole_number(word);
    return number ? put_integer(key, options, *number) : complain(key);
  }
  if (std::holds_alternative<ListValue>(key.value)) {
    std::vector<std::string> values;
    while (!word.empty()) {
      const std::size_t comma = std::min(word.find(','), word.size());
      values.emplace_back(word.substr(0, comma));
      word.remove_prefix(std::min(comma + 1, word.size()));
    }
    return put_list(key, options, std::move(values));
  }
  return put_text(key, options, word);
}

std::string show(const OptionKey& key, const Options& options) {
  if (const auto* text = std::get_if<TextValue>(&key.value)) {
    return quoted(options.*(text->at));
  }
  if (const auto* on = std::get_if<SwitchValue>(&key.value)) {
    return options.*(on->at) ? "true" : "false";
  }
  if (const auto* whole = std::get_if<WholeValue>(&key.value)) {
    return std::to_string(options.*(whole->at));
  }
  if (const auto* span = std::get_if<SpanValue>(&key.value)) {
    return quoted(text_of_span(options.*(span->at)));
  }
  if (const auto* words = std::get_if<ChoiceValue>(&key.value)) {
    return quoted(words->words[words->get(options)]);
  }
  std::string list = "[";
  for (const std::string& one : options.*(std::get<ListValue>(key.value).at)) {
    list.append(list.size() > 1 ? ", " : "").append(quoted(one));
  }
  return list + "]";
}

}  // namespace plated
