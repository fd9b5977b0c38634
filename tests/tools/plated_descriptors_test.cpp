// How many connections fit into the files that a process may have open.
#include <gtest/gtest.h>

#include "tools/plated/descriptors.h"

namespace plated {
namespace {

Options options_of(uint64_t connections_max) {
  Options options;
  options.threads = 2;
  options.connections_max = connections_max;
  return options;
}

TEST(Descriptors, TheCrowdNeverTakesWhatTheLogAndTheOperatorsNeed) {
  for (const std::size_t descriptors : {64U, 128U, 256U, 1024U, 20'000U, 1'000'000U}) {
    const ConnectionLimits limits = limits_of(options_of(10'000'000), descriptors);
    EXPECT_LT(limits.connections_max, descriptors);
    EXPECT_GE(descriptors - limits.connections_max, std::min<std::size_t>(descriptors / 2, 96));
    EXPECT_GT(limits.plain_reserve, 0U) << "somebody may ask how the service is";
    EXPECT_LT(limits.plain_reserve, limits.connections_max);
  }
}

TEST(Descriptors, WhereTheyAreEnoughTheConfigurationHolds) {
  const ConnectionLimits limits = limits_of(options_of(1'000), 20'000);
  EXPECT_EQ(limits.connections_max, 1'000U);
  EXPECT_EQ(limits_of(options_of(1), 20'000).connections_max, 1U);
  EXPECT_EQ(limits_of(options_of(1), 20'000).plain_reserve, 0U);
}

}  // namespace
}  // namespace plated
