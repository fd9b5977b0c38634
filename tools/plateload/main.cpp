// plateload: puts a load on a rehearsal, in a closed loop or an open one, and reports what its
// owners saw; or holds a server to what it acknowledged. It speaks the public protocol only. What
// the exit statuses mean stands in verdict.h; besides them 1 says that nothing could be
// run or written, 2 usage.
#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <iostream>

#include "tools/plateload/files.h"
#include "tools/plateload/owners/journal.h"
#include "tools/plateload/run.h"
#include "tools/plateload/verdict.h"
#include "tools/plateload/wire/connection.h"
#include "tools/shell/descriptor_limit.h"
#include "tools/shell/standard_output.h"

namespace plated::load {
namespace {

// Set by SIGINT and SIGTERM: the report still comes.
std::atomic<bool> interrupted = false;

// Whoever listens takes a connection at once, however long its answers take.
constexpr int64_t kKnockMaxMs = 5'000;

// Beside its connections: the standard three, reports and journal, the question to the operators'
// socket, and for each thread an epoll set and what wakes it.
constexpr std::size_t kOwnDescriptors = 16;
constexpr std::size_t kDescriptorsAThread = 4;
constexpr std::string_view kUpgradePath = "/v1/select";

int fail(const std::string& why) {
  std::cerr << "plateload: " << why << "\n";
  return kFailed;
}

std::vector<Verdict> judge_all(const LoadOptions& options, const Outcome& outcome) {
  std::vector<Verdict> verdicts;
  for (const std::string& text : options.thresholds) {
    verdicts.push_back(judge(std::get<Threshold>(parse_threshold(text)), outcome));
    if (!verdicts.back().held) {
      std::cerr << "plateload: " << text << " does not hold: " << verdicts.back().actual << "\n";
    }
  }
  return verdicts;
}

// What the figures depend on, for the end of the text.
std::string stamp_text(const boost::json::object& report) {
  std::string text;
  for (const std::string& line : stamp_lines(report)) {
    text += line + "\n";
  }
  return text;
}

int run_and_report(const LoadOptions& options, const TicketKey& key, Errands& errands,
                   const std::vector<std::string>& known_violations,
                   const boost::json::value& before) {
  const auto ran = run_load(options, key, errands, known_violations, interrupted);
  if (const std::string* failure = std::get_if<std::string>(&ran)) {
    return fail(*failure);
  }
  const Outcome& outcome = std::get<Outcome>(ran);
  const std::vector<Verdict> verdicts = judge_all(options, outcome);
  const Judgement judgement = judge_run(options, outcome, verdicts);
  const boost::json::object report = whole_report(options, outcome, verdicts, judgement);
  print(options.json ? boost::json::serialize(report) + "\n"
                     : report_text(outcome) + stamp_text(report));
  int status = judgement.status;
  for (const std::string& failure : {outcome.unwritten, write_reports(options, report, before)}) {
    if (!failure.empty()) {
      // Any other status tells more.
      status = std::max(fail(failure), status);
    }
  }
  if (judgement.status != 0) {
    std::cerr << "plateload: " << judgement.why << "\n";
  }
  return status;
}

// Whether that many connections can be open at all: a load that lacks descriptors would count its
// own limit as connections that the server lost. Empty, or what is missing.
std::string look_for_descriptors(const LoadOptions& options) {
  const std::size_t most = raise_descriptor_limit();
  const std::size_t wanted =
      options.connections + kOwnDescriptors + options.threads * kDescriptorsAThread;
  if (wanted <= most) {
    return {};
  }
  return "--connections " + std::to_string(options.connections) + " needs " +
         std::to_string(wanted) + " open files, and this process may have " + std::to_string(most) +
         ": raise the hard limit (ulimit -Hn), or ask for fewer";
}

// Whether somebody listens, before thousands of owners try again and again for minutes. Empty, or
// why not.
std::string look_for_server(const LoadOptions& options) {
  const auto found = find_server(options.host, options.port);
  if (const std::string* unknown = std::get_if<std::string>(&found)) {
    return "the host of --url, '" + options.host + "', is not known: " + *unknown;
  }
  Server server = std::get<Server>(found);
  server.target = options.target;
  const int64_t patience_ms = std::min(options.give_up_ms, kKnockMaxMs);
  const std::string why = knock_at(server, patience_ms);
  if (interrupted) {
    return "interrupted";
  }
  if (why.empty() && status_without_ticket(server, patience_ms) == 404) {
    return "there is nothing to select at " + options.url + ": status 404. The path is " +
           std::string(kUpgradePath);
  }
  return why.empty() ? "" : "nobody answers at " + options.url + ": " + why;
}

// Brings the owners of a steady load to `pick`. Empty, or why not everybody is there.
std::string prepare(LoadOptions options, const TicketKey& key) {
  options.prepare = true;
  options.owners = options.connections;
  options.profile = {};
  options.warm_up_ms = 0;
  options.quiet = true;
  options.hlog.clear();
  Errands errands(options);
  const auto ran = run_load(options, key, errands, {}, interrupted);
  if (const std::string* failure = std::get_if<std::string>(&ran)) {
    return *failure;
  }
  const Outcome& outcome = std::get<Outcome>(ran);
  if (outcome.as_planned()) {
    return {};
  }
  const auto& reasons = outcome.counts.reasons;
  return "not every owner could be prepared: " +
         (reasons.empty() ? std::string("interrupted") : reasons.front());
}

int run(int argc, const char* const* argv) {
  const auto parsed = parse_load_options(argc, argv);
  if (const CommandLineExit* exit = std::get_if<CommandLineExit>(&parsed)) {
    return say(*exit);
  }
  const LoadOptions& options = std::get<LoadOptions>(parsed);
  if (options.check) {
    print(plan_of(options));
    return 0;
  }
  const auto key = load_ticket_key(options.data + "/ticket.key", TicketAlgorithm::hs256);
  if (const std::string* failure = std::get_if<std::string>(&key)) {
    return fail(*failure);
  }
  JournalContents journal;
  if (!options.verify.empty()) {
    journal = read_journal(options.verify);
  }
  if (!journal.unreadable.empty()) {
    return fail(journal.unreadable);
  }
  boost::json::value before;
  if (const std::string failure = try_files(options, before); !failure.empty()) {
    return fail(failure);
  }
  if (const std::string failure = look_for_descriptors(options); !failure.empty()) {
    return fail(failure);
  }
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  if (const std::string failure = look_for_server(options); !failure.empty()) {
    return fail(failure);
  }
  if (!options.mix.empty()) {
    const std::string failure = prepare(options, std::get<TicketKey>(key));
    if (!failure.empty()) {
      return fail(failure);
    }
  }
  if (options.verify.empty()) {
    Errands errands(options);
    return run_and_report(options, std::get<TicketKey>(key), errands, {}, before);
  }
  Errands errands(options, std::move(journal.owners));
  return run_and_report(options, std::get<TicketKey>(key), errands, journal.violations, before);
}

}  // namespace
}  // namespace plated::load

int main(int argc, char** argv) {
  plated::hold_standard_streams();
  return plated::finish_output("plateload", plated::load::run(argc, argv));
}
