#include "persistence/recount.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check.h"
#include "engine/plate.h"
#include "engine/state.h"
#include "persistence/ledger.h"
#include "persistence/log_archive.h"

namespace plated {
namespace {

// What the books are opened on.
struct Base {
  std::unique_ptr<Engine> engine;
  Sequence from;  // 0: nothing
};

// The oldest sound snapshot that the log still continues; nothing when the log begins at 1.
Result<Base> load_base(FileSystem& files, const std::string& directory, bool archive,
                       const EngineMaker& make_engine) {
  Base base;
  base.engine = make_engine();
  auto logs = archive ? list_all_log_files(files, directory) : list_log_files(files, directory);
  auto snapshots = list_snapshots(files, directory);
  if (!logs.ok() || !snapshots.ok()) {
    return logs.ok() ? snapshots.status : logs.status;
  }
  if (logs.value.empty() || logs.value.front().first == Sequence{1}) {
    return base;
  }
  const uint64_t oldest = logs.value.front().first.value;
  std::ranges::reverse(snapshots.value);
  for (const SnapshotName& name : snapshots.value) {
    if (name.sequence.value + 1 < oldest) {
      continue;
    }
    auto header = read_snapshot(files, name, *base.engine);
    if (header.ok()) {
      base.from = header.value.sequence;
      check(base.engine->applied() == base.from, "a snapshot is loaded whole");
      return base;
    }
    if (header.status.code() != StatusCode::corruption) {
      return header.status;
    }
    base.engine = make_engine();
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
  auto base = load_base(files, directory, options.archive, make_engine);
  if (!base.ok()) {
    return base.status;
  }
  report.from = base.value.from;
  const std::unique_ptr<Engine> engine = std::move(base.value.engine);
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
  auto replayed = replay_log(files, directory, range, enter);
  if (!replayed.ok()) {
    return replayed.status;
  }
  report.log = replayed.value;
  check(engine->applied() == report.log.last, "every record was applied and entered");
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
