// The log binds the key store: a copy of another time is refused, or, where nothing but erasures is
// missing in it, erased again; and no key is ever mistaken for another one's.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/fault_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

const std::string kStoreDirectory = "/data";
const std::string kStorePath = "/data/keys";

// A store, and the log that hears of all that it does.
struct BoundStore {
  BoundStore() {
    EXPECT_TRUE(disk.make_directory(kStoreDirectory).ok());
    start();
  }
  void start() {
    store = open_keys(disk, kStoreDirectory, log).value;
    hear();
  }
  void hear() {
    for (const KeyStoreChange& change : store->unrecorded()) {
      log.apply(change);
      store->recorded(change.mark.generation);
    }
    EXPECT_TRUE(store->unrecorded().empty());
  }
  KeyId make(uint32_t count = 1) {
    const KeyId first = store->create_owner_keys(count).value;
    hear();
    return first;
  }
  void keep_secret(int day) {
    KeptSecret secret{
        PoolKey{{25, 'B'}, PlateClass::small, Power::electric}, Day(std::chrono::days(day)), {}};
    secret.secret.fill(static_cast<uint8_t>(day));
    EXPECT_TRUE(store->keep_secrets({&secret, 1}).ok());
    hear();
  }
  void destroy(KeyId id) {
    EXPECT_TRUE(store->destroy_owner_key(id).ok());
    hear();
  }
  [[nodiscard]] Bytes copy() const { return *disk.contents(kStorePath); }
  // Puts a copy back; how it is settled: the keys that were erased again, or why it is refused.
  Result<std::size_t> put_back(const Bytes& bytes) {
    store.reset();
    disk.put_file(kStorePath, bytes);
    store = KeyStore::open(disk, kStoreDirectory).value;
    return store->settle(log);
  }
  [[nodiscard]] bool has(KeyId id) const { return store->owner_key(id).ok(); }

  MemoryFileSystem disk;
  RecordedKeys log;
  std::unique_ptr<KeyStore> store;
};

TEST(KeyStanding, TheLogHearsOfEachKeyAndEachErasure) {
  BoundStore bound;
  EXPECT_EQ(bound.log.mark().generation, 1U) << "the header alone";
  bound.make(3);
  const KeyStoreMark made = bound.log.mark();
  EXPECT_EQ(made.generation, 4U);
  bound.destroy({2});
  EXPECT_EQ(bound.log.mark().generation, 5U);
  EXPECT_NE(bound.log.mark().digest, made.digest);
  ASSERT_EQ(bound.log.destroyed().size(), 1U);
  EXPECT_EQ(bound.log.destroyed()[0], 2U);
  bound.keep_secret(1);
  EXPECT_TRUE(bound.log.destroyed().empty()) << "what was made behind it cannot be made again";
  bound.start();
  EXPECT_EQ(bound.log.mark().generation, 6U) << "nothing new is to be said at a start";
}

// The first case: copy, erase, put the copy back.
TEST(KeyStanding, ErasuresThatAnOldCopyLacksAreCarriedOutAgain) {
  BoundStore bound;
  bound.make(4);
  const Bytes old = bound.copy();
  bound.destroy({3});
  bound.destroy({1});
  const KeyStoreMark before = bound.log.mark();
  const auto settled = bound.put_back(old);
  ASSERT_TRUE(settled.ok()) << settled.status.text();
  EXPECT_EQ(settled.value, 2U);
  EXPECT_FALSE(bound.has({1}) || bound.has({3}));
  EXPECT_TRUE(bound.has({2}) && bound.has({4}));
  EXPECT_TRUE(bound.store->unrecorded().empty()) << "the log knew of them";
  bound.disk.crash_losing_all();
  bound.start();
  EXPECT_FALSE(bound.has({1}) || bound.has({3})) << "they are safe";
  EXPECT_EQ(bound.log.mark(), before);
  bound.make();
  EXPECT_EQ(bound.log.mark().generation, before.generation + 1);
}

// The second one: copy, make A, put the copy back. B must not get A's slot.
TEST(KeyStanding, ACopyThatLacksAKeyIsRefusedAndLeftAsItIs) {
  BoundStore bound;
  bound.make(2);
  const Bytes old = bound.copy();
  bound.make();
  bound.destroy({1});
  const Bytes newest = bound.copy();
  const auto settled = bound.put_back(old);
  EXPECT_EQ(settled.status.code(), StatusCode::outdated) << settled.status.text();
  EXPECT_NE(settled.status.message().find("generation 3"), std::string::npos);
  EXPECT_NE(settled.status.message().find("generation 5"), std::string::npos);
  EXPECT_EQ(bound.copy(), old);
  Bytes torn = newest;
  torn.resize(newest.size() - 2 * kKeySlotSize);
  torn.insert(torn.end(), 30, std::byte{7});
  EXPECT_EQ(bound.put_back(torn).status.code(), StatusCode::outdated);
  EXPECT_EQ(bound.copy(), torn) << "a tail is cut only when the store is the right one";
  ASSERT_TRUE(bound.put_back(newest).ok());
  EXPECT_TRUE(bound.has({3}));
}

// As if an earlier version had given A's slot to B.
TEST(KeyStanding, AStoreThatWentAnotherWayIsRefused) {
  BoundStore bound;
  bound.make();
  const Bytes common = bound.copy();
  bound.make();
  BoundStore other;
  other.disk.put_file(kStorePath, common);
  other.log = {};
  other.start();
  other.make();
  EXPECT_EQ(bound.put_back(other.copy()).status.code(), StatusCode::outdated);
  other.make(3);
  EXPECT_EQ(bound.put_back(other.copy()).status.code(), StatusCode::outdated);
  BoundStore stranger;
  stranger.make(2);
  EXPECT_EQ(bound.put_back(stranger.copy()).status.code(), StatusCode::outdated);
}

