// platectl's words: each names exactly one request of the operators' protocol.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <vector>

#include "tools/platectl/command_line.h"

namespace plated {
namespace {

std::variant<CommandLine, CommandLineExit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "platectl");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

std::string request_of(const std::vector<const char*>& words) {
  const auto parsed = parse(words);
  if (const CommandLineExit* exit = std::get_if<CommandLineExit>(&parsed)) {
    return "exit " + std::to_string(exit->status);
  }
  const AdminRequest& request = std::get<CommandLine>(parsed).request;
  return request.method + " " + request.target + (request.body.empty() ? "" : " " + request.body);
}

TEST(CommandLine, EveryWordOfTheOperatorsTableNamesItsRequest) {
  EXPECT_EQ(request_of({"status"}), "GET /v1/status");
  EXPECT_EQ(request_of({"metrics"}), "GET /metrics");
  EXPECT_EQ(request_of({"pools"}), "GET /v1/pools");
  EXPECT_EQ(request_of({"pools", "粤B", "small", "electric"}),
            "GET /v1/pools/%E7%B2%A4B/small/electric");
  EXPECT_EQ(request_of({"waiting", "粤B"}), "GET /v1/waiting/%E7%B2%A4B");
  EXPECT_EQ(request_of({"waiting"}), "exit 2");
  EXPECT_EQ(request_of({"plates", "show", "粤BD12345"}), "GET /v1/plates/%E7%B2%A4BD12345");
  EXPECT_EQ(request_of({"vehicles", "show", "RHRSL000000000007"}),
            "GET /v1/vehicles/RHRSL000000000007");
  EXPECT_EQ(request_of({"owners", "show", "r-7"}), "GET /v1/owners/r-7");
  EXPECT_EQ(request_of({"owners", "erase", "r-7", "--yes"}), "DELETE /v1/owners/r-7");
  EXPECT_EQ(request_of({"blacklist", "list"}), "GET /v1/blacklist");
  EXPECT_EQ(request_of({"notices", "list"}), "GET /v1/notices");
  EXPECT_EQ(request_of({"notices", "retry", "12"}), "POST /v1/notices/12/retry");
  EXPECT_EQ(request_of({"notices", "retry", "010"}), "exit 2");
  EXPECT_EQ(request_of({"snapshot"}), "POST /v1/snapshot");
  EXPECT_EQ(request_of({"drain"}), "POST /v1/drain");
  EXPECT_EQ(request_of({"clock", "accept"}), "POST /v1/clock/accept");
  EXPECT_EQ(request_of({"voucher", "ab12"}), "GET /v1/vouchers/ab12");
  EXPECT_EQ(request_of({"voucher", "AB12", "cd34"}), "GET /v1/vouchers/ab12cd34");
  EXPECT_EQ(request_of({"voucher", "https://x/v1/voucher/ab12"}), "GET /v1/vouchers/ab12");
  EXPECT_EQ(request_of({"reconcile"}), "POST /v1/reconcile");
  EXPECT_EQ(request_of({"audit", "--since", "17"}), "GET /v1/audit?since=17");
  EXPECT_EQ(request_of({"rehearsal", "owners", "--count", "9"}),
            R"(POST /v1/rehearsal/owners {"from":0,"count":9})");
}

TEST(CommandLine, WhatIsCountedIsNotNegative) {
  for (const char* since : {"-1", "--since=-1", "17x", "1.5", ""}) {
    EXPECT_EQ(request_of({"audit", "--since", since}), "exit 2") << since;
  }
  EXPECT_EQ(request_of({"audit", "--since", "0"}), "GET /v1/audit?since=0");
  EXPECT_EQ(request_of({"rehearsal", "owners", "--count", "-1"}), "exit 2");
  EXPECT_EQ(request_of({"rehearsal", "owners", "--count", "0"}), "exit 2");
  EXPECT_EQ(request_of({"rehearsal", "owners", "--count", "1", "--from", "-1"}), "exit 2");
}

std::string error_of(const std::vector<const char*>& words) {
  const auto parsed = parse(words);
  const CommandLineExit* exit = std::get_if<CommandLineExit>(&parsed);
  return exit == nullptr ? "none" : std::to_string(exit->status) + " " + exit->err;
}

// CLI11 reads an empty argument as 0, 010 as 8 and 0x10 as 16.
TEST(CommandLine, NumbersAreReadStrictly) {
  for (const char* value : {"", "010", "0x10", "+3", "3.0", "three"}) {
    for (const char* option :
         {"--blacklist-years", "--validity-days", "--draws", "--batch-size", "--codes-per-phone",
          "--codes-per-organisation-phone", "--working-max", "--admit-per-second"}) {
      EXPECT_EQ(request_of({"office", "set", "粤B", option, value}), "exit 2") << option << value;
    }
    EXPECT_EQ(request_of({"owners", "countdowns", "o1", "--times", value, "--reason", "x"}),
              "exit 2");
    EXPECT_EQ(request_of({"ticket", "r-7", "--hours", value}), "exit 2");
    EXPECT_EQ(request_of({"rehearsal", "owners", "--count", value}), "exit 2");
  }
  EXPECT_NE(
      error_of({"office", "set", "粤B", "--draws", "010"}).find("'010' is not a whole number"),
      std::string::npos);
  EXPECT_EQ(request_of({"office", "set", "粤B", "--blacklist-years", "0"}),
            R"(PUT /v1/offices/%E7%B2%A4B {"settings":{"blacklist_years":0}})");
}

TEST(CommandLine, TimesHaveTheirUnit) {
  for (const char* option : {"--batch-hold", "--shortlist-hold", "--verified-for",
                             "--return-window", "--lapse-grace", "--lobby", "--admitted-for"}) {
    EXPECT_EQ(request_of({"office", "set", "粤B", option, "900"}), "exit 2") << option;
    EXPECT_NE(error_of({"office", "set", "粤B", option, "900"}).find("try 90s"), std::string::npos);
  }
  EXPECT_EQ(request_of({"office", "set", "粤B", "--verified-for", "30 min"}),
            R"(PUT /v1/offices/%E7%B2%A4B {"settings":{"verified_for_ms":1800000}})");
  EXPECT_EQ(request_of({"office", "set", "粤B", "--working-max", "500", "--lobby", "30 min"}),
            R"(PUT /v1/offices/%E7%B2%A4B {"settings":{"working_max":500,"lobby_ms":1800000}})");
  EXPECT_EQ(request_of({"status", "--timeout", "10"}), "exit 2");
}

TEST(CommandLine, OnlyLongWorkIsWaitedForWithoutALimit) {
  const auto patience = [](const std::vector<const char*>& words) {
    return std::get<CommandLine>(parse(words)).patience();
  };
  EXPECT_EQ(patience({"status"}), std::chrono::seconds(10));
  EXPECT_EQ(patience({"--timeout", "2s", "status"}), std::chrono::seconds(2));
  EXPECT_EQ(patience({"reconcile"}), std::nullopt);
  EXPECT_EQ(patience({"reconcile", "--timeout", "1min"}), std::chrono::minutes(1));
}

TEST(CommandLine, AWordThatIsNoCommandIsToldWithTheNearest) {
  EXPECT_EQ(error_of({"stauts"}).substr(0, 63),
            "2 platectl: there is no command 'stauts'; did you mean 'status'");
  EXPECT_NE(error_of({"office", "shwo", "粤B"}).find("did you mean 'show'"), std::string::npos);
  EXPECT_NE(error_of({"office"}).find("'platectl office' needs a command"), std::string::npos);
  EXPECT_NE(error_of({"office"}).find("maintenance"), std::string::npos) << "there they are";
  EXPECT_NE(error_of({"office", "set", "粤B", "--drwas", "3"}).find("did you mean '--draws'"),
            std::string::npos);
}

TEST(CommandLine, HelpAndVersionAreAnswered) {
  const auto said = [](const std::vector<const char*>& words) {
    const CommandLineExit exit = std::get<CommandLineExit>(parse(words));
    EXPECT_EQ(exit.status, 0);
    return exit.out;
  };
  EXPECT_NE(said({"--version"}).find("platectl 0."), std::string::npos);
  EXPECT_NE(said({"help"}).find("audit"), std::string::npos);
  EXPECT_NE(said({"help", "office", "set"}).find("--batch-hold"), std::string::npos);
  EXPECT_EQ(request_of({"help", "ofice"}), "exit 2");
}

TEST(CommandLine, OfficesAreShown) {
  EXPECT_EQ(request_of({"office", "show", "粤B"}), "GET /v1/offices/%E7%B2%A4B");
  EXPECT_EQ(request_of({"office", "list"}), "GET /v1/offices");
}

TEST(CommandLine, APoolIsNamedInWordsOrAsInItsPath) {
  EXPECT_EQ(request_of({"pools", "粤B/small/electric"}), "GET /v1/pools/%E7%B2%A4B/small/electric");
  EXPECT_EQ(request_of({"pools", "粤B/small"}), "exit 2");
}

TEST(CommandLine, DaysMayBeSaidInTurn) {
  const std::string both = R"(PUT /v1/offices/%E7%B2%A4B {"holidays":["2026-10-01","2026-10-02"]})";
  EXPECT_EQ(request_of({"office", "set", "粤B", "--holidays", "2026-10-01", "2026-10-02"}), both);
  EXPECT_EQ(
      request_of({"office", "set", "粤B", "--holidays", "2026-10-01", "--holidays", "2026-10-02"}),
      both);
  EXPECT_EQ(request_of({"office", "set", "粤B", "--holidays", "tomorrow"}), "exit 2");
  EXPECT_EQ(request_of({"blacklist", "add", "o1", "--reason", "x", "--until", "2026-12-31"}),
            R"(POST /v1/blacklist {"reason":"x","owner":"o1","until":"2026-12-31"})");
}

TEST(CommandLine, AMistypedNameOfAListIsNoPlate) {
  const std::string error = error_of({"plates", "withhold", "no_such_list.txt", "--reason", "x"});
  EXPECT_NE(error.find("cannot read no_such_list.txt: No such file or directory"),
            std::string::npos)
      << error;
}

TEST(CommandLine, ADirectoryIsNoFile) {
  for (const std::vector<const char*>& words :
       {std::vector{"reconcile", "--csv", "/tmp"},
        {"terms", "put", "1", "--zh", "/tmp", "--en", "/tmp"},
        {"office", "set", "粤B", "--file", "/tmp"},
        {"plates", "withhold", "/tmp", "--reason", "x"}}) {
    EXPECT_NE(error_of(words).find("cannot read /tmp: Is a directory"), std::string::npos)
        << error_of(words);
  }
}

TEST(CommandLine, AnOfficesFileSaysEachFieldOnce) {
  const std::string path =
      ::testing::TempDir() + "plated_office_" + std::to_string(::getpid()) + ".json";
  std::ofstream(path) << "{\"name\":\"深圳\",\n\"name\":\"x\"}";
  const std::string error = error_of({"office", "set", "粤B", "--file", path.c_str()});
  EXPECT_NE(error.find(path + ":2:1: \"name\" is said twice"), std::string::npos) << error;
  std::filesystem::remove(path);
}

// Without a body the server would compare with nothing, and all would be well.
TEST(CommandLine, AnEmptyListIsNoListToCompareWith) {
  const std::string path =
      ::testing::TempDir() + "plated_list_" + std::to_string(::getpid()) + ".csv";
  for (const char* const text : {"", "\n\n", "\xef\xbb\xbf\r\n"}) {
    std::ofstream(path) << text;
    const std::string error = error_of({"reconcile", "--csv", path.c_str()});
    EXPECT_NE(error.find(path + " is empty"), std::string::npos) << error;
  }
  std::ofstream(path) << "plate,vehicle,state\n";
  EXPECT_EQ(request_of({"reconcile", "--csv", path.c_str()}),
            "POST /v1/reconcile plate,vehicle,state\n");
  ::unlink(path.c_str());
}

TEST(CommandLine, OfficesAreOpenedWithAReason) {
  EXPECT_EQ(request_of({"office", "open", "粤B", "--force", "--reason", "a drill"}),
            R"(POST /v1/offices/%E7%B2%A4B/open {"reason":"a drill","force":true})");
  EXPECT_NE(error_of({"office", "close", "粤B", "--force"}).find("--force"), std::string::npos);
  EXPECT_EQ(request_of({"office", "open", "*"}), "POST /v1/offices/*/open {}");
  EXPECT_EQ(request_of({"office", "pause", "粤B", "--reason", "power cut"}),
            R"(POST /v1/offices/%E7%B2%A4B/pause {"reason":"power cut"})");
}

TEST(CommandLine, AnOfficeIsSetInParts) {
  EXPECT_EQ(request_of({"office", "set", "--schedule", "1-5 09:00-17:00", "粤B", "--draws", "3",
                        "--batch-hold", "90s", "--holidays", "2026-10-01,2026-10-02", "--schedule",
                        "6 09:00-12:00", "--workdays", "none"}),
            "PUT /v1/offices/%E7%B2%A4B "
            R"({"settings":{"draws":3,"batch_hold_ms":90000},)"
            R"("schedule":[{"days":"1-5","from":"09:00","to":"17:00"},)"
            R"({"days":"6","from":"09:00","to":"12:00"}],)"
            R"("holidays":["2026-10-01","2026-10-02"],"workdays":[]})");
  EXPECT_EQ(request_of({"office", "set", "粤B", "--batch-hold", "soon"}), "exit 2");
  EXPECT_EQ(request_of({"office", "set", "粤B", "--draws", "many"}), "exit 2");
  EXPECT_EQ(request_of({"office", "set", "粤B", "--telephone", "0755-1", "--hours", ""}),
            R"(PUT /v1/offices/%E7%B2%A4B {"hours":"","telephone":"0755-1"})");
  EXPECT_EQ(request_of({"office", "set", "粤B", "--schedule", "always"}), "exit 2");
}

TEST(CommandLine, AnEmptyTextIsRefusedWhereItWouldSayWhatNobodyMeant) {
  for (const char* option :
       {"--holidays", "--schedule", "--name", "--terms", "--draws", "--file"}) {
    EXPECT_NE(error_of({"office", "set", "粤B", option, ""}).find(option), std::string::npos)
        << option;
    const std::string with_nothing = std::string(option) + "=";
    EXPECT_NE(error_of({"office", "set", "粤B", with_nothing.c_str(), "--json"}).find("no value"),
              std::string::npos)
        << option;
  }
  EXPECT_EQ(request_of({"blacklist", "add", "o1", "--reason", "x", "--until", ""}), "exit 2");
  EXPECT_EQ(request_of({"owners", "show", ""}), "exit 2");
  EXPECT_EQ(request_of({"reconcile", "--csv", ""}), "exit 2");
}

TEST(CommandLine, SeveralRowsFollowOneOptionOrSeveralWhereverTheOfficeStands) {
  const std::string put = "PUT /v1/offices/%E7%B2%A4B {";
  const std::string rows = R"("schedule":[{"days":"1-5","from":"09:00","to":"17:00"},)"
                           R"({"days":"holidays","from":"10:00","to":"12:00"}])";
  const char* const week = "1-5 09:00-17:00";
  const char* const rest = "holidays 10:00-12:00";
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{"粤B", "--schedule", week, rest},
                                             {"粤B", "--schedule=1-5 09:00-17:00", rest},
                                             {"--schedule", week, rest, "粤B"},
                                             {"--schedule", week, "--schedule", rest, "粤B"},
                                             {"--schedule", week, "粤B", "--schedule", rest}}) {
    std::vector<const char*> set{"office", "set"};
    set.insert(set.end(), words.begin(), words.end());
    EXPECT_EQ(request_of(set), put + rows + "}");
  }
  EXPECT_EQ(
      request_of({"office", "set", "--holidays", "2026-10-01", "2026-10-02", "粤B", "--draws", "3",
                  "--schedule", week, rest}),
      put + R"("settings":{"draws":3},)" + rows + R"(,"holidays":["2026-10-01","2026-10-02"]})");
  EXPECT_NE(error_of({"office", "set", "粤B", "--schedule", week, "6 9-12"}).find("'6 9-12'"),
            std::string::npos);
  EXPECT_EQ(request_of({"office", "set", "粤B", "--schedule"}), "exit 2");
}

