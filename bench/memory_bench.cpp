// What the engine keeps in memory, as the kernel counts it (resident pages): of a plate, and of an
// application by how far it has come. Each world is made in a process of its own, so that none
// finds the memory that another one gave back. Times are those of making the worlds.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bench/workload.h"
#include "engine/standings.h"

namespace plated {
namespace {

double resident_bytes() {
  std::ifstream pages("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  pages >> all >> resident;
  check(resident > 0, "the kernel says how much memory is resident");
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

// What `measure` gives in a child process.
template <class Measure>
double in_a_child(Measure&& measure) {
  std::array<int, 2> ends{};
  check(::pipe(ends.data()) == 0, "a pipe can be made");
  const pid_t child = ::fork();
  check(child >= 0, "a process can be made");
  double result = 0;
  if (child == 0) {
    result = measure();
    const bool told = ::write(ends[1], &result, sizeof(result)) == sizeof(result);
    ::_exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  const bool read = ::read(ends[0], &result, sizeof(result)) == sizeof(result);
  ::close(ends[0]);
  int status = 0;
  check(::waitpid(child, &status, 0) == child && status == 0 && read, "the child has measured");
  return result;
}

// Of a world of that size, in a process of its own.
double resident_bytes_of(const WorkloadSize& size) {
  return in_a_child([&] {
    const double before = resident_bytes();
    const Workload workload(size);
    return resident_bytes() - before;
  });
}

void BM_MemoryOfAPlate(benchmark::State& state) {
  const auto offices = static_cast<uint32_t>(state.range(0));
  const WorkloadSize size{.offices = offices, .plates_of_each = 1'700'000, .applications = 0};
  const WorkloadSize hardly_any{.offices = offices, .plates_of_each = 100, .applications = 0};
  double bytes = 0;
  for (auto _ : state) {
    bytes = resident_bytes_of(size) - resident_bytes_of(hardly_any);
  }
  state.counters["plates"] = static_cast<double>(size.plates());
  state.counters["bytes_each"] = bytes / static_cast<double>(size.plates());
}
// Of those who wait: the queue, where each owner stands, and when they were heard of.
void BM_MemoryOfAPlace(benchmark::State& state) {
  constexpr uint32_t kPlaces = 1'000'000;
  double bytes = 0;
  for (auto _ : state) {
    bytes = in_a_child([] {
      const double before = resident_bytes();
      const OfficeCode office{18, 'B'};
      WaitingRooms rooms;
      rooms[office] = std::make_unique<RoomOfOffice>();
      Standings standings(rooms);
      WaitingRoom& room = rooms[office]->room.already_held();
      for (uint32_t i = 0; i < kPlaces; ++i) {
        standings.take_place(i, office, Stage::queue, room.join_queue({i, 0}));
      }
      return resident_bytes() - before;
    });
  }
  state.counters["places"] = kPlaces;
  state.counters["bytes_each"] = bytes / kPlaces;
}
BENCHMARK(BM_MemoryOfAPlace)->Iterations(1)->Unit(benchmark::kMillisecond);

BENCHMARK(BM_MemoryOfAPlate)
    ->ArgName("offices")
    ->Arg(1)
    ->Arg(59)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

// With `range(0)` draws each, after which the first plate is shortlisted; owner, vehicle, indexes
// and timer are counted in.
void BM_MemoryOfAnApplication(benchmark::State& state) {
  constexpr WorkloadSize kEmpty{.applications = 0};
  constexpr WorkloadSize kFull{.applications = 100'000};
  double bytes = 0;
  for (auto _ : state) {
    const double plates = resident_bytes_of(kEmpty);
    bytes = in_a_child([&] {
      const double before = resident_bytes();
      Workload workload(kFull);
      for (int64_t draw = 0; draw < state.range(0); ++draw) {
        for (Citizen& citizen : workload.citizens) {
          workload.draw(citizen, workload.out);
          check(workload.out.refusal == Refusal::none, "there are plates for everybody");
          workload.engine.shortlist({citizen.who(), citizen.choice}, workload.out);
          check(workload.out.refusal == Refusal::none, "a plate of the batch is shortlisted");
        }
      }
      return resident_bytes() - before - plates -
             static_cast<double>(sizeof(Citizen) * workload.citizens.size());
    });
  }
  state.counters["applications"] = static_cast<double>(kFull.applications);
  state.counters["bytes_each"] = bytes / static_cast<double>(kFull.applications);
}
BENCHMARK(BM_MemoryOfAnApplication)
    ->ArgName("draws")
    ->Arg(0)
    ->Arg(1)
    ->Arg(3)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
