// `platelog cat`: records as JSON lines.
#include <algorithm>
#include <cerrno>
#include <functional>

#include "engine/record_filter.h"
#include "persistence/log_archive.h"
#include "persistence/log_replay.h"
#include "persistence/log_survey.h"
#include "persistence/record_json.h"
#include "tools/platelog/commands.h"

namespace plated {
namespace {

// Every filter must hold; each sees every record, because some depend on what came before.
class Chosen {
 public:
  explicit Chosen(const RecordChoice& choice) : choice_(choice) {
    if (choice.plate) {
      filters_.emplace_back(PlateFilter(*choice.plate));
    }
    if (!choice.vehicle.empty()) {
      filters_.emplace_back(VehicleFilter(choice.vehicle));
    }
    if (!choice.owner.empty()) {
      filters_.emplace_back(OwnerFilter(choice.owner));
    }
  }

  bool operator()(const Record& record) {
    bool all = true;
    for (auto& filter : filters_) {
      all = filter(record) && all;
    }
    const auto& types = choice_.types;
    return all && record.sequence > choice_.after &&
           (!choice_.from || record.now.civil >= *choice_.from) &&
           (!choice_.to || record.now.civil < *choice_.to) &&
           (types.empty() ||
            std::find(types.begin(), types.end(), event_name(record.event)) != types.end());
  }

  // The first record that must be seen is behind this one.
  [[nodiscard]] Sequence after() const { return choice_.plate ? Sequence{} : choice_.after; }

 private:
  const RecordChoice& choice_;
  std::vector<std::function<bool(const Record&)>> filters_;
};

// The place before the oldest record there is.
Result<Sequence> before_oldest(FileSystem& files, const std::string& directory) {
  auto names = list_all_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  return Sequence{names.value.empty() ? 0 : names.value.front().first.value - 1};
}

}  // namespace

LogAnswer print_records(const LogTools& tools, const LogCommandLine& line) {
  const auto end = survey_log_end(tools.files, line.data);
  const auto oldest = before_oldest(tools.files, line.data);
  if (!end.ok() || !oldest.ok()) {
    return end.ok() ? oldest.status : end.status;
  }
  Chosen chosen(line.records);
  const Sequence last{end.value.next().value - 1};
  const Sequence until = std::min(line.records.until.value_or(last), last);
  const Sequence after = std::max(chosen.after(), oldest.value);
  Status read;
  if (after < until) {
    const auto print = [&](const Record& record) {
      if (!chosen(record)) {
        return Status();
      }
      const std::string text = record_json_line(record) + "\n";
      const bool written = std::fwrite(text.data(), 1, text.size(), tools.out) == text.size();
      return written ? Status() : Status::io_error("the output", 0, "cannot write", errno);
    };
    read = replay_log(tools.files, line.data, LogRange{after, until, true}, print).status;
  }
  if (std::fflush(tools.out) != 0 && read.ok()) {
    read = Status::io_error("the output", 0, "cannot write", errno);
  }
  // The damage at the log's own end stands behind everything that was printed.
  const bool to_the_end = line.records.until.value_or(LogRange::kToTheEnd) > last;
  return read.ok() && to_the_end ? LogAnswer(end.value.status) : LogAnswer(read);
}

}  // namespace plated
