// Keys and secrets: safe before they are given out, gone when destroyed, and never lost to a crash,
// a torn write or a failing call.
#include "persistence/key_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <random>

#include "persistence/log_file.h"
#include "persistence/snapshot.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/held_syncs.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

const std::string kDirectory = "/data";
const std::string kPath = "/data/keys";
const PoolKey kPool{{25, 'B'}, PlateClass::small, Power::electric};

std::unique_ptr<KeyStore> open(FileSystem& files) {
  (void)files.make_directory(kDirectory).ok();
  auto store = open_keys(files, kDirectory);
  EXPECT_TRUE(store.ok()) << store.status.text();
  return std::move(store.value);
}

KeptSecret secret_of(int day) {
  KeptSecret secret{kPool, Day(std::chrono::days(day)), {}};
  secret.secret.fill(static_cast<uint8_t>(day));
  return secret;
}

bool contains(const Bytes& bytes, const OwnerKey& key) {
  return std::search(bytes.begin(), bytes.end(), key.begin(), key.end(),
                     [](std::byte a, uint8_t b) { return static_cast<uint8_t>(a) == b; }) !=
         bytes.end();
}

TEST(KeyStore, InspectingCountsAndChangesNothing) {
  MemoryFileSystem disk;
  auto store = open(disk);
  ASSERT_TRUE(store->create_owner_keys(5).ok());
  ASSERT_TRUE(store->keep_secrets(std::vector{secret_of(1), secret_of(2)}).ok());
  ASSERT_TRUE(store->destroy_owner_key(KeyId{2}).ok());
  store.reset();
  Bytes torn = *disk.contents(kPath);
  torn.insert(torn.end(), 70, std::byte{9});
  disk.put_file(kPath, torn);
  const auto inspected = KeyStore::inspect(disk, kDirectory);
  ASSERT_TRUE(inspected.ok()) << inspected.status.text();
  const KeyStoreFindings& found = inspected.value.found;
  EXPECT_EQ(found.owners_keys, 4U);
  EXPECT_EQ(found.erased, 1U);
  EXPECT_EQ(found.secrets, 2U);
  EXPECT_EQ(found.torn_bytes, 70U);
  EXPECT_EQ(inspected.value.keys->secrets().size(), 2U);
  EXPECT_EQ(*disk.contents(kPath), torn);
  torn[3 * kKeySlotSize + 20] ^= std::byte{1};
  disk.put_file(kPath, torn);
  const auto damaged = KeyStore::inspect(disk, kDirectory);
  EXPECT_EQ(damaged.status.code(), StatusCode::corruption);
  EXPECT_EQ(damaged.status.offset(), 3 * kKeySlotSize);
}

TEST(KeyStore, KeysAndSecretsSurviveACrash) {
  MemoryFileSystem disk;
  auto store = open(disk);
  const KeyId first = store->create_owner_keys(3).value;
  const OwnerKey key = store->owner_key({first.value + 2}).value;
  EXPECT_NE(key, store->owner_key(first).value);
  const std::array<KeptSecret, 2> secrets = {secret_of(1), secret_of(-2)};
  ASSERT_TRUE(store->keep_secrets(secrets).ok());
  disk.crash_losing_all();
  store = open(disk);
  EXPECT_EQ(store->owner_key({first.value + 2}).value, key);
  EXPECT_EQ(store->create_owner_keys(1).value, KeyId{first.value + 5});
  ASSERT_EQ(store->secrets().size(), 2U);
  EXPECT_EQ(store->secrets()[0].period, secrets[1].period);
  EXPECT_EQ(store->secrets()[1].secret, secrets[0].secret);
}

TEST(KeyStore, ASecretOfLobbiesIsNotThatOfAPool) {
  MemoryFileSystem disk;
  auto store = open(disk);
  KeptSecret of_lobbies = secret_of(1);
  of_lobbies.of = kPool.office;
  of_lobbies.secret.fill(77);
  const std::array<KeptSecret, 2> secrets = {of_lobbies, secret_of(1)};
  ASSERT_TRUE(store->keep_secrets(secrets).ok());
  disk.crash_losing_all();
  store = open(disk);
  const Day day = of_lobbies.period;
  EXPECT_EQ(store->secret(kPool.office, day), std::optional(of_lobbies.secret));
  EXPECT_EQ(store->secret(kPool, day), std::optional(secrets[1].secret));
  EXPECT_EQ(store->secret(kPool.office, day + std::chrono::days(1)), std::nullopt);
  EXPECT_EQ(store->secret(OfficeCode{25, 'A'}, day), std::nullopt);
  ASSERT_EQ(store->secrets().size(), 2U);
  EXPECT_EQ(store->secrets()[1].of, SecretOf(kPool.office));
  const auto inspected = KeyStore::inspect(disk, kDirectory);
  EXPECT_EQ(inspected.value.found.secrets, 2U);
  EXPECT_EQ(inspected.value.found.owners_keys, 0U);
}

