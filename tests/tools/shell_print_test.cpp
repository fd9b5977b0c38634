// Answers as people read them, and imports that come in pieces.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "tools/platectl/import.h"
#include "tools/shell/print.h"
#include "tools/shell/table.h"

namespace plated {
namespace {

TEST(Describe, AnObjectIsOneValueALine) {
  EXPECT_EQ(describe(boost::json::parse(R"({"loaded":5,"role":"leader","log":{"age_ms":3}})")),
            "loaded   5\n"
            "role     leader\n"
            "log.age  3 ms\n");
}

TEST(Describe, PoolsHaveTheirSum) {
  const auto pools = boost::json::parse(
      R"([{"office":"粤B","loaded":10,"free":9,"withheld":1,"segments":[{"from":"粤BD1"}]},
          {"office":"粤A","loaded":5,"free":5,"withheld":0,"segments":[]}])");
  EXPECT_EQ(describe(pools),
            "office  loaded  free  withheld  segments\n"
            "粤B         10     9         1  1\n"
            "粤A          5     5         0\n"
            "sum         15    14         1\n");
}

TEST(Describe, ListsOfObjectsInAnAnswerAreTables) {
  EXPECT_EQ(describe(boost::json::parse(
                R"({"loaded":0,"refused":[{"plate":"粤BD00001","why":"known"}]})")),
            "loaded  0\n"
            "\n"
            "refused\n"
            "plate      why\n"
            "粤BD00001  known\n");
}

TEST(Describe, NumbersAndTimesAreAsPeopleWriteThem) {
  EXPECT_EQ(
      describe(boost::json::parse(
          R"({"rate":1.278285033743549E2,"none":0E0,"low":0.5,"share":12.345,"uptime_ms":449185,
                    "batch_hold_ms":90000,"wait_ms":1500,"grace_ms":86400000,"long_ms":1047600000})")),
      "rate        128\n"
      "none        0\n"
      "low         0.5\n"
      "share       12.3\n"
      "uptime      7 min 29 s\n"
      "batch_hold  90 s\n"
      "wait        1.5 s\n"
      "grace       24 h\n"
      "long        12 d 3 h\n");
}

TEST(Describe, ObjectsOfTheSameFieldsAreOneTable) {
  EXPECT_EQ(describe(boost::json::parse(
                R"({"latency":{"draw":{"count":2,"p50_us":90},"enter":{"count":11,"p50_us":7}}})")),
            "latency\n"
            "       count  p50_us\n"
            "draw       2      90\n"
            "enter     11       7\n");
}

TEST(Describe, AHistoryFitsATerminal) {
  boost::json::array history;
  for (int i = 0; i < 12; ++i) {
    history.push_back(boost::json::object{{"sequence", i},
                                          {"at", "today"},
                                          {"what", "drawn"},
                                          {"field_" + std::to_string(i), "值值值值值值"}});
  }
  boost::json::object long_row{{"sequence", 99}, {"at", "today"}, {"what", "drawn"}};
  for (int i = 0; i < 12; ++i) {
    long_row["plate_" + std::to_string(i)] = "粤BD12345";
  }
  history.push_back(std::move(long_row));
  boost::json::array taken;
  for (int i = 0; i < 10; ++i) {
    taken.push_back(boost::json::object{{"plate", "粤BD1234" + std::to_string(i)}, {"place", i}});
  }
  history.push_back(boost::json::object{
      {"sequence", 100}, {"at", "today"}, {"what", "drawn"}, {"taken", std::move(taken)}});
  const std::string text = describe(boost::json::object{{"history", history}});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), 100U) << line;
  }
  EXPECT_NE(text.find("0  today  drawn  field_0=值"), std::string::npos) << text;
  EXPECT_NE(text.find("plate_11=粤BD12345"), std::string::npos) << text;
  EXPECT_NE(text.find("taken=粤BD12340/0  粤BD12341/1"), std::string::npos) << text;
}

TEST(Describe, ALongListOfRefusalsIsSummedUp) {
  boost::json::array refused;
  for (int i = 0; i < 10'000; ++i) {
    refused.push_back(
        boost::json::object{{"plate", i}, {"why", i < 7 ? "duplicate" : "already_known"}});
  }
  const std::string body = boost::json::serialize(boost::json::object{
      {"error", {{"code", "conflict"}, {"message", "no"}}}, {"refused", refused}});
  for (const std::string& text :
       {describe(boost::json::object{{"refused", refused}}), describe_error(409, body)}) {
    EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 30) << text;
    EXPECT_NE(
        text.find("and 9980 more; in all 9993 already_known, 7 duplicate; --json has them all"),
        std::string::npos)
        << text;
  }
}

TEST(Describe, EmptyListsSayNone) { EXPECT_EQ(describe(boost::json::array{}), "none\n"); }

TEST(DescribeError, TellsMessageCodeAndField) {
  EXPECT_EQ(describe_error(400, R"({"error":{"code":"bad_request","message":"draws is 1 to 60000",)"
                                R"("field":"draws"}})"),
            "draws is 1 to 60000 (bad_request, field draws)\n");
  EXPECT_EQ(describe_error(502, "bad gateway"), "status 502: bad gateway\n");
  EXPECT_EQ(describe_error(404, ""), "status 404\n");
}

NextLine lines_of(std::istream& lines) {
  return [&lines](std::string& line) { return bool(std::getline(lines, line)); };
}

AdminReply answer(const std::string& body) {
  return AdminReply{"", false, 200, "application/json", body};
}

TEST(Import, RefusalsNameTheLineOfTheWholeFile) {
  std::stringstream lines;
  for (std::size_t i = 0; i < kImportLinesMax + 3; ++i) {
    lines << "{}\n";
  }
  std::vector<std::size_t> pieces;
  const ImportOutcome outcome =
      import_lines(lines_of(lines), "/v1/owners", [&](const AdminRequest& request) {
        pieces.push_back(request.body.size() / 3);
        return answer(R"({"accepted":1,"unchanged":2,"refused":[{"line":2,"field":"owner"}]})");
      });
  EXPECT_EQ(pieces, (std::vector<std::size_t>{kImportLinesMax, 3}));
  EXPECT_EQ(boost::json::serialize(outcome.as_json()),
            R"({"accepted":2,"unchanged":4,"refused":[{"line":2,"field":"owner"},)"
            R"({"line":5002,"field":"owner"}]})");
}

TEST(Import, StopsAtThePieceThatFails) {
  std::stringstream lines;
  for (std::size_t i = 0; i < 3 * kImportLinesMax; ++i) {
    lines << "{}\n";
  }
  int asked = 0;
  const ImportOutcome outcome =
      import_lines(lines_of(lines), "/v1/owners", [&](const AdminRequest&) {
        ++asked;
        return asked == 2 ? AdminReply{"", false, 503, "", ""} : answer(R"({"accepted":5000})");
      });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(outcome.accepted, 5000U);
  EXPECT_FALSE(outcome.reply.succeeded());
}

TEST(Import, ALineWithoutItsEndIsALine) {
  std::stringstream lines("{}\n{}");
  std::string body;
  const ImportOutcome outcome =
      import_lines(lines_of(lines), "/v1/owners", [&](const AdminRequest& request) {
        body += request.body;
        return answer(R"({"accepted":2,"unchanged":0,"refused":[]})");
      });
  EXPECT_EQ(body, "{}\n{}\n");
  EXPECT_EQ(outcome.accepted, 2U);
}

}  // namespace
}  // namespace plated
