// Exhaustive damage to what stands beside the log: snapshots and the key store; and what a start
// makes of it: the older snapshot, the log from its beginning, or a refusal that names the file.
#include <gtest/gtest.h>

#include <map>

#include "persistence/checkpoint.h"
#include "persistence/log_archive.h"
#include "tests/persistence/busy_world.h"
#include "tests/persistence/resealed.h"
#include "tests/support/effort.h"
#include "tests/support/fault_file_system.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

Bytes with_flipped(const Bytes& whole, std::size_t bit) {
  Bytes hurt = whole;
  hurt[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  return hurt;
}

Bytes cut_to(const Bytes& whole, std::size_t size) {
  return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
}

// A snapshot of a small world in which something of everything has happened.
struct WrittenSnapshot {
  World world{4, "large", false};
  Digest digest{};
  Sequence sequence;
  Bytes bytes;

  explicit WrittenSnapshot(uint64_t owners = 3) {
    world.load_first(30);
    for (uint64_t i = 1; i < owners; ++i) {
      world.holder(i);
    }
    EXPECT_EQ(world.draw(world.picker(owners), 1), Refusal::none);
    MemoryFileSystem disk;
    EXPECT_TRUE(disk.make_directory(kTestDirectory).ok());
    MemorySink sink;
    const auto engine = replayed(world.sink, sink, world.ticks, 1);
    const auto header = write_snapshot(disk, kTestDirectory, *engine);
    digest = engine->digest();
    sequence = header.value.sequence;
    bytes = *disk.contents(kTestDirectory + "/" + snapshot_name(sequence));
  }

  // What the reader says of these bytes in its place; ok only for the state that was written.
  Status read(const Bytes& hurt) {
    const std::string path = kTestDirectory + "/" + snapshot_name(sequence);
    MemoryFileSystem disk;
    disk.put_file(path, hurt);
    MemorySink sink;
    Engine engine({1, EntropySeed{1}}, sink, world.ticks);
    const auto header = read_snapshot(disk, {path, sequence}, engine);
    EXPECT_TRUE(!header.ok() || engine.digest() == digest);
    EXPECT_TRUE(header.ok() || header.status.path() == path);
    return header.status;
  }
};

// The places of a small snapshot: all of them, but of the one long item, the bits of a pool's
// plates that are nearly all zero, a sample only.
std::vector<std::size_t> places_of(const Bytes& snapshot) {
  std::size_t begin = kSnapshotHeaderSize + kSnapshotBlockHeaderSize;
  while (get<uint32_t>(snapshot.data() + begin) < 50'000) {
    begin += get<uint32_t>(snapshot.data() + begin) + 6;
  }
  const std::size_t end = begin + get<uint32_t>(snapshot.data() + begin);
  std::vector<std::size_t> places;
  for (std::size_t at = 0;
       at<snapshot.size(); at += at> begin + 200 && at < end - 200 && !long_form() ? 997
                                                                                   : every_or(19)) {
    places.push_back(at);
  }
  return places;
}

TEST(SnapshotDamage, EveryTruncationAndEveryFlippedBitIsRefused) {
  WrittenSnapshot snapshot;
  ASSERT_TRUE(snapshot.read(snapshot.bytes).ok());
  for (const std::size_t at : places_of(snapshot.bytes)) {
    ASSERT_EQ(snapshot.read(cut_to(snapshot.bytes, at)).code(), StatusCode::corruption) << at;
    for (std::size_t bit = 8 * at; bit < 8 * at + 8; ++bit) {
      ASSERT_EQ(snapshot.read(with_flipped(snapshot.bytes, bit)).code(), StatusCode::corruption)
          << bit;
    }
  }
}

// The blocks of a snapshot that was cut into one block an item, checksums right.
struct Blocks {
  Bytes head;
  std::vector<Bytes> blocks;
  Bytes end;

  explicit Blocks(const Bytes& snapshot) {
    head = cut_to(snapshot, kSnapshotHeaderSize);
    std::size_t at = kSnapshotHeaderSize;
    const std::size_t last = snapshot.size() - kSnapshotBlockHeaderSize;
    for (at += kSnapshotBlockHeaderSize; at < last;) {
      const std::size_t size = get<uint32_t>(snapshot.data() + at) + 6;
      Bytes block(kSnapshotBlockHeaderSize + size);
      std::copy_n(snapshot.begin() + kSnapshotHeaderSize, 4, block.begin());
      put(put(block.data() + 4, static_cast<uint32_t>(size)), uint32_t{1});
      put(block.data() + 16, uint64_t{blocks.size()});
      std::copy_n(snapshot.begin() + static_cast<std::ptrdiff_t>(at), size,
                  block.begin() + kSnapshotBlockHeaderSize);
      blocks.push_back(block);
      at += size;
    }
    end.assign(snapshot.begin() + static_cast<std::ptrdiff_t>(last), snapshot.end());
    put(end.data() + 16, uint64_t{blocks.size()});
    seal();
  }

  [[nodiscard]] Bytes joined() const {
    Bytes all = head;
    for (const Bytes& block : blocks) {
      all.insert(all.end(), block.begin(), block.end());
    }
    all.insert(all.end(), end.begin(), end.end());
    return all;
  }

 private:
  // Each block bears a checksum of its own, which does not know its neighbours.
  void seal() {
    Bytes all = joined();
    reseal_snapshot(all);
    std::size_t at = kSnapshotHeaderSize;
    for (Bytes& block : blocks) {
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(at), block.size(), block.begin());
      at += block.size();
    }
    end = Bytes(all.begin() + static_cast<std::ptrdiff_t>(at), all.end());
  }
};

