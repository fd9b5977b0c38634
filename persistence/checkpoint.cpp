#include "persistence/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check.h"
#include "persistence/data_directory.h"
#include "persistence/log_archive.h"

namespace plated {
namespace {

constexpr std::size_t kSnapshotsKept = 2;

// Archives the log file up to its last batch. Refuses one that has lost some of its end: the file
// that follows begins at `next`.
Status archive_file(FileSystem& files, const std::string& directory, const LogFileName& name,
                    Sequence next) {
  check(name.first < next, "files stand in their order");
  auto reader = LogReader::open(files, name, LogPlace::followed);
  if (!reader.ok()) {
    return reader.status;
  }
  for (LogBatch batch; reader.value.next(batch);) {
  }
  if (!reader.value.status().ok()) {
    return reader.value.status();
  }
  if (reader.value.expected() != next) {
    return Status::corruption(
        name.path, reader.value.sound_bytes(),
        fmt::format("it ends at record {}, but the next file begins at record {}",
                    reader.value.expected().value - 1, next.value));
  }
  check(reader.value.sound_bytes() <= reader.value.contents().size(), "what is sound was read");
  const ByteSpan sound =
      reader.value.contents().first(static_cast<std::size_t>(reader.value.sound_bytes()));
  return archive_log_file(files, directory, log_file_name(name.first), sound);
}

}  // namespace

Result<std::vector<std::string>> retire_old_files(FileSystem& files, const std::string& directory,
                                                  bool archive) {
  std::vector<std::string> retired;
  auto snapshots = list_snapshots(files, directory);
  if (!snapshots.ok()) {
    return snapshots.status;
  }
  if (snapshots.value.size() < kSnapshotsKept) {
    return retired;
  }
  check(std::ranges::is_sorted(snapshots.value, std::ranges::greater(), &SnapshotName::sequence),
        "the newest snapshots stand first, and are kept");
  for (std::size_t i = kSnapshotsKept; i < snapshots.value.size(); ++i) {
    if (Status status = files.remove(snapshots.value[i].path); !status.ok()) {
      return status;
    }
  }
  const Sequence older = snapshots.value[kSnapshotsKept - 1].sequence;
  auto logs = list_log_files(files, directory);
  if (!logs.ok()) {
    return logs.status;
  }
  // Oldest first, so that what is left never has a hole.
  for (std::size_t i = 0; i + 1 < logs.value.size(); ++i) {
    if (logs.value[i + 1].first.value > older.value + 1) {
      break;
    }
    if (archive) {
      if (Status status = archive_file(files, directory, logs.value[i], logs.value[i + 1].first);
          !status.ok()) {
        return status;
      }
    }
    if (Status status = files.remove(logs.value[i].path); !status.ok()) {
      return status;
    }
    // Each by itself, so that a crash never brings back an older file without a newer one.
    if (Status status = files.sync_directory(directory); !status.ok()) {
      return status;
    }
    retired.push_back(log_file_name(logs.value[i].first));
  }
  check(logs.value.empty() || retired.size() < logs.value.size(), "a log keeps its last file");
  if (Status status = files.sync_directory(directory); !status.ok()) {
    return status;
  }
  return retired;
}

Result<CheckpointReport> run_checkpoint(FileSystem& files, const std::string& directory,
                                        Sequence until, const EngineMaker& make_engine,
                                        const CheckpointOptions& options) {
  check(until != LogRange::kToTheEnd, "a snapshot is taken of what is durable");
  auto lock = DataDirectory::lock_snapshots(files, directory);
  if (!lock.ok()) {
    return lock.status;
  }
  auto state = load_state(files, directory, until, make_engine);
  if (!state.ok()) {
    return state.status;
  }
  Engine& engine = *state.value.engine;
  CheckpointReport report;
  report.records = state.value.report.log.records;
  if (report.records == 0) {
    // Nothing has happened since.
    report.snapshot = {engine.applied(), engine.last_now(), engine.digest()};
  } else {
    auto written = write_snapshot(files, directory, engine);
    if (!written.ok()) {
      return written.status;
    }
    report.snapshot = written.value;
  }
  check(report.snapshot.sequence <= until, "nothing that may not be durable is in a snapshot");
  check(report.snapshot.sequence == engine.applied(), "a snapshot holds all that was replayed");
  // A damaged snapshot must not count as one of the two that are kept; one of the same sequence was
  // replaced above.
  const std::string sound = directory + "/" + snapshot_name(report.snapshot.sequence);
  for (const Status& damaged : state.value.report.damaged_snapshots) {
    if (damaged.path() == sound) {
      continue;
    }
    if (Status status = files.remove(damaged.path()); !status.ok()) {
      return status;
    }
  }
  state.value.engine.reset();
  auto retired = retire_old_files(files, directory, options.archive);
  if (!retired.ok()) {
    return retired.status;
  }
  report.retired = std::move(retired.value);
  report.took = state.value.report.took;
  return report;
}

}  // namespace plated
