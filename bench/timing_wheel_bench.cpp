// The timing wheel with ten thousand to a million timers, due within the hour that follows: arming,
// arming again, cancelling, expiring. Nothing may grow with their number but what the cache holds.
// Beside them what no timer can avoid: one access to a random one of so many timers.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "engine/timing_wheel.h"

namespace plated {
namespace {

constexpr int64_t kHourMs = 3'600'000;

struct World {
  explicit World(const benchmark::State& state)
      : timers(static_cast<std::size_t>(state.range(0))) {}

  Tick due() { return now + Millis(static_cast<int64_t>(random() % kHourMs) + 1); }
  Timer& any() { return timers[random() % timers.size()]; }
  void arm_all() {
    for (Timer& timer : timers) {
      wheel.arm(timer, due());
    }
  }

  std::minstd_rand random{1};
  Tick now{};
  TimingWheel wheel{Tick{}};
  std::vector<Timer> timers;
};

void BM_TouchOne(benchmark::State& state) {
  World world(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(world.due());
    world.any().kind ^= 1;
  }
}

// Timers armed one after the other into an empty wheel, each round again.
void BM_Arm(benchmark::State& state) {
  auto world = std::make_unique<World>(state);
  std::size_t next = 0;
  for (auto _ : state) {
    if (next == world->timers.size()) {
      state.PauseTiming();
      world = std::make_unique<World>(state);
      next = 0;
      state.ResumeTiming();
    }
    world->wheel.arm(world->timers[next++], world->due());
  }
}

// What a redraw does: the countdown begins anew.
void BM_RearmLater(benchmark::State& state) {
  World world(state);
  world.arm_all();
  int64_t later = kHourMs;
  for (auto _ : state) {
    world.wheel.arm(world.any(), world.now + Millis(++later));
  }
}

// Half of them for earlier.
void BM_RearmAnywhere(benchmark::State& state) {
  World world(state);
  world.arm_all();
  for (auto _ : state) {
    world.wheel.arm(world.any(), world.due());
  }
}

void BM_Cancel(benchmark::State& state) {
  World world(state);
  std::size_t left = 0;
  const std::size_t step = 7'919;  // a prime: all of them, in an order that no cache foresees
  for (auto _ : state) {
    if (left == 0) {
      state.PauseTiming();
      world.arm_all();
      left = world.timers.size();
      state.ResumeTiming();
    }
    world.wheel.cancel(world.timers[--left * step % world.timers.size()]);
  }
}

// The clock goes on in steps of 10 ms; all that a timer's expiry costs, moving down included.
void BM_Expire(benchmark::State& state) {
  World world(state);
  for (auto _ : state) {
    if (world.wheel.size() == 0) {
      state.PauseTiming();
      world.arm_all();
      state.ResumeTiming();
    }
    Expired expired = world.wheel.expire(world.now);
    while (expired.timer == nullptr) {
      if (!expired.more) {
        world.now += Millis{10};
      }
      expired = world.wheel.expire(world.now);
    }
    benchmark::DoNotOptimize(expired.timer->kind);
  }
}

// All of them at one tick, as after an outage.
void BM_ExpireAtOnce(benchmark::State& state) {
  World world(state);
  for (auto _ : state) {
    if (world.wheel.size() == 0) {
      state.PauseTiming();
      world.now += Millis{kHourMs};
      for (Timer& timer : world.timers) {
        world.wheel.arm(timer, world.now);
      }
      state.ResumeTiming();
    }
    Expired expired = world.wheel.expire(world.now);
    while (expired.timer == nullptr) {
      expired = world.wheel.expire(world.now);
    }
    benchmark::DoNotOptimize(expired.timer->kind);
  }
}

void with_ever_more_timers(benchmark::internal::Benchmark* bench) {
  bench->Arg(10'000)->Arg(100'000)->Arg(1'000'000);
}
BENCHMARK(BM_TouchOne)->Apply(with_ever_more_timers);
BENCHMARK(BM_Arm)->Apply(with_ever_more_timers);
BENCHMARK(BM_RearmLater)->Apply(with_ever_more_timers);
BENCHMARK(BM_RearmAnywhere)->Apply(with_ever_more_timers);
BENCHMARK(BM_Cancel)->Apply(with_ever_more_timers);
BENCHMARK(BM_Expire)->Apply(with_ever_more_timers);
BENCHMARK(BM_ExpireAtOnce)->Apply(with_ever_more_timers);

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
