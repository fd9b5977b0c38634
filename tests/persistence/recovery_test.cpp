// From a real engine's records to files and back: the state that recovers is the state that was,
// from nothing, from snapshots, from damaged snapshots, after crashes; and a recount agrees.
#include "persistence/recovery.h"

#include <gtest/gtest.h>

#include <random>

#include "persistence/checkpoint.h"
#include "persistence/data_directory.h"
#include "persistence/ledger.h"
#include "persistence/log_archive.h"
#include "persistence/record_json.h"
#include "persistence/recount.h"
#include "tests/persistence/busy_world.h"
#include "tests/support/fault_file_system.h"

namespace plated {
namespace {

TEST(Recovery, AnEmptyDirectoryGivesAnEmptyEngine) {
  BusyWorld busy(1);
  MemoryFileSystem disk;
  ASSERT_TRUE(disk.make_directory(kTestDirectory).ok());
  Files files(busy, disk);
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.position.next, Sequence{1});
  EXPECT_FALSE(recovered.value.engine->founded());
}

TEST(Recovery, TheStateThatRecoversIsTheStateThatWas) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    BusyWorld busy(seed);
    busy.steps(600);
    MemoryFileSystem disk;
    Files files(busy, disk);
    {
      LogWorld log(disk);
      ASSERT_TRUE(files.write(log).ok());
    }
    disk.crash_losing_all();
    const auto recovered = files.recovered();
    ASSERT_TRUE(recovered.ok()) << recovered.status.text();
    EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest()) << "seed " << seed;
    EXPECT_EQ(recovered.value.report.log.records, busy.world.sink.records.size());
    EXPECT_EQ(recovered.value.position.next.value, busy.world.sink.records.size() + 1);
  }
}

TEST(Recovery, ASnapshotAndTheRestGiveTheSameState) {
  BusyWorld busy(7);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogWorld log(disk);
  for (int round = 0; round < 5; ++round) {
    busy.steps(150);
    ASSERT_TRUE(files.write(log).ok());
    const Sequence until = log.acknowledged();
    const auto checkpoint = files.checkpoint(until);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status.text();
    EXPECT_EQ(checkpoint.value.snapshot.sequence, until);
    EXPECT_EQ(checkpoint.value.snapshot.digest, busy.world.engine->digest());
    EXPECT_LE(list_snapshots(disk, kTestDirectory).value.size(), 2U);
  }
  busy.steps(100);
  ASSERT_TRUE(files.write(log).ok());
  disk.crash_losing_all();
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_GT(recovered.value.report.snapshot, Sequence{0});
  EXPECT_LT(recovered.value.report.log.records, busy.world.sink.records.size() / 2);
  EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
}

TEST(Recovery, ADamagedSnapshotLeavesTheOlderOne) {
  BusyWorld busy(8);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogWorld log(disk);
  for (int round = 0; round < 2; ++round) {
    busy.steps(100);
    ASSERT_TRUE(files.write(log).ok());
    ASSERT_TRUE(files.checkpoint(log.acknowledged()).ok());
  }
  const auto names = list_snapshots(disk, kTestDirectory).value;
  ASSERT_EQ(names.size(), 2U);
  const Bytes whole = *disk.contents(names[0].path);
  std::mt19937_64 random(1);
  for (int round = 0; round < 60; ++round) {
    Bytes hurt = whole;
    const std::size_t at = round < 40 ? random() % hurt.size() : static_cast<std::size_t>(round);
    if (round % 3 == 0) {
      hurt.resize(at);
    } else {
      hurt[at] ^= static_cast<std::byte>(1U << (random() % 8));
    }
    disk.put_file(names[0].path, hurt);
    const auto recovered = files.recovered();
    ASSERT_TRUE(recovered.ok()) << recovered.status.text();
    EXPECT_EQ(recovered.value.report.damaged_snapshots.size(), 1U);
    EXPECT_EQ(recovered.value.report.snapshot, names[1].sequence);
    EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
  }
  // A checkpoint replaces the damaged one instead of trusting it.
  ASSERT_TRUE(files.checkpoint(log.acknowledged()).ok());
  EXPECT_TRUE(files.recovered().value.report.damaged_snapshots.empty());
  EXPECT_EQ(files.recovered().value.report.snapshot, names[0].sequence);
}

