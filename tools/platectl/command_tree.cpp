#include "tools/platectl/command_tree.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <system_error>

#include "net/protocol/json_text.h"
#include "net/protocol/office_settings.h"
#include "tools/platectl/arguments.h"
#include "tools/shell/input_file.h"
#include "tools/shell/number.h"

namespace plated {
namespace json = boost::json;
namespace {

// Whether the one word that stands for plates names a file of them: it is there, or it could not be
// a plate, which begins with a Chinese character and has neither dots nor slashes.
bool names_a_file(const std::string& word) {
  std::error_code ignored;
  const bool ascii_first = !word.empty() && static_cast<unsigned char>(word.front()) < 0x80;
  return ascii_first || word.find_first_of("./") != std::string::npos ||
         std::filesystem::exists(word, ignored);
}

// Every part of `list`, where a word may name several (a,b) or, alone, a file of them (- is stdin).
std::vector<std::string> plates_argument(const std::vector<std::string>& list) {
  const bool file = list.size() == 1 && names_a_file(list[0]);
  std::vector<std::string> plates;
  for (const std::string& word : file ? std::vector{read_argument_file("plates", list[0])} : list) {
    for (std::string& plate : split_words(word)) {
      plates.push_back(std::move(plate));
    }
  }
  return plates;
}

int64_t duration_argument(const std::string& option, const std::string& text) {
  const auto millis = parse_duration_ms(text);
  if (!millis) {
    throw CLI::ValidationError(option,
                               "'" + text + "' is no time with its unit: try 90s, 30min or 24h");
  }
  return *millis;
}

// The option for a field of the protocol: --batch-hold for batch_hold_ms, since its argument says
// the unit.
std::string option_of(std::string name) {
  if (name.ends_with("_ms")) {
    name.resize(name.size() - 3);
  }
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

// Days as the protocol's array; the word none stands for no days at all.
json::array days_argument(const std::string& option, const std::vector<std::string>& list) {
  json::array days;
  for (const std::string& item : list) {
    for (const std::string& day : split_words(item == "none" ? "" : item)) {
      if (!is_day(day)) {
        throw CLI::ValidationError(option, "'" + day + "' is no day: try 2026-10-01");
      }
      days.emplace_back(day);
    }
  }
  return days;
}

json::array schedule_argument(const std::vector<std::string>& rows) {
  json::array schedule;
  for (const std::string& row : rows) {
    const auto parsed = parse_schedule_row(row);
    if (!parsed && row != "none") {
      throw CLI::ValidationError("--schedule", "'" + row + "' is no row like '1-5 09:00-17:00'");
    }
    if (parsed) {
      schedule.emplace_back(*parsed);
    }
  }
  return schedule;
}

json::object read_object(const std::string& option, const std::string& path) {
  json::value value;
  if (const auto fault = read_json(read_argument_file(option, path), value)) {
    throw CLI::ValidationError(option, path + ":" + std::to_string(fault->line) + ":" +
                                           std::to_string(fault->column) + ": " + fault->what);
  }
  if (!value.is_object()) {
    throw CLI::ValidationError(option, path + " is not one JSON object");
  }
  return value.get_object();
}

}  // namespace

std::string read_argument_file(const std::string& option, const std::string& path) {
  FileText file = read_file(path);
  if (!file.failure.empty()) {
    throw CLI::ValidationError(option, file.failure);
  }
  return std::move(file.text);
}

int64_t number_argument(const std::string& option, const std::string& text, int64_t least) {
  const auto number = parse_whole_number(text);
  if (!number || *number < least) {
    throw CLI::ValidationError(option, "'" + text + "' is not a whole number from " +
                                           std::to_string(least) + " on, such as 10");
  }
  return *number;
}

int64_t instant_argument(const std::string& option, const std::string& text) {
  const auto millis = parse_instant(text);
  if (!millis) {
    throw CLI::ValidationError(
        option, "'" + text + "' is no instant: try 2026-11-20T09:00:00+08:00 or Unix milliseconds");
  }
  return *millis;
}

void CommandTree::add_all() {
  add_service();
  add_pools();
  add_segments();
  add_plates();
  add_offices();
  add_waiting();
  add_terms();
  add_owners();
  add_vehicles();
  add_reservations();
  add_blacklist();
  add_notices();
  add_rehearsal();
  add_tickets();
  add_ticket();
}

CLI::App& CommandTree::group(const std::string& name, const std::string& description) {
  CLI::App& group = *app_.add_subcommand(name, description);
  group.require_subcommand(1);
  group.fallthrough();
  return group;
}

void CommandTree::get(const std::string& target) {
  line_.request = AdminRequest{"GET", target, "", ""};
}

void CommandTree::send(const std::string& method, const std::string& target) {
  line_.request = AdminRequest{method, target, "", ""};
}

void CommandTree::send(const std::string& method, const std::string& target,
                       const json::object& body) {
  line_.request = AdminRequest{method, target, json::serialize(body), "application/json"};
}

CLI::Option* CommandTree::add_number(CLI::App& command, const std::string& name, int64_t& value,
                                     int64_t least, const std::string& what) {
  return command
      .add_option_function<std::string>(
          name,
          [name, &value, least](const std::string& text) {
            value = number_argument(name, text, least);
          },
          what)
      ->type_name("NUMBER");
}

void CommandTree::add_reason(CLI::App& command, bool required) {
  command
      .add_option("--reason", args_.reason,
                  "why; it stands in clear in the log for ever, so no names or phones")
      ->required(required);
}

json::object CommandTree::with_reason() const {
  json::object body;
  if (!args_.reason.empty()) {
    body["reason"] = args_.reason;
  }
  return body;
}

void CommandTree::add_service() {
  app_.add_subcommand("status", "version, uptime, sessions, rates, latencies, log, pools")
      ->callback([this] { get("/v1/status"); });
  app_.add_subcommand("doctor", "what is wrong or soon will be, and what can be done")
      ->callback([this] { get("/v1/doctor"); });
  app_.add_subcommand("metrics", "the metrics as Prometheus text")->callback([this] {
    get("/metrics");
    line_.task = Task::stream;
  });
  app_.add_subcommand("snapshot", "write a snapshot now")->callback([this] {
    send("POST", "/v1/snapshot");
    line_.long_work = true;
  });
  app_.add_subcommand("drain", "stop taking work, finish what is in flight, exit")
      ->callback([this] { send("POST", "/v1/drain"); });
  group("clock", "civil time")
      .add_subcommand("accept", "accept a jump of civil time")
      ->callback([this] { send("POST", "/v1/clock/accept"); });
  CLI::App& voucher = *app_.add_subcommand("voucher", "is this voucher genuine, what does it say");
  voucher.add_option("code", args_.code, "its number, in groups or not, or what a scanner reads")
      ->required()
      ->expected(1, 4);
  voucher.callback([this] {
    std::string text;
    for (const std::string& group : args_.code) {
      text += group;
    }
    get("/v1/vouchers/" + path_part(voucher_code_in(text)));
  });
  CLI::App& reconcile = *app_.add_subcommand("reconcile", "recount everything from the log");
  reconcile.add_option("--csv", args_.csv, "a CSV of the platform's to compare with (- is stdin)");
  reconcile.callback([this] {
    send("POST", "/v1/reconcile");
    line_.task = Task::reconcile;
    line_.long_work = true;
    if (!args_.csv.empty()) {
      line_.request.body = read_argument_file("--csv", args_.csv);
      // Without a body the server would compare with nothing, and find no difference.
      if (line_.request.body.find_first_not_of(" \t\r\n") == std::string::npos) {
        throw CLI::ValidationError("--csv", args_.csv +
                                                " is empty; a list has at least a line that "
                                                "names its columns");
      }
      line_.request.content_type = "text/csv";
    }
  });
  CLI::App& audit = *app_.add_subcommand("audit", "operator actions and history, one JSON a line");
  CLI::Option* since = add_number(audit, "--since", args_.since, 0, "only after this sequence");
  audit.callback([this, since] {
    get("/v1/audit" + (*since ? "?since=" + std::to_string(args_.since) : std::string()));
    line_.task = Task::stream;
  });
}

void CommandTree::add_pools() {
  CLI::App& pools = *app_.add_subcommand("pools", "counts by state of all pools, or of one");
  CLI::Option* pool =
      pools.add_option("pool", args_.pool, "OFFICE CLASS POWER, or OFFICE/CLASS/POWER");
  pool->expected(1, 3);
  pools.callback([this] {
    std::vector<std::string> parts;
    for (const std::string& word : args_.pool) {
      for (std::string& part : split_words(word, "/")) {
        parts.push_back(std::move(part));
      }
    }
    if (!parts.empty() && parts.size() != 3) {
      throw CLI::ValidationError("pool", "name office, class and power, as 粤B small electric");
    }
    get("/v1/pools");
    for (const std::string& part : parts) {
      line_.request.target += "/" + path_part(part);
    }
  });
}

void CommandTree::add_waiting() {
  CLI::App& waiting = *app_.add_subcommand(
      "waiting", "an office's waiting room: who waits, who works, what limits admissions");
  waiting.add_option("office", args_.office, "as 粤B")->required();
  waiting.callback([this] { get("/v1/waiting/" + path_part(args_.office)); });
}

void CommandTree::add_segments() {
  CLI::App& load = *group("segments", "ranges of plates loaded together")
                        .add_subcommand("load", "load plates into a pool");
  load.add_option("--office", args_.office, "as 粤B")->required();
  load.add_option("--class", args_.plate_class)
      ->required()
      ->check(CLI::IsMember({"small", "large"}));
  load.add_option("--power", args_.power)->required()->check(CLI::IsMember({"electric", "hybrid"}));
  CLI::Option* from = load.add_option("--from", args_.from, "first plate");
  CLI::Option* to = load.add_option("--to", args_.to, "last plate, itself included");
  CLI::Option* plates =
      load.add_option("--plates", args_.plates, "plates, or a file of them (- is stdin)")
          ->allow_extra_args(false);
  from->needs(to)->excludes(plates);
  to->needs(from);
  load.add_flag("--all-zero", args_.all_zero, "also serials whose digits are all zero");
  load.add_option("--release-at", args_.release_at, "RFC 3339 with offset, or Unix milliseconds");
  load.add_option("--note", args_.note);
  load.add_flag("--dry-run", args_.dry_run, "only say what would happen");
  load.callback([this] {
    json::object body = plates_body();
    body["office"] = args_.office;
    body["class"] = args_.plate_class;
    body["power"] = args_.power;
    if (args_.all_zero) {
      body["all_zero"] = true;
    }
    if (!args_.release_at.empty()) {
      body["release_at"] = instant_argument("--release-at", args_.release_at);
    }
    if (!args_.note.empty()) {
      body["note"] = args_.note;
    }
    if (args_.dry_run) {
      body["dry_run"] = true;
    }
    send("POST", "/v1/segments", body);
    line_.long_work = true;
  });
}

json::object CommandTree::plates_body() const {
  if (!args_.from.empty()) {
    return {{"from", args_.from}, {"to", args_.to}};
  }
  const std::vector<std::string> plates = plates_argument(args_.plates);
  if (plates.empty()) {
    throw CLI::ValidationError("plates", "name plates, or --from and --to");
  }
  return {{"plates", to_json_array(plates)}};
}

void CommandTree::add_plates() {
  CLI::App& plates = group("plates", "single plates and ranges");
  CLI::App& show = *plates.add_subcommand("show", "state, vehicle and history of a plate");
  show.add_option("plate", args_.plates)->required()->expected(1);
  show.callback([this] { get("/v1/plates/" + path_part(args_.plates.front())); });
  for (const std::string verb : {"withhold", "restore"}) {
    CLI::App& command = *plates.add_subcommand(verb, verb + " free plates");
    CLI::Option* list =
        command.add_option("plates", args_.plates, "plates, or a file of them (- is stdin)");
    CLI::Option* from = command.add_option("--from", args_.from, "first plate");
    CLI::Option* to = command.add_option("--to", args_.to, "last plate, itself included");
    from->needs(to)->excludes(list);
    to->needs(from);
    add_reason(command, true);
    command.callback([this, verb] {
      json::object body = plates_body();
      body["reason"] = args_.reason;
      send("POST", "/v1/plates/" + verb, body);
      line_.long_work = true;
    });
  }
}

void CommandTree::add_offices() {
  CLI::App& office = group("office", "an office's state and settings");
  for (const std::string verb : {"open", "close", "pause", "resume", "maintenance"}) {
    CLI::App& command = *office.add_subcommand(verb, verb + " an office, or all ('*')");
    command.add_option("office", args_.office, "as 粤B, or '*'")->required();
    add_reason(command, false);
    if (verb == "open") {
      command.add_flag("--force", args_.force,
                       "though terms, plates or a gateway are missing; needs a --reason");
    }
    command.callback([this, verb] {
      json::object body = with_reason();
      if (args_.force) {
        body["force"] = true;
      }
      send("POST", "/v1/offices/" + path_part(args_.office) + "/" + verb, body);
    });
  }
  office.add_subcommand("list", "every office, its state and settings")->callback([this] {
    get("/v1/offices");
  });
  CLI::App& show = *office.add_subcommand("show", "an office's state and settings");
  show.add_option("office", args_.office, "as 粤B")->required();
  show.callback([this] { get("/v1/offices/" + path_part(args_.office)); });
  add_office_set(office);
}

std::vector<std::string> CommandTree::may_be_empty() {
  std::vector<std::string> options;
  for (const std::string& name : office_contact_fields()) {
    options.push_back(option_of(name));
  }
  return options;
}

void CommandTree::add_office_set(CLI::App& office) {
  CLI::App& set = *office.add_subcommand("set", "make or change an office");
  set.add_option("office", args_.office, "as 粤B")->required();
  set.add_option("--file", args_.file, "a JSON object to start from (- is stdin)");
  set.add_option("--name", args_.name);
  set.add_option("--time-zone", args_.time_zone, "as Asia/Shanghai");
  // Of several values each has an option of its own by now: see command_line.cpp.
  const auto add_list = [&](const char* option, std::vector<std::string>& values,
                            const char* what) {
    set.add_option(option, values, what)->allow_extra_args(false)->type_name("TEXT ...");
  };
  add_list("--schedule", args_.schedule, "rows '1-5 09:00-17:00', or none");
  add_list("--holidays", args_.holidays, "days YYYY-MM-DD, or none");
  add_list("--workdays", args_.workdays, "made-up working days, or none");
  add_settings(set);
  set.callback(
      [this, &set] { send("PUT", "/v1/offices/" + path_part(args_.office), office_body(set)); });
}

// Every setting of an office is an option, and an option's value stands under the setting's name.
void CommandTree::add_settings(CLI::App& set) {
  for (const std::string& name : office_contact_fields()) {
    set.add_option(option_of(name), args_.contact[name], "shown to owners; empty: not said");
  }
  for (const OfficeSetting& setting : office_settings()) {
    const std::string option = option_of(setting.name);
    const auto take = [this, option, setting](const std::string& text) {
      args_.settings[setting.name] =
          setting.is_time ? duration_argument(option, text) : number_argument(option, text, 0);
    };
    set.add_option_function<std::string>(option, take, setting.what)
        ->type_name(setting.is_time ? "TIME" : "NUMBER");
  }
  set.add_option_function<std::string>(
      "--terms", [this](const std::string& version) { args_.settings["terms"] = version; },
      "version of the terms in force");
}

json::object CommandTree::office_body(const CLI::App& command) const {
  json::object body;
  if (!args_.file.empty()) {
    body = read_object("--file", args_.file);
  }
  if (command.count("--name") > 0) {
    body["name"] = args_.name;
  }
  if (command.count("--time-zone") > 0) {
    body["time_zone"] = args_.time_zone;
  }
  for (const auto& [name, text] : args_.contact) {
    if (command.count(option_of(name)) > 0) {
      body[name] = text;
    }
  }
  if (!args_.settings.empty()) {
    json::value& all = body["settings"];
    if (!all.is_object()) {
      all.emplace_object();
    }
    for (const auto& setting : args_.settings) {
      all.get_object()[setting.key()] = setting.value();
    }
  }
  if (!args_.schedule.empty()) {
    body["schedule"] = schedule_argument(args_.schedule);
  }
  if (!args_.holidays.empty()) {
    body["holidays"] = days_argument("--holidays", args_.holidays);
  }
  if (!args_.workdays.empty()) {
    body["workdays"] = days_argument("--workdays", args_.workdays);
  }
  return body;
}

void CommandTree::add_terms() {
  CLI::App& put = *group("terms", "the terms owners read")
                       .add_subcommand("put", "say a version of the terms, once and for ever");
  put.add_option("version", args_.version)->required();
  put.add_option("--zh", args_.zh, "file of the Chinese text")->required();
  put.add_option("--en", args_.en, "file of the English text")->required();
  put.callback([this] {
    send("PUT", "/v1/terms/" + path_part(args_.version),
         {{"zh", read_argument_file("--zh", args_.zh)},
          {"en", read_argument_file("--en", args_.en)}});
  });
}

}  // namespace plated
