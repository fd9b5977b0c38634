// What is counted, how it is judged, and the page that shows it.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tools/plateload/figures/chart.h"
#include "tools/plateload/figures/collector.h"
#include "tools/plateload/figures/glance.h"
#include "tools/plateload/figures/page.h"
#include "tools/plateload/figures/report.h"
#include "tools/plateload/figures/stamp.h"
#include "tools/plateload/files.h"
#include "tools/plateload/verdict.h"

namespace plated::load {
namespace {

constexpr int64_t kStart = 5 * kNsPerS;

Outcome outcome_of_draws() {
  Outcome outcome;
  Histogram& draws = outcome.counts.ops[static_cast<std::size_t>(Op::draw)];
  for (int64_t us = 1'000; us <= 100'000; us += 1'000) {
    draws.record(us);
  }
  outcome.counts.refusals["all_held"] = 2;
  outcome.counts.refusals["waiting"] = 50;
  outcome.counts.unanswered = 1;
  outcome.counts.in_time = 100;
  outcome.counts.due = 1'000;
  outcome.counts.late = 10;
  outcome.measured_seconds = 4;
  outcome.took_seconds = 5;
  outcome.seconds = {{0, 60, 50, 50, 10, 0, 3, 20'000, 90'000, 99'000, 100'000},
                     {1, 50, 50, 50, 10, 10, 0, 20'000, 90'000, 99'000, 100'000}};
  return outcome;
}

Verdict verdict_on(const std::string& text) {
  const auto threshold = parse_threshold(text);
  EXPECT_TRUE(std::holds_alternative<Threshold>(threshold)) << text;
  return judge(std::get<Threshold>(threshold), outcome_of_draws());
}

TEST(Tally, LeavesTheWarmUpOutOfWhatIsMeasured) {
  HdrLog log;
  Collector collector(log);
  Tally tally(collector);
  tally.start(kStart, kStart + 2 * kNsPerS);
  const auto ask = [&](int64_t due_ms, int64_t took_ms, std::string_view code) {
    const int64_t due_ns = kStart + due_ms * kNsPerMs;
    // In the warm-up it begins later than ever after.
    tally.begun(due_ns, due_ns + (due_ms < 2'000 ? 500 : 1) * kNsPerMs, 0);
    tally.unconnected(due_ns);
    tally.sent();
    tally.answered(Op::draw, due_ns, due_ns + took_ms * kNsPerMs, code);
    tally.tick(due_ns + took_ms * kNsPerMs);
  };
  ask(500, 10, "");
  ask(1'990, 400, "all_held");  // answered after the warm-up, but due in it
  ask(2'000, 7, "");
  ask(2'500, 9, "all_held");
  tally.finish(kStart + 4 * kNsPerS);
  collector.finish();
  const Counts total = collector.total();
  EXPECT_EQ(total.sent, 4U);
  EXPECT_EQ(total.done, 4U);
  EXPECT_EQ(total.answers(), 2U);
  EXPECT_EQ(total.refusals.at("all_held"), 1U);
  EXPECT_EQ(total.all_ops().max_us(), 9'000);
  EXPECT_EQ(total.due, 2U);
  EXPECT_EQ(total.late, 2U);
  EXPECT_EQ(total.behind_ns, kNsPerMs);
  EXPECT_EQ(total.unconnected, 2U);
  uint64_t by_second = 0;
  for (const Second& second : collector.seconds()) {
    by_second += second.answers;
  }
  EXPECT_EQ(by_second, 2U);
}

TEST(Tally, TakesForTheRateWhatCameWhileItWasMeasured) {
  HdrLog log;
  Collector collector(log);
  Tally tally(collector);
  tally.start(kStart, kStart + kNsPerS, kStart + 3 * kNsPerS);
  for (const int64_t at_ms : {900, 1'000, 2'999, 3'000, 9'000}) {
    tally.answered(Op::draw, kStart + kNsPerS, kStart + at_ms * kNsPerMs, "");
  }
  EXPECT_EQ(tally.counts().answers(), 5U);
  EXPECT_EQ(tally.counts().in_time, 2U);
}

TEST(Tally, AfterTheScheduleNobodyMissesAConnection) {
  HdrLog log;
  Collector collector(log);
  Tally tally(collector);
  tally.start(kStart, kStart + kNsPerS, kStart + 3 * kNsPerS);
  for (const int64_t due_ms : {900, 1'000, 2'999, 3'000, 9'000}) {
    tally.unconnected(kStart + due_ms * kNsPerMs);
  }
  EXPECT_EQ(tally.counts().unconnected, 2U);
}

TEST(Tally, CountsWhatBeganLate) {
  HdrLog log;
  Collector collector(log);
  Tally tally(collector);
  tally.start(kStart, kStart);
  tally.begun(kStart, kStart + 5 * kNsPerMs, 20 * kNsPerMs);
  tally.begun(kStart, kStart + 25 * kNsPerMs, 20 * kNsPerMs);
  EXPECT_EQ(tally.counts().due, 2U);
  EXPECT_EQ(tally.counts().late, 1U);
  EXPECT_EQ(tally.counts().behind_ns, 25 * kNsPerMs);
}

TEST(Collector, CountsWhatComesTooLateInTheNextSecond) {
  HdrLog log;
  Collector collector(log);
  Counts counts;
  counts.sent = 3;
  counts.done = 1;
  collector.take(0, counts);
  const auto first = collector.close_before(1);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->in_flight, 2U);
  collector.take(0, counts);
  collector.finish();
  const auto seconds = collector.seconds();
  ASSERT_EQ(seconds.size(), 2U);
  EXPECT_EQ(seconds[1].second, 1);
  EXPECT_EQ(seconds[1].in_flight, 4U);
  EXPECT_EQ(collector.total().sent, 6U);
}

TEST(Counts, AddUpAndClear) {
  Counts sum;
  const Counts one = outcome_of_draws().counts;
  sum.add(one);
  sum.add(one);
  EXPECT_EQ(sum.answers(), 200U);
  EXPECT_EQ(sum.refused(), 104U);
  EXPECT_EQ(sum.errors(), 6U);  // waiting is none
  sum.clear();
  EXPECT_EQ(sum.answers(), 0U);
  EXPECT_EQ(sum.due, 0U);
  EXPECT_TRUE(sum.refusals.empty());
}

TEST(Threshold, HoldsOrIsCrossed) {
  EXPECT_TRUE(verdict_on("p50 <= 50.1ms").held);
  EXPECT_FALSE(verdict_on("p99<90ms").held);
  EXPECT_EQ(verdict_on("p99<90ms").actual, "99.007 ms");
  EXPECT_TRUE(verdict_on("draw.max<=0.1s").held);
  EXPECT_TRUE(verdict_on("mean<51ms").held);
  EXPECT_FALSE(verdict_on("mean<50500us").held);
  EXPECT_TRUE(verdict_on("mean<=50500us").held);
  EXPECT_TRUE(verdict_on("errors<3%").held);
  EXPECT_FALSE(verdict_on("errors<2%").held);
  EXPECT_TRUE(verdict_on("errors<=3").held);
  EXPECT_FALSE(verdict_on("errors<3").held);
  EXPECT_TRUE(verdict_on("rate>24").held);
  EXPECT_FALSE(verdict_on("rate>25").held);
  EXPECT_TRUE(verdict_on("rate>=25").held);
  EXPECT_TRUE(verdict_on("late<=1%").held);
  EXPECT_FALSE(verdict_on("late<1%").held);
}

TEST(Threshold, OfWhatWasNotMeasuredDoesNotHold) {
  EXPECT_FALSE(verdict_on("confirm.p99<1h").held);
  EXPECT_EQ(verdict_on("first_batch.p50<1h").actual, "nothing measured");
}

TEST(Threshold, WithNothingAskedNeitherErrorsNorTheirAbsenceAreMeasured) {
  const Outcome nothing;
  for (const char* const text : {"errors<1%", "errors<=0", "failed<1%", "failed<5", "late<1%"}) {
    const Verdict verdict = judge(std::get<Threshold>(parse_threshold(text)), nothing);
    EXPECT_FALSE(verdict.held) << text;
    EXPECT_EQ(verdict.actual, "nothing measured") << text;
  }
}

TEST(Threshold, CountsAttemptsToConnectAndWalksThatFailed) {
  Outcome outcome;
  outcome.counts.unconnected = 3;
  outcome.counts.ends = {6, 0, 0, 0, 0, 2};
  outcome.owners = 8;
  const auto on = [&](const char* text) {
    return judge(std::get<Threshold>(parse_threshold(text)), outcome);
  };
  EXPECT_FALSE(on("errors<99%").held);
  EXPECT_EQ(on("errors<3").actual, "3");
  EXPECT_TRUE(on("failed<=25%").held);
  EXPECT_FALSE(on("failed<25%").held);
  EXPECT_TRUE(on("failed<3").held);
  EXPECT_FALSE(on("failed<2").held);
}

class JudgementTest : public ::testing::Test {
 protected:
  JudgementTest() {
    outcome_.owners = 2;
    outcome_.counts.ends[static_cast<std::size_t>(WalkEnd::confirmed)] = 2;
  }
  void one_fails() {
    --outcome_.counts.ends[static_cast<std::size_t>(WalkEnd::confirmed)];
    ++outcome_.counts.ends[static_cast<std::size_t>(WalkEnd::failed)];
  }
  int status(const std::vector<const char*>& thresholds = {}) {
    return judgement(thresholds).status;
  }
  Judgement judgement(const std::vector<const char*>& thresholds) {
    std::vector<Verdict> verdicts;
    for (const char* const text : thresholds) {
      verdicts.push_back(judge(std::get<Threshold>(parse_threshold(text)), outcome_));
    }
    return judge_run(options_, outcome_, verdicts);
  }

  LoadOptions options_;
  Outcome outcome_ = outcome_of_draws();
};

TEST_F(JudgementTest, ThresholdsDoNotExcuseWalksThatFailed) {
  EXPECT_EQ(status(), 0);
  EXPECT_EQ(status({"p99<1s"}), 0);
  EXPECT_EQ(status({"p99<1ms"}), kCrossed);
  one_fails();
  EXPECT_EQ(status(), kFailed);
  EXPECT_EQ(status({"p99<1s"}), kFailed);
  EXPECT_EQ(status({"failed<=50%"}), 0);
  EXPECT_EQ(status({"failed<1"}), kCrossed);
}

TEST_F(JudgementTest, NamesTheThresholdsThatWereCrossed) {
  EXPECT_EQ(judgement({"p99<90ms", "p50<1s"}).why,
            "1 of 2 thresholds crossed: p99<90ms (99.007 ms)");
}

TEST(ReportText, ShowsNoPercentileThatSoFewAnswersCannotCarry) {
  Outcome outcome;
  Histogram& draws = outcome.counts.ops[static_cast<std::size_t>(Op::draw)];
  const auto row = [&] {
    const std::string text = report_text(outcome);
    const std::size_t begin = text.find("\ndraw ") + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  for (int i = 0; i < 99; ++i) {
    draws.record(1'000);
  }
  EXPECT_EQ(row(), "draw                99     1.000     1.000         -         -     1.000");
  draws.record(1'000);
  EXPECT_EQ(row(), "draw               100     1.000     1.000     1.000         -     1.000");
  for (int i = 0; i < 900; ++i) {
    draws.record(1'000);
  }
  EXPECT_EQ(row(), "draw              1000     1.000     1.000     1.000     1.000     1.000");
}

TEST(Stamp, ManyOfficesThatAreSetAlikeAreOneGroup) {
  boost::json::array offices;
  for (int i = 0; i < 35; ++i) {
    offices.push_back(boost::json::object{{"office", i == 0 ? "粤B" : "粤" + std::to_string(i)},
                                          {"settings", {{"draws", i == 34 ? 6 : 5}}}});
  }
  EXPECT_EQ(settings_text({{"offices", offices}}), "粤B and 33 others draws=5; 粤34 draws=6");
  EXPECT_NE(server_text({{"status", {{"version", "1"}}}}).find("on the machine of the load itself"),
            std::string::npos);
}

TEST_F(JudgementTest, WhatMeansMoreComesFirst) {
  one_fails();
  outcome_.invalid = "late";
  EXPECT_EQ(status({"p99<1ms"}), kInvalid);
  outcome_.counts.violations = 1;
  EXPECT_EQ(status({"p99<1ms"}), kFailed);
}

TEST_F(JudgementTest, WhatWasCutOffOrMeasuredNothingDidNotGoAsPlanned) {
  outcome_.interrupted = true;
  EXPECT_EQ(status({"p99<1s", "failed<100%"}), kFailed);
  outcome_ = Outcome();
  EXPECT_EQ(status(), kFailed);
}

TEST_F(JudgementTest, ASteadyLoadAllowsErrorsOnlyToThresholds) {
  options_.mix = std::get<Mix>(parse_mix("draw"));
  outcome_.owners = 0;
  EXPECT_EQ(status(), kFailed);
  EXPECT_EQ(status({"errors<=3"}), 0);
  outcome_.counts.refusals.clear();
  outcome_.counts.unanswered = 0;
  EXPECT_EQ(status(), 0);
}

TEST(Threshold, SaysWhatIsWrongWithIt) {
  const auto wrong = [](std::string_view text) {
    const auto parsed = parse_threshold(text);
    return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
  };
  EXPECT_NE(wrong("p99=50ms"), "");
  EXPECT_NE(wrong("p101<50ms"), "");
  EXPECT_NE(wrong("p99<50"), "");
  EXPECT_NE(wrong("errors<many"), "");
  EXPECT_NE(wrong("late<5"), "");
  EXPECT_NE(wrong("rate>5%"), "");
  EXPECT_NE(wrong("drew.p99<5ms").find("did you mean draw?"), std::string::npos);
  EXPECT_NE(wrong("erors<5").find("did you mean errors?"), std::string::npos);
}

TEST(LiveLine, TellsHowItStands) {
  Counts counts = outcome_of_draws().counts;
  counts.sent = 110;
  counts.done = 100;
  EXPECT_EQ(live_line(counts, outcome_of_draws().seconds[1]),
            "    2 s  sent 110  done 100  in flight 10  late 10  50/s  p50 20.00  p99 90.00  p99.9 "
            "99.00 ms  errors 3: all_held 2, waiting 50, unanswered 1");
}

// A report as it is saved, of a run of visits.
boost::json::object saved(const Outcome& outcome, std::vector<Verdict> verdicts = {}) {
  LoadOptions options;
  options.seed = 77;
  options.command = "plateload --seed 77";
  options.admin = "";
  return whole_report(options, outcome, verdicts, judge_run(options, outcome, verdicts));
}

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

TEST(ReportPage, NeedsNothingElseAndShowsWhatIsThere) {
  Outcome outcome = outcome_of_draws();
  outcome.owners = 1;
  outcome.counts.ends[static_cast<std::size_t>(WalkEnd::confirmed)] = 1;
  const boost::json::object report = saved(outcome);
  ASSERT_TRUE(is_report(report));
  const std::string page = report_page(report, nullptr);
  for (const char* const outside : {"http://", "https://", "<script", "<link", "url(", "@import"}) {
    EXPECT_FALSE(has(page, outside)) << outside;
  }
  for (const char* const part :
       {"all_held", "Percentile curve", "Latency over time", "Throughput", "How visits ended",
        "class=\"verdict good\">Valid<", "seed 77", "plateload --seed 77", "nobody was asked"}) {
    EXPECT_TRUE(has(page, part)) << part;
  }
  EXPECT_EQ(std::count(page.begin(), page.end(), '\0'), 0);
  EXPECT_FALSE(has(page, "<em>was "));
}

// As the text does: few values carry no percentile beyond them.
TEST(ReportPage, ShowsNoPercentileThatSoFewAnswersCannotCarry) {
  Outcome outcome = outcome_of_draws();
  EXPECT_FALSE(has(report_page(saved(outcome), nullptr), "99.9 % within"));
  for (int i = 0; i < 1000; ++i) {
    outcome.counts.ops[static_cast<std::size_t>(Op::draw)].record(1'000 + i);
  }
  EXPECT_TRUE(has(report_page(saved(outcome), nullptr), "99.9 % within"));
}

TEST(ReportPage, SaysWhatTheExitStatusSays) {
  Outcome outcome = outcome_of_draws();
  outcome.owners = 12;
  outcome.counts.ends = {7, 0, 0, 0, 0, 3};
  const std::string page = report_page(saved(outcome), nullptr);
  EXPECT_TRUE(has(page, "class=\"verdict bad\">5 of 12 owners did not end as planned<"));
  EXPECT_TRUE(has(page, "<td>failed</td><td class=\"bar\"><i class=\"bad\""));
  EXPECT_TRUE(has(page, "<td>confirmed</td><td class=\"bar\"><i class=\"good\""));
  EXPECT_TRUE(has(page, "<td>cut off</td>"));
}

TEST(ReportPage, StandsBesideAnEarlierRun) {
  Outcome earlier = outcome_of_draws();
  earlier.counts.refusals["paused"] = 6;
  earlier.invalid = "no <room>";
  boost::json::object before = saved(earlier);
  before["client"].as_object()["command"] = "plateload --earlier";
  Outcome slower = outcome_of_draws();
  slower.counts.ops[static_cast<std::size_t>(Op::draw)].record(900'000);
  slower.invalid = "fell 2000 ms behind <its> schedule";
  const std::string page = report_page(saved(slower), &before);
  EXPECT_TRUE(has(page, "was 100 ms <b class=\"worse\">+800 %"));
  EXPECT_TRUE(has(page, "behind &lt;its&gt; schedule"));
  EXPECT_TRUE(has(page, "class=\"line before\""));
  // What only the earlier run had, or was.
  EXPECT_TRUE(has(page, "<td>paused</td>"));
  EXPECT_TRUE(has(page, "<td>0</td><td>6</td>"));
  EXPECT_TRUE(has(page, "plateload --earlier"));
  EXPECT_TRUE(has(page, "which was invalid: no &lt;room&gt;"));
}

TEST(ReportPage, IsMadeOfReportsOnly) {
  EXPECT_FALSE(is_report(boost::json::parse("[]")));
  EXPECT_FALSE(is_report(boost::json::parse(R"({"all_ops":{}})")));
  // Of another version: what it lacks reads as nothing.
  const auto old = boost::json::parse(R"({"all_ops":{},"timeline":[7],"curve":[[1],"x"]})");
  ASSERT_TRUE(is_report(old));
  EXPECT_NE(report_page(old.get_object(), &old.get_object()).find("Nothing was measured"),
            std::string::npos);
}

TEST(Told, IsShort) {
  EXPECT_EQ(told(1'250, Unit::micros), "1.25 ms");
  EXPECT_EQ(told(12, Unit::micros), "12 µs");
  EXPECT_EQ(told(2'000'000, Unit::micros), "2 s");
  EXPECT_EQ(told(12'340, Unit::count), "12.3 k");
  EXPECT_EQ(told(99.9, Unit::percent), "99.9 %");
  EXPECT_EQ(told(605, Unit::seconds), "10:05");
}

TEST(Glance, KnowsAnswersWithoutReadingThem) {
  const Glance ok = glance_at(R"({"id":17,"ok":{"vehicle":"V"}})");
  EXPECT_EQ(ok.kind, Glance::Kind::ok);
  EXPECT_EQ(ok.id, 17);
  const Glance no = glance_at(R"({"id":-3,"error":{"code":"all_held","message":"x"}})");
  EXPECT_EQ(no.kind, Glance::Kind::refusal);
  EXPECT_EQ(no.id, -3);
  EXPECT_EQ(no.code, "all_held");
  EXPECT_EQ(glance_at(R"({"event":"bye"})").kind, Glance::Kind::event);
  for (const char* const unclear :
       {"", "{", R"({"id":null,"ok":{}})", R"({"id":1,"error":{}})", R"({"ok":{},"id":1})"}) {
    EXPECT_EQ(glance_at(unclear).kind, Glance::Kind::unclear) << unclear;
  }
  EXPECT_EQ(first_plate(R"("draw":2,"batch":{"plates":["粤BD12345","粤BD1"],"e":1})"), "粤BD12345");
  EXPECT_EQ(first_plate(R"("batch":null)"), "");
}

}  // namespace
}  // namespace plated::load
