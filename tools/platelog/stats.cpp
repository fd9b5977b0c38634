// `platelog stats`: what the log is made of.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <map>

#include "persistence/log_survey.h"
#include "persistence/record.h"
#include "persistence/record_cursor.h"
#include "tools/platelog/commands.h"
#include "tools/platelog/text.h"

namespace plated {
namespace {

namespace json = boost::json;

struct Sizes {
  std::vector<uint32_t> each;

  [[nodiscard]] json::object described() {
    std::sort(each.begin(), each.end());
    uint64_t sum = 0;
    for (const uint32_t one : each) {
      sum += one;
    }
    const auto at = [&](std::size_t percent) { return each[(each.size() - 1) * percent / 100]; };
    if (each.empty()) {
      return {};
    }
    return {{"mean", sum / each.size()},
            {"p50", at(50)},
            {"p90", at(90)},
            {"p99", at(99)},
            {"max", each.back()}};
  }
};

class Statistics {
 public:
  void add(const SurveyedFile& file, const LogBatch& batch) {
    if (batch.records == 0) {
      return;  // it closes a log and holds nothing
    }
    batch_records_.each.push_back(batch.records);
    batch_bytes_.each.push_back(static_cast<uint32_t>(batch.bytes.size()));
    // Batches of one write say the same of what was durable before it.
    if (sync_records_.each.empty() || batch.durable != durable_ || file.first() != file_) {
      sync_records_.each.push_back(0);
    }
    sync_records_.each.back() += batch.records;
    durable_ = batch.durable;
    file_ = file.first();
    arena_.clear();
    RecordCursor cursor(batch);
    while (const auto record = status_.ok() ? cursor.next() : std::nullopt) {
      add_record(file, *record);
    }
  }

  [[nodiscard]] const Status& status() const { return status_; }

  [[nodiscard]] json::object described() {
    const auto millis = std::max<int64_t>((last_ - first_).count(), 1);
    json::object said{{"records", records_}, {"bytes", bytes_}};
    if (records_ > 0) {
      said["first_at"] = first_.time_since_epoch().count();
      said["last_at"] = last_.time_since_epoch().count();
      said["records_per_second"] = records_ * 1000 / static_cast<uint64_t>(millis);
      said["records_in_the_busiest_second"] = busiest_;
    }
    said["batches"] = batch_records_.each.size();
    said["syncs"] = sync_records_.each.size();
    said["records_a_batch"] = batch_records_.described();
    said["bytes_a_batch"] = batch_bytes_.described();
    said["records_a_sync"] = sync_records_.described();
    said["types"] = types_json();
    return said;
  }

 private:
  struct Share {
    uint64_t records = 0;
    uint64_t bytes = 0;
  };

  void add_record(const SurveyedFile& file, const RecordBytes& bytes) {
    Record record;
    ByteSpan rest = bytes.bytes;
    if (const char* problem = decode_record(rest, arena_, record)) {
      status_ = Status::corruption(file.name.path, bytes.offset, problem);
      return;
    }
    Share& share = shares_[event_type(record.event)];
    ++share.records;
    share.bytes += bytes.bytes.size();
    bytes_ += bytes.bytes.size();
    first_ = records_ == 0 ? record.now.civil : first_;
    last_ = std::max(last_, record.now.civil);
    ++records_;
    const auto second = std::chrono::floor<std::chrono::seconds>(record.now.civil);
    in_second_ = second == second_ ? in_second_ + 1 : 1;
    second_ = second;
    busiest_ = std::max(busiest_, in_second_);
  }

  [[nodiscard]] json::array types_json() const {
    std::vector<std::size_t> order;
    for (std::size_t type = 1; type < kEventTypes; ++type) {
      if (shares_[type].records > 0) {
        order.push_back(type);
      }
    }
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return shares_[a].bytes > shares_[b].bytes;
    });
    json::array rows;
    for (const std::size_t type : order) {
      const Share& share = shares_[type];
      rows.push_back(json::object{{"what", event_names()[type]},
                                  {"records", share.records},
                                  {"bytes", share.bytes},
                                  {"bytes_a_record", share.bytes / share.records}});
    }
    return rows;
  }

  Status status_;
  EventArena arena_;
  std::array<Share, kEventTypes> shares_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  CivilTime first_{};
  CivilTime last_{};
  std::chrono::sys_seconds second_{};
  uint64_t in_second_ = 0;
  uint64_t busiest_ = 0;
  Sequence durable_;
  Sequence file_;
  Sizes batch_records_;
  Sizes batch_bytes_;
  Sizes sync_records_;
};

}  // namespace

LogAnswer count_records(const LogTools& tools, const LogCommandLine& line) {
  Statistics statistics;
  auto survey =
      survey_log(tools.files, line.data, [&](const SurveyedFile& file, const LogBatch& batch) {
        statistics.add(file, batch);
        tools.progress.show(fmt::format("record {}", batch.first.value));
      });
  if (!survey.ok()) {
    return survey.status;
  }
  LogAnswer answer;
  answer.said = statistics.described();
  json::array problems;
  for (const SurveyedFile& file : survey.value) {
    if (!file.status.ok()) {
      problems.push_back(problem_json(file.status));
    }
  }
  if (!statistics.status().ok()) {
    problems.push_back(problem_json(statistics.status()));
  }
  if (!problems.empty()) {
    answer.exit = kLogRefused;
    answer.said["problems"] = std::move(problems);
  }
  return answer;
}

}  // namespace plated
