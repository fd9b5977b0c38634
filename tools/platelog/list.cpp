// `platelog ls`: what stands in the directory.
#include <boost/json/array.hpp>

#include "persistence/log_survey.h"
#include "persistence/record_json.h"
#include "persistence/snapshot.h"
#include "tools/platelog/commands.h"
#include "tools/platelog/text.h"

namespace plated {
namespace {

namespace json = boost::json;

json::object file_json(const std::string& directory, const SurveyedFile& file) {
  const bool empty = file.records() == 0;
  return {{"file", name_within(directory, file.name.path)},
          {"first", file.first().value},
          {"last", empty ? json::value() : json::value(file.next().value - 1)},
          {"records", file.records()},
          {"batches", file.batches},
          {"bytes", file.bytes},
          {"sound_bytes", file.sound_bytes},
          {"torn_bytes", file.torn_bytes},
          {"state", name_of(file.end)}};
}

Result<json::array> list_states(FileSystem& files, const std::string& directory,
                                json::array& problems) {
  auto names = list_snapshots(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  json::array rows;
  for (const SnapshotName& name : names.value) {
    const auto header = read_snapshot_header(files, name);
    if (header.status.code() == StatusCode::not_found) {
      continue;  // a checkpoint has just retired it
    }
    uint64_t bytes = 0;
    if (auto file = files.open(name.path, OpenMode::read); file.ok()) {
      bytes = file.value->size().value;
    }
    json::object row{{"file", name_within(directory, name.path)},
                     {"sequence", name.sequence.value},
                     {"bytes", bytes}};
    if (header.ok()) {
      row["at"] = header.value.now.civil.time_since_epoch().count();
      row["digest"] = hexadecimal(header.value.digest);
    } else {
      problems.push_back(problem_json(header.status));
    }
    row["header"] = header.ok() ? "sound" : "damaged";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

LogAnswer list_log(const LogTools& tools, const LogCommandLine& line) {
  auto survey = survey_log(tools.files, line.data);
  if (!survey.ok()) {
    return survey.status;
  }
  json::array problems;
  json::array rows;
  for (const SurveyedFile& file : survey.value) {
    rows.push_back(file_json(line.data, file));
    if (!file.status.ok()) {
      problems.push_back(problem_json(file.status));
    }
  }
  auto snapshots = list_states(tools.files, line.data, problems);
  if (!snapshots.ok()) {
    return snapshots.status;
  }
  LogAnswer answer;
  answer.exit = problems.empty() ? kLogDone : kLogRefused;
  answer.said = {{"log", std::move(rows)}, {"snapshots", std::move(snapshots.value)}};
  if (!problems.empty()) {
    answer.said["problems"] = std::move(problems);
  }
  return answer;
}

}  // namespace plated
