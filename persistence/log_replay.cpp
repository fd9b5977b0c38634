#include "persistence/log_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <future>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "persistence/batch_decoder.h"
#include "persistence/log_archive.h"

namespace plated {
namespace {

// One file, read and checked.
struct CheckedFile {
  bool opened = false;  // its header is sound
  Status status;
  LogReader reader;
  std::vector<LogBatch> batches;
  FileDigest digest{};
};

// Checks the file up to the batch that holds `until`.
CheckedFile check_file(FileSystem& files, const std::string& directory, const LogFileName& name,
                       LogPlace place, Sequence until) {
  CheckedFile file;
  auto reader = LogReader::open_listed(files, directory, name, place);
  if (!reader.ok()) {
    file.status = reader.status;
    return file;
  }
  file.opened = true;
  file.reader = std::move(reader.value);
  for (LogBatch batch; file.reader.expected() <= until && file.reader.next(batch);) {
    file.batches.push_back(batch);
  }
  file.status = file.reader.status();
  if (file.status.ok()) {
    file.digest = file.reader.digest();
  }
  return file;
}

// The walk over the files of one range.
class Replay {
 public:
  Replay(FileSystem& files, const std::string& directory, const LogRange& range,
         std::size_t run_max, const RunVisitor& visit, LogFindings& findings)
      : files_(files),
        directory_(directory),
        range_(range),
        run_max_(run_max),
        visit_(visit),
        findings_(findings) {}

  Status run(std::vector<LogFileName> names) {
    if (Status status = skip_older(names); !status.ok() || names.empty()) {
      return status;
    }
    std::future<CheckedFile> reading = begin(names, 0);
    for (std::size_t i = 0; i < names.size() && reading.valid(); ++i) {
      CheckedFile file = reading.get();
      if (file.status.ok() && file.reader.expected() <= range_.until && i + 1 < names.size()) {
        reading = begin(names, i + 1);
      }
      Status status = file.opened ? follows(names[i], file) : file.status;
      if (status.ok()) {
        status = visit_all(names[i], file);
      }
      if (!status.ok() || !file.status.ok()) {
        return status.ok() ? file.status : status;
      }
      note(names[i], file);
    }
    return {};
  }

 private:
  // Leaves the files that may hold records of the range.
  Status skip_older(std::vector<LogFileName>& names) {
    if (names.empty()) {
      return {};
    }
    findings_.oldest = names.front().first;
    if (names.front().first.value > range_.after.value + 1) {
      return Status::corruption(
          names.front().path, 0,
          fmt::format("the oldest log file begins at record {}, but records from {} on are needed: "
                      "put the missing files back, from the archive or a copy",
                      names.front().first.value, range_.after.value + 1));
    }
    std::size_t first = 0;
    while (first + 1 < names.size() && names[first + 1].first.value <= range_.after.value + 1) {
      ++first;
    }
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(first));
    return {};
  }

  std::future<CheckedFile> begin(const std::vector<LogFileName>& names, std::size_t index) {
    const LogPlace place = index + 1 < names.size() ? LogPlace::followed : LogPlace::last;
    return std::async(std::launch::async, [this, name = names[index], place] {
      return check_file(files_, directory_, name, place, range_.until);
    });
  }

  Status follows(const LogFileName& name, const CheckedFile& file) {
    if (findings_.files == 0) {
      return {};
    }
    if (file.reader.header().first != expected_) {
      return Status::corruption(
          name.path, 0,
          fmt::format("records {} to {} are missing before this file: put the missing file back, "
                      "from the archive or a copy",
                      expected_.value, name.first.value - 1));
    }
    if (file.reader.header().previous != findings_.last_file_digest) {
      return Status::corruption(
          name.path, 32, "the file before this one is not the one that it was written after");
    }
    return {};
  }

  Status visit_all(const LogFileName& name, const CheckedFile& file) {
    BatchDecoder decoder(name.path, file.batches);
    while (const DecodedChunk* chunk = decoder.next()) {
      if (Status status = visit_runs(in_range(chunk->records)); !status.ok()) {
        return status;
      }
      if (!chunk->status.ok()) {
        return chunk->status;
      }
    }
    return {};
  }

