// The engine alone: what a draw costs beside the memory work and the cryptography that it is made
// of, and the canonical workload on one thread and on two.
#include <benchmark/benchmark.h>
#include <sodium.h>

#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "bench/workload.h"
#include "engine/draw_stream.h"

namespace plated {
namespace {

constexpr uint64_t kApplications = 200'000;
constexpr uint64_t kHolders = 160'000;  // of a batch at a time, so that 2,000,000 plates are enough
constexpr int64_t kPlates = 2'000'000;
constexpr int64_t kManyPlates = 100'300'000;  // 59 offices
constexpr int kCommands = 400'000;            // of the canonical workload, in all

// Ten random places of a dense array, and the array's end.
class FreePlates {
 public:
  explicit FreePlates(int64_t plates) : plates_(static_cast<std::size_t>(plates)) {
    for (uint32_t n = 0; n < plates_.size(); ++n) {
      plates_[n] = n;
    }
  }
  [[nodiscard]] uint32_t random_place() {
    return static_cast<uint32_t>((random_() & 0xffffffff) * plates_.size() >> 32);
  }
  // Takes the plate at the place out; the last one, which takes that place, is `moved`.
  uint32_t remove(uint32_t place, uint32_t& moved) {
    const uint32_t plate = plates_[place];
    moved = plates_[place] = plates_.back();
    plates_.pop_back();
    return plate;
  }
  // Gives the place.
  uint32_t put(uint32_t plate) {
    plates_.push_back(plate);
    return static_cast<uint32_t>(plates_.size() - 1);
  }

