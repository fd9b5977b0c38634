// platelog's words, and the times that people write.
#include <gtest/gtest.h>

#include "tools/platelog/command_line.h"

namespace plated {
namespace {

std::variant<LogCommandLine, CommandLineExit> parse_log(std::vector<const char*> words) {
  words.insert(words.begin(), "platelog");
  return parse_log_command_line(static_cast<int>(words.size()), words.data());
}

LogCommandLine good(const std::vector<const char*>& words) {
  const auto parsed = parse_log(words);
  const auto* line = std::get_if<LogCommandLine>(&parsed);
  EXPECT_NE(line, nullptr) << std::get<CommandLineExit>(parsed).err;
  return line == nullptr ? LogCommandLine{} : *line;
}

std::string mistake(const std::vector<const char*>& words) {
  const auto parsed = parse_log(words);
  const auto* exit = std::get_if<CommandLineExit>(&parsed);
  EXPECT_NE(exit, nullptr);
  EXPECT_TRUE(exit == nullptr || exit->status == 2);
  return exit == nullptr ? "" : exit->err;
}

TEST(LogCommandLine, AnEmptyTextIsNotTakenForNone) {
  for (const char* option : {"--from", "--to", "--plate", "--vehicle", "--owner", "--after"}) {
    const std::string said = mistake({"cat", option, ""});
    EXPECT_TRUE(said.starts_with("platelog: " + std::string(option) +
                                 " must not be empty; it takes: "
                                 "only records"))
        << said;
  }
  EXPECT_NE(mistake({"cat", "--from=", "--json"}).find("--from= has no value"), std::string::npos);
  EXPECT_NE(mistake({"ls", "--data", ""}).find("--data must not be empty"), std::string::npos);
  EXPECT_NE(mistake({"ls", ""}).find("an argument is empty"), std::string::npos);
}

TEST(LogCommandLine, EveryCommandHasItsWord) {
  EXPECT_EQ(good({"ls"}).task, LogTask::list);
  EXPECT_EQ(good({"verify", "--json"}).task, LogTask::verify);
  EXPECT_EQ(good({"stats", "--data", "/d"}).data, "/d");
  const LogCommandLine digest = good({"digest", "--at", "0", "--from-empty"});
  EXPECT_EQ(digest.task, LogTask::digest);
  EXPECT_EQ(digest.at, Sequence{0});
  EXPECT_TRUE(digest.from_empty);
  EXPECT_EQ(good({"digest"}).at, std::nullopt);
  const LogCommandLine checkpoint = good({"checkpoint", "--until", "7", "--remove"});
  EXPECT_EQ(checkpoint.at, Sequence{7});
  EXPECT_TRUE(checkpoint.remove_retired);
}

TEST(LogCommandLine, RecordsAreChosenByWhatTheyConcern) {
  const RecordChoice chosen =
      good({"cat", "--plate", "粤b·d12345", "--owner", "r-1", "--vehicle", "lgxce4cb6p0123456",
            "--type", "drawn", "--type", "confirmed", "--from", "1700000000000", "--to",
            "2026-11-20", "--after", "3", "--until", "9"})
          .records;
  ASSERT_TRUE(chosen.plate.has_value());
  EXPECT_EQ(chosen.owner, "r-1");
  EXPECT_EQ(chosen.vehicle, "LGXCE4CB6P0123456");
  EXPECT_EQ(chosen.types, (std::vector<std::string>{"drawn", "confirmed"}));
  EXPECT_EQ(chosen.from, CivilTime(Millis(1'700'000'000'000)));
  EXPECT_EQ(chosen.to, moment_of("2026-11-21T00:00:00+08:00", false));
  EXPECT_EQ(chosen.after, Sequence{3});
  EXPECT_EQ(chosen.until, Sequence{9});
}

TEST(LogCommandLine, AMistakeSaysWhatWasWanted) {
  EXPECT_NE(mistake({"cat", "--type", "confimed"}).find("confirmed"), std::string::npos);
  EXPECT_NE(mistake({"cat", "--plate", "粤BD1234"}).find("character"), std::string::npos);
  EXPECT_NE(mistake({"cat", "--from", "noon"}).find("2026-11-20T09:00"), std::string::npos);
  EXPECT_FALSE(mistake({"cat", "--from", "1700000000"}).empty()) << "seconds";
  EXPECT_FALSE(mistake({}).empty());
  EXPECT_FALSE(mistake({"digest", "--at", "-1"}).empty());
}

TEST(MomentOf, AMomentIsMillisecondsADayOrATimeOfDay) {
  const CivilTime nine(Millis(1'795'136'400'000));  // 2026-11-20T09:00:00+08:00
  EXPECT_EQ(moment_of("1795136400000", false), nine);
  EXPECT_EQ(moment_of("2026-11-20T09:00", false), nine);
  EXPECT_EQ(moment_of("2026-11-20 09:00:00", true), nine);
  EXPECT_EQ(moment_of("2026-11-20T09:00:00.250", false), nine + Millis(250));
  EXPECT_EQ(moment_of("2026-11-20T01:00:00Z", false), nine);
  EXPECT_EQ(moment_of("2026-11-20", false), nine - std::chrono::hours(9));
  EXPECT_EQ(moment_of("2026-11-20", true), nine + std::chrono::hours(15));
  for (const char* nonsense : {"", "-5", "noon", "2026-13-01", "2026-11-20T25:00", "20261120x"}) {
    EXPECT_EQ(moment_of(nonsense, false), std::nullopt) << nonsense;
  }
}

}  // namespace
}  // namespace plated