TEST(Recovery, ALogThatEndsBeforeItsSnapshotIsRefused) {
  BusyWorld busy(9);
  MemoryFileSystem disk;
  Files files(busy, disk);
  {
    LogWorld log(disk);
    busy.steps(50);
    ASSERT_TRUE(files.write(log).ok());
    ASSERT_TRUE(files.checkpoint(log.acknowledged()).ok());
  }
  const std::string path = kTestDirectory + "/" + log_file_name(Sequence{1});
  Bytes cut = *disk.contents(path);
  cut.resize(4000);
  disk.put_file(path, cut);
  EXPECT_EQ(files.recovered().status.code(), StatusCode::corruption);
  ASSERT_TRUE(disk.remove(path).ok());
  EXPECT_EQ(files.recovered().status.code(), StatusCode::corruption);
}

// Lives and crashes, checkpoints in between; what recovers is always a state that was, not older
// than what was acknowledged, and the books agree.
TEST(Recovery, SurvivesLifeAfterLife) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    BusyWorld busy(seed + 20);
    MemoryFileSystem disk;
    Files files(busy, disk);
    std::mt19937_64 random(seed);
    LogPosition position;
    for (int life = 0; life < 4; ++life) {
      Sequence acknowledged;
      {
        LogWorld log(disk, position);
        ASSERT_TRUE(log.opened().ok()) << log.opened().text();
        busy.steps(static_cast<int>(random() % 120));
        ASSERT_TRUE(files.write(log).ok());
        acknowledged = log.acknowledged();
        if (random() % 2 == 0 && acknowledged.value > 0) {
          ASSERT_TRUE(files.checkpoint(acknowledged, random() % 2 == 0).ok());
        }
      }
      disk.crash(random());
      const auto recovered = files.recovered();
      ASSERT_TRUE(recovered.ok()) << "seed " << seed << ": " << recovered.status.text();
      const Sequence last = recovered.value.engine->applied();
      EXPECT_GE(last, acknowledged);
      EXPECT_EQ(recovered.value.engine->digest(), digest_at(busy, last)) << "seed " << seed;
      const auto books = recount(disk, kTestDirectory, LogRange::kToTheEnd, files.maker());
      ASSERT_TRUE(books.ok()) << books.status.text();
      EXPECT_TRUE(books.value.sound()) << books.value.problems[0];
      EXPECT_EQ(books.value.digest, recovered.value.engine->digest());
      position = recovered.value.position;
      files.rewind(last);
    }
  }
}

// What the archive holds is all that is left of a file: half of one must not take its place.
TEST(Checkpoint, ALogFileThatHasLostItsEndIsNotArchived) {
  BusyWorld busy(11);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogPosition position;
  const std::string first = kTestDirectory + "/" + log_file_name(Sequence{1});
  Status refused;
  for (int life = 0; life < 4; ++life) {
    {
      LogWorld log(disk, position);
      busy.steps(60);
      ASSERT_TRUE(files.write(log).ok());
      ASSERT_TRUE(log.commit().finish().ok());
      if (life == 1) {
        ASSERT_TRUE(files.checkpoint(log.acknowledged()).ok());
        Bytes hurt = *disk.contents(first);
        auto reader = LogReader::open(disk, {first, Sequence{1}}, LogPlace::followed);
        std::vector<uint64_t> begins;
        for (LogBatch batch; reader.value.next(batch);) {
          begins.push_back(batch.offset);
        }
        std::fill(hurt.begin() + static_cast<std::ptrdiff_t>(begins[begins.size() / 2]), hurt.end(),
                  std::byte{0});
        disk.put_file(first, hurt);
      } else if (life == 3) {
        refused = files.checkpoint(log.acknowledged()).status;
      }
    }
    position = files.recovered().value.position;
  }
  EXPECT_EQ(refused.code(), StatusCode::corruption) << refused.text();
  EXPECT_EQ(refused.path(), first);
  EXPECT_TRUE(disk.contents(first).has_value());
  EXPECT_FALSE(disk.contents(archived_log_path(kTestDirectory, Sequence{1})).has_value());
}