// As OPERATORS.md names them; an option that is missing here is one that operators miss.
TEST(CommandLine, EverySettingOfAnOfficeHasItsOption) {
  for (const std::string name : {"batch-hold", "shortlist-hold", "verified-for", "return-window",
                                 "lapse-grace", "lobby", "admitted-for"}) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    EXPECT_EQ(request_of({"office", "set", "粤B", ("--" + name).c_str(), "2min"}),
              "PUT /v1/offices/%E7%B2%A4B {\"settings\":{\"" + key + "_ms\":120000}}");
  }
  for (const std::string name :
       {"draws", "batch-size", "validity-days", "blacklist-years", "codes-per-phone",
        "codes-per-organisation-phone", "working-max", "admit-per-second"}) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    EXPECT_EQ(request_of({"office", "set", "粤B", ("--" + name).c_str(), "7"}),
              "PUT /v1/offices/%E7%B2%A4B {\"settings\":{\"" + key + "\":7}}");
  }
}

TEST(CommandLine, ASegmentIsARangeOrAList) {
  EXPECT_EQ(request_of({"segments", "load", "--office", "粤B", "--class", "small", "--power",
                        "electric", "--from", "粤BD00001", "--to", "粤BD99999", "--release-at",
                        "2026-11-20T09:00:00+08:00", "--dry-run"}),
            R"(POST /v1/segments {"from":"粤BD00001","to":"粤BD99999","office":"粤B",)"
            R"("class":"small","power":"electric","release_at":1795136400000,"dry_run":true})");
  EXPECT_EQ(request_of({"segments", "load", "--office", "粤B", "--class", "small", "--power",
                        "electric", "--plates", "粤BD00001,粤BD00002", "--all-zero"}),
            R"(POST /v1/segments {"plates":["粤BD00001","粤BD00002"],"office":"粤B",)"
            R"("class":"small","power":"electric","all_zero":true})");
  EXPECT_EQ(request_of(
                {"segments", "load", "--office", "粤B", "--class", "small", "--power", "electric"}),
            "exit 2");
  EXPECT_EQ(request_of({"segments", "load", "--office", "粤B", "--class", "tiny", "--power",
                        "electric", "--plates", "粤BD00001"}),
            "exit 2");
}

