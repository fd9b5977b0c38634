#include "persistence/recovery.h"

#include <fmt/format.h>

#include "persistence/data_directory.h"

namespace plated {
namespace {

constexpr uint64_t kProgressEvery = 100'000;  // records

// What a crash left half-written has no meaning.
Status remove_unfinished(FileSystem& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names.ok()) {
    return names.status;
  }
  for (const std::string& name : names.value) {
    if (name.ends_with(".tmp")) {
      if (Status status = files.remove(directory + "/" + name); !status.ok()) {
        return status;
      }
    }
  }
  return {};
}

// The newest snapshot up to `until` that is sound.
Status load_snapshot(FileSystem& files, const std::string& directory, Sequence until,
                     const EngineMaker& make_engine, Recovered& recovered) {
  auto names = list_snapshots(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  for (const SnapshotName& name : names.value) {
    if (name.sequence > until) {
      continue;
    }
    recovered.engine = make_engine();
    auto header = read_snapshot(files, name, *recovered.engine);
    if (header.ok()) {
      recovered.report.snapshot = header.value.sequence;
      return {};
    }
    if (header.status.code() == StatusCode::not_found) {
      continue;  // a checkpoint has just retired it
    }
    if (header.status.code() != StatusCode::corruption) {
      return header.status;
    }
    recovered.report.damaged_snapshots.push_back(header.status);
  }
  recovered.engine = make_engine();
  return {};
}

// Where a replay to the end will end, for telling how far it is.
Status estimate_end(FileSystem& files, const std::string& directory, Sequence& end) {
  if (end != LogRange::kToTheEnd) {
    return {};
  }
  auto names = list_log_files(files, directory);
  if (!names.ok() || names.value.empty()) {
    end = {};
    return names.status;
  }
  auto glanced = glance_at_log_end(files, names.value.back());
  end = glanced.value;
  return glanced.status;
}

// The root of a failure to replay: a snapshot that was damaged made more of the log be needed than
// is there.
Status because_of(const std::vector<Status>& damaged_snapshots, const Status& failure) {
  if (damaged_snapshots.empty()) {
    return failure;
  }
  const Status& newest = damaged_snapshots.front();
  return Status::corruption(newest.path(), newest.offset(),
                            fmt::format("{}; nor could the state be built without it: {}",
                                        newest.message(), failure.text()));
}

}  // namespace

Result<Recovered> load_state(FileSystem& files, const std::string& directory, Sequence until,
                             const EngineMaker& make_engine, const RecoveryProgress& progress,
                             const StateBasis& basis) {
  const auto begin = std::chrono::steady_clock::now();
  Recovered recovered;
  if (progress) {
    progress({});
  }
  if (!basis.snapshots) {
    recovered.engine = make_engine();
  } else if (Status status = load_snapshot(files, directory, until, make_engine, recovered);
             !status.ok()) {
    return status;
  }
  Engine& engine = *recovered.engine;
  Sequence end = until;
  if (progress) {
    if (Status status = estimate_end(files, directory, end); !status.ok()) {
      return status;
    }
    progress({recovered.report.snapshot, recovered.report.snapshot, end});
  }
  Sequence told = recovered.report.snapshot;
  const auto apply = [&](std::span<const Record> run) {
    engine.apply(run);
    if (progress && run.back().sequence.value / kProgressEvery > told.value / kProgressEvery) {
      told = run.back().sequence;
      progress({recovered.report.snapshot, told, end});
    }
    return Status();
  };
  LogFindings& log = recovered.report.log;
  const LogRange range{recovered.report.snapshot, until, basis.archive};
  if (Status status = replay_log_runs(files, directory, range, apply, log); !status.ok()) {
    return because_of(recovered.report.damaged_snapshots, status);
  }
  const Sequence log_end{log.last_file.first.value + log.last_file_records};
  if (until == LogRange::kToTheEnd && log.files > 0 &&
      log_end.value <= recovered.report.snapshot.value) {
    return Status::corruption(
        log.last_file.path, log.last_file_bytes,
        fmt::format("the log ends at record {}, but a snapshot proves that record {} was durable",
                    log_end.value - 1, recovered.report.snapshot.value));
  }
  if (until == LogRange::kToTheEnd && log.files == 0 && recovered.report.snapshot.value > 0) {
    return Status::corruption(directory, 0,
                              "there is a snapshot but no log file: put the log files back");
  }
  recovered.report.took = std::chrono::steady_clock::now() - begin;
  return recovered;
}

Result<Recovered> recover(FileSystem& files, const std::string& directory,
                          const EngineMaker& make_engine, const RecoveryProgress& progress) {
  auto lock = DataDirectory::lock_snapshots(files, directory);
  if (!lock.ok()) {
    return lock.status;
  }
  if (Status status = remove_unfinished(files, directory); !status.ok()) {
    return status;
  }
  auto recovered = load_state(files, directory, LogRange::kToTheEnd, make_engine, progress);
  if (!recovered.ok()) {
    return recovered;
  }
  auto position = settle_log_tail(files, directory, recovered.value.report.log);
  if (!position.ok()) {
    return position.status;
  }
  recovered.value.position = position.value;
  return recovered;
}

}  // namespace plated
