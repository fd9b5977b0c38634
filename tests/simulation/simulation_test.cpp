// Campaigns of simulated worlds, seed after seed, in parts so that ctest can run them side by side.
// PLATED_LONG=1 plays 200,000 seeds; PLATED_SEED=n plays that one alone and prints all that
// happens.
#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/support/effort.h"

namespace plated {
namespace {

constexpr uint64_t kParts = 8;
constexpr uint64_t kSeeds = kThreadSanitized ? 16 : kSanitized ? 80 : 2'000;
constexpr uint64_t kSeedsLong = 200'000;
constexpr uint64_t kSeedsPerLine = 1'000;  // of what is printed

volatile uint64_t seed_now = 0;

// A broken invariant ends the process: say with which seed.
void tell_seed(int) {
  const std::string line = fmt::format("the simulation played seed {}\n", uint64_t{seed_now});
  [[maybe_unused]] const auto written = write(STDERR_FILENO, line.data(), line.size());
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

std::string text_of(const SimulationCounts& counts, double seconds) {
  const double simulated = static_cast<double>(counts.simulated.count()) / 1000;
  const double beaten = static_cast<double>(counts.beaten.count()) / 1000;
  return fmt::format(
      "{} steps, {} requests of owners, {} of operators, {} answers acknowledged, {} records "
      "of {} kinds,\n"
      "{} power cuts, {} kills, {} states let go, {} recoveries and {} that were cut, {} torn "
      "tails, {} disk faults, "
      "{} log failures, {} checkpoints,\n"
      "{:.0f} days simulated in {:.1f} s: {:.0f} times real time; {:.1f} hours of it beat by beat: "
      "{:.0f} times",
      counts.steps, counts.requests, counts.operator_requests, counts.acknowledged, counts.records,
      counts.kinds.size() -
          static_cast<std::size_t>(std::count(counts.kinds.begin(), counts.kinds.end(), 0U)),
      counts.power_cuts, counts.kills, counts.let_go, counts.recoveries, counts.recoveries_cut,
      counts.torn_tails, counts.disk_faults, counts.log_failures, counts.checkpoints,
      simulated / 86'400, seconds, simulated / seconds, beaten / 3'600, beaten / seconds);
}

// Plays the seeds from `first` on and prints what they came to.
void play_all(uint64_t first, uint64_t count, bool trace) {
  SimulationCounts total;
  const auto begin = std::chrono::steady_clock::now();
  for (uint64_t seed = first; seed < first + count; ++seed) {
    seed_now = seed;
    Simulation simulation(seed, trace);
    EXPECT_EQ(simulation.run(), "") << "again, with a trace: PLATED_SEED=" << seed;
    total.add(simulation.counts());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("seeds %lu to %lu: %s\n", first, first + count - 1,
              text_of(total, took.count()).c_str());
  std::fflush(stdout);
}

class SimulatedSeeds : public testing::TestWithParam<uint64_t> {
 protected:
  SimulatedSeeds() {
    std::signal(SIGABRT, tell_seed);
    // Files of a megabyte come and go with every crash: their memory stays with the process.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
  }
};

TEST_P(SimulatedSeeds, KeepEveryPromise) {
  if (const char* const one = std::getenv("PLATED_SEED")) {
    if (GetParam() == 0) {
      play_all(std::strtoull(one, nullptr, 10), 1, true);
    }
    return;
  }
  const uint64_t each = (long_form() ? kSeedsLong : kSeeds) / kParts;
  for (uint64_t done = 0; done < each; done += kSeedsPerLine) {
    play_all(1 + GetParam() * each + done, std::min(kSeedsPerLine, each - done), false);
  }
}

INSTANTIATE_TEST_SUITE_P(Part, SimulatedSeeds, testing::Range(uint64_t{0}, kParts));

TEST(Simulation, SeedsThatOnceFailedHold) {
  for (const uint64_t seed : {8UL, 75'762UL, 76'450UL}) {
    play_all(seed, 1, false);
  }
}

TEST(Simulation, TheSameSeedIsTheSameStory) {
  constexpr uint64_t kFirst = 1'000'001;
  for (uint64_t seed = kFirst; seed < kFirst + (kThreadSanitized ? 1 : 5); ++seed) {
    Simulation once(seed);
    EXPECT_EQ(once.run(), "");
    Simulation again(seed);
    EXPECT_EQ(again.run(), "");
    EXPECT_EQ(once.trace_hash(), again.trace_hash()) << seed;
    EXPECT_EQ(once.digest(), again.digest()) << seed;
  }
}

}  // namespace
}  // namespace plated
