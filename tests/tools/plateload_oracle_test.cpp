// The oracle outside the server: which documents break an earlier promise, and what a journal
// keeps.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "tools/plateload/figures/report.h"
#include "tools/plateload/options.h"
#include "tools/plateload/owners/journal.h"
#include "tools/plateload/owners/oracle.h"

namespace plated::load {
namespace {

Document picked(int64_t version, int64_t draw, std::vector<std::string> batch) {
  Document document;
  document.vehicle = "V";
  document.step = WalkStep::pick;
  document.version = version;
  document.draw = draw;
  document.draws_left = 5 - draw;
  document.batch = std::move(batch);
  return document;
}

Document confirmed(int64_t version, const std::string& plate) {
  Document document = picked(version, 2, {});
  document.step = WalkStep::done;
  document.batch.reset();
  document.reservation = Reservation{plate, 40, false};
  return document;
}

TEST(OwnerOracle, BelievesWhatFollowsTheRules) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(picked(3, 1, {"A", "B"})), "");
  EXPECT_EQ(oracle.tell(picked(3, 1, {"A", "B"})), "");
  EXPECT_EQ(oracle.tell(picked(5, 2, {"C"})), "");
  Document late = picked(6, 2, {});
  late.batch.reset();
  late.step = WalkStep::notice;
  EXPECT_EQ(oracle.tell(late), "");
  EXPECT_EQ(oracle.tell(confirmed(8, "C")), "");
  Document issued = confirmed(9, "C");
  issued.step = WalkStep::issued;
  EXPECT_EQ(oracle.tell(issued), "");
}

TEST(OwnerOracle, AVersionNeverGoesBack) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(picked(3, 1, {"A"})), "");
  EXPECT_NE(oracle.tell(picked(2, 1, {"A"})), "");
}

TEST(OwnerOracle, ADrawKeepsItsBatchEvenWhenThatEnded) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(picked(3, 1, {"A", "B"})), "");
  Document ended = picked(4, 1, {});
  ended.batch.reset();
  EXPECT_EQ(oracle.tell(ended), "");
  EXPECT_NE(oracle.tell(picked(5, 1, {"C", "D"})), "");
}

TEST(OwnerOracle, ADrawIsNeverLostNorFree) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(picked(3, 2, {"A"})), "");
  OwnerOracle other = oracle;
  EXPECT_NE(oracle.tell(picked(4, 1, {"A"})), "");
  Document costly = picked(4, 2, {"A"});
  costly.draws_left = 2;
  EXPECT_NE(other.tell(costly), "");
}

TEST(OwnerOracle, AReservationStays) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(confirmed(8, "C")), "");
  OwnerOracle other = oracle;
  EXPECT_NE(oracle.tell(picked(9, 2, {"C"})), "");
  EXPECT_NE(other.tell(confirmed(9, "D")), "");
}

TEST(OwnerOracle, OneVersionSaysOneThing) {
  OwnerOracle oracle;
  EXPECT_EQ(oracle.tell(picked(3, 1, {"A"})), "");
  EXPECT_NE(oracle.tell(picked(3, 2, {"B"})), "");
}

TEST(PlateLedger, APlateHasOneOwner) {
  PlateLedger ledger;
  EXPECT_EQ(ledger.claim("A", "r-1"), "");
  EXPECT_EQ(ledger.claim("A", "r-1"), "");
  EXPECT_EQ(ledger.claim("A", "r-2"), "r-1");
  EXPECT_EQ(ledger.claim("B", "r-2"), "");
  EXPECT_EQ(ledger.plates(), 2U);
}

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "journal-" + std::to_string(::getpid());
    ::unlink(path_.c_str());
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  void write(const std::string& owner, const std::string& document) {
    Journal journal;
    ASSERT_EQ(journal.open(path_), "");
    ASSERT_TRUE(journal.write(owner, "draw", document));
  }
  static std::string document(int version, int draw) {
    return R"({"vehicle":"V","step":"pick","draws_left":)" + std::to_string(5 - draw) +
           R"(,"draw":)" + std::to_string(draw) +
           R"(,"batch":{"plates":["粤BD12345"]},"shortlist":null,"reservation":null,"terms":"1",)"
           R"("version":)" +
           std::to_string(version) + "}";
  }

  std::string path_;
};