// A key is safe before the record that needs it; a crash in between is no reason to refuse.
TEST(KeyStanding, AStoreThatIsAheadIsTheRightOneAndIsRecorded) {
  BoundStore bound;
  bound.make(2);
  const RecordedKeys then = bound.log;
  bound.make(2);
  bound.destroy({2});
  bound.keep_secret(3);
  bound.destroy({1});
  const RecordedKeys now = bound.log;
  bound.log = then;
  bound.start();
  EXPECT_EQ(bound.log.mark(), now.mark());
  EXPECT_EQ(std::vector(bound.log.destroyed().begin(), bound.log.destroyed().end()),
            std::vector<uint64_t>{1});
}

TEST(KeyStanding, ALogThatNeverMetTheStoreTakesItAsItIs) {
  BoundStore bound;
  bound.make(2);
  bound.log = {};
  bound.start();
  EXPECT_EQ(bound.log.mark().generation, 3U);
  EXPECT_TRUE(bound.has({2}));
}

// Every copy of a random life is put back at its end: it is the right one, or it lacks erasures
// only and gets them, or it is refused. Never has anybody a key that was destroyed, or another's.
TEST(KeyStanding, NoCopyOfALifeBringsAKeyBackOrLosesOne) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    BoundStore bound;
    std::map<uint64_t, OwnerKey> keys;
    std::vector<Bytes> copies;
    std::vector<uint64_t> made_since;  // for each copy, writes after it that were no erasures
    for (int step = 0; step < 30; ++step) {
      copies.push_back(bound.copy());
      made_since.push_back(0);
      if (random() % 2 == 0 && !keys.empty()) {
        const auto gone = std::next(keys.begin(), static_cast<int>(random() % keys.size()));
        bound.destroy({gone->first});
        keys.erase(gone);
        continue;
      }
      for (uint64_t& made : made_since) {
        ++made;
      }
      if (random() % 4 == 0) {
        bound.keep_secret(step);
        continue;
      }
      const uint64_t first = bound.make(static_cast<uint32_t>(1 + random() % 3)).value;
      for (uint64_t id = first; bound.has({id}); ++id) {
        keys[id] = bound.store->owner_key({id}).value;
      }
    }
    const RecordedKeys log = bound.log;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      bound.log = log;
      const auto settled = bound.put_back(copies[i]);
      ASSERT_EQ(settled.ok(), made_since[i] == 0) << seed << " " << i << settled.status.text();
      for (uint64_t id = 1; settled.ok() && id < log.mark().generation; ++id) {
        ASSERT_EQ(bound.has({id}), keys.contains(id)) << seed << " " << i << " " << id;
        ASSERT_TRUE(!keys.contains(id) || bound.store->owner_key({id}).value == keys[id]);
      }
    }
  }
}

// Carrying erasures out again is cut short at every call, and done by the next start.
TEST(KeyStanding, ErasingAgainSurvivesEveryFailureAndCrash) {
  bool failed = true;
  for (uint64_t k = 1; failed; ++k) {
    ASSERT_LT(k, 100U);
    BoundStore bound;
    bound.make(4);
    const Bytes old = bound.copy();
    bound.destroy({3});
    bound.destroy({2});
    bound.disk.put_file(kStorePath, old);
    FaultFileSystem faults(bound.disk);
    faults.on_failed_sync = [&](const std::string& path) { bound.disk.forget_unsynced(path); };
    faults.fail_call(k, FaultFileSystem::Lasting::once);
    (void)open_keys(faults, kStoreDirectory, bound.log).ok();
    failed = faults.failed();
    bound.disk.crash(k);
    bound.start();
    ASSERT_NE(bound.store, nullptr) << "call " << k;
    EXPECT_FALSE(bound.has({2}) || bound.has({3})) << "call " << k;
    EXPECT_TRUE(bound.has({1}) && bound.has({4})) << "call " << k;
  }
}

TEST(KeyStanding, LookingAtAnOldCopyTellsWhatItWouldBringBack) {
  BoundStore bound;
  bound.make(2);
  const Bytes old = bound.copy();
  bound.destroy({2});
  EXPECT_TRUE(keys_left_over(bound.disk, kStoreDirectory, bound.log).value.empty());
  bound.disk.put_file(kStorePath, old);
  EXPECT_EQ(keys_left_over(bound.disk, kStoreDirectory, bound.log).value, std::vector<uint64_t>{2});
  EXPECT_EQ(bound.copy(), old);
  bound.start();
  bound.make();
  bound.disk.put_file(kStorePath, old);
  EXPECT_EQ(keys_left_over(bound.disk, kStoreDirectory, bound.log).status.code(),
            StatusCode::outdated);
}

TEST(RecordedKeys, OnlySoManyErasuresAreRemembered) {
  RecordedKeys log;
  uint64_t generation = 10'000;
  log.apply({0, {generation, {}}});
  for (uint64_t key = 1; key <= RecordedKeys::kDestroyedMax + 5; ++key) {
    log.apply({key, {++generation, {}}});
  }
  EXPECT_EQ(log.destroyed().size(), RecordedKeys::kDestroyedMax);
  EXPECT_EQ(log.destroyed().front(), 6U);
  RecordedKeys read;
  EXPECT_TRUE(read.restore(log.mark(), log.destroyed()));
  EXPECT_EQ(read.mark(), log.mark());
  const std::array<uint64_t, 1> impossible = {generation};
  EXPECT_FALSE(read.restore(log.mark(), impossible));
}

}  // namespace
}  // namespace plated
