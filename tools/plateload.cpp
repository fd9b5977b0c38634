// plateload: puts a load on a rehearsal, in a closed loop or an open one, and reports what its
// owners saw; or holds a server to what it acknowledged. It speaks the public protocol only. Exit
// status: 0 when everybody ended as planned and no promise was broken, 1 otherwise, 2 usage, 98
// when the run is invalid because plateload itself did not keep its schedule, 99 when a threshold
// was crossed.
#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <iostream>

#include "tools/plateload_files.h"
#include "tools/plateload_journal.h"
#include "tools/plateload_run.h"
#include "tools/plateload_threshold.h"

namespace plated::load {
namespace {

constexpr int kFailed = 1;
constexpr int kInvalid = 98;
constexpr int kCrossed = 99;

// Set by SIGINT and SIGTERM: the report still comes.
std::atomic<bool> interrupted = false;

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

// A broken promise is worse than a run that says nothing, and that is worse than a slow one. With
// thresholds it is they that say how many may fail.
int status_of(const Outcome& outcome, const std::vector<Verdict>& verdicts) {
  if (outcome.counts.violations > 0 || outcome.counts.two_owners > 0) {
    return kFailed;
  }
  if (!outcome.invalid.empty()) {
    std::cerr << "plateload: the run is invalid: " << outcome.invalid << "\n";
    return kInvalid;
  }
  if (!verdicts.empty()) {
    const auto held = [](const Verdict& verdict) { return verdict.held; };
    return std::all_of(verdicts.begin(), verdicts.end(), held) ? 0 : kCrossed;
  }
  return outcome.as_planned() ? 0 : kFailed;
}

int run_and_report(const LoadOptions& options, const TicketKey& key, Errands& errands,
                   const std::vector<std::string>& known_violations) {
  const auto ran = run_load(options, key, errands, known_violations, interrupted);
  if (const std::string* failure = std::get_if<std::string>(&ran)) {
    return fail(*failure);
  }
  const Outcome& outcome = std::get<Outcome>(ran);
  const std::vector<Verdict> verdicts = judge_all(options, outcome);
  const boost::json::object report = whole_report(options, outcome, verdicts);
  std::cout << (options.json ? boost::json::serialize(report) + "\n" : report_text(outcome));
  if (const std::string failure = write_reports(options, report); !failure.empty()) {
    return fail(failure);
  }
  return status_of(outcome, verdicts);
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
    std::cout << plan_of(options);
    return 0;
  }
  const auto key = load_ticket_key(options.data + "/ticket.key", TicketAlgorithm::hs256);
  if (const std::string* failure = std::get_if<std::string>(&key)) {
    return fail(*failure);
  }
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  if (!options.mix.empty()) {
    const std::string failure = prepare(options, std::get<TicketKey>(key));
    if (!failure.empty()) {
      return fail(failure);
    }
  }
  if (options.verify.empty()) {
    Errands errands(options);
    return run_and_report(options, std::get<TicketKey>(key), errands, {});
  }
  JournalContents journal = read_journal(options.verify);
  if (!journal.unreadable.empty()) {
    return fail(journal.unreadable);
  }
  Errands errands(options, std::move(journal.owners));
  return run_and_report(options, std::get<TicketKey>(key), errands, journal.violations);
}

}  // namespace
}  // namespace plated::load

int main(int argc, char** argv) { return plated::load::run(argc, argv); }