TEST(KeyStore, ADestroyedKeyIsNowhereInTheFile) {
  MemoryFileSystem disk;
  auto store = open(disk);
  const KeyId first = store->create_owner_keys(3).value;
  const OwnerKey key = store->owner_key({first.value + 1}).value;
  const OwnerKey other = store->owner_key({first.value + 2}).value;
  ASSERT_TRUE(contains(*disk.safe_contents(kPath), key));
  ASSERT_TRUE(store->destroy_owner_key({first.value + 1}).ok());
  EXPECT_FALSE(contains(*disk.safe_contents(kPath), key));
  EXPECT_EQ(store->owner_key({first.value + 1}).status.code(), StatusCode::not_found);
  EXPECT_TRUE(store->destroy_owner_key({first.value + 1}).ok());
  disk.crash_losing_all();
  store = open(disk);
  EXPECT_EQ(store->owner_key({first.value + 1}).status.code(), StatusCode::not_found);
  EXPECT_EQ(store->owner_key({first.value + 2}).value, other);
}

TEST(KeyStore, AMissingOneIsRefusedWhereALogNeedsIt) {
  for (const std::string& name : {log_file_name(Sequence{1}), snapshot_name(Sequence{7})}) {
    MemoryFileSystem disk;
    ASSERT_TRUE(disk.make_directory(kDirectory).ok());
    ASSERT_TRUE(disk.open(std::string(kDirectory) + "/" + name, OpenMode::create).ok());
    EXPECT_EQ(open_keys(disk, kDirectory).status.code(), StatusCode::corruption);
    EXPECT_FALSE(disk.open(std::string(kDirectory) + "/keys", OpenMode::read).ok());
  }
}

TEST(KeyStore, ASlotThatIsNoOwnersKeyIsNotFound) {
  MemoryFileSystem disk;
  auto store = open(disk);
  const std::array<KeptSecret, 1> secrets = {secret_of(1)};
  ASSERT_TRUE(store->keep_secrets(secrets).ok());
  for (const uint64_t id : {0U, 1U, 2U, 1000U}) {
    EXPECT_EQ(store->owner_key({id}).status.code(), StatusCode::not_found) << id;
    EXPECT_TRUE(store->destroy_owner_key({id}).ok());
  }
  EXPECT_EQ(open(disk)->secrets().size(), 1U);
}

TEST(KeyStore, AnyCutTailIsCutToWholeKeys) {
  MemoryFileSystem disk;
  auto store = open(disk);
  const KeyId first = store->create_owner_keys(2).value;
  ASSERT_TRUE(store->create_owner_keys(3).ok());
  const OwnerKey key = store->owner_key({first.value + 1}).value;
  const Bytes whole = *disk.contents(kPath);
  for (std::size_t size = kKeySlotSize * 3; size <= whole.size(); ++size) {
    disk.put_file(kPath, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    store = open(disk);
    EXPECT_EQ(store->torn_bytes(), size % kKeySlotSize);
    EXPECT_EQ(store->owner_key({first.value + 1}).value, key);
    EXPECT_EQ(store->create_owner_keys(1).value, KeyId{size / kKeySlotSize});
  }
}

TEST(KeyStore, AnyFlippedBitBeforeTheLastWriteIsRefused) {
  MemoryFileSystem disk;
  auto store = open(disk);
  ASSERT_TRUE(store->create_owner_keys(2).ok());
  ASSERT_TRUE(store->create_owner_keys(1).ok());
  const Bytes whole = *disk.contents(kPath);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    Bytes hurt = whole;
    hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    disk.put_file(kPath, hurt);
    const auto opened = open_keys(disk, kDirectory);
    if (bit / 8 < 3 * kKeySlotSize) {
      EXPECT_FALSE(opened.ok()) << bit;
    } else {
      EXPECT_TRUE(opened.ok()) << bit;
      EXPECT_EQ(opened.value->torn_bytes(), kKeySlotSize);
    }
  }
}