TEST(SnapshotDamage, BlocksThatAreLostDoubledExchangedOrStaleAreRefused) {
  WrittenSnapshot snapshot;
  const Blocks sound(snapshot.bytes);
  ASSERT_GT(sound.blocks.size(), 8U);
  ASSERT_TRUE(snapshot.read(sound.joined()).ok()) << "as many blocks as one likes";
  const Blocks stale(WrittenSnapshot(4).bytes);
  for (std::size_t i = 0; i < sound.blocks.size(); ++i) {
    Blocks lost = sound;
    lost.blocks.erase(lost.blocks.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(snapshot.read(lost.joined()).code(), StatusCode::corruption) << i;
    Blocks doubled = sound;
    doubled.blocks.insert(doubled.blocks.begin() + static_cast<std::ptrdiff_t>(i), sound.blocks[i]);
    EXPECT_EQ(snapshot.read(doubled.joined()).code(), StatusCode::corruption) << i;
    Blocks older = sound;
    older.blocks[i] = stale.blocks[std::min(i, stale.blocks.size() - 1)];
    EXPECT_EQ(snapshot.read(older.joined()).code(), StatusCode::corruption) << i;
    for (std::size_t j = i + 1; j < sound.blocks.size(); ++j) {
      Blocks exchanged = sound;
      std::swap(exchanged.blocks[i], exchanged.blocks[j]);
      EXPECT_EQ(snapshot.read(exchanged.joined()).code(), StatusCode::corruption) << i << ' ' << j;
    }
  }
  Blocks behind = sound;
  behind.end.push_back(std::byte{0});
  EXPECT_EQ(snapshot.read(behind.joined()).code(), StatusCode::corruption);
}

// A whole other snapshot under this one's name, or one whose state is not what its header says.
TEST(SnapshotDamage, AnotherSnapshotUnderThisNameIsRefused) {
  WrittenSnapshot snapshot;
  EXPECT_EQ(snapshot.read(WrittenSnapshot(4).bytes).code(), StatusCode::corruption);
  Bytes liar = snapshot.bytes;
  liar[40] ^= std::byte{1};
  reseal_snapshot(liar);
  EXPECT_EQ(snapshot.read(liar).code(), StatusCode::corruption);
}

// A data directory with two snapshots and the whole log, or what retirement has left of it.
class TwoSnapshots : public ::testing::Test {
 protected:
  TwoSnapshots() {
    LogPosition position;
    for (uint64_t life = 0; life < 4; ++life) {
      LogWorld log(disk, position, kLogFileSizeMin, life * 10, 1);
      busy.steps(40);
      EXPECT_TRUE(files.write(log).ok());
      if (life == 3) {
        break;
      }
      EXPECT_TRUE(log.commit().finish().ok());
      EXPECT_TRUE(life == 0 || files.checkpoint(log.acknowledged()).ok());
      position = files.recovered().value.position;
    }
    names = list_snapshots(disk, kTestDirectory).value;
    EXPECT_EQ(names.size(), 2U);
  }
  // What an operator does who is asked for the missing files.
  void put_archive_back() {
    const auto archived = list_archived_log_files(disk, kTestDirectory);
    EXPECT_FALSE(archived.value.empty());
    for (const LogFileName& name : archived.value) {
      const auto contents = read_archived_log_file(disk, name.path);
      const ByteSpan bytes = contents.value.view();
      disk.put_file(kTestDirectory + "/" + log_file_name(name.first),
                    Bytes(bytes.begin(), bytes.end()));
    }
  }
  void damage(std::size_t index) {
    disk.put_file(names[index].path,
                  with_flipped(*disk.contents(names[index].path), (index + 70) * 8));
  }

  BusyWorld busy{41};
  MemoryFileSystem disk;
  Files files{busy, disk};
  std::vector<SnapshotName> names;
};

TEST_F(TwoSnapshots, TheOlderServesWhenTheNewerIsDamagedAndThatIsTold) {
  damage(0);
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.report.snapshot, names[1].sequence);
  ASSERT_EQ(recovered.value.report.damaged_snapshots.size(), 1U);
  EXPECT_EQ(recovered.value.report.damaged_snapshots[0].path(), names[0].path);
  EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
}