TEST(CommandLine, PlatesAreWithheldForAReason) {
  EXPECT_EQ(request_of({"plates", "withhold", "粤BD00001", "粤BD00002", "--reason", "court"}),
            R"(POST /v1/plates/withhold {"plates":["粤BD00001","粤BD00002"],"reason":"court"})");
  EXPECT_EQ(request_of({"plates", "restore", "--from", "粤BD00001", "--to", "粤BD00009", "--reason",
                        "over"}),
            R"(POST /v1/plates/restore {"from":"粤BD00001","to":"粤BD00009","reason":"over"})");
  EXPECT_EQ(request_of({"plates", "withhold", "粤BD00001"}), "exit 2");
  EXPECT_EQ(request_of({"plates", "withhold", "--from", "粤BD00001", "--reason", "x"}), "exit 2");
}

TEST(CommandLine, TheCountersWorkNamesThePlate) {
  EXPECT_EQ(request_of({"reservations", "issue", "粤BD12345", "--date", "2026-11-20"}),
            R"(POST /v1/reservations/%E7%B2%A4BD12345/issue {"date":"2026-11-20"})");
  EXPECT_EQ(request_of({"reservations", "void", "粤BD12345", "--reason", "sold"}),
            R"(POST /v1/reservations/%E7%B2%A4BD12345/void {"reason":"sold","blacklist":false})");
  EXPECT_EQ(
      request_of(
          {"reservations", "extend", "粤BD12345", "--deadline", "2026-12-01", "--reason", "ill"}),
      R"(POST /v1/reservations/%E7%B2%A4BD12345/extend {"reason":"ill","deadline":"2026-12-01"})");
}

