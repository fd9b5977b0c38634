// Answers as people read them, and imports that come in pieces.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>

#include "tools/platectl/import.h"
#include "tools/shell/print.h"

namespace plated {
namespace {

TEST(Describe, AnObjectIsOneValueALine) {
  EXPECT_EQ(describe(boost::json::parse(R"({"loaded":5,"role":"leader","log":{"age_ms":3}})")),
            "loaded      5\n"
            "role        leader\n"
            "log.age_ms  3\n");
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

TEST(Describe, EmptyListsSayNone) { EXPECT_EQ(describe(boost::json::array{}), "none\n"); }

TEST(DescribeError, TellsMessageCodeAndField) {
  EXPECT_EQ(describe_error(400, R"({"error":{"code":"bad_request","message":"draws is 1 to 60000",)"
                                R"("field":"draws"}})"),
            "draws is 1 to 60000 (bad_request, field draws)\n");
  EXPECT_EQ(describe_error(502, "bad gateway"), "status 502: bad gateway\n");
  EXPECT_EQ(describe_error(404, ""), "status 404\n");
}

AdminReply answer(const std::string& body) { return AdminReply{"", 200, "application/json", body}; }

TEST(Import, RefusalsNameTheLineOfTheWholeFile) {
  std::stringstream lines;
  for (std::size_t i = 0; i < kImportLinesMax + 3; ++i) {
    lines << "{}\n";
  }
  std::vector<std::size_t> pieces;
  const ImportOutcome outcome = import_lines(lines, "/v1/owners", [&](const AdminRequest& request) {
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
  const ImportOutcome outcome = import_lines(lines, "/v1/owners", [&](const AdminRequest&) {
    ++asked;
    return asked == 2 ? AdminReply{"", 503, "", ""} : answer(R"({"accepted":5000})");
  });
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(outcome.accepted, 5000U);
  EXPECT_FALSE(outcome.reply.succeeded());
}

TEST(Import, ALineWithoutItsEndIsALine) {
  std::stringstream lines("{}\n{}");
  std::string body;
  const ImportOutcome outcome = import_lines(lines, "/v1/owners", [&](const AdminRequest& request) {
    body += request.body;
    return answer(R"({"accepted":2,"unchanged":0,"refused":[]})");
  });
  EXPECT_EQ(body, "{}\n{}\n");
  EXPECT_EQ(outcome.accepted, 2U);
}

}  // namespace
}  // namespace plated