// The process died, the machine did not: what reads back may never have reached the disk.
TEST(KeyStore, KeysThatOnlyThePageCacheKnewAreSafeOnceOpened) {
  MemoryFileSystem disk;
  FaultFileSystem faults(disk);
  faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
  auto store = open(faults);
  ASSERT_TRUE(store->create_owner_keys(1).ok());
  faults.fail_call(2, FaultFileSystem::Lasting::once);
  ASSERT_FALSE(store->create_owner_keys(1).ok());
  ASSERT_FALSE(store->create_owner_keys(1).ok()) << "after a failure nothing is written";
  store = open(disk);
  const KeyId next = store->create_owner_keys(1).value;
  EXPECT_EQ(next, KeyId{3});
  disk.crash_losing_all();
  EXPECT_TRUE(open(disk)->owner_key(next).ok());
}

TEST(KeyStore, EveryKeyThatWasGivenOutSurvivesEveryFailureAndCrash) {
  bool failed = true;
  for (uint64_t k = 1; failed; ++k) {
    MemoryFileSystem disk;
    FaultFileSystem faults(disk);
    faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
    faults.fail_call(k, FaultFileSystem::Lasting::once);
    std::vector<std::pair<KeyId, OwnerKey>> given;
    std::optional<KeyId> destroyed;
    (void)faults.make_directory(kDirectory).ok();
    auto opened = open_keys(faults, kDirectory);
    if (opened.ok()) {
      for (int round = 0; round < 3; ++round) {
        const auto first = opened.value->create_owner_keys(2);
        for (uint64_t i = 0; first.ok() && i < 2; ++i) {
          const KeyId id{first.value.value + i};
          if (const auto key = opened.value->owner_key(id); key.ok()) {
            given.emplace_back(id, key.value);
          }
        }
      }
      if (!given.empty() && opened.value->destroy_owner_key(given[0].first).ok()) {
        destroyed = given[0].first;
      }
    }
    failed = faults.failed();
    faults.heal();
    disk.crash(k);
    const auto store = open(disk);
    ASSERT_NE(store, nullptr) << "call " << k;
    for (std::size_t i = 1; i < given.size(); ++i) {
      EXPECT_EQ(store->owner_key(given[i].first).value, given[i].second) << "call " << k;
    }
    if (destroyed) {
      EXPECT_FALSE(store->owner_key(*destroyed).ok());
    }
    ASSERT_LT(k, 200U);
  }
}

