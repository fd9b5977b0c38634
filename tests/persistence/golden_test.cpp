// The bytes of every format version, kept as files: what this version writes is what the newest of
// them hold, and what all of them hold this version reads. A test that fails here means that data
// directories of released versions would not open: raise the format's version and keep a reader for
// the old one.
//
// With PLATED_WRITE_GOLDEN set in the environment the files are written instead: for a new version.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "persistence/key_store.h"
#include "persistence/little_endian.h"
#include "persistence/log_replay.h"
#include "persistence/snapshot.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/sample_events.h"
#include "tests/support/open_keys.h"
#include "tests/support/world.h"

namespace plated {
namespace {

const std::string kGolden = PLATED_GOLDEN_DIR;
const std::string kFormat = kGolden + "/../../persistence/FORMAT.md";

Bytes file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto span = std::as_bytes(std::span(text));
  return {span.begin(), span.end()};
}

// The golden file of this name; written first, when that is asked for.
Bytes golden(const std::string& name, const Bytes& now) {
  const std::string path = kGolden + "/" + name;
  if (std::getenv("PLATED_WRITE_GOLDEN") != nullptr) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(now.data()), static_cast<std::streamsize>(now.size()));
  }
  return file_bytes(path);
}

// The bytes of a log with these events, one append each, one sync, cut behind the last batch.
Bytes log_of(const std::vector<Event>& events) {
  MemoryFileSystem disk;
  LogWorld log(disk);
  for (const Event& event : events) {
    EXPECT_TRUE(log.append(event));
  }
  EXPECT_TRUE(log.sync().ok());
  Bytes bytes = *disk.contents(kTestDirectory + "/" + log_file_name(Sequence{1}));
  bytes.resize(static_cast<std::size_t>(log.writer().used()));
  return bytes;
}

// The kinds that there were when a golden log was written; later ones stand behind them.
constexpr std::size_t kKindsOfVersion1 = 46;
constexpr std::size_t kKindsOfVersion2 = 62;

std::vector<Event> first_events(std::size_t kinds) {
  auto events = sample_events();
  EXPECT_GE(events.size(), kinds);
  events.resize(kinds);
  return events;
}

Bytes encoded(const Now& now, const Event& event) {
  Bytes bytes(encoded_size(event));
  (void)encode_record(now, event, bytes.data());
  return bytes;
}

// A log of one file gives back its events, every field of them.
void expect_events(const Bytes& file, const std::vector<Event>& events) {
  MemoryFileSystem disk;
  disk.put_file(kTestDirectory + "/" + log_file_name(Sequence{1}), file);
  uint64_t seen = 0;
  const Status status =
      replay_log(disk, kTestDirectory, {}, [&](const Record& record) {
        EXPECT_EQ(encoded(record.now, record.event), encoded(record.now, events[seen]));
        EXPECT_EQ(record.sequence.value, ++seen);
        return Status();
      }).status;
  EXPECT_TRUE(status.ok()) << status.text();
  EXPECT_EQ(seen, events.size());
}

TEST(Golden, ALogOfVersion2IsWrittenAndReadByteForByte) {
  const auto events = first_events(kKindsOfVersion2);
  const Bytes now = log_of(events);
  const Bytes then = golden("log-v2.plog", now);
  EXPECT_EQ(now, then);
  expect_events(then, events);
}

TEST(Golden, ALogOfVersion1IsRead) {
  expect_events(file_bytes(kGolden + "/log-v1.plog"), first_events(kKindsOfVersion1));
}

// Three files of version 1, from three lives that each ended with a clean stop.
TEST(Golden, ADirectoryOfVersion1GoesOnInVersion2) {
  MemoryFileSystem disk;
  std::vector<Bytes> then;
  for (const uint64_t first : {1U, 8U, 15U}) {
    const std::string name = log_file_name(Sequence{first});
    then.push_back(file_bytes(kGolden + "/log-v1/" + name));
    disk.put_file(kTestDirectory + "/" + name, then.back());
  }
  for (uint64_t life = 1; life <= 3; ++life) {
    uint64_t seen = 0;
    const auto read = replay_log(disk, kTestDirectory, {}, [&](const Record& record) {
      EXPECT_EQ(std::get<OperatorActed>(record.event).what, std::to_string(++seen));
      return Status();
    });
    ASSERT_TRUE(read.ok()) << read.status.text();
    ASSERT_EQ(seen, 20 + life);
    EXPECT_EQ(read.value.files, 2 + life);
    const auto position = settle_log_tail(disk, kTestDirectory, read.value);
    ASSERT_TRUE(position.ok()) << position.status.text();
    // Batches are counted from the first of version 2 on: one with a record, one that closes.
    EXPECT_EQ(position.value.number, 2 * life - 1);
    LogWorld log(disk, position.value, kLogFileSizeMin, 100 * life);
    ASSERT_TRUE(log.append(numbered(seen + 1)));
    ASSERT_TRUE(log.commit().finish().ok());
  }
  const auto names = list_log_files(disk, kTestDirectory).value;
  ASSERT_EQ(names.size(), 6U);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto header = decode_log_header(*disk.contents(names[i].path), names[i].path);
    EXPECT_EQ(header.value.version, i < 3 ? 1U : 2U) << i;
    if (i < 3) {
      EXPECT_EQ(*disk.contents(names[i].path), then[i]) << i;
    }
  }
}

