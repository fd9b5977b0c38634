// Scenarios read from a file, the flags over them, and the sentences for what is wrong in one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "tools/plateload/scenario.h"

namespace plated::load {
namespace {

LoadOptions read(const std::string& text) {
  LoadOptions options;
  EXPECT_EQ(read_scenario(text, "s.toml", options), "");
  return options;
}

std::string wrong_in(const std::string& text) {
  LoadOptions options;
  return read_scenario(text, "s.toml", options);
}

std::variant<LoadOptions, CommandLineExit> parse_load(std::vector<const char*> words) {
  words.insert(words.begin(), "plateload");
  return parse_load_options(static_cast<int>(words.size()), words.data());
}

const Think& before(const LoadOptions& options, Op op) {
  return options.think.before[static_cast<std::size_t>(op)];
}

TEST(Scenario, TellsAWholeLoad) {
  const LoadOptions options = read(R"(
    name = "all of it"
    seed = 42
    thresholds = ["p99<50ms"]
    [arrivals]
    profile = "ramp"
    from = 10
    to = 30
    for = "1m"
    random = true
    [owners]
    first = 7
    redraws = 0.5
    abandon = 0.25
    reconnect = 1
    nonsense = 0.125
    [think]
    draw = "2s"
    shortlist = { from = "1s", to = "3s" }
    confirm = { median = "4s", p95 = "20s" }
    away = { mean = "1500ms" }
    [run]
    connections = 12
    warm_up = "5s"
    behind_max = "2s"
  )");
  EXPECT_EQ(options.name, "all of it");
  EXPECT_EQ(options.seed, 42U);
  EXPECT_EQ(options.thresholds, std::vector<std::string>{"p99<50ms"});
  EXPECT_EQ(options.profile.stages, (std::vector<Stage>{{60, 10, 30, false}}));
  EXPECT_TRUE(options.profile.random);
  EXPECT_EQ(options.first, 7U);
  EXPECT_EQ(options.shares, (PlanShares{0.5, 0.1, 0.25, 1, 0.125}));
  EXPECT_EQ(before(options, Op::draw), (Think{Think::Kind::fixed, 2'000, 0}));
  EXPECT_EQ(before(options, Op::shortlist), (Think{Think::Kind::uniform, 1'000, 3'000}));
  EXPECT_EQ(before(options, Op::confirm), (Think{Think::Kind::lognormal, 4'000, 20'000}));
  EXPECT_EQ(options.think.away, (Think{Think::Kind::exponential, 1'500, 0}));
  EXPECT_EQ(options.connections, 12U);
  EXPECT_EQ(options.warm_up_ms, 5'000);
  EXPECT_EQ(options.behind_max_ms, 2'000);
}

TEST(Scenario, HasAReleaseDayStagesAndRequests) {
  const LoadOptions day = read(R"(
    arrivals = { profile = "release_day", count = 6000, surge = 0.5, surge_for = "10s", for = "2m" })");
  EXPECT_NEAR(day.profile.arrivals(), 6'000, 1);
  ASSERT_EQ(day.profile.stages.size(), 2U);
  EXPECT_EQ(day.profile.stages.front(), (Stage{10, 300, 300, false}));
  const LoadOptions stages = read(R"(
    [arrivals]
    profile = "stages"
    stages = [{ for = "2s", from = 5 }, { for = "4s", from = 5, to = 1, decays = true }]
    [requests]
    draw = 3
    repeat = 1
    burst = 4)");
  EXPECT_EQ(stages.profile.stages, (std::vector<Stage>{{2, 5, 5, false}, {4, 5, 1, true}}));
  EXPECT_TRUE(stages.mix.has(Op::repeat));
  EXPECT_FALSE(stages.mix.has(Op::enter));
  EXPECT_EQ(stages.burst, 4U);
}

TEST(Scenario, AnUnknownKeySuggestsTheRightOne) {
  EXPECT_EQ(wrong_in("[owners]\nredraw = 0.5\n"),
            "s.toml: line 2: owners.redraw: unknown key; did you mean redraws?");
  EXPECT_EQ(wrong_in("sead = 1\n"), "s.toml: line 1: sead: unknown key; did you mean seed?");
  EXPECT_EQ(wrong_in("[think]\ndraw = { meen = \"1s\" }\n"),
            "s.toml: line 2: think.draw.meen: unknown key; did you mean mean?");
  EXPECT_EQ(wrong_in("[arrivals]\nprofile = \"stages\"\nstages = [{ for = \"1s\", fro = 1 }]\n"),
            "s.toml: line 3: arrivals.stages[0].fro: unknown key; did you mean from?");
  EXPECT_NE(wrong_in("[ownerz]\nfirst = 1\n").find("did you mean owners?"), std::string::npos);
}

TEST(Scenario, AValueThatCannotBeIsAMistakeWithItsLine) {
  EXPECT_EQ(wrong_in("\n[owners]\nabandon = 1.5\n"),
            "s.toml: line 3: owners.abandon: a number from 0 to 1");
  EXPECT_EQ(wrong_in("[run]\nwarm_up = 5\n"), "s.toml: line 2: run.warm_up: a text");
  EXPECT_EQ(wrong_in("[run]\nwarm_up = \"5\"\n"),
            "s.toml: line 2: run.warm_up: a time like 90s, 300ms or 5m, from 0ms to 168h");
  EXPECT_EQ(wrong_in("[run]\ngive_up = \"1ms\"\n"),
            "s.toml: line 2: run.give_up: a time like 90s, 300ms or 5m, from 100ms to 1h");
  EXPECT_EQ(wrong_in("thresholds = [\"p99<5s\",\n\"p99<5\"]\n"),
            "s.toml: line 2: thresholds: 'p99<5': a latency has a limit like 50ms, 2s or 800us");
  EXPECT_NE(wrong_in("[think]\ndraw = { from = \"3s\", to = \"1s\" }\n").find("think.draw"),
            std::string::npos);
  EXPECT_NE(wrong_in("[arrivals]\nprofile = \"constant\"\nfor = \"1s\"\n").find("nobody"),
            std::string::npos);
  EXPECT_NE(wrong_in("[arrivals]\nrate = 5\n").find("arrivals.for"), std::string::npos);
  EXPECT_NE(
      wrong_in("[arrivals]\nprofile = \"release_day\"\ncount = 10\nsurge = 0.1\nfor = \"61s\"")
          .find("more slowly"),
      std::string::npos);
  EXPECT_NE(wrong_in("[arrivals]\nprofile = \"release_day\"\nfor = \"9m\"").find("how many come"),
            std::string::npos);
  EXPECT_NE(wrong_in("[arrivals]\nprofile = \"release_day\"\ncount = 10\nsurge = 0\nfor = \"9m\"")
                .find("line 4: arrivals.surge: without a surge"),
            std::string::npos);
  EXPECT_NE(wrong_in("[requests]\nfor = \"1s\"").find("share"), std::string::npos);
  EXPECT_NE(wrong_in("seed = ").find("s.toml: line 1"), std::string::npos);
}

TEST(Scenario, IsWeakerThanFlags) {
  const std::string path = ::testing::TempDir() + "/plated_scenario_test.toml";
  std::ofstream(path) << "seed = 5\n[owners]\nabandon = 0.5\n[arrivals]\nrate = 4\nfor = \"1s\"\n";
  const auto parsed = parse_load({"--abandon", "0.125", "--scenario", path.c_str()});
  std::filesystem::remove(path);
  const LoadOptions& options = std::get<LoadOptions>(parsed);
  EXPECT_EQ(options.seed, 5U);
  EXPECT_EQ(options.shares.abandon, 0.125);
  EXPECT_EQ(options.profile.stages, (std::vector<Stage>{{1, 4, 4, false}}));
  EXPECT_EQ(options.admin, "./plated-data/admin.sock");
}

// What is wrong with a command line; empty: nothing.
std::string wrong_with(std::vector<const char*> words) {
  const auto parsed = parse_load(std::move(words));
  const CommandLineExit* exit = std::get_if<CommandLineExit>(&parsed);
  EXPECT_TRUE(exit == nullptr || exit->status == 2);
  return exit == nullptr ? "" : exit->err;
}

bool tells(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Scenario, HasItsLengthAndRateChangedByFlags) {
  const std::string path = ::testing::TempDir() + "/plated_constant_test.toml";
  std::ofstream(path) << "[arrivals]\nrate = 4\nfor = \"30s\"\nrandom = true\n";
  const auto stages = [&](std::vector<const char*> words) {
    words.insert(words.end(), {"--scenario", path.c_str()});
    const auto parsed = parse_load(words);
    EXPECT_TRUE(std::get<LoadOptions>(parsed).profile.random);
    return std::get<LoadOptions>(parsed).profile.stages;
  };
  EXPECT_EQ(stages({"--for", "5s"}), (std::vector<Stage>{{5, 4, 4, false}}));
  EXPECT_EQ(stages({"--rate", "9"}), (std::vector<Stage>{{30, 9, 9, false}}));
  EXPECT_EQ(stages({"--rate", "9", "--for", "5s"}), (std::vector<Stage>{{5, 9, 9, false}}));
  std::ofstream(path) << "[arrivals]\nprofile = \"ramp\"\nto = 4\nfor = \"30s\"\n";
  EXPECT_TRUE(tells(wrong_with({"--rate", "9", "--scenario", path.c_str()}), "not constant"));
  EXPECT_TRUE(tells(wrong_with({"--for", "9s", "--scenario", path.c_str()}), "not constant"));
  std::ofstream(path) << "[requests]\ndraw = 1\nfor = \"30s\"\n";
  const auto closed = parse_load({"--for", "5s", "--scenario", path.c_str()});
  EXPECT_EQ(std::get<LoadOptions>(closed).for_ms, 5'000);
  std::filesystem::remove(path);
}

TEST(LoadOptions, AskForWhatBelongsTogether) {
  EXPECT_TRUE(tells(wrong_with({"--rate", "5"}), "--for"));
  EXPECT_TRUE(tells(wrong_with({"--ask", "draw"}), "--for"));
  EXPECT_NE(wrong_with({"--ask", "confirm", "--for", "1s"}), "");
  EXPECT_NE(wrong_with({"--threshold", "p99<50"}), "");
  EXPECT_NE(wrong_with({"--for", "5"}), "");
  EXPECT_TRUE(tells(wrong_with({"--rate", "5", "--for", "2s", "--warm-up", "2s"}), "--warm-up"));
  const auto good =
      parse_load({"--rate", "5", "--for", "2s", "--poisson", "--ask", "draw=2,enter=1"});
  const LoadOptions& options = std::get<LoadOptions>(good);
  EXPECT_EQ(options.profile.stages, (std::vector<Stage>{{2, 5, 5, false}}));
  EXPECT_TRUE(options.profile.random);
  EXPECT_EQ(options.command, "plateload --rate 5 --for 2s --poisson --ask draw=2,enter=1");
}

TEST(LoadOptions, RememberTheCommandAsAShellTakesIt) {
  const auto parsed = parse_load({"--admin", "", "--threshold", "p99<5s", "--data", "it's"});
  EXPECT_EQ(std::get<LoadOptions>(parsed).command,
            "plateload --admin '' --threshold 'p99<5s' --data 'it'\\''s'");
}

TEST(LoadOptions, AreNotIgnoredInSilence) {
  const std::vector<std::pair<const char*, std::vector<const char*>>> lines = {
      {"--for", {"--for", "5s"}},
      {"--poisson", {"--poisson"}},
      {"--poisson", {"--poisson", "--ask", "draw", "--for", "1s"}},
      {"--owners", {"--owners", "5", "--rate", "5", "--for", "1s"}},
      {"--owners", {"--owners", "5", "--ask", "draw", "--for", "1s"}},
      {"--in-flight", {"--in-flight", "2", "--ask", "draw", "--rate", "5", "--for", "1s"}},
      {"--in-flight", {"--in-flight", "2"}},
      {"--burst", {"--burst", "2"}},
      {"--compare", {"--compare", "/dev/null"}},
      {"--journal", {"--journal", "j", "--ask", "draw", "--for", "1s"}},
      {"--abandon", {"--abandon", "1", "--ask", "draw", "--for", "1s"}},
      {"--rate", {"--verify", "j", "--rate", "5", "--for", "1s"}},
  };
  for (const auto& [flag, line] : lines) {
    EXPECT_TRUE(tells(wrong_with(line), std::string("plateload: ") + flag + ": ")) << flag;
  }
}

TEST(LoadOptions, GiveEachThreadAConnection) {
  EXPECT_TRUE(tells(wrong_with({"--threads", "3", "--connections", "2"}), "--threads: more than"));
  EXPECT_EQ(wrong_with({"--threads", "2", "--connections", "2"}), "");
  EXPECT_EQ(wrong_with({"--threads", "100"}), "");
  EXPECT_TRUE(tells(wrong_with({"--threads", "101"}), "--threads: more than"));
  EXPECT_EQ(wrong_with({"--threads", "101", "--rate", "5", "--for", "1s"}), "");
}

TEST(LoadOptions, VerifyAlone) {
  const std::string path = ::testing::TempDir() + "/plated_verify_test.toml";
  const std::vector<const char*> line = {"--verify", "j", "--scenario", path.c_str()};
  std::ofstream(path) << "[requests]\ndraw = 1\nfor = \"30s\"\n";
  EXPECT_TRUE(tells(wrong_with(line), "--verify: it walks nobody, and " + path + " has requests"));
  std::ofstream(path) << "[arrivals]\nrate = 4\nfor = \"30s\"\n";
  EXPECT_TRUE(tells(wrong_with(line), " has arrivals"));
  std::ofstream(path) << "[run]\nconnections = 4\n";
  EXPECT_EQ(wrong_with(line), "");
  std::filesystem::remove(path);
}

TEST(LoadOptions, HaveTheLimitsOfScenarios) {
  for (const char* const flag : {"--from", "--owners", "--seed", "--connections", "--threads"}) {
    for (const char* const value : {"-1", "0x10", "1.5", "99999999999999999999", "many"}) {
      EXPECT_TRUE(tells(wrong_with({flag, value}), "whole number")) << flag << ' ' << value;
    }
    EXPECT_TRUE(tells(wrong_with({flag, ""}), "must not be empty; it takes: ")) << flag;
  }
  EXPECT_NE(wrong_with({"--owners", "0"}), "");
  EXPECT_NE(wrong_with({"--from", "1000000000000"}), "");
  EXPECT_TRUE(tells(wrong_with({"--from", "999999999999", "--owners", "2"}), "--from"));
  EXPECT_TRUE(tells(wrong_with({"--from", "010"}), "whole number"));
  for (const char* const value : {"nan", "inf", "0", "-5", "5x"}) {
    EXPECT_NE(wrong_with({"--rate", value, "--for", "1s"}), "") << value;
    EXPECT_NE(wrong_with({"--abandon", value[0] == '0' ? "2" : value}), "") << value;
  }
  EXPECT_NE(wrong_with({"--rate", "5", "--for", "999999h"}), "");
  EXPECT_NE(wrong_with({"--give-up", "90000"}), "");
  EXPECT_EQ(std::get<LoadOptions>(parse_load({"--give-up", "90s"})).give_up_ms, 90'000);
  EXPECT_EQ(before(std::get<LoadOptions>(parse_load({"--think", "2s"})), Op::draw),
            (Think{Think::Kind::fixed, 2'000, 0}));
}

TEST(LoadOptions, SayWhatIsWrongWithAnUrl) {
  EXPECT_TRUE(tells(wrong_with({"--url", "wss://a:1/"}), "TLS is not spoken"));
  EXPECT_TRUE(tells(wrong_with({"--url", "http://a:1/"}), "ws://HOST:PORT/PATH"));
  EXPECT_TRUE(tells(wrong_with({"--url", "ws://a:99999/"}), "'99999' is no port"));
  EXPECT_TRUE(tells(wrong_with({"--url", "ws://:80/"}), "no host"));
  const auto six = parse_load({"--url", "ws://[::1]:81/v1", "--admin", ""});
  EXPECT_EQ(std::get<LoadOptions>(six).host, "::1");
  EXPECT_EQ(std::get<LoadOptions>(six).port, "81");
  EXPECT_EQ(std::get<LoadOptions>(six).admin, "");
}

TEST(Mix, PicksByShare) {
  const Mix mix = std::get<Mix>(parse_mix("draw=3,enter"));
  uint64_t state = 1;
  int draws = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Op op = mix.pick(state);
    EXPECT_TRUE(op == Op::draw || op == Op::enter);
    draws += op == Op::draw ? 1 : 0;
  }
  EXPECT_NEAR(draws, 7'500, 200);
  EXPECT_NE(std::get<std::string>(parse_mix("drew")).find("did you mean draw?"), std::string::npos);
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_mix("draw=x")));
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_mix("draw=0")));
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_mix("")));
}

// Times that a distribution gives, sorted.
std::vector<int64_t> times_of(const Think& think) {
  uint64_t state = 9;
  std::vector<int64_t> times(20'000);
  std::generate(times.begin(), times.end(), [&] { return take_time(think, state); });
  std::sort(times.begin(), times.end());
  return times;
}

TEST(Think, FollowsItsDistribution) {
  EXPECT_EQ(times_of({Think::Kind::fixed, 300, 0}).front(), 300);
  const auto uniform = times_of({Think::Kind::uniform, 1'000, 3'000});
  EXPECT_GE(uniform.front(), 1'000);
  EXPECT_LE(uniform.back(), 3'000);
  EXPECT_NEAR(static_cast<double>(uniform[5'000]), 1'500, 50);
  const auto exponential = times_of({Think::Kind::exponential, 1'000, 0});
  EXPECT_NEAR(static_cast<double>(exponential[10'000]), 1'000 * std::log(2), 30);
  const auto lognormal = times_of({Think::Kind::lognormal, 4'000, 20'000});
  EXPECT_NEAR(static_cast<double>(lognormal[10'000]), 4'000, 200);
  EXPECT_NEAR(static_cast<double>(lognormal[19'000]), 20'000, 1'500);
}

TEST(ParseTime, TakesANumberWithItsUnit) {
  EXPECT_EQ(parse_time_ms("300ms"), 300);
  EXPECT_EQ(parse_time_ms("1.5s"), 1'500);
  EXPECT_EQ(parse_time_ms("5m"), 300'000);
  EXPECT_EQ(parse_time_ms("1h"), 3'600'000);
  for (const char* const wrong : {"", "5", "s", "-1s", "5 s", "5sec", "nans", "infs"}) {
    EXPECT_FALSE(parse_time_ms(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace plated::load
