// Snapshots: a sound one, hurt as the input says, at times with its checksums made right again. It
// is read as the state that went in, or refused.
#include <fuzzer/FuzzedDataProvider.h>

#include "engine/check.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/resealed.h"
#include "tests/support/world.h"

namespace plated {
namespace {

// The bytes of a snapshot of a small world in which something of everything has happened.
Bytes sound_snapshot(Digest& digest) {
  World world(4, "large", false);
  world.load_first(40);
  (void)world.holder(1);
  (void)world.draw(world.picker(2), 1);
  (void)world.blacklist(world.picker(3));
  MemoryFileSystem disk;
  (void)disk.make_directory(kTestDirectory).ok();
  digest = world.engine->digest();
  // Snapshots are made of an engine that has read the log.
  MemorySink sink;
  ManualTicks ticks(kBeginning);
  const auto engine = replayed(world.sink, sink, ticks, 1);
  const auto written = write_snapshot(disk, kTestDirectory, *engine);
  return *disk.contents(kTestDirectory + "/" + snapshot_name(written.value.sequence));
}

void read_hurt_snapshot(FuzzedDataProvider& input) {
  static Digest digest;
  static const Bytes sound = sound_snapshot(digest);
  Bytes bytes = sound;
  for (int i = input.ConsumeIntegralInRange(0, 4); i > 0 && !bytes.empty(); --i) {
    const auto at = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1);
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (input.ConsumeIntegralInRange(0, 3)) {
      case 0:
        bytes.resize(at);
        break;
      case 1: {
        const auto piece = input.ConsumeRandomLengthString(64);
        const auto span = std::as_bytes(std::span(piece));
        bytes.insert(begin, span.begin(), span.end());
        break;
      }
      case 2:
        bytes[at] = static_cast<std::byte>(input.ConsumeIntegral<uint8_t>());
        break;
      default:
        bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                       bytes.size() - at, input.ConsumeIntegral<uint8_t>())));
    }
  }
  if (input.ConsumeBool()) {
    reseal_snapshot(bytes);
  }
  MemoryFileSystem disk;
  const std::string path = kTestDirectory + "/snapshot";
  const Sequence sequence{get<uint64_t>(sound.data() + 16)};
  disk.put_file(path, bytes);
  MemorySink sink;
  ManualTicks ticks(kBeginning);
  Engine engine({1, EntropySeed{1}}, sink, ticks);
  const auto header = read_snapshot(disk, {path, sequence}, engine);
  check(header.ok() || header.status.path() == path, "a refusal names its file");
  check(!header.ok() || engine.digest() == header.value.digest, "a snapshot says what it holds");
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  plated::read_hurt_snapshot(input);
  return 0;
}
