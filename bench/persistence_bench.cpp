// The log and the snapshots on the disk of the temporary directory (TMPDIR), each beside the bare
// work that nothing can avoid: what an append costs under its lock, what group commit adds to
// writing and syncing the same bytes, and how fast a log is replayed.
#include <benchmark/benchmark.h>
#include <time.h>

#include "bench/log_on_disk.h"
#include "bench/replaying.h"
#include "bench/workload.h"
#include "persistence/recovery.h"

namespace plated {
namespace {

constexpr uint64_t kOwners = 100'000;
constexpr uint32_t kDrawsEach = 6;

// A draw as the hot path records it: ten plates taken, nine released.
struct SampleDraw {
  SampleDraw() {
    for (uint32_t i = 0; i < picks.size(); ++i) {
      picks[i] = {i, PlateNumber{i}};
    }
    event = Drawn{{"r-123456", "RHRSL000000123456", 1},
                  pool,
                  Day{},
                  2,
                  false,
                  picks,
                  {},
                  released,
                  OfficeTick{},
                  kNever,
                  OfficeTick{}};
  }
  std::array<Pick, 10> picks{};
  std::array<PlateNumber, 9> released{};
  PoolKey pool{*parse_office("粤B").office, PlateClass::small, Power::electric};
  Event event;
};

void append(GroupCommit& commit, const Event& event) {
  check(commit.reserve(EventSink::For::command), "there is room for a record");
  (void)commit.append({Tick(Millis(1)), CivilTime(Millis(2))}, {&event, 1});
  commit.release(EventSink::For::command);
}

// Reserve, append under the lock, release; what is gathered is written outside of the time.
void BM_Append(benchmark::State& state) {
  constexpr int kAppends = 4096;
  const Directory directory;
  Log log(directory.path);
  const SampleDraw draw;
  for (auto _ : state) {
    for (int i = 0; i < kAppends; ++i) {
      append(log.commit, draw.event);
    }
    state.PauseTiming();
    log.write();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * kAppends);
}
BENCHMARK(BM_Append);

// `range` draws appended, written at once, synced once.
void BM_GroupCommit(benchmark::State& state) {
  const Directory directory;
  Log log(directory.path);
  const SampleDraw draw;
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) {
      append(log.commit, draw.event);
    }
    log.write_and_sync();
    if (log.wants_refill()) {
      state.PauseTiming();
      log.refill();
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_GroupCommit)->RangeMultiplier(8)->Range(1, 32768)->UseRealTime();

// The same bytes, and a sync: the floor. Its files are those of the log, made in the same way, in
// the same page cache, and as often new ones; both have them made outside of the time.
void BM_BareWriteAndSync(benchmark::State& state) {
  const Directory directory;
  const SampleDraw draw;
  const Bytes bytes(kBatchHeaderSize +
                    static_cast<std::size_t>(state.range(0)) * encoded_size(draw.event));
  SpareFiles spares(posix_file_system(), directory.path, kBenchLogFileSize, kBenchLogSpares);
  SpareFile spare;
  uint64_t at = kBenchLogFileSize;
  for (auto _ : state) {
    if (at + bytes.size() > kBenchLogFileSize) {
      state.PauseTiming();
      check(spares.fill().ok(), "files can be made");
      spare = std::move(spares.take().value);
      at = 0;
      state.ResumeTiming();
    }
    check(spare.file->write(at, bytes).ok() && spare.file->sync().ok(), "it can be written");
    at += bytes.size();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_BareWriteAndSync)->RangeMultiplier(8)->Range(1, 32768)->UseRealTime();

// A log of a release day, made once: everybody draws again and again.
struct ReleaseDay {
  ReleaseDay() : log(directory.path), workload({.applications = kOwners}, log.commit) {
    for (uint32_t draw = 1; draw <= kDrawsEach; ++draw) {
      for (uint64_t n = 0; n < kOwners; ++n) {
        workload.draw(workload.citizens[n], workload.out);
        if (n % 1024 == 0) {
          log.write();
        }
      }
    }
    log.write();
  }
  Directory directory;
  Log log;
  Workload workload;
};

ReleaseDay& release_day() {
  static ReleaseDay day;
  return day;
}

// The processor time of all threads of the process, in seconds.
double processor_time() {
  timespec used{};
  check(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) == 0, "the processor's time can be read");
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// Sums up what a replay costs: by the clock, and by all that its threads used.
class ReplayCost {
 public:
  explicit ReplayCost(benchmark::State& state) : state_(state) {}
  ~ReplayCost() {
    state_.SetItemsProcessed(static_cast<int64_t>(records_));
    state_.counters["a_core"] = static_cast<double>(records_) / used_;
  }
  ReplayCost(const ReplayCost&) = delete;
  ReplayCost& operator=(const ReplayCost&) = delete;

  void begin() { begun_ = processor_time(); }
  void end(uint64_t records) {
    used_ += processor_time() - begun_;
    records_ += records;
  }

 private:
  benchmark::State& state_;
  double begun_ = 0;
  double used_ = 0;
  uint64_t records_ = 0;
};

// Read, checked, decoded; nothing is done with the records.
void BM_Read(benchmark::State& state) {
  const ReleaseDay& day = release_day();
  ReplayCost cost(state);
  for (auto _ : state) {
    cost.begin();
    const auto visit = [](std::span<const Record>) { return Status(); };
    const auto read = replay_log_runs(posix_file_system(), day.directory.path, {}, visit);
    check(read.ok(), "the log can be read");
    cost.end(read.value.records);
  }
}
BENCHMARK(BM_Read)->Unit(benchmark::kMillisecond)->UseRealTime();

// The whole way of a start without a snapshot. `a_core`: records a second of processor time.
void BM_Recover(benchmark::State& state) {
  const ReleaseDay& day = release_day();
  ReplayCost cost(state);
  for (auto _ : state) {
    cost.begin();
    auto loaded =
        load_state(posix_file_system(), day.directory.path, LogRange::kToTheEnd, replay_engine);
    check(loaded.ok(), "the log can be replayed");
    cost.end(loaded.value.report.log.records);
    state.PauseTiming();
    loaded.value.engine.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Recover)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace plated

BENCHMARK_MAIN();