TEST(CommandLine, PeopleAreGivenTimeAndBlacklisted) {
  EXPECT_EQ(request_of({"owners", "countdowns", "o1", "--times", "3", "--reason", "blind"}),
            R"(PUT /v1/owners/o1/countdowns {"reason":"blind","times":3})");
  EXPECT_EQ(request_of({"blacklist", "add", "o1", "--reason", "fraud", "--until", "1795136400000"}),
            R"(POST /v1/blacklist {"reason":"fraud","owner":"o1","until":1795136400000})");
  EXPECT_EQ(request_of({"blacklist", "lift", "o1", "--reason", "error"}),
            R"(DELETE /v1/blacklist/o1 {"reason":"error"})");
  EXPECT_EQ(request_of({"owners", "erase", "o1"}), "exit 2");
}

TEST(CommandLine, TicketsAreRevokedByOwnerOrJti) {
  EXPECT_EQ(request_of({"tickets", "revoke", "--owner", "o1", "--reason", "stolen"}),
            R"(POST /v1/tickets/revoke {"reason":"stolen","owner":"o1"})");
  EXPECT_EQ(request_of({"tickets", "revoke", "--jti", "a-1", "--reason", "copied", "--until",
                        "1795136400000"}),
            R"(POST /v1/tickets/revoke {"reason":"copied","jti":"a-1","until":1795136400000})");
  EXPECT_EQ(request_of({"tickets", "revoke", "--reason", "stolen"}), "exit 2");
  EXPECT_EQ(request_of({"tickets", "revoke", "--owner", "o1"}), "exit 2");
  EXPECT_EQ(request_of({"tickets", "revoke", "--owner", "o", "--jti", "a", "--reason", "x"}),
            "exit 2");
}

