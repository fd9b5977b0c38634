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
  LogPosition end;
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
    check(batch.first.value + batch.records == file.reader.expected().value,
          "a reader stands behind the batch that it gave");
    file.batches.push_back(batch);
  }
  file.status = file.reader.status();
  if (file.status.ok()) {
    file.end = file.reader.position();
  }
  return file;
}

// The walk over the files of one range.
class Replay {
 public:
  Replay(FileSystem& files, const std::string& directory, const LogRange& range,
         std::size_t run_max, const RunVisitor& visit)
      : files_(files), directory_(directory), range_(range), run_max_(run_max), visit_(visit) {
    check(range.after <= range.until, "a range does not end before it begins");
    check(run_max >= 1, "records are given at least one at a time");
    findings_.last = range.after;
  }

  Result<LogFindings> run(std::vector<LogFileName> names) {
    if (Status status = skip_older(names); !status.ok()) {
      return status;
    }
    if (names.empty()) {
      return findings_;
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
    check(findings_.last <= range_.until, "nothing behind the range is given");
    return findings_;
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
    check(names.front().first.value <= range_.after.value + 1,
          "the first file holds the first record");
    return {};
  }

  std::future<CheckedFile> begin(const std::vector<LogFileName>& names, std::size_t index) {
    check(index < names.size(), "there is another file to read");
    const LogPlace place = index + 1 < names.size() ? LogPlace::followed : LogPlace::last;
    return std::async(std::launch::async, [this, name = names[index], place] {
      return check_file(files_, directory_, name, place, range_.until);
    });
  }

  Status follows(const LogFileName& name, const CheckedFile& file) {
    const LogPosition& begin = file.reader.header().begin;
    check(begin.next == name.first, "a file begins where its name says");
    if (findings_.files == 0) {
      return {};
    }
    const LogPosition& expected = findings_.last_file_end;
    if (begin.next != expected.next) {
      return Status::corruption(
          name.path, 0,
          fmt::format("records {} to {} are missing before this file: put the missing file back, "
                      "from the archive or a copy",
                      expected.next.value, name.first.value - 1));
    }
    if (begin.previous != expected.previous) {
      return Status::corruption(
          name.path, 32, "the file before this one is not the one that it was written after");
    }
    if (begin != expected) {
      return Status::corruption(name.path, 64,
                                "its batches do not go on where those of the file before it end");
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
    check(!file.status.ok() ||
              findings_.last.value >= std::min(file.end.next.value - 1, range_.until.value),
          "every record of a file that is wanted was given");
    return {};
  }

  // What of consecutive records is of the range.
  [[nodiscard]] std::span<const Record> in_range(std::span<const Record> records) const {
    const auto first = std::ranges::upper_bound(records, range_.after, {},
                                                [](const Record& r) { return r.sequence; });
    const auto end = std::ranges::upper_bound(first, records.end(), range_.until, {},
                                              [](const Record& r) { return r.sequence; });
    const auto wanted = records.subspan(static_cast<std::size_t>(first - records.begin()),
                                        static_cast<std::size_t>(end - first));
    check(wanted.empty() ||
              (wanted.front().sequence > range_.after && wanted.back().sequence <= range_.until),
          "what is given lies within the range");
    return wanted;
  }

  Status visit_runs(std::span<const Record> records) {
    while (!records.empty()) {
      const auto run = records.first(std::min(run_max_, records.size()));
      check(run.front().sequence.value == findings_.last.value + 1, "records come without a gap");
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
    check(file.end.next >= name.first, "a file does not end before it begins");
    ++findings_.files;
    findings_.bytes += file.reader.sound_bytes();
    findings_.torn_bytes = file.reader.torn_bytes();
    findings_.torn_offset = findings_.torn_bytes > 0 ? file.reader.sound_bytes() : 0;
    findings_.last_file = name;
    findings_.last_file_bytes = file.reader.sound_bytes();
    findings_.last_file_begin = file.reader.header().begin;
    findings_.last_file_end = file.end;
  }

  FileSystem& files_;
  const std::string& directory_;
  const LogRange range_;
  const std::size_t run_max_;
  const RunVisitor& visit_;
  LogFindings findings_;
};

Result<LogFindings> replay(FileSystem& files, const std::string& directory, const LogRange& range,
                           std::size_t run_max, const RunVisitor& visit) {
  auto names =
      range.archived ? list_all_log_files(files, directory) : list_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  auto found = Replay(files, directory, range, run_max, visit).run(std::move(names.value));
  check(!found.ok() || found.value.last.value - range.after.value == found.value.records,
        "every record behind the beginning was given, once");
  if (found.ok() && range.until != LogRange::kToTheEnd && found.value.last < range.until) {
    return Status::corruption(directory, 0,
                              fmt::format("the log ends at record {}, but record {} was durable",
                                          found.value.last.value, range.until.value));
  }
  return found;
}

}  // namespace

Result<LogFindings> replay_log(FileSystem& files, const std::string& directory,
                               const LogRange& range,
                               const std::function<Status(const Record&)>& visit) {
  return replay(files, directory, range, 1,
                [&visit](std::span<const Record> run) { return visit(run.front()); });
}

Result<LogFindings> replay_log_runs(FileSystem& files, const std::string& directory,
                                    const LogRange& range, const RunVisitor& visit) {
  return replay(files, directory, range, SIZE_MAX, visit);
}

Result<LogPosition> settle_log_tail(FileSystem& files, const std::string& directory,
                                    const LogFindings& findings) {
  if (findings.files == 0) {
    LogPosition begin;
    begin.next.value = findings.last.value + 1;
    return begin;
  }
  const LogFileName& last = findings.last_file;
  check(findings.last_file_begin.next == last.first, "a file begins where its name says");
  if (findings.last_file_records() == 0) {
    // The writer's first file takes its place.
    return findings.last_file_begin;
  }
  auto contents = read_whole_file(files, last.path, kLogFileSizeMax);
  if (!contents.ok()) {
    return contents.status;
  }
  contents.value.resize(static_cast<std::size_t>(findings.last_file_bytes));
  RunningDigest digest;
  digest.update(contents.value);
  if (digest.value() != findings.last_file_end.previous) {
    return Status::corruption(last.path, 0, "the file reads differently from a moment ago");
  }
  check(findings.last_file_end.next > last.first, "a file that is written anew holds records");
  const std::string name = log_file_name(last.first);
  if (Status status = replace_file(files, directory, name, contents.value); !status.ok()) {
    return status;
  }
  return findings.last_file_end;
}

}  // namespace plated
