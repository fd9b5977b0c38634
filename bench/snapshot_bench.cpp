// A snapshot of a city's or of a whole country's plates, written and loaded, on the disk of the
// temporary directory (TMPDIR). Loading reads and checks the file, builds the state, and compares
// its digest. The first argument is the plates, the second the applications, each with a batch of
// ten; they come from fixed seeds. What is larger than a city runs when PLATED_BENCH_COUNTRY is
// set: a hundred million plates take 3 GiB of memory and a minute.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "bench/log_on_disk.h"
#include "bench/replaying.h"
#include "bench/workload.h"
#include "persistence/snapshot.h"

namespace plated {
namespace {

constexpr uint64_t kOwnersPerOffice = 150'000;

// Offices with all four pools each, until there are plates enough.
class Country {
 public:
  Country(uint64_t plates, uint64_t applications)
      : engine(EngineOptions{16, EntropySeed{1}}, sink_, ticks_) {
    // By a record, as a recovery would: a snapshot holds at least one.
    engine.apply(Record{Sequence{1}, ticks_.now(), Founded{true}});
    for (uint8_t province = 0; plates > 0; ++province) {
      make_office({province, 'A'}, plates);
    }
    for (uint64_t n = 0; n < applications; ++n) {
      draw(n);
    }
  }

 private:
  void make_office(OfficeCode office, uint64_t& plates) {
    Changes changes;
    Workload::require(engine.put_office({.office = office}, kNobody, changes));
    Workload::require(engine.set_open(office, true, {}, kNobody, changes));
    for (const PlateClass plate_class : {PlateClass::small, PlateClass::large}) {
      for (const Power power : {Power::electric, Power::hybrid}) {
        const auto count =
            static_cast<uint32_t>(std::min<uint64_t>(plates, plates_of(plate_class)));
        if (count > 0) {
          make_pool({office, plate_class, power}, count);
        }
        plates -= count;
      }
    }
  }

  void make_pool(const PoolKey& pool, uint32_t plates) {
    Workload::require(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}));
    LoadSegment segment;
    segment.plates = {pool, PlateNumber{0}, PlateNumber{plates - 1}};
    Workload::require(engine.load(segment, kNobody).verdict);
  }

  void draw(uint64_t n) {
    const std::string digits = std::to_string(n);
    const std::string owner = "r-" + digits;
    const std::string vehicle = "RHRSL" + std::string(12 - digits.size(), '0') + digits;
    const auto province = static_cast<uint8_t>(n / kOwnersPerOffice);
    Workload::require(engine.make_rehearsal_owner(n, {province, 'A'}));
    const Who who{owner, vehicle};
    engine.submit({who, {}, CodeVerdict::right}, out_);
    engine.verify({who, CodeVerdict::right}, out_);
    engine.draw({who, 1, false}, out_);
    check(out_.refusal == Refusal::none, "an owner draws");
  }

  CountingSink sink_;
  BenchTicks ticks_;
  Outcome out_;

 public:
  Engine engine;
};

std::unique_ptr<Country> country(const benchmark::State& state) {
  return std::make_unique<Country>(static_cast<uint64_t>(state.range(0)),
                                   static_cast<uint64_t>(state.range(1)));
}

void BM_SnapshotWrite(benchmark::State& state) {
  const auto from = country(state);
  const Directory directory;
  for (auto _ : state) {
    check(write_snapshot(posix_file_system(), directory.path, from->engine).ok(),
          "a snapshot can be written");
  }
}

void BM_SnapshotRead(benchmark::State& state) {
  auto from = country(state);
  const Directory directory;
  check(write_snapshot(posix_file_system(), directory.path, from->engine).ok(),
        "a snapshot can be written");
  from.reset();
  const auto names = list_snapshots(posix_file_system(), directory.path);
  check(names.ok() && names.value.size() == 1, "there it is");
  for (auto _ : state) {
    auto engine = replay_engine();
    check(read_snapshot(posix_file_system(), names.value.front(), *engine).ok(), "it can be read");
    state.PauseTiming();
    engine.reset();
    state.ResumeTiming();
  }
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
  benchmark->Args({2'000'000, 0})->Args({2'000'000, 20'000})->Args({2'000'000, 150'000});
  if (std::getenv("PLATED_BENCH_COUNTRY") != nullptr) {
    benchmark->Args({100'000'000, 0})->Args({100'000'000, 1'000'000});
  }
}
BENCHMARK(BM_SnapshotWrite)->Apply(sizes);
BENCHMARK(BM_SnapshotRead)->Apply(sizes);

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