TEST(Checkpoint, RetiresOldFilesAndKeepsThemInTheArchive) {
  BusyWorld busy(11);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogPosition position;
  std::vector<std::string> retired;
  Bytes first_file;
  for (int life = 0; life < 6; ++life) {
    LogWorld log(disk, position);
    busy.steps(60);
    ASSERT_TRUE(files.write(log).ok());
    ASSERT_TRUE(log.commit().finish().ok());
    if (life % 2 == 1) {
      const auto checkpoint = files.checkpoint(log.acknowledged());
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status.text();
      retired.insert(retired.end(), checkpoint.value.retired.begin(),
                     checkpoint.value.retired.end());
    }
    position = files.recovered().value.position;
    if (life == 0) {
      first_file = *disk.contents(kTestDirectory + "/" + log_file_name(Sequence{1}));
    }
  }
  ASSERT_FALSE(retired.empty());
  EXPECT_EQ(retired[0], log_file_name(Sequence{1}));
  EXPECT_FALSE(disk.contents(kTestDirectory + "/" + retired[0]));
  const auto archived =
      read_archived_log_file(disk, kTestDirectory + "/archive/" + retired[0] + ".zst");
  ASSERT_TRUE(archived.ok()) << archived.status.text();
  EXPECT_TRUE(std::ranges::equal(archived.value.view(), first_file));
  uint64_t seen = 0;
  const auto in_order = [&](const Record& record) {
    EXPECT_EQ(record.sequence.value, ++seen);
    return Status();
  };
  ASSERT_TRUE(replay_log(disk, kTestDirectory, {.after = {}, .archived = true}, in_order).ok())
      << "history begins in the archive";
  EXPECT_EQ(seen, busy.world.sink.last().value);
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
  const auto books = recount(disk, kTestDirectory, LogRange::kToTheEnd, files.maker());
  ASSERT_TRUE(books.ok()) << books.status.text();
  EXPECT_GT(books.value.from, Sequence{0});
  EXPECT_TRUE(books.value.sound()) << books.value.problems[0];

  // What is left suffices even when the newer snapshot turns out to be damaged.
  const auto snapshots = list_snapshots(disk, kTestDirectory).value;
  ASSERT_EQ(snapshots.size(), 2U);
  Bytes hurt = *disk.contents(snapshots[0].path);
  hurt[hurt.size() / 2] ^= std::byte{1};
  disk.put_file(snapshots[0].path, hurt);
  const auto older = files.recovered();
  ASSERT_TRUE(older.ok()) << older.status.text();
  EXPECT_EQ(older.value.report.snapshot, snapshots[1].sequence);
  EXPECT_EQ(older.value.engine->digest(), busy.world.engine->digest());
}

TEST(Checkpoint, ADamagedSnapshotIsNoneOfTheTwoThatAreKept) {
  BusyWorld busy(14);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogWorld log(disk);
  const auto work_and_checkpoint = [&] {
    busy.steps(80);
    ASSERT_TRUE(files.write(log).ok());
    ASSERT_TRUE(files.checkpoint(log.acknowledged()).ok());
  };
  const auto damage = [&](const std::string& path) {
    Bytes hurt = *disk.contents(path);
    hurt[hurt.size() / 2] ^= std::byte{1};
    disk.put_file(path, hurt);
  };
  work_and_checkpoint();
  work_and_checkpoint();
  const auto before = list_snapshots(disk, kTestDirectory).value;
  ASSERT_EQ(before.size(), 2U);
  damage(before[0].path);
  work_and_checkpoint();
  const auto after = list_snapshots(disk, kTestDirectory).value;
  ASSERT_EQ(after.size(), 2U);
  EXPECT_GT(after[0].sequence, before[0].sequence);
  EXPECT_EQ(after[1].sequence, before[1].sequence) << "the sound one went, the damaged one stayed";

  damage(after[0].path);
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.report.snapshot, before[1].sequence);
  EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
}

TEST(Checkpoint, NothingIsLostWhateverCallFails) {
  BusyWorld busy(12);
  busy.steps(60);
  bool failed = true;
  for (uint64_t k = 1; failed; ++k) {
    MemoryFileSystem disk;
    FaultFileSystem faults(disk);
    faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
    Files files(busy, disk);
    {
      LogWorld log(disk);
      ASSERT_TRUE(files.write(log).ok());
      ASSERT_TRUE(files.checkpoint(Sequence{log.acknowledged().value / 3}).ok());
      ASSERT_TRUE(log.commit().finish().ok());
    }
    ASSERT_TRUE(files.recovered().ok());
    faults.fail_call(k, FaultFileSystem::Lasting::once);
    Files failing(busy, faults);
    const auto recovery = failing.recovered();
    if (recovery.ok()) {
      (void)failing.checkpoint(Sequence{busy.world.sink.records.size()}).ok();
    }
    failed = faults.failed();
    faults.heal();
    disk.crash(k);
    const auto recovered = files.recovered();
    ASSERT_TRUE(recovered.ok()) << "call " << k << ": " << recovered.status.text();
    EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest()) << "call " << k;
    ASSERT_LT(k, 300U);
  }
}