  // What of consecutive records is of the range.
  [[nodiscard]] std::span<const Record> in_range(std::span<const Record> records) const {
    const auto first = std::ranges::upper_bound(records, range_.after, {},
                                                [](const Record& r) { return r.sequence; });
    const auto end = std::ranges::upper_bound(first, records.end(), range_.until, {},
                                              [](const Record& r) { return r.sequence; });
    return records.subspan(static_cast<std::size_t>(first - records.begin()),
                           static_cast<std::size_t>(end - first));
  }

  Status visit_runs(std::span<const Record> records) {
    while (!records.empty()) {
      const auto run = records.first(std::min(run_max_, records.size()));
      if (Status status = visit_(run); !status.ok()) {
        return status;
      }
      findings_.last = run.back().sequence;
      findings_.records += run.size();
      records = records.subspan(run.size());
    }
    return {};
  }

  void note(const LogFileName& name, const CheckedFile& file) {
    ++findings_.files;
    findings_.bytes += file.reader.sound_bytes();
    findings_.torn_bytes = file.reader.torn_bytes();
    findings_.torn_offset = findings_.torn_bytes > 0 ? file.reader.sound_bytes() : 0;
    findings_.last_file = name;
    findings_.last_file_bytes = file.reader.sound_bytes();
    findings_.last_file_records = file.reader.expected().value - name.first.value;
    findings_.last_file_digest = file.digest;
    findings_.last_file_previous = file.reader.header().previous;
    expected_ = file.reader.expected();
  }

  FileSystem& files_;
  const std::string& directory_;
  const LogRange range_;
  const std::size_t run_max_;
  const RunVisitor& visit_;
  LogFindings& findings_;
  Sequence expected_;
};

Status replay(FileSystem& files, const std::string& directory, const LogRange& range,
              std::size_t run_max, const RunVisitor& visit, LogFindings& findings) {
  check(range.after <= range.until, "a range does not end before it begins");
  findings = LogFindings{};
  findings.last = range.after;
  auto names = list_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  if (range.archived) {
    if (Status status = add_archived_log_files(files, directory, names.value); !status.ok()) {
      return status;
    }
  }
  Replay walk(files, directory, range, run_max, visit, findings);
  if (Status status = walk.run(std::move(names.value)); !status.ok()) {
    return status;
  }
  if (range.until != LogRange::kToTheEnd && findings.last < range.until) {
    return Status::corruption(directory, 0,
                              fmt::format("the log ends at record {}, but record {} was durable",
                                          findings.last.value, range.until.value));
  }
  return {};
}

}  // namespace

Status replay_log(FileSystem& files, const std::string& directory, const LogRange& range,
                  const std::function<Status(const Record&)>& visit, LogFindings& findings) {
  return replay(
      files, directory, range, 1,
      [&visit](std::span<const Record> run) { return visit(run.front()); }, findings);
}

Status replay_log_runs(FileSystem& files, const std::string& directory, const LogRange& range,
                       const RunVisitor& visit, LogFindings& findings) {
  return replay(files, directory, range, SIZE_MAX, visit, findings);
}

Result<LogPosition> settle_log_tail(FileSystem& files, const std::string& directory,
                                    const LogFindings& findings) {
  if (findings.files == 0) {
    return LogPosition{Sequence{findings.last.value + 1}, {}};
  }
  const LogFileName& last = findings.last_file;
  const Sequence next{last.first.value + findings.last_file_records};
  if (findings.last_file_records == 0) {
    // The writer's first file takes its place.
    return LogPosition{next, findings.last_file_previous};
  }
  auto contents = read_whole_file(files, last.path, kLogFileSizeMax);
  if (!contents.ok()) {
    return contents.status;
  }
  contents.value.resize(static_cast<std::size_t>(findings.last_file_bytes));
  RunningDigest digest;
  digest.update(contents.value);
  if (digest.value() != findings.last_file_digest) {
    return Status::corruption(last.path, 0, "the file reads differently from a moment ago");
  }
  const std::string name = log_file_name(last.first);
  if (Status status = replace_file(files, directory, name, contents.value); !status.ok()) {
    return status;
  }
  return LogPosition{next, findings.last_file_digest};
}

}  // namespace plated
