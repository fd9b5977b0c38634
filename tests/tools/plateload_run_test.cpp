// Loads on a server that never says a word, why a load stops itself, and files that are tried.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/tools/silent_listener.h"
#include "tools/plateload/files.h"
#include "tools/plateload/load.h"
#include "tools/plateload/run.h"

namespace plated::load {
namespace {

class SilentServerTest : public ::testing::Test {
 protected:
  SilentServerTest() {
    options_.host = "127.0.0.1";
    options_.port = silent_.port();
    options_.target = "/";
    options_.mix = std::get<Mix>(parse_mix("enter"));
    options_.connections = 2;
    options_.for_ms = 1'000;
    options_.give_up_ms = 100;
    options_.quiet = true;
    options_.admin = "";
  }
  std::variant<Outcome, std::string> run() {
    Errands errands(options_);
    return run_load(options_, TicketKey{}, errands, {}, interrupted_);
  }

  const SilentListener silent_;
  LoadOptions options_;
  std::atomic<bool> interrupted_ = false;
};

TEST_F(SilentServerTest, IsGivenUpBeforeTheStart) {
  options_.hlog = ::testing::TempDir() + "/plated_kept_" + std::to_string(::getpid()) + ".hlog";
  std::ofstream(options_.hlog) << "of the run before";
  const auto ran = run();
  ASSERT_TRUE(std::holds_alternative<std::string>(ran));
  EXPECT_NE(std::get<std::string>(ran).find("no answer in time"), std::string::npos);
  std::stringstream kept;
  kept << std::ifstream(options_.hlog).rdbuf();
  EXPECT_EQ(kept.str(), "of the run before");
  std::filesystem::remove(options_.hlog);
}

TEST_F(SilentServerTest, ALoadThatNeverStartedTookNoTime) {
  interrupted_ = true;
  const auto ran = run();
  ASSERT_TRUE(std::holds_alternative<Outcome>(ran));
  EXPECT_TRUE(std::get<Outcome>(ran).interrupted);
  EXPECT_EQ(std::get<Outcome>(ran).took_seconds, 0);
  EXPECT_EQ(std::get<Outcome>(ran).measured_seconds, 0);
}

TEST(GivenUp, IsToldByTheFirst) {
  GivenUp given_up;
  given_up.tell(Invalid::fell_behind, 1'500 * kNsPerMs);
  given_up.tell(Invalid::no_room, 7);
  EXPECT_EQ(given_up.why.load(), Invalid::fell_behind);
  EXPECT_EQ(given_up.behind_ns.load(), 1'500 * kNsPerMs);
}

TEST(TryFiles, MakesNone) {
  const std::filesystem::path home =
      std::filesystem::path(::testing::TempDir()) / ("plated_tried_" + std::to_string(::getpid()));
  std::filesystem::create_directory(home);
  LoadOptions options;
  options.save = home / "report.json";
  options.html = home / "page.html";
  options.hlog = home / "run.hlog";
  options.journal = home / "journal.jsonl";
  boost::json::value before;
  EXPECT_EQ(try_files(options, before), "");
  EXPECT_TRUE(std::filesystem::is_empty(home));
  options.hlog = home / "no" / "run.hlog";
  EXPECT_NE(try_files(options, before).find(options.hlog), std::string::npos);
  options.hlog = home;
  EXPECT_NE(try_files(options, before).find("Is a directory"), std::string::npos);
  std::filesystem::remove_all(home);
}

}  // namespace
}  // namespace plated::load
