// What `doctor` finds out about the machine.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/memory_file_system.h"
#include "tools/plated/examination.h"

namespace plated {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;
constexpr Millis kHour = std::chrono::hours(1);

Finding found(const Examined& what, const std::string& check) {
  MemoryFileSystem files;
  EXPECT_TRUE(files.make_directory("data").ok());
  const std::vector<Finding> all = examine(files, what);
  const auto one =
      std::find_if(all.begin(), all.end(), [&](const Finding& f) { return f.check == check; });
  EXPECT_NE(one, all.end()) << check;
  return one == all.end() ? Finding{} : *one;
}

Examined sound() {
  Examined what;
  what.directory = "data";
  what.descriptors = 20'000;
  what.connections_max = 10'000;
  what.connections_fit = 19'000;
  what.tickets = "HS256";
  what.disk_free = 100 * kGiB;
  what.log_bytes = kGiB;
  what.uptime = kHour;
  return what;
}

TEST(Examination, EachCheckOfTheProtocolIsMadeAndWhatIsWellNeedsNoRemedy) {
  for (const char* const check : {"descriptors", "clock", "fsync", "disk", "huge_pages",
                                  "allocator", "certificate", "tickets", "standbys"}) {
    const Finding one = found(sound(), check);
    EXPECT_NE(one.found, "") << check;
    EXPECT_EQ(one.level == FindingLevel::ok, one.remedy.empty()) << check;
  }
}

TEST(Examination, HoursAreLeftAtTheRateSinceTheStart) {
  EXPECT_DOUBLE_EQ(hours_left(100 * kGiB, kGiB, kHour).value(), 100);
  EXPECT_FALSE(hours_left(100 * kGiB, 0, kHour)) << "nothing was written";
  EXPECT_FALSE(hours_left(100 * kGiB, 1, kHour)) << "more than a year";
  EXPECT_EQ(found(sound(), "disk").level, FindingLevel::ok);
  Examined fast = sound();
  fast.log_bytes = 4 * kGiB;
  EXPECT_EQ(found(fast, "disk").level, FindingLevel::warning);
  EXPECT_NE(found(fast, "disk").found.find("for 25 hours"), std::string::npos)
      << found(fast, "disk").found;
  fast.log_bytes = 50 * kGiB;
  EXPECT_EQ(found(fast, "disk").level, FindingLevel::error);
  Examined full = sound();
  full.file_room = false;
  full.room_problem = "data/spare-3: no space left";
  EXPECT_EQ(found(full, "disk").level, FindingLevel::error);
  EXPECT_NE(found(full, "disk").found.find("data/spare-3"), std::string::npos);
}

TEST(Examination, ACertificateRunsOut) {
  Examined what = sound();
  const auto level = [&](int days) {
    what.certificate_ends = what.now + std::chrono::days(days);
    return found(what, "certificate").level;
  };
  EXPECT_EQ(level(31), FindingLevel::ok);
  EXPECT_EQ(level(29), FindingLevel::warning);
  EXPECT_EQ(level(6), FindingLevel::error);
  EXPECT_EQ(level(-3), FindingLevel::error);
  EXPECT_EQ(found(what, "certificate").found, "ran out 3 days ago");
}

TEST(Examination, WhatDoesNotFitTheDescriptorsIsSaid) {
  Examined what = sound();
  what.connections_fit = 400;
  EXPECT_EQ(found(what, "descriptors").level, FindingLevel::warning);
  EXPECT_NE(found(what, "descriptors").found.find("of which 400 fit"), std::string::npos);
}

TEST(Examination, ASyncThatFailsIsAnErrorAndLeavesNothingBehind) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.make_directory("data").ok());
  EXPECT_TRUE(sync_time(files, "data").has_value());
  EXPECT_TRUE(files.list("data").value.empty());
  files.set_capacity(100);
  EXPECT_FALSE(sync_time(files, "data").has_value());
  EXPECT_FALSE(sync_time(files, "nowhere").has_value());
  EXPECT_TRUE(files.list("data").value.empty());
}

}  // namespace
}  // namespace plated
