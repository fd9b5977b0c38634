// platectl: the operators' client. It speaks the operators' protocol over the Unix socket and knows
// nothing of the server's insides. Exit status: 0 done, 1 refused, 2 usage, 3 no server.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <iostream>

#include "net/protocol/ticket.h"
#include "tools/platectl/command_line.h"
#include "tools/platectl/import.h"
#include "tools/shell/admin_client.h"
#include "tools/shell/print.h"

namespace plated {
namespace {

enum Exit : int { kDone = 0, kRefused = 1, kUsage = 2, kNoServer = 3 };

int fail_unreachable(const CommandLine& line, const AdminReply& reply) {
  std::cerr << "platectl: no server at " << line.admin << ": " << reply.unreachable << "\n";
  return kNoServer;
}

int refuse(const CommandLine& line, const AdminReply& reply) {
  if (line.json) {
    std::cout << reply.body << "\n";
  }
  std::cerr << "platectl: " << describe_error(reply.status, reply.body);
  return kRefused;
}

int show(const CommandLine& line, const boost::json::value& answer) {
  std::cout << (line.json ? boost::json::serialize(answer) + "\n" : describe(answer));
  return kDone;
}

int run_request(const CommandLine& line) {
  const AdminReply reply = ask_admin(line.admin, line.request);
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
    std::cout << reply.body << "\n";
    return kDone;
  }
  return show(line, answer);
}

int run_stream(const CommandLine& line) {
  const AdminReply reply = ask_admin(line.admin, line.request, [](std::string_view piece) {
    std::cout.write(piece.data(), static_cast<std::streamsize>(piece.size()));
  });
  std::cout.flush();
  if (!reply.reached()) {
    return fail_unreachable(line, reply);
  }
  return reply.succeeded() ? kDone : refuse(line, reply);
}

int run_import(const CommandLine& line) {
  std::ifstream file;
  if (line.file != "-") {
    file.open(line.file, std::ios::binary);
    if (!file) {
      std::cerr << "platectl: cannot read " << line.file << "\n";
      return kUsage;
    }
  }
  std::istream& in = line.file == "-" ? std::cin : file;
  const Ask ask = [&](const AdminRequest& request) { return ask_admin(line.admin, request); };
  const ImportOutcome outcome = import_lines(in, line.request.target, ask);
  show(line, outcome.as_json());
  if (!outcome.reply.reached()) {
    return fail_unreachable(line, outcome.reply);
  }
  if (!outcome.reply.succeeded()) {
    return refuse(line, outcome.reply);
  }
  return outcome.refused.empty() ? kDone : kRefused;
}

int run_ticket(const CommandLine& line) {
  const auto key = load_ticket_key(line.data + "/ticket.key", TicketAlgorithm::hs256);
  if (const std::string* failure = std::get_if<std::string>(&key)) {
    std::cerr << "platectl: " << *failure << "\n";
    return kRefused;
  }
  if (!is_owner_id(line.owner)) {
    std::cerr << "platectl: '" << line.owner << "' is no owner's identifier\n";
    return kUsage;
  }
  const auto now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  std::cout << make_ticket(std::get<TicketKey>(key), line.owner, now + Millis(line.ticket_ms))
            << "\n";
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

int main(int argc, char** argv) { return plated::run(argc, argv); }
