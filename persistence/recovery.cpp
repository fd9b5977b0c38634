#include "persistence/recovery.h"

#include <fmt/format.h>

#include "engine/check.h"
#include "persistence/data_directory.h"

namespace plated {
namespace {

constexpr uint64_t kProgressEvery = 100'000;  // records

std::unique_ptr<Engine> fresh_engine(const EngineMaker& make_engine) {
  auto engine = make_engine();
  check(engine != nullptr && engine->applied().value == 0, "a fresh engine has applied nothing");
  return engine;
}

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

// A state to replay on: of the newest snapshot up to `until` that is sound, or empty.
struct SnapshotBase {
  std::unique_ptr<Engine> engine;
  Sequence snapshot;  // 0: none
  std::vector<Status> damaged;
};

Result<SnapshotBase> load_snapshot(FileSystem& files, const std::string& directory, Sequence until,
                                   const EngineMaker& make_engine) {
  auto names = list_snapshots(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  SnapshotBase base;
  for (const SnapshotName& name : names.value) {
    if (name.sequence > until) {
      continue;
    }
    base.engine = fresh_engine(make_engine);
    auto header = read_snapshot(files, name, *base.engine);
    if (header.ok()) {
      base.snapshot = header.value.sequence;
      check(base.engine->applied() == base.snapshot && base.snapshot <= until,
            "a snapshot is loaded whole, and holds nothing that is not wanted");
      return base;
    }
    if (header.status.code() == StatusCode::not_found) {
      continue;  // a checkpoint has just retired it
    }
    if (header.status.code() != StatusCode::corruption) {
      return header.status;
    }
    base.damaged.push_back(header.status);
  }
  base.engine = fresh_engine(make_engine);
  return base;
}

// Where a replay to the end will end, for telling how far it is.
Result<Sequence> estimate_end(FileSystem& files, const std::string& directory, Sequence until) {
  if (until != LogRange::kToTheEnd) {
    return until;
  }
  auto names = list_log_files(files, directory);
  if (!names.ok()) {
    return names.status;
  }
  return names.value.empty() ? Sequence{} : glance_at_log_end(files, names.value.back());
}

// The root of a failure to replay: a snapshot that was damaged made more of the log be needed than
// is there.
Status because_of(const std::vector<Status>& damaged_snapshots, const Status& failure) {
  check(!failure.ok(), "only a failure has a root");
  if (damaged_snapshots.empty()) {
    return failure;
  }
  const Status& newest = damaged_snapshots.front();
  return Status::corruption(newest.path(), newest.offset(),
                            fmt::format("{}; nor could the state be built without it: {}",
                                        newest.message(), failure.text()));
}

// Whether a log that was read to its end is as long as the snapshot proves it to have been.
Status reaches_snapshot(const std::string& directory, const RecoveryReport& report) {
  const LogFindings& log = report.log;
  if (log.files == 0) {
    return report.snapshot.value == 0
               ? Status()
               : Status::corruption(directory, 0,
                                    "there is a snapshot but no log file: put the log files back");
  }
  check(log.last >= report.snapshot, "a replay begins behind its snapshot");
  const Sequence log_end = log.last_file_end.next;
  return log_end > report.snapshot
             ? Status()
             : Status::corruption(log.last_file.path, log.last_file_bytes,
                                  fmt::format("the log ends at record {}, but a snapshot proves "
                                              "that record {} was durable",
                                              log_end.value - 1, report.snapshot.value));
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
    recovered.engine = fresh_engine(make_engine);
  } else {
    auto base = load_snapshot(files, directory, until, make_engine);
    if (!base.ok()) {
      return base.status;
    }
    recovered.engine = std::move(base.value.engine);
    recovered.report.snapshot = base.value.snapshot;
    recovered.report.damaged_snapshots = std::move(base.value.damaged);
  }
  Engine& engine = *recovered.engine;
  check(engine.applied() == recovered.report.snapshot, "a replay begins where its base ends");
  Sequence end = until;
  if (progress) {
    auto estimated = estimate_end(files, directory, until);
    if (!estimated.ok()) {
      return estimated.status;
    }
    end = estimated.value;
    progress({recovered.report.snapshot, recovered.report.snapshot, end});
  }
  Sequence told = recovered.report.snapshot;
  const auto apply = [&](std::span<const Record> run) {
    check(run.front().sequence.value == engine.applied().value + 1, "records are applied in order");
    engine.apply(run);
    if (progress && run.back().sequence.value / kProgressEvery > told.value / kProgressEvery) {
      told = run.back().sequence;
      progress({recovered.report.snapshot, told, end});
    }
    return Status();
  };
  const LogRange range{recovered.report.snapshot, until, basis.archive};
  auto replayed = replay_log_runs(files, directory, range, apply);
  if (!replayed.ok()) {
    return because_of(recovered.report.damaged_snapshots, replayed.status);
  }
  recovered.report.log = replayed.value;
  check(engine.applied() == replayed.value.last && engine.applied() <= until,
        "what was read was applied, and nothing else");
  if (until == LogRange::kToTheEnd) {
    if (Status status = reaches_snapshot(directory, recovered.report); !status.ok()) {
      return status;
    }
  }
  recovered.report.took = std::chrono::steady_clock::now() - begin;
  return recovered;
}

Result<Recovered> recover(FileSystem& files, const std::string& directory,
                          const EngineMaker& make_engine, const RecoveryProgress& progress,
                          const StateJudge& judge) {
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
  if (judge) {
    if (Status status = judge(*recovered.value.engine); !status.ok()) {
      return status;
    }
  }
  auto position = settle_log_tail(files, directory, recovered.value.report.log);
  if (!position.ok()) {
    return position.status;
  }
  recovered.value.position = position.value;
  check(position.value.next.value == recovered.value.engine->applied().value + 1,
        "the log goes on behind the state");
  return recovered;
}

}  // namespace plated
