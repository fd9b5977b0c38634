// The k-th call to the file system fails, for every k of two whole lives of a server: start, work
// over several log files, group commit, checkpoints with their archive, keys made and destroyed, a
// clean stop, a restart. Once or for ever; with nothing, a part or all of the call's work done; and
// then the process is killed or the power goes. Nothing that was told to anybody is ever lost.
//
// Interrupted calls and short counts are the real file system's own affair: see
// posix_faults_test.cpp.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "persistence/data_directory.h"
#include "persistence/key_store.h"
#include "tests/persistence/busy_world.h"
#include "tests/support/effort.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

using Lasting = FaultFileSystem::Lasting;
using Work = FaultFileSystem::Work;

constexpr uint64_t kCallsMax = 2000;

// One way in which one call fails.
struct Fault {
  uint64_t call = 0;
  Lasting lasting = Lasting::once;
  Work work = Work::half;
  int error = EIO;
};

enum class Death : uint8_t { killed, power_lost, power_lost_with_all };

// What happened in a life of fixed seed, its records to be written through any file system; and the
// state after every append.
struct Story {
  Story() : busy(31) {
    for (int round = 0; round < 6; ++round) {
      busy.steps(12);
      for (int i = 0; i < 4; ++i) {
        busy.note_at_length();
      }
    }
    MemorySink sink;
    ManualTicks ticks(kBeginning);
    Engine engine({1, EntropySeed{5}}, sink, ticks);
    uint64_t applied = 0;
    digests[0] = engine.digest();
    for (const std::size_t append : busy.world.sink.appends) {
      for (std::size_t i = 0; i < append; ++i) {
        engine.apply(busy.world.sink.records[applied++]);
      }
      digests[applied] = engine.digest();
    }
  }
  [[nodiscard]] std::size_t appends() const { return busy.world.sink.appends.size(); }

  BusyWorld busy;
  std::map<uint64_t, Digest> digests;  // by sequence
};

// What somebody was told, and relies on.
struct Promised {
  Sequence acknowledged;
  std::map<uint64_t, OwnerKey> keys;
  std::set<uint64_t> destroyed;
  std::set<uint64_t> perhaps_destroyed;
  std::size_t secrets = 0;
};

KeptSecret secret_numbered(int day) {
  KeptSecret secret{
      PoolKey{{25, 'B'}, PlateClass::small, Power::electric}, Day(std::chrono::days(day)), {}};
  secret.secret.fill(static_cast<uint8_t>(day));
  return secret;
}

// A server's storage, opened in the program's order, driven by one thread. Whatever fails is
// answered as the program answers it: a start or a log that failed ends the life.
class Life {
 public:
  Life(FileSystem& on, Story& story, Promised& promised)
      : on_(on), files_(story.busy, on), promised_(promised) {}

  bool start(uint64_t number) {
    auto data = DataDirectory::open(on_, kTestDirectory);
    if (!data.ok()) {
      return false;
    }
    data_ = std::move(data.value);
    auto keys = open_keys(on_, kTestDirectory);
    if (!keys.ok()) {
      return false;
    }
    keys_ = std::move(keys.value);
    auto recovered = files_.recovered();
    if (!recovered.ok()) {
      return false;
    }
    recovered_to = recovered.value.engine->applied();
    digest = recovered.value.engine->digest();
    files_.rewind(recovered_to);
    log_ = std::make_unique<LogWorld>(on_, recovered.value.position, kLogFileSizeMin, number * 1000,
                                      1);
    return log_->opened().ok();
  }

  // Some work of every kind. False when the log failed.
  bool work(std::size_t appends) {
    make_keys();
    if (!write(appends)) {
      return false;
    }
    (void)files_.checkpoint(log_->acknowledged()).ok();
    if (!write(appends)) {
      return false;
    }
    destroy_a_key();
    (void)files_.checkpoint(log_->acknowledged()).ok();
    return true;
  }

  // A clean stop.
  bool stop() {
    if (!log_->commit().finish().ok()) {
      expect_silence();
      return false;
    }
    (void)files_.checkpoint(log_->acknowledged()).ok();
    return true;
  }

  bool write(std::size_t appends) {
    const Status status = files_.write(*log_, appends);
    promised_.acknowledged = std::max(promised_.acknowledged, log_->acknowledged());
    if (!log_->failures().empty()) {
      expect_silence();
    }
    return status.ok();
  }

  [[nodiscard]] KeyStore& keys() { return *keys_; }

  Sequence recovered_to;
  Digest digest{};

 private:
  // A log that failed takes nothing, acknowledges nothing, and has said so once.
  void expect_silence() {
    const Sequence told = log_->acknowledged();
    EXPECT_EQ(log_->failures().size(), 1U);
    EXPECT_FALSE(log_->commit().reserve(EventSink::For::command));
    EXPECT_FALSE(log_->commit().reserve(EventSink::For::timer));
    (void)log_->sync().ok();
    EXPECT_EQ(log_->failures().size(), 1U);
    EXPECT_EQ(log_->acknowledged(), told);
  }

  void make_keys() {
    const auto first = keys_->create_owner_keys(2);
    for (uint64_t id = first.value.value; first.ok() && id < first.value.value + 2; ++id) {
      if (const auto key = keys_->owner_key({id}); key.ok()) {
        promised_.keys[id] = key.value;
      }
    }
    const KeptSecret secret = secret_numbered(static_cast<int>(promised_.secrets) + 1);
    promised_.secrets += keys_->keep_secrets({&secret, 1}).ok() ? 1 : 0;
  }