TEST_F(JournalTest, TellsEveryOwnerWhatHeWasTold) {
  write("r-1", document(3, 1));
  write("r-2", document(4, 2));
  write("r-1", document(5, 2));
  const JournalContents contents = read_journal(path_);
  EXPECT_EQ(contents.unreadable, "");
  EXPECT_EQ(contents.lines, 3U);
  ASSERT_EQ(contents.owners.size(), 2U);
  EXPECT_EQ(contents.owners.at("r-1").known()->version, 5);
  EXPECT_EQ(contents.owners.at("r-1").known()->batch, std::vector<std::string>{"粤BD12345"});
  EXPECT_TRUE(contents.violations.empty());
}

TEST_F(JournalTest, ALineTornOffAtTheEndIsLeftOut) {
  write("r-1", document(3, 1));
  std::ofstream(path_, std::ios::app) << R"({"owner":"r-1","op":)";
  const JournalContents contents = read_journal(path_);
  EXPECT_EQ(contents.unreadable, "");
  EXPECT_EQ(contents.lines, 1U);
}

TEST_F(JournalTest, ABrokenLineBeforeTheEndIsAnError) {
  std::ofstream(path_, std::ios::app) << "{\"owner\":\n";
  write("r-1", document(3, 1));
  EXPECT_NE(read_journal(path_).unreadable, "");
}

TEST_F(JournalTest, WhatWasBrokenWhileItWasWrittenIsTold) {
  write("r-1", document(3, 2));
  write("r-1", document(4, 1));
  EXPECT_EQ(read_journal(path_).violations.size(), 1U);
}

TEST(Counts, AreAsPlannedOnlyWhenNothingIsBroken) {
  Counts counts;
  counts.ends[static_cast<std::size_t>(WalkEnd::confirmed)] = 3;
  counts.ops[static_cast<std::size_t>(Op::draw)].record(250);
  EXPECT_TRUE(counts.as_planned());
  Counts broken;
  broken.two_owners = 1;
  broken.add_reason("粤BD12345 belongs to r-1 and to r-2");
  counts.add(broken);
  EXPECT_FALSE(counts.as_planned());
  EXPECT_EQ(counts.ended(), 3U);
  Outcome outcome;
  outcome.counts = counts;
  EXPECT_NE(report_text(outcome).find("belongs to r-1 and to r-2"), std::string::npos);
  EXPECT_EQ(report_json(outcome).at("two_owners").as_uint64(), 1U);
}

TEST(LoadOptions, TheUrlIsTakenApart) {
  const char* const words[] = {"plateload", "--url", "ws://[::1]:9000/v1/select", "--owners", "7"};
  const auto parsed = parse_load_options(5, words);
  const LoadOptions& options = std::get<LoadOptions>(parsed);
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, "9000");
  EXPECT_EQ(options.target, "/v1/select");
  EXPECT_EQ(options.owners, 7U);
  const char* const wrong[] = {"plateload", "--url", "http://127.0.0.1/"};
  EXPECT_EQ(std::get<CommandLineExit>(parse_load_options(3, wrong)).status, 2);
}

TEST(RehearsalVehicle, IsNumberedLikeItsOwner) {
  EXPECT_EQ(rehearsal_vehicle("r-7"), "RHRSL000000000007");
  EXPECT_EQ(rehearsal_vehicle("r-123456789012"), "RHRSL123456789012");
  EXPECT_EQ(rehearsal_vehicle("r-1234567890123"), "");
  EXPECT_EQ(rehearsal_vehicle("r-"), "");
  EXPECT_EQ(rehearsal_vehicle("owner"), "");
}

}  // namespace
}  // namespace plated::load
