// Where threads meet: two of them drawing from one pool, with the share of their time that they
// wait for each lock and where many threads would end; and commands while 100,000 holds expire at
// once.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "bench/lock_meter.h"
#include "bench/log_on_disk.h"
#include "bench/workload.h"

// What the linker gives the callers of the mutex instead (see CMakeLists.txt).
extern "C" {
int __real_pthread_mutex_lock(pthread_mutex_t* mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t* mutex);

int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex) {
  plated::LockMeter* const meter = plated::LockMeter::current;
  if (meter == nullptr) {
    return __real_pthread_mutex_lock(mutex);
  }
  if (pthread_mutex_trylock(mutex) != 0) {
    const auto began = plated::LockMeter::Clock::now();
    if (const int error = __real_pthread_mutex_lock(mutex); error != 0) {
      return error;
    }
    meter->waited(plated::LockMeter::Clock::now() - began);
  }
  meter->taken();
  return 0;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t* mutex) {
  if (plated::LockMeter* const meter = plated::LockMeter::current) {
    meter->released();
  }
  return __real_pthread_mutex_unlock(mutex);
}
}

namespace plated {
namespace {

using Clock = LockMeter::Clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr WorkloadSize kOneHotPool{
    .offices = 1, .plates_of_each = 1'700'000, .applications = 160'000, .shards = 64};
constexpr int kDraws = 400'000;

// A log with a thread that writes it and one that makes its files, as in the server.
class WrittenLog {
 public:
  WrittenLog() {
    writer_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        log_.write();
      }
      log_.write();
    });
  }
  [[nodiscard]] EventSink& sink() { return log_.commit; }

 private:
  Directory directory_;
  Log log_{directory_.path};
  std::jthread writer_;
};

// Everybody holds a batch already, so each draw takes ten plates and gives ten back.
struct HotPool {
  explicit HotPool(bool with_log) {
    if (with_log) {
      log = std::make_unique<WrittenLog>();
    }
    workload = log ? std::make_unique<Workload>(kOneHotPool, log->sink())
                   : std::make_unique<Workload>(kOneHotPool);
    for (Citizen& citizen : workload->citizens) {
      workload->draw(citizen, workload->out);
    }
  }
  std::unique_ptr<WrittenLog> log;
  std::unique_ptr<Workload> workload;
};

void report(benchmark::State& state, const LockMeter& meter, Clock::duration elapsed) {
  constexpr std::array<const char*, LockMeter::kDepths> kNames{"shard", "pool", "log"};
  const auto draws = static_cast<double>(state.iterations());
  for (std::size_t i = 0; i < LockMeter::kDepths; ++i) {
    const LockMeter::Depth& depth = meter.depth(i);
    state.counters[std::string(kNames[i]) + "_waited_%"] = benchmark::Counter(
        100.0 * Nanoseconds(depth.waited) / Nanoseconds(elapsed), benchmark::Counter::kAvgThreads);
    state.counters[std::string(kNames[i]) + "_held_ns"] = benchmark::Counter(
        Nanoseconds(depth.held).count() / draws, benchmark::Counter::kAvgThreads);
  }
}

// Draws from one pool; `range(0)`: into a log that is written and synced meanwhile; `range(1)`:
// with the meter, which makes every draw slower and its critical sections longer by the clock's
// cost. The pool's lock is held for `pool_held_ns` of each draw, so however many threads there are
// they end at 10^9 / pool_held_ns draws a second.
void BM_DrawsFromOnePool(benchmark::State& state) {
  static std::unique_ptr<HotPool> hot;
  if (state.thread_index() == 0) {
    hot = std::make_unique<HotPool>(state.range(0) != 0);
  }
  std::unique_ptr<Arrivals> arrivals;
  std::unique_ptr<LockMeter> meter;
  Outcome out;
  Clock::time_point began;
  for (auto _ : state) {
    if (!arrivals) {
      const std::size_t each = hot->workload->citizens.size() / state.threads();
      const auto thread = static_cast<std::size_t>(state.thread_index());
      arrivals = std::make_unique<Arrivals>(
          std::span(hot->workload->citizens).subspan(thread * each, each), thread);
      if (state.range(1) != 0) {
        meter = std::make_unique<LockMeter>();
      }
      began = Clock::now();
    }
    hot->workload->draw(arrivals->next(), out);
    check(out.refusal == Refusal::none, "there are plates for everybody");
  }
  if (meter) {
    report(state, *meter, Clock::now() - began);
    meter.reset();
  }
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() == 0) {
    hot.reset();
  }
}
BENCHMARK(BM_DrawsFromOnePool)
    ->ArgNames({"log", "meter"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Iterations(kDraws)
    ->UseRealTime();
BENCHMARK(BM_DrawsFromOnePool)
    ->ArgNames({"log", "meter"})
    ->ArgsProduct({{0, 1}, {0, 1}})
    ->Iterations(kDraws / 2)
    ->Threads(2)
    ->UseRealTime();

double quantile(std::vector<Clock::duration>& sorted, double q) {
  return Microseconds(sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))])
      .count();
}

// 100,000 batches end in the same millisecond. One thread runs what is due, as the server's does;
// another goes on commanding. How long do the commands take, and how long is a shard held?
void BM_HundredThousandExpireAtOnce(benchmark::State& state) {
  constexpr std::size_t kHolders = 100'000;
  Workload workload(kOneHotPool);
  for (auto _ : state) {
    state.PauseTiming();
    const auto holders = std::span(workload.citizens).first(kHolders);
    const auto others = std::span(workload.citizens).subspan(kHolders);
    for (Citizen& citizen : holders) {
      workload.draw(citizen, workload.out);
    }
    const uint64_t expired = workload.engine.totals().expiries;
    workload.ticks.advance(std::chrono::seconds(91));
    std::vector<Clock::duration> commands;
    commands.reserve(1 << 20);
    std::atomic<bool> over{false};
    std::jthread citizens([&] {
      Outcome out;
      Arrivals arrivals(others, 1);
      while (!over) {
        const Clock::time_point began = Clock::now();
        workload.engine.enter(arrivals.next().who(), out);
        commands.push_back(Clock::now() - began);
      }
    });
    LockMeter meter;
    Changes changes;
    state.ResumeTiming();
    while (workload.engine.advance(changes)) {
      changes.applications.clear();
    }
    state.PauseTiming();
    over = true;
    citizens.join();
    check(workload.engine.totals().expiries - expired == kHolders, "all of them expired");
    std::sort(commands.begin(), commands.end());
    state.counters["ns_each"] = benchmark::Counter(
        kHolders, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.counters["commands"] = static_cast<double>(commands.size());
    state.counters["p99.9_us"] = quantile(commands, 0.999);
    state.counters["longest_us"] = quantile(commands, 1.0);
    state.counters["longest_hold_us"] = Microseconds(meter.depth(0).held_longest).count();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_HundredThousandExpireAtOnce)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