TEST(CommandLine, AnImportNamesItsFile) {
  const auto parsed = parse({"owners", "import", "owners.jsonl", "--dry-run"});
  const CommandLine& line = std::get<CommandLine>(parsed);
  EXPECT_EQ(line.task, Task::import_lines);
  EXPECT_EQ(line.request.target, "/v1/owners?dry_run=1");
  EXPECT_EQ(line.file, "owners.jsonl");
}

TEST(CommandLine, ATicketNeedsNoServer) {
  const auto parsed = parse({"ticket", "r-7", "--data", "d", "--hours", "2"});
  const CommandLine& line = std::get<CommandLine>(parsed);
  EXPECT_EQ(line.task, Task::ticket);
  EXPECT_EQ(line.owner, "r-7");
  EXPECT_EQ(line.data, "d");
  EXPECT_EQ(line.ticket_ms, 7'200'000);
}

TEST(CommandLine, TheSocketComesFromTheFlagBeforeTheEnvironment) {
  ASSERT_EQ(setenv("PLATED_ADMIN", "/run/environment.sock", 1), 0);
  EXPECT_EQ(std::get<CommandLine>(parse({"status"})).admin, "/run/environment.sock");
  EXPECT_EQ(std::get<CommandLine>(parse({"status", "--admin", "/run/flag.sock"})).admin,
            "/run/flag.sock");
  ASSERT_EQ(unsetenv("PLATED_ADMIN"), 0);
  EXPECT_EQ(std::get<CommandLine>(parse({"status"})).admin, "./plated-data/admin.sock");
}

TEST(CommandLine, WhatIsNoCommandIsAUsageError) {
  EXPECT_EQ(request_of({}), "exit 2");
  EXPECT_EQ(request_of({"stauts"}), "exit 2");
  EXPECT_EQ(request_of({"pools", "粤B"}), "exit 2");
  EXPECT_EQ(request_of({"plates"}), "exit 2");
  EXPECT_EQ(request_of({"--help"}), "exit 0");
}

}  // namespace
}  // namespace plated
