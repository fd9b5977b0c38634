// `platelog digest` and `platelog checkpoint`: states built by replay.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <csignal>

#include "persistence/checkpoint.h"
#include "persistence/log_survey.h"
#include "persistence/record_json.h"
#include "persistence/replay_engine.h"
#include "tools/platelog/commands.h"
#include "tools/platelog/steady.h"
#include "tools/platelog/text.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr int kNice = 10;

// The checkpoint of a server that dies must not hold the lock that the next one needs.
bool end_with(int parent) { return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent; }

}  // namespace

LogAnswer tell_digest(const LogTools& tools, const LogCommandLine& line) {
  const auto end = survey_log_end(tools.files, line.data);
  if (!end.ok()) {
    return end.status;
  }
  const Sequence last{end.value.next().value - 1};
  const Sequence at = line.at.value_or(last);
  if (at > last) {
    return end.value.status.ok()
               ? Status::mismatch(line.data, fmt::format("the log ends at record {}", last.value))
               : end.value.status;
  }
  const RecoveryProgress progress = [&](const RecoveryStep& step) {
    tools.progress.show(fmt::format("record {} of {}", step.applied.value, at.value));
  };
  auto state = on_steady_files(tools.files, line.data, [&] {
    return load_state(tools.files, line.data, at, make_replay_engine, progress,
                      {!line.from_empty, true});
  });
  if (!state.ok()) {
    return state.status;
  }
  LogAnswer answer;
  answer.said = {{"sequence", at.value},
                 {"digest", hexadecimal(state.value.engine->digest())},
                 {"snapshot", state.value.report.snapshot.value},
                 {"replayed", state.value.report.log.records}};
  json::array passed_over;
  for (const Status& damaged : state.value.report.damaged_snapshots) {
    passed_over.push_back(problem_json(damaged));
  }
  if (!passed_over.empty()) {
    answer.said["passed_over"] = std::move(passed_over);
  }
  return answer;
}

LogAnswer write_checkpoint(const LogTools& tools, const LogCommandLine& line) {
  if (line.parent != 0 && !end_with(line.parent)) {
    return Status::io_error(line.data, 0, "whoever wanted this checkpoint is gone", 0);
  }
  (void)setpriority(PRIO_PROCESS, 0, kNice);
  const auto end = survey_log_end(tools.files, line.data);
  if (!end.ok() || !end.value.status.ok()) {
    return end.ok() ? end.value.status : end.status;
  }
  const Sequence until = line.at.value_or(end.value.durable);
  if (until.value == 0) {
    return Status::mismatch(line.data, "there is no record that could be in a snapshot");
  }
  const auto report = run_checkpoint(tools.files, line.data, until, make_replay_engine,
                                     CheckpointOptions{!line.remove_retired});
  if (!report.ok()) {
    return report.status;
  }
  json::array retired;
  for (const std::string& name : report.value.retired) {
    retired.emplace_back(name);
  }
  LogAnswer answer;
  answer.said = {{"sequence", report.value.snapshot.sequence.value},
                 {"digest", hexadecimal(report.value.snapshot.digest)},
                 {"replayed", report.value.records},
                 {"retired", std::move(retired)}};
  return answer;
}

}  // namespace plated