// A net thread that shows a voucher or sends a code reads a key: it must not wait for somebody
// else's disk.
TEST(KeyStore, NobodyWhoReadsWaitsForASync) {
  MemoryFileSystem disk;
  HeldSyncs syncs(disk);
  const auto store = open(syncs);
  const KeyId known = store->create_owner_keys(2).value;
  const std::array<KeptSecret, 1> secrets = {secret_of(1)};
  ASSERT_TRUE(store->keep_secrets(secrets).ok());
  for (const bool erasing : {false, true}) {
    syncs.hold();
    auto writer = std::async(std::launch::async, [&] {
      return erasing ? store->destroy_owner_key({known.value + 1}).ok()
                     : store->create_owner_keys(1).ok();
    });
    ASSERT_TRUE(syncs.wait_for_one(std::chrono::seconds(60)));
    auto reader = std::async(std::launch::async, [&] {
      EXPECT_TRUE(store->owner_key(known).ok());
      EXPECT_FALSE(store->owner_key({1000}).ok());
      EXPECT_TRUE(store->secret(kPool, secrets[0].period).has_value());
      EXPECT_EQ(store->secrets().size(), 1U);
    });
    EXPECT_EQ(reader.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    syncs.let_go();
    EXPECT_TRUE(writer.get());
    reader.get();
  }
}

TEST(KeyStore, AKeyIsNotThereBeforeItIsSafe) {
  MemoryFileSystem disk;
  HeldSyncs syncs(disk);
  const auto store = open(syncs);
  syncs.hold();
  auto writer = std::async(std::launch::async, [&] { return store->create_owner_keys(1).value; });
  ASSERT_TRUE(syncs.wait_for_one(std::chrono::seconds(60)));
  EXPECT_FALSE(store->owner_key({1}).ok());
  syncs.let_go();
  EXPECT_TRUE(store->owner_key(writer.get()).ok());
}

TEST(KeyStore, AFullDiskRefusesKeysUntilThereIsRoomAgain) {
  MemoryFileSystem disk;
  const auto store = open(disk);
  const KeyId first = store->create_owner_keys(1).value;
  disk.set_capacity(2 * kKeySlotSize + 20);
  EXPECT_EQ(store->create_owner_keys(2).status.code(), StatusCode::no_space);
  EXPECT_EQ(disk.contents(kPath)->size(), 2 * kKeySlotSize) << "nothing of it is left behind";
  EXPECT_EQ(store->destroy_owner_key(first).code(), StatusCode::no_space);
  EXPECT_TRUE(store->owner_key(first).ok()) << "what could not be erased is there";
  disk.set_capacity(1U << 20);
  EXPECT_EQ(store->create_owner_keys(2).value, KeyId{first.value + 1});
  EXPECT_TRUE(store->destroy_owner_key(first).ok());
  disk.crash_losing_all();
  const auto next = open(disk);
  EXPECT_FALSE(next->owner_key(first).ok());
  EXPECT_TRUE(next->owner_key({first.value + 2}).ok());
}

// Each call that a write makes runs out of room once: it is refused, the next one is not, and what
// that promised survives the power.
TEST(KeyStore, AfterAnyCallThatHadNoRoomItGoesOn) {
  using Work = FaultFileSystem::Work;
  for (const Work work : {Work::none, Work::half, Work::all}) {
    bool failed = true;
    for (uint64_t k = 1; failed; ++k) {
      ASSERT_LT(k, 50U);
      MemoryFileSystem disk;
      FaultFileSystem faults(disk);
      faults.on_failed_sync = [&](const std::string& path) { disk.forget_unsynced(path); };
      auto store = open(faults);
      const KeyId first = store->create_owner_keys(3).value;
      const OwnerKey key = store->owner_key({first.value + 1}).value;
      faults.fail_call(k, FaultFileSystem::Lasting::once, ENOSPC, work);
      const bool made = store->create_owner_keys(2).ok();
      if (!made) {
        EXPECT_EQ(disk.contents(kPath)->size(), 4 * kKeySlotSize) << "call " << k;
      }
      const bool gone = store->destroy_owner_key(first).ok();
      failed = faults.failed();
      faults.heal();
      EXPECT_TRUE(failed || (made && gone));
      const auto again = store->create_owner_keys(1);
      ASSERT_TRUE(again.ok()) << "call " << k << ": " << again.status.text();
      const OwnerKey fresh = store->owner_key(again.value).value;
      ASSERT_TRUE(store->destroy_owner_key(first).ok()) << "call " << k;
      disk.crash_losing_all();
      store = open(disk);
      EXPECT_EQ(store->owner_key({first.value + 1}).value, key) << "call " << k;
      EXPECT_EQ(store->owner_key(again.value).value, fresh) << "call " << k;
      EXPECT_FALSE(store->owner_key(first).ok()) << "call " << k;
    }
  }
}

TEST(Sealing, OpensOnlyUnderItsOwnKeyAndNumber) {
  OwnerKey key{};
  key.fill(7);
  const std::string_view text = "张三 13800001234";
  const ByteSpan plain = std::as_bytes(std::span(text));
  const Bytes sealed = seal(key, {5}, plain);
  EXPECT_EQ(sealed.size(), plain.size() + kSealOverhead);
  EXPECT_NE(sealed, seal(key, {5}, plain));
  Bytes opened;
  ASSERT_TRUE(open_sealed(key, {5}, sealed, opened));
  EXPECT_TRUE(std::ranges::equal(opened, plain));
  EXPECT_FALSE(open_sealed(key, {6}, sealed, opened));
  EXPECT_TRUE(opened.empty());
  OwnerKey other = key;
  other[31] ^= 1;
  EXPECT_FALSE(open_sealed(other, {5}, sealed, opened));
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(open_sealed(key, {5}, ByteSpan(sealed).first(size), opened));
    Bytes hurt = sealed;
    hurt[size] ^= std::byte{1};
    EXPECT_FALSE(open_sealed(key, {5}, hurt, opened));
  }
}

}  // namespace
}  // namespace plated
