// Campaigns of simulated worlds, one seed after the other, in ranges so that ctest can run them
// side by side. PLATED_SEED=n plays one seed with a trace, PLATED_LONG=1 plays 200,000.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace plated {
namespace {

TEST(Simulation, OneSeed) {
  SimulationCounts total;
  const auto begin = std::chrono::steady_clock::now();
  const char* n = std::getenv("N");
  const char* from = std::getenv("FROM");
  const uint64_t first = from ? std::strtoull(from, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + (n ? std::strtoull(n, nullptr, 10) : 1); ++seed) {
    if (std::getenv("SHOW")) fprintf(stderr, "seed %lu\n", seed);
    Simulation simulation(seed, std::getenv("TRACE") != nullptr);
    const std::string wrong = simulation.run();
    EXPECT_EQ(wrong, "");
    total.add(simulation.counts());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "%lu seeds, %lu steps, %lu requests, %lu op, %lu acked, %lu records, %lu cuts, %lu kills, "
      "%lu "
      "recov, %lu recov cut, %lu faults, %lu log failures, %lu checkpoints, %lu torn, %.1f sim "
      "days, "
      "%.3f s, ratio %.0f\n",
      total.seeds, total.steps, total.requests, total.operator_requests, total.acknowledged,
      total.records, total.power_cuts, total.kills, total.recoveries, total.recoveries_cut,
      total.disk_faults, total.log_failures, total.checkpoints, total.torn_tails,
      static_cast<double>(total.simulated.count()) / 86400e3, took.count(),
      static_cast<double>(total.simulated.count()) / 1000 / took.count());
}

}  // namespace
}  // namespace plated