TEST_F(TwoSnapshots, TheLogFromItsBeginningServesWhenBothAreDamaged) {
  put_archive_back();
  damage(0);
  damage(1);
  const auto recovered = files.recovered();
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.report.snapshot, Sequence{0});
  EXPECT_EQ(recovered.value.report.damaged_snapshots.size(), 2U);
  EXPECT_EQ(recovered.value.engine->digest(), busy.world.engine->digest());
}

TEST_F(TwoSnapshots, WithoutThatBeginningTheStartIsRefusedByTheSnapshotsName) {
  damage(0);
  damage(1);
  const auto recovered = files.recovered();
  EXPECT_EQ(recovered.status.code(), StatusCode::corruption);
  EXPECT_EQ(recovered.status.path(), names[0].path);
  EXPECT_NE(recovered.status.message().find("archive"), std::string::npos)
      << recovered.status.text();
  EXPECT_TRUE(disk.contents(names[0].path)) << "a refusal removes nothing";
}

// It may hold what this version cannot know, so an older one is no substitute.
TEST_F(TwoSnapshots, ALaterVersionIsRefusedByName) {
  Bytes later = *disk.contents(names[0].path);
  put(later.data() + 8, kSnapshotVersion + 1);
  reseal_snapshot(later);
  disk.put_file(names[0].path, later);
  const auto recovered = files.recovered();
  EXPECT_EQ(recovered.status.code(), StatusCode::mismatch);
  EXPECT_EQ(recovered.status.path(), names[0].path);
  EXPECT_NE(recovered.status.text().find("another version"), std::string::npos);
}

// The disk may answer next time: whoever cannot read does not guess.
TEST_F(TwoSnapshots, OneThatCannotBeReadIsNotPassedOver) {
  for (uint64_t k = 3; k <= 8; ++k) {
    FaultFileSystem faults(disk);
    Files failing(busy, faults);
    faults.fail_call(k, FaultFileSystem::Lasting::once, EIO, FaultFileSystem::Work::none);
    const auto recovered = failing.recovered();
    ASSERT_TRUE(faults.failed());
    EXPECT_EQ(recovered.status.code(), StatusCode::io_error) << k;
  }
}

// --- The key store ---

constexpr uint64_t kErased = 2;

// Slots: keys 1 to 3, a secret 4, the erasure 5 of key 2, keys 6 and 7 of one write, a secret 8.
struct WrittenKeys {
  const std::string path = kTestDirectory + "/keys";
  Bytes bytes;
  std::map<uint64_t, OwnerKey> keys;
  std::vector<KeptSecret> secrets;

  WrittenKeys() {
    MemoryFileSystem disk;
    EXPECT_TRUE(disk.make_directory(kTestDirectory).ok());
    auto store = open_keys(disk, kTestDirectory);
    EXPECT_EQ(store.value->create_owner_keys(3).value, KeyId{1});
    keep_secret(*store.value, 1);
    EXPECT_TRUE(store.value->destroy_owner_key({kErased}).ok());
    EXPECT_EQ(store.value->create_owner_keys(2).value, KeyId{6});
    keep_secret(*store.value, 2);
    for (uint64_t id = 1; id <= 8; ++id) {
      if (const auto key = store.value->owner_key({id}); key.ok()) {
        keys[id] = key.value;
      }
    }
    EXPECT_EQ(keys.size(), 4U);
    bytes = *disk.contents(path);
  }
  void keep_secret(KeyStore& store, int day) {
    KeptSecret secret{
        PoolKey{{25, 'B'}, PlateClass::small, Power::electric}, Day(std::chrono::days(day)), {}};
    secret.secret.fill(static_cast<uint8_t>(day));
    EXPECT_TRUE(store.keep_secrets({&secret, 1}).ok());
    secrets.push_back(secret);
  }