 private:
  std::vector<uint32_t> plates_;
  std::mt19937_64 random_{1};
};

// The floor without records: ten random swap-removes, and the return of the ten.
void BM_FloorOfArrays(benchmark::State& state) {
  FreePlates free(state.range(0));
  std::array<uint32_t, 10> taken{};
  uint32_t moved = 0;
  for (auto _ : state) {
    for (uint32_t& plate : taken) {
      plate = free.remove(free.random_place(), moved);
    }
    for (const uint32_t plate : taken) {
      free.put(plate);
    }
  }
  benchmark::DoNotOptimize(moved);
}
BENCHMARK(BM_FloorOfArrays)->Arg(kPlates)->Arg(kManyPlates);

// The same with a record of 16 bytes for each plate, kept right: where it stands, who holds it and
// until when.
void BM_FloorWithRecords(benchmark::State& state) {
  struct Record {
    uint32_t place = 0;
    uint32_t holder = 0;
    uint64_t deadline = 0;
  };
  static_assert(sizeof(Record) == 16);
  FreePlates free(state.range(0));
  std::vector<Record> records(static_cast<std::size_t>(state.range(0)));
  for (uint32_t n = 0; n < records.size(); ++n) {
    records[n].place = n;
  }
  std::array<uint32_t, 10> taken{};
  uint32_t holder = 0;
  for (auto _ : state) {
    ++holder;
    for (uint32_t& plate : taken) {
      const uint32_t place = free.random_place();
      uint32_t moved = 0;
      plate = free.remove(place, moved);
      records[moved].place = place;
      records[plate] = {kNoPlate.value, holder, holder + uint64_t{90'000}};
    }
    for (const uint32_t plate : taken) {
      records[plate] = {free.put(plate), 0, 0};
    }
  }
}
BENCHMARK(BM_FloorWithRecords)->Arg(kPlates)->Arg(kManyPlates);

// The other floor: the committed randomness of one draw.
void BM_FloorOfStream(benchmark::State& state) {
  check(sodium_init() >= 0, "libsodium starts, and with it its fastest code");
  const DrawSecret secret{1};
  uint32_t draw = 0;
  for (auto _ : state) {
    DrawStream stream(secret, "r-123456", "RHRSL000000123456", 1, ++draw, 10);
    for (int i = 0; i < 10; ++i) {
      benchmark::DoNotOptimize(stream.below(1'700'000));
    }
  }
}
BENCHMARK(BM_FloorOfStream);

// Made once for each size, since that takes longer than what is measured.
Workload& world(int64_t plates) {
  static std::map<int64_t, std::unique_ptr<Workload>> worlds;
  auto& made = worlds[plates];
  if (!made) {
    const uint32_t offices = plates == kManyPlates ? 59 : 2;
    made = std::make_unique<Workload>(
        WorkloadSize{offices, static_cast<uint32_t>(plates / offices), kApplications});
  }
  return *made;
}

// A redraw: ten plates taken, the last batch's ten released, through the whole of Engine::draw. The
// first draws, which release nothing, are over before.
void BM_Draw(benchmark::State& state) {
  Workload& workload = world(state.range(0));
  const std::span<Citizen> holders = std::span(workload.citizens).first(kHolders);
  for (Citizen& citizen : holders) {
    if (citizen.draw == 0) {
      workload.draw(citizen, workload.out);
    }
  }
  Arrivals arrivals(holders, 2);
  for (auto _ : state) {
    workload.draw(arrivals.next(), workload.out);
    if (workload.out.refusal != Refusal::none) {
      state.SkipWithError("a draw was refused");
      break;
    }
  }
}
BENCHMARK(BM_Draw)->Arg(kPlates)->Arg(kManyPlates);

// A retry, which changes nothing: the cost of finding, settling, showing.
void BM_RetriedDraw(benchmark::State& state) {
  Workload& workload = world(kPlates);
  const Citizen& citizen = workload.citizens.front();
  workload.draw(workload.citizens.front(), workload.out);
  for (auto _ : state) {
    workload.engine.draw({citizen.who(), citizen.draw, false}, workload.out);
  }
}
BENCHMARK(BM_RetriedDraw);

// The canonical workload: at each step somebody who has no plate yet comes; of 100 commands 60
// draw, 25 shortlist, 10 confirm, 5 enter again. All commands together come 4,000 a second of the
// clock, so that everybody comes every 50 s, and every sixth batch has expired by then. Some
// shortlist or confirm what they do not have: they are refused, as they would be.
class CanonicalDay {
 public:
  explicit CanonicalDay(const WorkloadSize& size) : workload(size) {}

  void step(Arrivals& arrivals, int threads, bool keeps_time, Outcome& out) {
    Citizen* citizen = &arrivals.next();
    while (citizen->done) {
      citizen = &arrivals.next();
    }
    const uint32_t dice = arrivals.dice(100);
    if (dice < 60) {
      workload.draw(*citizen, out);
    } else if (dice < 85) {
      workload.engine.shortlist({citizen->who(), citizen->choice}, out);
    } else if (dice < 95) {
      workload.engine.confirm({citizen->who(), citizen->choice}, out);
      citizen->done = out.refusal == Refusal::none;
    } else {
      workload.engine.enter(citizen->who(), out);
    }
    if (keeps_time) {
      workload.ticks.advance(kBetweenCommands * threads);
      if (++steps_ % kStepsPerRound == 0) {
        while (workload.engine.advance(changes_)) {
        }
        changes_ = {};
      }
    }
  }

  Workload workload;

 private:
  static constexpr std::chrono::microseconds kBetweenCommands{250};
  static constexpr int kStepsPerRound = 40;  // 10 ms, as the server's own clockwork
  Changes changes_;
  int steps_ = 0;
};

// `range(0)` offices share the plates: with one, all threads meet at one pool.
void BM_CanonicalWorkload(benchmark::State& state) {
  static std::unique_ptr<CanonicalDay> day;
  const int threads = state.threads();
  if (state.thread_index() == 0) {
    const auto offices = static_cast<uint32_t>(state.range(0));
    const auto plates = std::min<uint32_t>(static_cast<uint32_t>(kPlates) / offices, 1'700'000);
    day = std::make_unique<CanonicalDay>(WorkloadSize{offices, plates, kApplications, 64});
    Arrivals morning(day->workload.citizens, 1);
    for (int i = 0; i < kCommands; ++i) {
      day->step(morning, 1, true, day->workload.out);
    }
  }
  std::unique_ptr<Arrivals> arrivals;
  Outcome out;
  uint64_t refused = 0;
  for (auto _ : state) {
    if (!arrivals) {
      // Each thread has citizens of its own, as each has its own sessions.
      const std::size_t each = day->workload.citizens.size() / static_cast<std::size_t>(threads);
      const auto thread = static_cast<std::size_t>(state.thread_index());
      arrivals = std::make_unique<Arrivals>(
          std::span(day->workload.citizens).subspan(thread * each, each), thread);
    }
    day->step(*arrivals, threads, state.thread_index() == 0, out);
    refused += out.refusal != Refusal::none ? 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["refused"] =
      benchmark::Counter(static_cast<double>(refused) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
  if (state.thread_index() == 0) {
    const Totals totals = day->workload.engine.totals();
    state.counters["expired"] = static_cast<double>(totals.expiries) / kCommands;
    day.reset();
  }
}
BENCHMARK(BM_CanonicalWorkload)
    ->ArgName("offices")
    ->Arg(2)
    ->Arg(1)
    ->Iterations(kCommands)
    ->UseRealTime();
BENCHMARK(BM_CanonicalWorkload)
    ->ArgName("offices")
    ->Arg(2)
    ->Arg(1)
    ->Iterations(kCommands / 2)
    ->Threads(2)
    ->UseRealTime();

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
