#include "persistence/recount.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/plate.h"
#include "engine/state.h"
#include "persistence/ledger.h"
#include "persistence/log_archive.h"

namespace plated {
namespace {

// Loads the oldest sound snapshot that the log still continues; nothing when the log begins at 1.
Status load_base(FileSystem& files, const std::string& directory, bool archive,
                 const EngineMaker& make_engine, std::unique_ptr<Engine>& engine, Sequence& from) {
  engine = make_engine();
  from = {};
  auto logs = list_log_files(files, directory);
  if (logs.ok() && archive) {
    if (Status status = add_archived_log_files(files, directory, logs.value); !status.ok()) {
      return status;
    }
  }
  auto snapshots = list_snapshots(files, directory);
  if (!logs.ok() || !snapshots.ok()) {
    return logs.ok() ? snapshots.status : logs.status;
  }
  if (logs.value.empty() || logs.value.front().first == Sequence{1}) {
    return {};
  }
  const uint64_t oldest = logs.value.front().first.value;
  std::ranges::reverse(snapshots.value);
  for (const SnapshotName& name : snapshots.value) {
    if (name.sequence.value + 1 < oldest) {
      continue;
    }
    auto header = read_snapshot(files, name, *engine);
    if (header.ok()) {
      from = header.value.sequence;
      return {};
    }
    if (header.status.code() != StatusCode::corruption) {
      return header.status;
    }
    engine = make_engine();
  }
  return Status::corruption(
      logs.value.front().path, 0,
      fmt::format("no sound snapshot leads to record {}, where the oldest log file begins",
                  oldest));
}

void compare(const PoolReport& pool, const Ledger& ledger, RecountReport& report) {
  const PoolCounts& counts = pool.counts;
  const Ledger::Counts book = ledger.counts(pool.pool);
  PoolRecount& line = report.pools.emplace_back(PoolRecount{pool.pool, counts, true});
  const auto expect = [&](bool holds, std::string_view what) {
    if (!holds && report.problems.size() < RecountReport::kProblemsMax) {
      report.problems.push_back(fmt::format("pool {} {} {}: {}", text_of(pool.pool.office).view(),
                                            name_of(pool.pool.plate_class),
                                            name_of(pool.pool.power), what));
    }
    return holds;
  };
  line.adds_up =
      expect(counts.free + counts.held + counts.reserved + counts.issued + counts.withheld ==
                 counts.loaded,
             "its states do not add up to what was loaded");
  (void)expect(counts.held == book.held, "the number held is not the log's");
  (void)expect(counts.reserved == book.reserved, "the number reserved is not the log's");
  (void)expect(counts.issued == book.issued, "the number issued is not the log's");
  (void)expect(counts.withheld >= book.withheld + book.returning,
               "fewer plates are withheld than the log says");
}

}  // namespace

Result<RecountReport> recount(FileSystem& files, const std::string& directory, Sequence until,
                              const EngineMaker& make_engine, const RecountOptions& options) {
  RecountReport report;
  std::unique_ptr<Engine> engine;
  if (Status status =
          load_base(files, directory, options.archive, make_engine, engine, report.from);
      !status.ok()) {
    return status;
  }
  Ledger ledger;
  StateWriter::write(*engine, [&ledger](const StateItem& item) { ledger.open(item); });
  const auto enter = [&](const Record& record) {
    ledger.enter(record);
    engine->apply(record);
    if (options.watch) {
      options.watch(*engine, record);
    }
    return Status();
  };
  const LogRange range{report.from, until, options.archive};
  if (Status status = replay_log(files, directory, range, enter, report.log); !status.ok()) {
    return status;
  }
  if (options.at_end) {
    options.at_end(*engine);
  }
  report.digest = engine->digest();
  report.problems = ledger.problems();
  for (const PoolKey key : engine->pools()) {
    if (const auto pool = engine->pool(key)) {
      compare(*pool, ledger, report);
    }
  }
  return report;
}

}  // namespace plated