TEST(Checkpoint, OnlyOneRunsAtATime) {
  BusyWorld busy(13);
  MemoryFileSystem disk;
  Files files(busy, disk);
  LogWorld log(disk);
  ASSERT_TRUE(files.write(log).ok());
  const auto lock = DataDirectory::lock_snapshots(disk, kTestDirectory);
  EXPECT_EQ(files.checkpoint(log.acknowledged()).status.code(), StatusCode::locked);
}

TEST(Recount, FindsAPlateThatIsGivenOutTwice) {
  Ledger ledger;
  const PoolKey pool{{25, 'B'}, PlateClass::small, Power::electric};
  const std::array<Pick, 1> picks = {Pick{0, {7}}};
  const auto drawn = [&](std::string_view vehicle) {
    return Drawn{{"o", vehicle, 1}, pool, {}, 1, false, picks, {}, {}, {}, kNever, {}};
  };
  ledger.enter({Sequence{1}, {}, drawn("A")});
  EXPECT_TRUE(ledger.problems().empty());
  ledger.enter({Sequence{2}, {}, drawn("B")});
  ASSERT_EQ(ledger.problems().size(), 1U);
  EXPECT_EQ(ledger.problems()[0],
            "record 2: plate 粤BD00007 should be free before it, but is held");
}

TEST(Recount, FindsAPlateThatAnotherVehicleLetsGo) {
  Ledger ledger;
  const PoolKey pool{{25, 'B'}, PlateClass::small, Power::electric};
  const std::array<Pick, 1> picks = {Pick{0, {7}}};
  const std::array<PlateNumber, 1> plates = {PlateNumber{7}};
  ledger.enter(
      {Sequence{1}, {}, Drawn{{"o", "A", 1}, pool, {}, 1, false, picks, {}, {}, {}, kNever, {}}});
  ledger.enter({Sequence{2}, {}, BatchExpired{{"o", "B", 1}, pool, plates}});
  ASSERT_EQ(ledger.problems().size(), 1U);
  EXPECT_EQ(ledger.problems()[0],
            "record 2: plate 粤BD00007 should be held before it, but is held by another vehicle");
}

TEST(Recount, FindsAPlateThatASnapshotGivesToTwo) {
  Ledger ledger;
  const PoolKey pool{{25, 'B'}, PlateClass::small, Power::electric};
  const std::array<PlateNumber, 2> plates = {PlateNumber{7}, PlateNumber{8}};
  VehicleState vehicle;
  vehicle.pool = pool;
  vehicle.vehicle = "A";
  vehicle.holds.batch = plates;
  vehicle.holds.batch_live = true;
  vehicle.holds.shortlist = std::span(plates).first(1);
  vehicle.holds.shortlist_live = true;
  ledger.open(vehicle);
  EXPECT_TRUE(ledger.problems().empty());
  EXPECT_EQ(ledger.counts(pool).held, 2U);
  vehicle.vehicle = "B";
  vehicle.holds.batch = std::span(plates).last(1);
  vehicle.holds.shortlist_live = false;
  ledger.open(vehicle);
  ASSERT_EQ(ledger.problems().size(), 1U);
  EXPECT_EQ(ledger.problems()[0],
            "the snapshot: plate 粤BD00008 should be free before it, but is held");
  EXPECT_EQ(ledger.counts(pool).held, 2U);
}

TEST(DataDirectory, ASecondProcessIsRefused) {
  MemoryFileSystem disk;
  auto first = DataDirectory::open(disk, kTestDirectory);
  ASSERT_TRUE(first.ok());
  const auto second = DataDirectory::open(disk, kTestDirectory);
  EXPECT_EQ(second.status.code(), StatusCode::locked);
  EXPECT_EQ(second.status.text(),
            "/data/lock: in use: another process has this data directory open");
  first.value = DataDirectory();
  EXPECT_TRUE(DataDirectory::open(disk, kTestDirectory).ok());
}

}  // namespace
}  // namespace plated
