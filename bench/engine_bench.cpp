// The engine alone: what a draw and its redraws cost, beside the memory work that nothing can
// avoid.
#include <benchmark/benchmark.h>

#include <random>

#include "bench/workload.h"
#include "engine/free_set.h"

namespace plated {
namespace {

constexpr uint64_t kApplications = 20'000;
constexpr uint32_t kFloorPlates = 2'000'000;

// Ten random swap-removes from a dense array and the return of ten: the floor without any record.
void BM_TenTakenAndTenReturned(benchmark::State& state) {
  FreeSet free;
  free.reserve(0, kFloorPlates);
  for (uint32_t n = 0; n < kFloorPlates; ++n) {
    free.put(PlateNumber{n}, false);
  }
  std::minstd_rand random(1);
  std::array<PlateNumber, 10> taken;
  for (auto _ : state) {
    for (PlateNumber& plate : taken) {
      plate = free.remove(static_cast<uint32_t>(random()) % free.size());
    }
    for (const PlateNumber plate : taken) {
      free.put(plate, false);
    }
  }
}
BENCHMARK(BM_TenTakenAndTenReturned);

// A redraw: ten plates taken, the last batch's ten released, through the whole of Engine::draw.
void BM_Redraw(benchmark::State& state) {
  static Workload workload(kApplications);
  static std::vector<uint32_t> draws(kApplications);
  std::minstd_rand random(2);
  for (auto _ : state) {
    const uint64_t n = random() % kApplications;
    workload.engine.draw({workload.who(n), ++draws[n], false}, workload.out);
    if (workload.out.refusal != Refusal::none) {
      state.SkipWithError("a draw was refused");
      break;
    }
  }
}
BENCHMARK(BM_Redraw);

// A retry, which changes nothing: the cost of finding, settling, showing.
void BM_RetriedDraw(benchmark::State& state) {
  static Workload workload(1);
  workload.engine.draw({workload.who(0), 1, false}, workload.out);
  for (auto _ : state) {
    workload.engine.draw({workload.who(0), 1, false}, workload.out);
  }
}
BENCHMARK(BM_RetriedDraw);

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
