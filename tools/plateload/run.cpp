#include "tools/plateload/run.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "tools/plateload/figures/collector.h"
#include "tools/plateload/files.h"
#include "tools/plateload/load.h"
#include "tools/plateload/requests.h"
#include "tools/plateload/visits.h"

namespace plated::load {
namespace {

using Clock = std::chrono::steady_clock;

// A second is closed so long after its end, when every thread has handed over what it had.
constexpr auto kClosedAfter = std::chrono::milliseconds(200);

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_between(int64_t from_ns, int64_t to_ns) {
  return static_cast<double>(std::max<int64_t>(to_ns - from_ns, 0)) / 1e9;
}

// Counts the threads that still work, and lets the reporter wait for the last.
struct Finish {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
};

// Columns of the terminal; 0: there is none.
std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// On a terminal always over the same line, which must not be longer than the terminal is wide.
void say_line(const std::string& line) {
  if (isatty(STDERR_FILENO) == 0) {
    std::cerr << line << "\n";
    return;
  }
  const std::size_t columns = terminal_columns();
  std::cerr << "\r\x1b[K" << (columns > 1 ? line.substr(0, columns - 1) : line) << std::flush;
}

// The interval log begins where the schedule does, and not before: a load that never starts leaves
// the one that is there. Empty, or why it cannot.
std::string begin_log(const Load& load, HdrLog& log, const std::vector<std::string>& remarks) {
  if (load.options.hlog.empty() || load.start.at_ns() == 0) {
    return {};
  }
  std::string failure = log.open(load.options.hlog);
  if (failure.empty()) {
    const std::chrono::nanoseconds ahead(load.start.at_ns() - now_ns());
    const auto start = std::chrono::floor<Millis>(std::chrono::system_clock::now() + ahead);
    log.begin(start.time_since_epoch().count(), remarks);
  }
  return failure;
}

// Says a line a second until every thread has finished.
void tell_live(const Load& load, Finish& finish, Collector& collector) {
  const LoadOptions& options = load.options;
  int64_t second = 0;
  std::unique_lock lock(finish.mutex);
  auto due = Clock::now() + std::chrono::seconds(1) + kClosedAfter;
  while (!finish.changed.wait_until(lock, due, [&] { return finish.running == 0; })) {
    lock.unlock();
    due += std::chrono::seconds(1);
    const auto last = collector.close_before(++second);
    if (last && !options.quiet) {
      say_line(live_line(collector.total(), *last));
    }
    lock.lock();
  }
  if (isatty(STDERR_FILENO) != 0 && !options.quiet) {
    std::cerr << "\n";
  }
}

// Waits for the start and begins to count.
void start_visits(const Load& load, Tally& tally) {
  load.start.ready();
  // Not before: what is due before the start is not measured.
  while (load.start.at_ns() == 0 || now_ns() < load.start.at_ns()) {
    std::this_thread::yield();
  }
  tally.start(load.start.at_ns(), load.measure_from_ns());
}

void run_thread(const Load& load, std::size_t thread, Tally& tally) {
  const LoadOptions& options = load.options;
  if (options.is_steady()) {
    run_requests(load, thread, tally);
  } else {
    const std::size_t more = thread < options.connections % options.threads ? 1 : 0;
    start_visits(load, tally);
    run_visits(load, thread, options.connections / options.threads + more, tally);
  }
  tally.finish(now_ns());
}

// Waits until every thread is ready, or has ended before.
void wait_for_start(const Load& load, Finish& finish) {
  std::unique_lock lock(finish.mutex);
  while (load.start.at_ns() == 0 && finish.running > 0) {
    finish.changed.wait_for(lock, std::chrono::milliseconds(1));
  }
}

// Empty, or why the interval log could not be begun: the load goes on without.
std::string run_threads(const Load& load, Collector& collector, HdrLog& log) {
  std::vector<std::string> remarks;
  if (!load.options.hlog.empty()) {
    remarks = stamp_lines(stamp_of(load.options));
  }
  std::vector<std::unique_ptr<Tally>> tallies;
  std::vector<std::thread> threads;
  Finish finish;
  finish.running = load.options.threads;
  for (uint32_t i = 0; i < load.options.threads; ++i) {
    tallies.push_back(std::make_unique<Tally>(collector));
    Tally& tally = *tallies.back();
    threads.emplace_back([&load, &finish, &tally, i] {
      run_thread(load, i, tally);
      const std::lock_guard lock(finish.mutex);
      --finish.running;
      finish.changed.notify_one();
    });
  }
  wait_for_start(load, finish);
  std::string failure = begin_log(load, log, remarks);
  tell_live(load, finish, collector);
  for (std::thread& thread : threads) {
    thread.join();
  }
  return failure;
}

// Why the figures mean nothing, if they do.
std::string why_invalid(const Load& load, const Counts& counts) {
  const Invalid why = load.given_up.why;
  const double gave_up_behind_ms = static_cast<double>(load.given_up.behind_ns) / 1e6;
  if (why == Invalid::used_up) {
    return "the owners' draws were used up: give the office more draws, or the load more owners "
           "(--connections)";
  }
  if (why == Invalid::no_room) {
    return fmt::format(
        "every one of {} connections was taken for {:.0f} ms: give it more "
        "(--connections)",
        load.options.connections, gave_up_behind_ms);
  }
  if (why == Invalid::fell_behind) {
    return fmt::format("fell {:.0f} ms behind its own schedule, more than {} ms, and stopped",
                       gave_up_behind_ms, load.options.behind_max_ms);
  }
  const double due = static_cast<double>(std::max<uint64_t>(counts.due, 1));
  const double share = static_cast<double>(counts.late) / due;
  if (share > load.options.late_share_max) {
    return fmt::format("{:.1f} % of what was due began more than {} ms late, {:.0f} ms at worst",
                       100 * share, load.options.late_ms,
                       static_cast<double>(counts.behind_ns) / 1e6);
  }
  return {};
}

// A schedule that was kept lasts to its end, though its last request was answered before.
int64_t measured_until(const Load& load, int64_t end_ns) {
  const bool kept = load.options.is_steady() && !load.ends();
  return kept ? load.measure_until_ns() : std::min(end_ns, load.measure_until_ns());
}

Outcome outcome_of(const Load& load, const Collector& collector) {
  const int64_t end_ns = now_ns();
  Outcome outcome;
  outcome.counts = collector.total();
  outcome.seconds = collector.seconds();
  outcome.owners = load.options.is_steady() ? 0 : load.errands.count();
  if (load.start.at_ns() != 0) {
    outcome.took_seconds = seconds_between(load.start.at_ns(), end_ns);
    outcome.measured_seconds =
        seconds_between(load.measure_from_ns(), measured_until(load, end_ns));
  }
  outcome.interrupted = load.stop;
  outcome.invalid = why_invalid(load, outcome.counts);
  return outcome;
}

}  // namespace

std::variant<Outcome, std::string> run_load(const LoadOptions& options, const TicketKey& key,
                                            Errands& errands,
                                            const std::vector<std::string>& known_violations,
                                            std::atomic<bool>& interrupted) {
  auto found = find_server(options.host, options.port);
  if (const std::string* unknown = std::get_if<std::string>(&found)) {
    return *unknown;
  }
  Server& server = std::get<Server>(found);
  server.target = options.target;
  server.source_addresses = options.source_addresses;
  PlateLedger ledger;
  Journal journal;
  HdrLog log;
  if (!options.journal.empty()) {
    if (const std::string failure = journal.open(options.journal); !failure.empty()) {
      return failure;
    }
  }
  std::atomic<bool> broken = false;
  GivenUp given_up;
  Start start(options.threads);
  Collector collector(log);
  const double cpu_before = cpu_seconds();
  const Load load{options, server,      key,    errands,  ledger,
                  journal, interrupted, broken, given_up, start};
  const std::string not_begun = run_threads(load, collector, log);
  collector.finish();
  Outcome outcome = outcome_of(load, collector);
  outcome.unwritten = not_begun;
  outcome.cpu_seconds = cpu_seconds() - cpu_before;
  for (const std::string& violation : known_violations) {
    ++outcome.counts.violations;
    outcome.counts.add_reason(violation);
  }
  if (broken) {
    return "the load broke off: " +
           (outcome.counts.reasons.empty() ? "" : outcome.counts.reasons.front());
  }
  if (log.is_open() && !log.close()) {
    outcome.unwritten = "cannot write " + options.hlog;
  }
  return outcome;
}

}  // namespace plated::load
