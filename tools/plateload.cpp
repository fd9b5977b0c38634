// plateload: walks many owners of a rehearsal through their selection at once and reports what it
// saw; or holds a server to what it acknowledged. It speaks the public protocol only. Exit status:
// 0 when everybody ended as planned and no promise was broken, 1 otherwise, 2 usage.
#include <boost/json/serialize.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <thread>

#include "tools/plateload_client.h"

namespace plated {
namespace {

using Clock = std::chrono::steady_clock;

// Set by SIGINT and SIGTERM: the report still comes.
std::atomic<bool> interrupted = false;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Counts the threads that still walk, and lets the reporter wait for the last.
struct Finish {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
};

Counts sum_of(const std::vector<std::unique_ptr<Tally>>& tallies) {
  Counts sum;
  for (const auto& tally : tallies) {
    tally->add_to(sum);
  }
  return sum;
}

// Prints a line a second until every thread has finished.
void report_live(const LoadOptions& options, uint64_t owners, Finish& finish,
                 const std::vector<std::unique_ptr<Tally>>& tallies, Clock::time_point start) {
  uint64_t told = 0;
  auto due = start + std::chrono::seconds(1);
  std::unique_lock lock(finish.mutex);
  while (!finish.changed.wait_until(lock, due, [&] { return finish.running == 0; })) {
    due += std::chrono::seconds(1);
    lock.unlock();
    if (!options.quiet) {
      const Counts sum = sum_of(tallies);
      const uint64_t answers = sum.answers();
      std::cerr << live_line(sum, seconds_since(start), answers - told, owners) << std::endl;
      told = answers;
    }
    lock.lock();
  }
}

int run_load(const LoadOptions& options, const TicketKey& key, Errands& errands,
             const std::vector<std::string>& known_violations) {
  PlateLedger ledger;
  Journal journal;
  if (!options.journal.empty()) {
    if (const std::string failure = journal.open(options.journal); !failure.empty()) {
      std::cerr << "plateload: " << failure << "\n";
      return 1;
    }
  }
  std::atomic<bool> broken = false;
  const Load load{options, key, errands, ledger, journal, interrupted, broken};
  std::vector<std::unique_ptr<Tally>> tallies;
  std::vector<std::thread> threads;
  Finish finish;
  finish.running = options.threads;
  const auto start = Clock::now();
  for (uint32_t i = 0; i < options.threads; ++i) {
    tallies.push_back(std::make_unique<Tally>());
    Tally& tally = *tallies.back();
    const std::size_t connections =
        options.connections / options.threads + (i < options.connections % options.threads ? 1 : 0);
    threads.emplace_back([&load, &finish, &tally, connections] {
      run_connections(load, connections, tally);
      const std::lock_guard lock(finish.mutex);
      --finish.running;
      finish.changed.notify_one();
    });
  }
  report_live(options, errands.count(), finish, tallies, start);
  for (std::thread& thread : threads) {
    thread.join();
  }
  const double seconds = seconds_since(start);
  Counts sum = sum_of(tallies);
  for (const std::string& violation : known_violations) {
    ++sum.violations;
    sum.add_reason(violation);
  }
  std::cout << (options.json
                    ? boost::json::serialize(report_json(sum, seconds, errands.count())) + "\n"
                    : report_text(sum, seconds, errands.count()));
  return sum.as_planned() && sum.ended() == errands.count() && !broken ? 0 : 1;
}

int run(int argc, const char* const* argv) {
  const auto parsed = parse_load_options(argc, argv);
  if (const LoadExit* exit = std::get_if<LoadExit>(&parsed)) {
    std::cout << exit->out;
    std::cerr << exit->err;
    return exit->status;
  }
  const LoadOptions& options = std::get<LoadOptions>(parsed);
  const auto key = load_ticket_key(options.data + "/ticket.key", TicketAlgorithm::hs256);
  if (const std::string* failure = std::get_if<std::string>(&key)) {
    std::cerr << "plateload: " << *failure << "\n";
    return 1;
  }
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  if (options.verify.empty()) {
    Errands errands(options);
    return run_load(options, std::get<TicketKey>(key), errands, {});
  }
  JournalContents journal = read_journal(options.verify);
  if (!journal.unreadable.empty()) {
    std::cerr << "plateload: " << journal.unreadable << "\n";
    return 1;
  }
  Errands errands(options, std::move(journal.owners));
  return run_load(options, std::get<TicketKey>(key), errands, journal.violations);
}

}  // namespace
}  // namespace plated

int main(int argc, char** argv) { return plated::run(argc, argv); }