  // Opens these bytes: refused with their place, or everything but the last write is there.
  // Returns the slots that are left, 0 when it was refused.
  uint64_t open(const Bytes& hurt, uint64_t sound_slots) {
    MemoryFileSystem disk;
    disk.put_file(path, hurt);
    const auto store = open_keys(disk, kTestDirectory);
    if (!store.ok()) {
      EXPECT_EQ(store.status.path(), path);
      EXPECT_EQ(store.status.code(), StatusCode::corruption) << store.status.text();
      return 0;
    }
    for (const auto& [id, key] : keys) {
      const auto found = store.value->owner_key({id});
      EXPECT_EQ(found.ok(), id < sound_slots) << id;
      EXPECT_TRUE(!found.ok() || found.value == key) << "a key is right or not there";
    }
    EXPECT_FALSE(store.value->owner_key({kErased}).ok());
    for (const KeptSecret& secret : store.value->secrets()) {
      EXPECT_TRUE(secret.secret == secrets[0].secret || secret.secret == secrets[1].secret);
    }
    return disk.contents(path)->size() / kKeySlotSize;
  }
};

TEST(KeyDamage, EveryFlippedBitIsRefusedOrCostsTheLastWriteOnly) {
  WrittenKeys store;
  const std::size_t last = store.bytes.size() / kKeySlotSize - 1;
  for (std::size_t bit = 0; bit < store.bytes.size() * 8; bit += every_or(7)) {
    const std::size_t slot = bit / 8 / kKeySlotSize;
    const uint64_t left = store.open(with_flipped(store.bytes, bit), 8);
    // What was erased is noise; it is made zeros again.
    const uint64_t expected = slot == kErased ? last + 1 : slot == last ? last : 0;
    ASSERT_EQ(left, expected) << "bit " << bit;
    ASSERT_FALSE(testing::Test::HasFailure());
  }
}

// Without its erasure an erased slot is a key that is missing: the rest of its own write goes with
// it, and a later write proves damage.
TEST(KeyDamage, EveryTruncationIsCutToWholeKeysOrRefused) {
  WrittenKeys store;
  for (std::size_t size = 0; size < store.bytes.size(); ++size) {
    const uint64_t whole = size / kKeySlotSize;
    const bool proved = whole == 5;
    const uint64_t expected = proved ? 0 : whole == 3 || whole == 4 ? kErased : whole;
    ASSERT_EQ(store.open(cut_to(store.bytes, size), expected), expected) << size;
    ASSERT_FALSE(testing::Test::HasFailure()) << size;
  }
}

// A slot bears its place in its checksum, and the file's identity.
TEST(KeyDamage, SlotsThatAreExchangedDoubledZeroedOrStaleAreNeverReadInTheirPlace) {
  WrittenKeys store;
  const WrittenKeys other;
  const std::size_t slots = store.bytes.size() / kKeySlotSize;
  const auto copy = [](const Bytes& from, std::size_t slot, Bytes& to, std::size_t place) {
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(slot * kKeySlotSize), kKeySlotSize,
                to.begin() + static_cast<std::ptrdiff_t>(place * kKeySlotSize));
  };
  const Bytes zeros(kKeySlotSize);
  for (std::size_t place = 1; place < slots; ++place) {
    const uint64_t expected = place == kErased ? slots : place == slots - 1 ? slots - 1 : 0;
    for (std::size_t slot = 1; slot < slots; ++slot) {
      Bytes doubled = store.bytes;
      copy(store.bytes, slot, doubled, place);
      if (slot != place) {
        EXPECT_EQ(store.open(doubled, 8), expected) << slot << " in place of " << place;
      }
      Bytes stale = store.bytes;
      copy(other.bytes, slot, stale, place);
      EXPECT_EQ(store.open(stale, 8), expected) << slot << " of another in place of " << place;
    }
    Bytes zeroed = store.bytes;
    copy(zeros, 0, zeroed, place);
    EXPECT_EQ(store.open(zeroed, 8), expected) << place;
  }
}

// Found by the fuzzer: such an erasure erased the header, or made the file longer.
TEST(KeyDamage, AnErasureOfAnythingButAnEarlierKeyIsRefused) {
  WrittenKeys store;
  constexpr std::size_t kErasure = 5;
  for (const uint64_t named : {uint64_t{0}, uint64_t{5}, uint64_t{6}, UINT64_MAX / kKeySlotSize}) {
    Bytes hurt = store.bytes;
    put(hurt.data() + kErasure * kKeySlotSize + 16, named);
    reseal_keys(hurt);
    EXPECT_EQ(store.open(hurt, 8), 0U) << named;
  }
}

TEST(KeyDamage, ALaterVersionIsRefusedByName) {
  WrittenKeys store;
  Bytes later = store.bytes;
  put(later.data() + 8, uint32_t{2});
  reseal_header(later, kKeySlotSize);
  MemoryFileSystem disk;
  disk.put_file(store.path, later);
  const auto opened = open_keys(disk, kTestDirectory);
  EXPECT_EQ(opened.status.code(), StatusCode::mismatch);
  EXPECT_EQ(opened.status.path(), store.path);
}

}  // namespace
}  // namespace plated