  void destroy_a_key() {
    if (promised_.keys.empty()) {
      return;
    }
    const uint64_t id = promised_.keys.begin()->first;
    promised_.keys.erase(id);
    const bool gone = keys_->destroy_owner_key({id}).ok();
    (gone ? promised_.destroyed : promised_.perhaps_destroyed).insert(id);
  }

  FileSystem& on_;
  Files files_;
  Promised& promised_;
  DataDirectory data_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<LogWorld> log_;
};

// Two lives: work and a clean stop, then a start from that and work until the process is killed.
void live_twice(FileSystem& on, Story& story, Promised& promised) {
  const std::size_t part = story.appends() / 6;
  {
    Life first(on, story, promised);
    if (!first.start(1) || !first.work(part) || !first.work(part) || !first.stop()) {
      return;
    }
  }
  Life second(on, story, promised);
  (void)(second.start(2) && second.work(part / 2) && second.write(part / 2));
}

// The next start finds everything that was promised, and a state that was.
void expect_promises(Life& next, Story& story, const Promised& promised) {
  EXPECT_GE(next.recovered_to, promised.acknowledged);
  ASSERT_TRUE(story.digests.contains(next.recovered_to.value)) << "an append is whole or not there";
  EXPECT_EQ(next.digest, story.digests.at(next.recovered_to.value));
  for (const auto& [id, key] : promised.keys) {
    const auto found = next.keys().owner_key({id});
    EXPECT_TRUE(found.ok()) << found.status.text();
    EXPECT_EQ(found.value, key);
  }
  for (const uint64_t id : promised.destroyed) {
    EXPECT_EQ(next.keys().owner_key({id}).status.code(), StatusCode::not_found);
  }
  EXPECT_GE(next.keys().secrets().size(), promised.secrets);
}

// With the archive the log is whole from its first record on.
void expect_history(FileSystem& disk, Sequence last) {
  uint64_t seen = 0;
  const Status status =
      replay_log(disk, kTestDirectory, {.after = {}, .archived = true}, [&](const Record& record) {
        EXPECT_EQ(record.sequence.value, ++seen);
        return Status();
      }).status;
  EXPECT_TRUE(status.ok()) << status.text();
  EXPECT_EQ(seen, last.value);
}

// What the first start after a death has found is safe from then on, whatever the page cache knew,
// and life goes on from it.
void expect_recovery(MemoryFileSystem& disk, Story& story, Promised& promised) {
  Sequence found;
  {
    Life next(disk, story, promised);
    ASSERT_TRUE(next.start(3));
    expect_promises(next, story, promised);
    found = next.recovered_to;
  }
  disk.crash_losing_all();
  Life after(disk, story, promised);
  ASSERT_TRUE(after.start(4));
  EXPECT_EQ(after.recovered_to, found) << "a recovered tail was lost to the power";
  expect_promises(after, story, promised);
  expect_history(disk, found);
  EXPECT_TRUE(after.write(3));
  EXPECT_TRUE(after.stop());
}

// Lives with one fault, a death, and what is found. False when there were fewer calls.
bool survive(const Fault& fault, Death death, Story& story) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
  faults.fail_call(fault.call, fault.lasting, fault.error, fault.work);
  Promised promised;
  live_twice(faults, story, promised);
  const bool failed = faults.failed();
  switch (death) {
    case Death::killed:
      break;
    case Death::power_lost:
      disk.crash(fault.call);
      break;
    case Death::power_lost_with_all:
      disk.crash_losing_all();
      break;
  }
  expect_recovery(disk, story, promised);
  return failed;
}

// Every call, in every one of `works`; errors and deaths take turns, or, in the long form, each has
// its own.
void every_call_fails(Lasting lasting, std::initializer_list<Work> works) {
  constexpr std::array<int, 3> kErrors = {EIO, ENOSPC, EINTR};
  constexpr std::array<Death, 3> kDeaths = {Death::killed, Death::power_lost,
                                            Death::power_lost_with_all};
  const std::size_t rounds = long_form() ? kErrors.size() * kDeaths.size() : 1;
  Story story;
  uint64_t lives = 0;
  uint64_t calls = 0;
  for (const Work work : works) {
    bool failed = true;
    for (uint64_t k = 1; failed; k += every_or(7)) {
      ASSERT_LT(k, kCallsMax);
      for (std::size_t round = 0; round < rounds; ++round) {
        const std::size_t turn = (k + static_cast<uint64_t>(work)) * (rounds == 1 ? 1 : 0) + round;
        const Fault fault{k, lasting, work, kErrors[turn / kDeaths.size() % kErrors.size()]};
        failed = survive(fault, kDeaths[turn % kDeaths.size()], story);
        ++lives;
        ASSERT_FALSE(testing::Test::HasFailure())
            << "call " << k << ", work " << static_cast<int>(work) << ", death "
            << turn % kDeaths.size() << ", error " << fault.error;
      }
      calls = std::max(calls, k);
    }
  }
  std::printf("%llu lives, each with one of %llu calls to the file system failing\n",
              static_cast<unsigned long long>(lives), static_cast<unsigned long long>(calls));
}

TEST(KthFault, NothingToldIsLostWhenOneCallFails) {
  every_call_fails(Lasting::once, {Work::none, Work::half, Work::all});
}

TEST(KthFault, NothingToldIsLostWhenEveryCallFailsFromOneOn) {
  every_call_fails(Lasting::for_ever, {Work::half});
}

}  // namespace
}  // namespace plated
