// How a start tells how far it is, and what a checkpoint's process says of what it did.
#include <gtest/gtest.h>

#include <cstdio>

#include "tools/plated/checkpoint_process.h"
#include "tools/plated/recovery_text.h"
#include "tools/shell/progress_line.h"

namespace plated {
namespace {

TEST(RecoveryText, ItCountsFromTheSnapshotOn) {
  EXPECT_EQ(recovery_text({Sequence{0}, Sequence{1'234'567}, Sequence{5'000'000}}),
            "recovering: 1,234,567 of 5,000,000 records, 25 %");
  EXPECT_EQ(recovery_text({Sequence{1000}, Sequence{1000}, Sequence{1999}}),
            "recovering: 0 of 999 records, 0 %");
  EXPECT_EQ(recovery_text({Sequence{7}, Sequence{7}, Sequence{7}}),
            "recovering: 0 of 0 records, 100 %");
  // An estimated end never makes more than everything.
  EXPECT_EQ(recovery_text({Sequence{0}, Sequence{12}, Sequence{10}}),
            "recovering: 12 of 12 records, 100 %");
  EXPECT_EQ(recovery_text({}), "recovering: reading the newest snapshot");
}

class ProgressLineTest : public testing::Test {
 protected:
  ProgressLineTest() : file_(std::tmpfile()) {}
  ~ProgressLineTest() override { std::fclose(file_); }
  std::string written() {
    std::string text(static_cast<std::size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

  std::FILE* const file_;
  const std::chrono::steady_clock::time_point begin_{std::chrono::hours(1)};
};

TEST_F(ProgressLineTest, ATerminalHasOneLineDrawnAgainAndWiped) {
  {
    ProgressLine line(file_, ProgressLine::Kind::terminal);
    line.show("one", begin_);
    line.show("too soon", begin_ + std::chrono::milliseconds(99));
    line.show("two", begin_ + std::chrono::milliseconds(100));
  }
  EXPECT_EQ(written(), "\rone\x1b[K\rtwo\x1b[K\r\x1b[K");
}

TEST_F(ProgressLineTest, ElsewhereALineStandsNowAndThenAndNoneForShortWork) {
  {
    ProgressLine line(file_, ProgressLine::Kind::plain);
    line.show("one", begin_);
    line.show("two", begin_ + std::chrono::seconds(9));
    line.show("three", begin_ + std::chrono::seconds(10));
    line.show("four", begin_ + std::chrono::seconds(19));
  }
  EXPECT_EQ(written(), "three\n");
}

TEST(CheckpointReport, WhatTheProcessSaysIsReadBack) {
  const auto report = checkpoint_report_of(
      "platelog",
      R"({"sequence":42,"digest":"000102030405060708090a0b0c0d0eff","replayed":7,"retired":["a"]})");
  ASSERT_TRUE(report.ok()) << report.status.text();
  EXPECT_EQ(report.value.snapshot.sequence, Sequence{42});
  EXPECT_EQ(report.value.snapshot.digest[1], 1);
  EXPECT_EQ(report.value.snapshot.digest[15], 0xff);
  EXPECT_EQ(report.value.records, 7U);
  EXPECT_EQ(report.value.retired, std::vector<std::string>{"a"});
}

TEST(CheckpointReport, AnythingElseIsAFailureThatShowsIt) {
  for (
      const char* said :
      {"", "segmentation fault", "[]", R"({"sequence":42})",
       R"({"sequence":42,"digest":"0001","replayed":7,"retired":[]})",
       R"({"sequence":"x","digest":"000102030405060708090a0b0c0d0eff","replayed":7,"retired":[]})",
       R"({"sequence":42,"digest":"g00102030405060708090a0b0c0d0eff","replayed":7,"retired":[]})"}) {
    const auto report = checkpoint_report_of("platelog", said);
    EXPECT_EQ(report.status.code(), StatusCode::mismatch) << said;
    EXPECT_NE(report.status.text().find(said), std::string::npos);
  }
}

}  // namespace
}  // namespace plated
