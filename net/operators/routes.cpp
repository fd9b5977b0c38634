#include "net/operators/routes.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "engine/check.h"
#include "net/operators/topics.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

int hex_value(char digit) {
  const std::size_t at = kHexDigits.find(digit);
  return static_cast<int>(at < 16 ? at : at - 6);
}

// Percent-decoding; nothing for a text that is not well formed.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size() || kHexDigits.find(text[i + 1]) == std::string_view::npos ||
        kHexDigits.find(text[i + 2]) == std::string_view::npos) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])));
    i += 2;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

// Whether the path is of the pattern; what stands for its {…} goes to `parts`.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& parts) {
  const auto wanted = split(pattern, '/');
  const auto given = split(path, '/');
  if (wanted.size() != given.size()) {
    return false;
  }
  parts.clear();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::optional<std::string> part = decode(given[i]);
    if (!wanted[i].starts_with('{')) {
      if (part != wanted[i]) {
        return false;
      }
    } else if (!part || part->empty()) {
      return false;
    } else {
      parts.push_back(*part);
    }
  }
  return true;
}

// Reads the query; the answer says what is wrong with it.
std::optional<OperatorAnswer> read_query(std::string_view query, std::string_view allowed,
                                         std::map<std::string, std::string>& out) {
  if (query.empty()) {
    return std::nullopt;
  }
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals));
    const auto value =
        decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!name || !value || *name != allowed) {
      return refuse_request(400, "bad_request", "is not a parameter of this request",
                            name.value_or("query"));
    }
    out[*name] = *value;
  }
  return std::nullopt;
}

using RouteTable = std::array<std::span<const AdminRoute>, 11>;

const RouteTable& all_routes() {
  static const RouteTable kTable = {office_routes(), pool_routes(),      plate_routes(),
                                    import_routes(), people_routes(),    reservation_routes(),
                                    audit_routes(),  reconcile_routes(), service_routes(),
                                    doctor_routes(), ticket_routes()};
  return kTable;
}

// As it was sent, where it does not decode: then nothing is found under it either.
std::string read_path(std::string_view path) { return decode(path).value_or(std::string(path)); }

// Finds who answers; `call` knows everything but the parts of path and query.
OperatorAnswer dispatch(AdminCall& call) {
  const OperatorRequest& request = call.request;
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  std::string methods;  // that the path knows
  for (const auto& topic : all_routes()) {
    for (const AdminRoute& route : topic) {
      if (!matches(route.pattern, path, call.parts)) {
        continue;
      }
      methods.append(methods.empty() ? "" : ", ").append(route.method);
      if (route.method != request.method) {
        continue;
      }
      const std::string_view query =
          mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
      if (auto refusal = read_query(query, route.query, call.query)) {
        return std::move(*refusal);
      }
      if (route.shows == Shows::people) {
        if (auto refusal = note_reading(call, read_path(path))) {
          return std::move(*refusal);
        }
      }
      return route.answer(call);
    }
  }
  if (methods.empty()) {
    return refuse_request(404, "not_found", "there is no such path: OPERATORS.md lists them");
  }
  OperatorAnswer refusal =
      refuse_request(405, "bad_request", "this path does not know " + request.method);
  refusal.allow = std::move(methods);
  return refusal;
}

unsigned status_of(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::bad_request:
      return 400;
    case Verdict::Kind::not_found:
      return 404;
    case Verdict::Kind::conflict:
      return 409;
    case Verdict::Kind::overloaded:
      return 503;
    case Verdict::Kind::ok:
      break;
  }
  return 500;
}

std::string_view code_of(Verdict::Kind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"internal", "bad_request", "not_found",
                                                      "conflict", "overloaded"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace

std::vector<AdminRoute> every_route() {
  std::vector<AdminRoute> all;
  for (const auto& topic : all_routes()) {
    all.insert(all.end(), topic.begin(), topic.end());
  }
  return all;
}

OperatorAnswer refuse_request(unsigned status, std::string_view code, std::string_view message,
                              std::string_view field) {
  json::object error{{"code", code}, {"message", message}};
  if (!field.empty()) {
    error["field"] = field;
  }
  return say(json::object{{"error", std::move(error)}}, {}, status);
}

OperatorAnswer say(const json::value& body, Sequence rests_on, unsigned status) {
  OperatorAnswer answer{.status = status, .body = json::serialize(body), .rests_on = rests_on};
  answer.body += '\n';
  return answer;
}

OperatorAnswer refuse(const FormFault& fault) {
  return refuse_request(400, "bad_request",
                        fault.field.empty() ? fault.message : fault.field + ": " + fault.message,
                        fault.field);
}

OperatorAnswer refuse(const Verdict& verdict) {
  check(!verdict.ok(), "what is refused is not ok");
  OperatorAnswer answer = refuse_request(
      status_of(verdict.kind), code_of(verdict.kind),
      verdict.field.empty() ? verdict.message : verdict.field + ": " + verdict.message,
      verdict.field);
  answer.rests_on = verdict.rests_on;
  return answer;
}

OperatorAnswer not_found(std::string_view what, Engine& engine) {
  OperatorAnswer answer = refuse_request(404, "not_found", what);
  answer.rests_on = engine.last_sequence();
  return answer;
}

PathPart<Plate> plate_part(const std::string& part) {
  const ParsedPlate parsed = parse_plate(part);
  if (!parsed.plate) {
    return {std::nullopt, refuse({"plate", sentence_of(parsed.error)})};
  }
  return {parsed.plate, {}};
}

PathPart<OfficeCode> office_part(const std::string& part) {
  const ParsedOffice parsed = parse_office(part);
  if (!parsed.office) {
    return {std::nullopt, refuse({"office", sentence_of(parsed.error)})};
  }
  return {parsed.office, {}};
}

std::optional<uint64_t> number_of(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end ? std::optional(number) : std::nullopt;
}

PathPart<bool> dry_run_part(const AdminCall& call) {
  const auto said = call.query.find("dry_run");
  if (said == call.query.end() || said->second == "0" || said->second == "false") {
    return {false, {}};
  }
  if (said->second == "1" || said->second == "true" || said->second.empty()) {
    return {true, {}};
  }
  return {std::nullopt, refuse({"dry_run", "must be 1 or 0"})};
}

AdminRoutes::AdminRoutes(Engine& engine, AdminActions actions)
    : engine_(engine), actions_(std::move(actions)) {
  check(actions_.wait_durable && actions_.publish && actions_.make_pool &&
            actions_.revealed_lobby && actions_.seal && actions_.open && actions_.destroy_key &&
            actions_.history && actions_.recount && actions_.report && actions_.snapshot &&
            actions_.drain && actions_.accept_clock && actions_.retry_notice &&
            actions_.gateway_problem && actions_.examine && actions_.is_demonstration &&
            actions_.end_tickets && actions_.civil_now,
        "the operators' side is wired before it answers");
}

OperatorAnswer AdminRoutes::answer(const OperatorRequest& request) {
  AdminCall call{engine_, actions_, request, settings_mutex_, {}, {}};
  OperatorAnswer answer = dispatch(call);
  // What was looked at, to answer or to refuse, may be newer than the request's own record.
  if (answer.rests_on.value > 0 || (answer.status != 400 && answer.status != 405)) {
    answer.rests_on = std::max(answer.rests_on, engine_.last_sequence());
  }
  if (answer.rests_on.value > 0 && !actions_.wait_durable(answer.rests_on)) {
    return refuse_request(500, "internal", "the log has failed; nothing is acknowledged any more");
  }
  return answer;
}

}  // namespace plated