TEST(Golden, AKeyStoreOfVersion1OpensWhatItsKeysSealed) {
  const std::string_view text = "张三 13800001234";
  Bytes store_now;
  Bytes sealed_now;
  KeptSecret secret{PoolKey{{25, 'B'}, PlateClass::small, Power::electric}, kSampleDays[0], {}};
  secret.secret.fill(9);
  {
    MemoryFileSystem disk;
    (void)disk.make_directory(kTestDirectory).ok();
    const auto store = open_keys(disk, kTestDirectory);
    const KeyId first = store.value->create_owner_keys(2).value;
    ASSERT_TRUE(store.value->keep_secrets({&secret, 1}).ok());
    ASSERT_TRUE(store.value->destroy_owner_key({first.value + 1}).ok());
    sealed_now = seal(store.value->owner_key(first).value, first, std::as_bytes(std::span(text)));
    store_now = *disk.contents(kTestDirectory + "/keys");
  }
  const Bytes store_then = golden("keys-v1", store_now);
  const Bytes sealed_then = golden("sealed-v1", sealed_now);
  MemoryFileSystem disk;
  disk.put_file(kTestDirectory + "/keys", store_then);
  const auto store = open_keys(disk, kTestDirectory);
  ASSERT_TRUE(store.ok()) << store.status.text();
  Bytes plain;
  ASSERT_TRUE(open_sealed(store.value->owner_key({1}).value, {1}, sealed_then, plain));
  EXPECT_TRUE(std::ranges::equal(plain, std::as_bytes(std::span(text))));
  EXPECT_EQ(store.value->owner_key({2}).status.code(), StatusCode::not_found);
  ASSERT_EQ(store.value->secrets().size(), 1U);
  EXPECT_EQ(store.value->secrets()[0].of, secret.of);
  EXPECT_EQ(store.value->secrets()[0].period, secret.period);
  EXPECT_EQ(store.value->secrets()[0].secret, secret.secret);
}

// A later kind of slot, behind the keys of version 1.
TEST(Golden, ASecretOfLobbiesStandsInAKeyStoreOfVersion1) {
  const Bytes before = file_bytes(kGolden + "/keys-v1");
  const OfficeCode office{25, 'B'};
  KeptSecret secret{office, kSampleDays[0], {}};
  secret.secret.fill(11);
  MemoryFileSystem disk;
  disk.put_file(kTestDirectory + "/keys", before);
  ASSERT_TRUE(open_keys(disk, kTestDirectory).value->keep_secrets({&secret, 1}).ok());
  const Bytes now = *disk.contents(kTestDirectory + "/keys");
  const Bytes then = golden("keys-v1-lobbies", now);
  EXPECT_EQ(now, then);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), then.begin()));
  disk.put_file(kTestDirectory + "/keys", then);
  const auto store = open_keys(disk, kTestDirectory);
  ASSERT_TRUE(store.ok()) << store.status.text();
  ASSERT_EQ(store.value->secrets().size(), 2U);
  EXPECT_EQ(store.value->secret(office, secret.period), std::optional(secret.secret));
}

TEST(Golden, ASnapshotOfVersion1IsRead) {
  MemoryFileSystem written;
  (void)written.make_directory(kTestDirectory).ok();
  World world;
  world.load_first(50);
  world.holder(1);
  world.draw(world.picker(2), 1);
  world.pause();
  MemorySink sink;
  const auto engine = replayed(world.sink, sink, world.ticks, 1);
  const auto header = write_snapshot(written, kTestDirectory, *engine);
  ASSERT_TRUE(header.ok());
  const Bytes then =
      golden("snapshot-v1.psnap",
             *written.contents(kTestDirectory + "/" + snapshot_name(header.value.sequence)));

  MemoryFileSystem disk;
  const Sequence sequence{get<uint64_t>(then.data() + 16)};
  const std::string path = kTestDirectory + "/" + snapshot_name(sequence);
  disk.put_file(path, then);
  Engine read({4, EntropySeed{1}}, sink, world.ticks);
  const auto found = read_snapshot(disk, {path, sequence}, read);
  ASSERT_TRUE(found.ok()) << found.status.text();
  EXPECT_EQ(read.pool(world.pool)->counts.loaded, 50U);
  EXPECT_EQ(read.pool(world.pool)->counts.reserved, 1U);
  EXPECT_EQ(read.office(world.office)->state(), OfficeState::paused);
}

// FORMAT.md shows a whole file; its hexadecimal digits are what we write.
TEST(Golden, TheExampleInFormatMdIsTrue) {
  const Bytes markdown = file_bytes(kFormat);
  const std::string text(reinterpret_cast<const char*>(markdown.data()), markdown.size());
  const std::size_t begin = text.find("```hex\n");
  ASSERT_NE(begin, std::string::npos);
  std::istringstream lines(text.substr(begin + 7, text.find("```", begin + 7) - begin - 7));
  Bytes example;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream digits(line.substr(0, line.find('|')));
    std::string offset;
    digits >> offset;
    for (std::string pair; digits >> pair;) {
      example.push_back(static_cast<std::byte>(std::stoi(pair, nullptr, 16)));
    }
  }
  EXPECT_EQ(example, log_of({Founded{true}}));
}

}  // namespace
}  // namespace plated
