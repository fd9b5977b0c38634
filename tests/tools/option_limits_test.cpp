// What may be configured is what the rooms that do it can do; no room alone knows both.
#include <gtest/gtest.h>

#include "persistence/log_file.h"
#include "tools/plated/options.h"

namespace plated {
namespace {

TEST(LogFileSize, TheGreatestThatCanBeConfiguredCanBeRead) {
  const char* words[] = {"plated", nullptr};
  const auto status_of = [&](uint64_t size) {
    const std::string variable = "PLATED_LOG_FILE_SIZE_MAX=" + std::to_string(size);
    const char* environment[] = {variable.c_str(), nullptr};
    const auto parsed = parse_options(1, words, environment);
    const auto* exit = std::get_if<Exit>(&parsed);
    return exit == nullptr ? 0 : exit->status;
  };
  EXPECT_EQ(status_of(kLogFileSizeMax), 0);
  EXPECT_EQ(status_of(kLogFileSizeMax + 1), kExitConfiguration);
  EXPECT_EQ(status_of(kLogFileSizeMin), 0);
  EXPECT_EQ(status_of(kLogFileSizeMin - 1), kExitConfiguration);
}

}  // namespace
}  // namespace plated
