#include "persistence/log_survey.h"

#include <fmt/format.h>

#include "persistence/log_archive.h"

namespace plated {
namespace {

struct Look {
  SurveyedFile file;
  LogReader reader;
  std::vector<LogBatch> batches;
};

Result<uint64_t> size_on_disk(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::read);
  return file.ok() ? file.value->size() : file.status;
}

Look look_once(FileSystem& files, const std::string& directory, const LogFileName& name,
               LogPlace place) {
  Look look;
  SurveyedFile& file = look.file;
  file.name = name;
  file.header.begin.next = name.first;
  file.position = file.header.begin;
  file.end = LogFileEnd::damaged;
  auto reader = LogReader::open_listed(files, directory, name, place);
  if (!reader.ok()) {
    file.status = reader.status;
    return look;
  }
  look.reader = std::move(reader.value);
  file.name.path = look.reader.path();
  file.archived = is_archived(file.name.path);
  file.header = look.reader.header();
  for (LogBatch batch; look.reader.next(batch);) {
    look.batches.push_back(batch);
  }
  file.status = look.reader.status();
  file.sound_bytes = look.reader.sound_bytes();
  file.torn_bytes = look.reader.torn_bytes();
  file.batches = look.batches.size();
  file.position = look.reader.position();
  if (file.status.ok()) {
    const bool closed = !look.batches.empty() && look.batches.back().records == 0;
    const bool all_durable = closed || place == LogPlace::followed || look.batches.empty();
    file.durable = all_durable ? Sequence{file.next().value - 1} : look.batches.back().durable;
    file.end = place == LogPlace::followed ? LogFileEnd::sealed
               : file.torn_bytes > 0       ? LogFileEnd::torn
               : closed                    ? LogFileEnd::closed
                                           : LogFileEnd::open;
    const auto bytes = size_on_disk(files, file.name.path);
    file.status = bytes.status;
    file.bytes = bytes.value;
  }
  return look;
}

// A reader beside a writer may see a later write and not the earlier one, or half of one. What is
// still so when the file is read again, after the first reading ended, is so.
Look look_at(FileSystem& files, const std::string& directory, const LogFileName& name,
             LogPlace place) {
  constexpr int kReadingsMax = 5;
  Look look = look_once(files, directory, name, place);
  if (look.file.status.code() == StatusCode::not_found) {
    // A checkpoint may have retired it since it was opened: then the archive has it.
    look = look_once(files, directory, name, place);
  }
  for (int i = 1; i < kReadingsMax && place == LogPlace::last; ++i) {
    if (look.file.end != LogFileEnd::torn && look.file.end != LogFileEnd::damaged) {
      break;
    }
    Look again = look_once(files, directory, name, place);
    const bool same =
        again.file.end == look.file.end && again.file.sound_bytes == look.file.sound_bytes;
    look = std::move(again);
    if (same) {
      break;
    }
  }
  return look;
}

// Whether the log now begins behind `name`: then a checkpoint has removed that file, and every
// older one before it.
bool is_retired(FileSystem& files, const std::string& directory, const LogFileName& name) {
  const auto names = list_log_files(files, directory);
  return names.ok() && !names.value.empty() && names.value.front().first > name.first;
}

// What is wrong with `file` as the one behind `before`.
Status follows(const SurveyedFile& before, const SurveyedFile& file) {
  if (file.first() != before.next()) {
    return Status::corruption(file.name.path, 0,
                              fmt::format("it begins at record {}, but the file before it ends at "
                                          "record {}",
                                          file.first().value, before.next().value - 1));
  }
  if (file.header.begin.previous != before.position.previous) {
    return Status::corruption(file.name.path, 32,
                              "the file before this one is not the one that it was written after");
  }
  if (file.header.begin != before.position) {
    return Status::corruption(file.name.path, 64,
                              "its batches do not go on where those of the file before it end");
  }
  return {};
}

}  // namespace

std::string_view name_of(LogFileEnd end) {
  switch (end) {
    case LogFileEnd::sealed:
      return "sealed";
    case LogFileEnd::open:
      return "open";
    case LogFileEnd::closed:
      return "closed";
    case LogFileEnd::torn:
      return "torn";
    case LogFileEnd::damaged:
      return "damaged";
  }
  return "";
}

Result<std::vector<SurveyedFile>> survey_log(FileSystem& files, const std::string& directory,
                                             const BatchVisitor& visit) {
  auto names = list_all_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  std::vector<SurveyedFile> found;
  for (std::size_t i = 0; i < names.value.size(); ++i) {
    const LogPlace place = i + 1 < names.value.size() ? LogPlace::followed : LogPlace::last;
    Look look = look_at(files, directory, names.value[i], place);
    if (look.file.status.code() == StatusCode::not_found &&
        is_retired(files, directory, names.value[i])) {
      found.clear();
      continue;
    }
    if (look.file.status.ok() && !found.empty() && found.back().status.ok()) {
      look.file.status = follows(found.back(), look.file);
      look.file.end = look.file.status.ok() ? look.file.end : LogFileEnd::damaged;
    }
    for (const LogBatch& batch : look.batches) {
      if (visit) {
        visit(look.file, batch);
      }
    }
    found.push_back(std::move(look.file));
  }
  return found;
}

Result<SurveyedFile> survey_log_end(FileSystem& files, const std::string& directory) {
  auto names = list_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  if (names.value.empty()) {
    return SurveyedFile{};
  }
  return look_at(files, directory, names.value.back(), LogPlace::last).file;
}

}  // namespace plated
