// The timing wheel with a million timers: arming again, cancelling, expiring.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "engine/timing_wheel.h"

namespace plated {
namespace {

constexpr uint32_t kTimers = 1'000'000;
constexpr int64_t kHourMs = 3'600'000;

struct Armed {
  Armed() : timers(kTimers) {
    for (Timer& timer : timers) {
      wheel.arm(timer, due());
    }
  }
  Tick due() { return now + Millis(static_cast<int64_t>(random() % kHourMs) + 1); }

  std::minstd_rand random{1};
  Tick now{};
  TimingWheel wheel{Tick{}};
  std::vector<Timer> timers;
};

void BM_Rearm(benchmark::State& state) {
  Armed armed;
  for (auto _ : state) {
    armed.wheel.arm(armed.timers[armed.random() % kTimers], armed.due());
  }
}
BENCHMARK(BM_Rearm);

void BM_CancelAndArm(benchmark::State& state) {
  Armed armed;
  for (auto _ : state) {
    Timer& timer = armed.timers[armed.random() % kTimers];
    armed.wheel.cancel(timer);
    armed.wheel.arm(timer, armed.due());
  }
}
BENCHMARK(BM_CancelAndArm);

// Each expired timer is armed again within the next hour, so that a million always stand.
void BM_Expire(benchmark::State& state) {
  Armed armed;
  for (auto _ : state) {
    Expired expired = armed.wheel.expire(armed.now);
    while (expired.timer == nullptr) {
      if (!expired.more) {
        armed.now += Millis{10};
      }
      expired = armed.wheel.expire(armed.now);
    }
    armed.wheel.arm(*expired.timer, armed.due());
  }
}
BENCHMARK(BM_Expire);

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
