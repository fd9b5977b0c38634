#include "persistence/snapshot.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "engine/check.h"
#include "engine/state.h"
#include "persistence/crc32c.h"
#include "persistence/event_arena.h"
#include "persistence/field_codec.h"

namespace plated {
namespace {

static_assert(std::variant_size_v<StateItem> == 26, "a new item is added at the end");

constexpr std::string_view kSnapshotPrefix = "snapshot-";
constexpr std::string_view kSnapshotSuffix = ".psnap";
constexpr std::size_t kSnapshotDigits = 20;
constexpr std::array<char, 8> kSnapshotFileMark = {'P', 'L', 'A', 'T', 'E', 'S', 'N', 'P'};
constexpr std::array<char, 4> kBlockMark = {'P', 'S', 'B', 'K'};
constexpr std::array<char, 4> kEndMark = {'P', 'S', 'E', 'N'};
constexpr std::size_t kSnapshotHeaderChecksumAt = kSnapshotHeaderSize - sizeof(uint32_t);
constexpr std::size_t kItemHeaderSize = sizeof(uint32_t) + sizeof(uint16_t);

// Header of a block: mark 4, payload bytes 4, items 4, zero 4, number 8, checksum 8. The end is a
// block without payload whose number is the count of blocks, and which repeats the count of items.
struct Block {
  bool end = false;
  uint32_t payload_bytes = 0;
  uint32_t items = 0;
  uint64_t number = 0;
};

constexpr std::size_t kBlockChecksumAt = kSnapshotBlockHeaderSize - sizeof(uint64_t);

// Bound to the snapshot by its sequence and to the place by the block's number.
uint64_t block_checksum(Sequence sequence, ByteSpan header, ByteSpan payload) {
  check(header.size() >= kBlockChecksumAt, "a block's header is whole");
  const uint64_t seed = XXH3_64bits_withSeed(header.data(), kBlockChecksumAt, sequence.value);
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

void encode_block(const Block& block, Sequence sequence, ByteSpan payload, std::byte* out) {
  check(payload.size() == block.payload_bytes && payload.size() <= 2 * kSnapshotBlockBytes,
        "a block says its size, and keeps to its bound");
  std::memcpy(out, (block.end ? kEndMark : kBlockMark).data(), kBlockMark.size());
  std::byte* at = put(out + kBlockMark.size(), block.payload_bytes);
  at = put(at, block.items);
  at = put(at, uint32_t{0});
  put(at, block.number);
  put(out + kBlockChecksumAt, block_checksum(sequence, {out, kSnapshotBlockHeaderSize}, payload));
}

Result<SnapshotHeader> decode_header(ByteSpan bytes, const std::string& path) {
  if (bytes.size() < kSnapshotHeaderSize ||
      std::memcmp(bytes.data(), kSnapshotFileMark.data(), kSnapshotFileMark.size()) != 0) {
    return Status::corruption(path, 0, "this is not a snapshot");
  }
  if (crc32c(0, bytes.first(kSnapshotHeaderChecksumAt)) !=
      get<uint32_t>(bytes.data() + kSnapshotHeaderChecksumAt)) {
    return Status::corruption(path, 0, "the header's checksum is wrong");
  }
  if (get<uint32_t>(bytes.data() + kSnapshotFileMark.size()) != kSnapshotVersion) {
    return Status::mismatch(path, "the snapshot was written by another version of plated");
  }
  SnapshotHeader header;
  const std::byte* at = bytes.data() + 16;
  header.sequence.value = get<uint64_t>(at);
  header.now.tick = Tick(Millis(get<int64_t>(at + 8)));
  header.now.civil = CivilTime(Millis(get<int64_t>(at + 16)));
  std::memcpy(header.digest.data(), at + 24, header.digest.size());
  return header;
}

void encode_header(const SnapshotHeader& header, std::byte* out) {
  std::memcpy(out, kSnapshotFileMark.data(), kSnapshotFileMark.size());
  std::byte* at = put(out + kSnapshotFileMark.size(), kSnapshotVersion);
  at = put(at, uint32_t{0});
  at = put(at, header.sequence.value);
  at = put(at, static_cast<int64_t>(header.now.tick.time_since_epoch().count()));
  at = put(at, static_cast<int64_t>(header.now.civil.time_since_epoch().count()));
  std::memcpy(at, header.digest.data(), header.digest.size());
  put(out + kSnapshotHeaderChecksumAt - sizeof(uint32_t), uint32_t{0});
  put(out + kSnapshotHeaderChecksumAt, crc32c(0, {out, kSnapshotHeaderChecksumAt}));
  const auto again = decode_header({out, kSnapshotHeaderSize}, {});
  check(
      again.ok() && again.value.sequence == header.sequence && again.value.digest == header.digest,
      "a header reads as it was written");
}

// Of the last record that a snapshot of this name holds; nothing for any other name.
std::optional<Sequence> snapshot_sequence(std::string_view name) {
  if (name.size() != kSnapshotPrefix.size() + kSnapshotDigits + kSnapshotSuffix.size() ||
      !name.starts_with(kSnapshotPrefix) || !name.ends_with(kSnapshotSuffix)) {
    return std::nullopt;
  }
  Sequence sequence;
  const char* const digits = name.data() + kSnapshotPrefix.size();
  const auto [end, error] = std::from_chars(digits, digits + kSnapshotDigits, sequence.value);
  const bool whole = error == std::errc{} && end == digits + kSnapshotDigits;
  return whole ? std::optional(sequence) : std::nullopt;
}

Result<SnapshotHeader> read_header(File& file, const SnapshotName& name) {
  std::array<std::byte, kSnapshotHeaderSize> head{};
  const auto got = file.read(0, head);
  if (!got.ok()) {
    return got.status;
  }
  auto header = decode_header(ByteSpan(head).first(got.value), name.path);
  if (header.ok() && header.value.sequence != name.sequence) {
    return Status::corruption(name.path, 16, "the header's sequence is not the name's");
  }
  return header;
}

// Gathers items to blocks and writes them one behind the other.
class BlockWriter {
 public:
  BlockWriter(File& file, Sequence sequence) : file_(file), sequence_(sequence) {
    check(sequence.value > 0, "a snapshot holds a record");
    begin_block();
  }

  void add(const StateItem& item) {
    if (!status_.ok()) {
      return;
    }
    ByteCounter counter;
    encode_fields(item, counter);
    check(counter.bytes <= kSnapshotBlockBytes - kItemHeaderSize, "an item fits into a block");
    const std::size_t begin = bytes_.size();
    bytes_.resize(begin + kItemHeaderSize + counter.bytes);
    ByteWriter writer{bytes_.data() + begin};
    writer.integer(static_cast<uint32_t>(counter.bytes));
    writer.integer(static_cast<uint16_t>(item.index()));
    encode_fields(item, writer);
    check(writer.at == bytes_.data() + bytes_.size(), "an item has one size");
    ++block_.items;
    ++items_;
    check(block_.items <= items_, "a block holds some of all items");
    if (bytes_.size() >= kSnapshotBlockBytes) {
      write_block();
    }
  }

  // Writes what is gathered, and the end.
  Status finish() {
    check(!block_.end, "a snapshot ends once");
    if (block_.items > 0) {
      write_block();
    }
    block_.end = true;
    block_.items = static_cast<uint32_t>(items_ & 0xffffffff);
    check(!status_.ok() || bytes_.size() == kSnapshotBlockHeaderSize,
          "what was gathered is written before the end");
    write_block();
    return status_;
  }

 private:
  void begin_block() {
    check(at_ >= kSnapshotHeaderSize, "blocks stand behind the header");
    bytes_.assign(kSnapshotBlockHeaderSize, std::byte{0});
    block_ = {false, 0, 0, next_block_};
  }

  void write_block() {
    if (!status_.ok()) {
      return;
    }
    check(block_.end || block_.items > 0, "only the end of a snapshot holds nothing");
    block_.payload_bytes = static_cast<uint32_t>(bytes_.size() - kSnapshotBlockHeaderSize);
    encode_block(block_, sequence_, ByteSpan(bytes_).subspan(kSnapshotBlockHeaderSize),
                 bytes_.data());
    // Synced at once, so that the log's own syncs never queue behind much.
    status_ = file_.write(at_, bytes_);
    if (status_.ok()) {
      status_ = file_.sync();
    }
    check(block_.number == next_block_, "blocks are numbered in their order");
    at_ += bytes_.size();
    ++next_block_;
    begin_block();
  }

  File& file_;
  const Sequence sequence_;
  uint64_t at_ = kSnapshotHeaderSize;
  uint64_t next_block_ = 0;
  uint64_t items_ = 0;
  Block block_;
  Bytes bytes_;
  Status status_;
};

// Reads block after block and gives the items to the engine.
class BlockReader {
 public:
  BlockReader(File& file, const std::string& path, Sequence sequence)
      : file_(file), path_(path), sequence_(sequence) {}

  Status read_all(StateReader& state) {
    check(items_ == 0, "a snapshot is read once");
    for (;;) {
      const auto block = read_block();
      if (!block.ok()) {
        return block.status;
      }
      if (block.value.end) {
        return check_end(block.value);
      }
      if (Status status = read_items(block.value, state); !status.ok()) {
        return status;
      }
      at_ += kSnapshotBlockHeaderSize + block.value.payload_bytes;
      ++next_block_;
    }
  }

 private:
  [[nodiscard]] Status damage(std::string_view what) const {
    return Status::corruption(path_, at_, what);
  }

  Result<Block> read_block() {
    std::array<std::byte, kSnapshotBlockHeaderSize> header{};
    auto got = file_.read(at_, header);
    if (!got.ok()) {
      return got.status;
    }
    if (got.value < header.size()) {
      return damage("the snapshot ends before its end");
    }
    Block block;
    block.end = std::memcmp(header.data(), kEndMark.data(), kEndMark.size()) == 0;
    block.payload_bytes = get<uint32_t>(header.data() + 4);
    block.items = get<uint32_t>(header.data() + 8);
    block.number = get<uint64_t>(header.data() + 16);
    if (block.payload_bytes > 2 * kSnapshotBlockBytes) {
      return damage("a block's length is impossible");
    }
    payload_.resize(block.payload_bytes);
    got = file_.read(at_ + header.size(), payload_);
    if (!got.ok()) {
      return got.status;
    }
    if (got.value < payload_.size() || get<uint64_t>(header.data() + kBlockChecksumAt) !=
                                           block_checksum(sequence_, header, payload_)) {
      return damage("a block's checksum is wrong");
    }
    if (block.number != next_block_ ||
        (!block.end && std::memcmp(header.data(), kBlockMark.data(), kBlockMark.size()) != 0)) {
      return damage("a block stands in the wrong place");
    }
    return block;
  }

  Status read_items(const Block& block, StateReader& state) {
    check(payload_.size() == block.payload_bytes, "a block is read whole before its items are");
    arena_.clear();
    ByteSpan rest = payload_;
    for (uint32_t i = 0; i < block.items; ++i, ++items_) {
      if (rest.size() < kItemHeaderSize) {
        return damage("a block ends within an item");
      }
      const auto length = get<uint32_t>(rest.data());
      const auto type = get<uint16_t>(rest.data() + sizeof(length));
      rest = rest.subspan(kItemHeaderSize);
      if (length > rest.size()) {
        return damage("an item is longer than its block");
      }
      FieldDecoder decoder(rest.first(length), arena_);
      StateItem item;
      if (!decode_fields(type, decoder, item)) {
        return damage("an item is of a type that this version does not know");
      }
      if (decoder.problem() != nullptr || decoder.left() != 0) {
        return damage(decoder.problem() != nullptr ? decoder.problem()
                                                   : "an item is longer than its fields");
      }
      if (!state.read(item)) {
        return damage("an item does not fit what came before it");
      }
      rest = rest.subspan(length);
    }
    return rest.empty() ? Status() : damage("a block holds more than its items");
  }

  Status check_end(const Block& block) {
    check(block.end, "only the end says what came before it");
    const auto size = file_.size();
    if (!size.ok()) {
      return size.status;
    }
    if (block.items != (items_ & 0xffffffff) || block.payload_bytes != 0 ||
        size.value != at_ + kSnapshotBlockHeaderSize) {
      return damage("the end does not say what came before it");
    }
    return {};
  }

  File& file_;
  const std::string& path_;
  const Sequence sequence_;
  uint64_t at_ = kSnapshotHeaderSize;
  uint64_t next_block_ = 0;
  uint64_t items_ = 0;
  Bytes payload_;
  EventArena arena_;
};

}  // namespace

std::string snapshot_name(Sequence sequence) {
  std::string name = fmt::format("{}{:020}{}", kSnapshotPrefix, sequence.value, kSnapshotSuffix);
  check(snapshot_sequence(name) == sequence, "a name says what its snapshot holds");
  return name;
}

Result<std::vector<SnapshotName>> list_snapshots(FileSystem& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names.ok()) {
    return names.status;
  }
  std::vector<SnapshotName> found;
  for (const std::string& name : names.value) {
    if (const auto sequence = snapshot_sequence(name)) {
      found.push_back({directory + "/" + name, *sequence});
    }
  }
  std::ranges::reverse(found);
  check(std::ranges::is_sorted(found, std::ranges::greater(), &SnapshotName::sequence),
        "names sort as their sequences");
  return found;
}

Result<SnapshotHeader> write_snapshot(FileSystem& files, const std::string& directory,
                                      Engine& engine) {
  const SnapshotHeader header{engine.applied(), engine.last_now(), engine.digest()};
  const std::string path = directory + "/" + snapshot_name(header.sequence);
  const std::string aside = path + ".tmp";
  auto file = files.open(aside, OpenMode::create);
  if (!file.ok()) {
    return file.status;
  }
  std::array<std::byte, kSnapshotHeaderSize> head{};
  encode_header(header, head.data());
  Status status = file.value->write(0, head);
  if (status.ok()) {
    BlockWriter blocks(*file.value, header.sequence);
    StateWriter::write(engine, [&blocks](const StateItem& item) { blocks.add(item); });
    status = blocks.finish();
  }
  if (status.ok()) {
    status = file.value->sync();
  }
  if (!status.ok()) {
    file.value.reset();
    (void)files.remove(aside).ok();  // A full disk gets its room back; the failure is told anyway.
    return status;
  }
  check(engine.applied() == header.sequence, "nobody else uses the engine meanwhile");
  if (status = files.rename(aside, path); !status.ok()) {
    return status;
  }
  if (status = files.sync_directory(directory); !status.ok()) {
    return status;
  }
  return header;
}

Result<SnapshotHeader> read_snapshot_header(FileSystem& files, const SnapshotName& name) {
  auto file = files.open(name.path, OpenMode::read);
  return file.ok() ? read_header(*file.value, name) : file.status;
}

Result<SnapshotHeader> read_snapshot(FileSystem& files, const SnapshotName& name, Engine& engine) {
  auto file = files.open(name.path, OpenMode::read);
  if (!file.ok()) {
    return file.status;
  }
  auto read = read_header(*file.value, name);
  if (!read.ok()) {
    return read;
  }
  check(engine.applied().value == 0, "a snapshot is read into a fresh engine");
  const SnapshotHeader& header = read.value;
  StateReader state(engine, header.sequence, header.now);
  BlockReader blocks(*file.value, name.path, header.sequence);
  if (Status status = blocks.read_all(state); !status.ok()) {
    return status;
  }
  state.finish();
  if (engine.digest() != header.digest) {
    return Status::corruption(name.path, 40, "the state that came out is not the one that went in");
  }
  check(engine.applied() == header.sequence, "a state stands where its snapshot says");
  return read;
}

}  // namespace plated
