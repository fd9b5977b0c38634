// platectl: the operators' client. It speaks the operators' protocol over the Unix socket and knows
// nothing of the server's insides. Exit status: 0 done, 1 refused (also what the operating system
// refuses: a socket or a file that this user may not open, an output that cannot be written), 2
// usage, 3 no server.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>

#include "net/protocol/ticket.h"
#include "tools/platectl/command_line.h"
#include "tools/platectl/import.h"
#include "tools/shell/admin_client.h"
#include "tools/shell/input_file.h"
#include "tools/shell/print.h"
#include "tools/shell/standard_output.h"

namespace plated {
namespace {

enum Exit : int { kDone = 0, kRefused = 1, kUsage = 2, kNoServer = 3 };

int complain(int status, const std::string& what) {
  std::fprintf(stderr, "platectl: %s\n", what.c_str());
  return status;
}

int fail_unreachable(const CommandLine& line, const AdminReply& reply) {
  if (reply.forbidden) {
    return complain(kRefused, "not allowed to open " + line.admin + ": " + reply.unreachable +
                                  ". Its owner and its group may (admin.group)");
  }
  if (reply.cut) {
    return complain(kNoServer, "the answer of the server at " + line.admin +
                                   " broke off, so this is not all of it: " + reply.unreachable);
  }
  return complain(kNoServer, "no server at " + line.admin + ": " + reply.unreachable);
}

int refuse(const CommandLine& line, const AdminReply& reply) {
  if (line.json) {
    print(reply.body + "\n");
  }
  std::fprintf(stderr, "platectl: %s", describe_error(reply.status, reply.body).c_str());
  return kRefused;
}

int show(const CommandLine& line, const boost::json::value& answer) {
  print(line.json ? boost::json::serialize(answer) + "\n" : describe(answer));
  return kDone;
}

bool is_ok(const boost::json::object& answer) {
  const boost::json::value* const ok = answer.if_contains("ok");
  return ok != nullptr && ok->is_bool() && ok->get_bool();
}

// Requires the answer to `reconcile` that is not ok.
std::string why_not_ok(const boost::json::object& answer) {
  const boost::json::value* const problem = answer.if_contains("problem");
  const boost::json::value* const differences = answer.if_contains("differences");
  const std::size_t count =
      differences != nullptr && differences->is_array() ? differences->get_array().size() : 0;
  std::string text = std::to_string(count) + (count == 1 ? " difference" : " differences");
  if (problem != nullptr && problem->is_string()) {
    text = "the log does not add up: " + std::string(problem->get_string()) + "; " + text;
  }
  return text;
}

// Work that may be long is only begun with a server that answers at all.
AdminReply ask_for(const CommandLine& line, const AdminRequest& request) {
  if (line.patience()) {
    return ask_admin(line.admin, request, line.patience());
  }
  const AdminRequest knock{"GET", "/v1/offices", "", ""};
  AdminReply reply = ask_admin(line.admin, knock, Patience(line.timeout));
  return reply.reached() ? ask_admin(line.admin, request) : reply;
}

int run_request(const CommandLine& line) {
  const AdminReply reply = ask_for(line, line.request);
  if (!reply.reached()) {
    return fail_unreachable(line, reply);
  }
  if (!reply.succeeded()) {
    return refuse(line, reply);
  }
  if (reply.body.empty()) {
    return show(line, boost::json::object{{"done", true}});
  }
  boost::json::error_code failed;
  const boost::json::value answer = boost::json::parse(reply.body, failed);
  if (failed) {
    print(reply.body + "\n");
    return kDone;
  }
  show(line, answer);
  const boost::json::object* const object = answer.if_object();
  if (line.task != Task::reconcile || (object != nullptr && is_ok(*object))) {
    return kDone;
  }
  return complain(kRefused, object == nullptr ? "the answer is none" : why_not_ok(*object));
}

// Whether a stream of lines ended with one that says what went wrong: its status was sent long
// before.
bool ends_with_error(const std::string& last_line) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(last_line, failed);
  const boost::json::object* const object = failed ? nullptr : value.if_object();
  return object != nullptr && object->contains("error");
}

int run_stream(const CommandLine& line) {
  std::string last_line;
  const auto pass_on = [&last_line](std::string_view piece) {
    last_line += piece;
    const std::size_t end_of_others =
        last_line.size() < 2 ? std::string::npos : last_line.rfind('\n', last_line.size() - 2);
    if (end_of_others != std::string::npos) {
      last_line.erase(0, end_of_others + 1);
    }
    return print(piece);
  };
  const AdminReply reply = ask_admin(line.admin, line.request, line.patience(), pass_on);
  if (!reply.reached()) {
    return fail_unreachable(line, reply);
  }
  if (reply.succeeded() && ends_with_error(last_line)) {
    return complain(kRefused, "this is not all of it; the last line says why");
  }
  return reply.succeeded() ? kDone : refuse(line, reply);
}

int run_import(const CommandLine& line) {
  InputFile file(line.file);
  std::string first;
  bool has_first = file.next_line(first);
  if (!file.failure().empty()) {
    return complain(kRefused, file.failure());
  }
  const auto next = [&](std::string& text) {
    if (!has_first) {
      return file.next_line(text);
    }
    has_first = false;
    text = first;
    return true;
  };
  const Ask ask = [&](const AdminRequest& request) { return ask_for(line, request); };
  const ImportOutcome outcome = import_lines(next, line.request.target, ask);
  show(line, outcome.as_json());
  if (!outcome.reply.reached()) {
    return fail_unreachable(line, outcome.reply);
  }
  if (!outcome.reply.succeeded()) {
    return refuse(line, outcome.reply);
  }
  if (!file.failure().empty()) {
    return complain(kRefused, file.failure() + "; what was read before is imported");
  }
  return outcome.refused.empty() ? kDone : kRefused;
}

int run_ticket(const CommandLine& line) {
  const auto key = load_ticket_key(line.data + "/ticket.key", TicketAlgorithm::hs256);
  if (const std::string* failure = std::get_if<std::string>(&key)) {
    return complain(kRefused, *failure);
  }
  if (!is_owner_id(line.owner)) {
    return complain(kUsage, "'" + line.owner + "' is no owner's identifier");
  }
  const auto now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  print(make_ticket(std::get<TicketKey>(key), line.owner, now + Millis(line.ticket_ms), now,
                    make_jti()) +
        "\n");
  return kDone;
}

int run(int argc, const char* const* argv) {
  const auto parsed = parse_command_line(argc, argv);
  if (const CommandLineExit* exit = std::get_if<CommandLineExit>(&parsed)) {
    return say(*exit);
  }
  const CommandLine& line = std::get<CommandLine>(parsed);
  switch (line.task) {
    case Task::request:
    case Task::reconcile:
      return run_request(line);
    case Task::stream:
      return run_stream(line);
    case Task::import_lines:
      return run_import(line);
    case Task::ticket:
      return run_ticket(line);
  }
  return kUsage;
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) {
  plated::hold_standard_streams();
  return plated::finish_output("platectl", plated::run(argc, argv));
}
