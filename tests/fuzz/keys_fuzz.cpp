// The key store: a sound one, hurt as the input says, at times with its checksums made right again.
// It opens or is refused; once opened it opens again as the same, and takes a new key.
#include <fuzzer/FuzzedDataProvider.h>

#include <array>

#include "engine/check.h"
#include "tests/persistence/log_world.h"
#include "tests/persistence/resealed.h"
#include "tests/support/open_keys.h"

namespace plated {
namespace {

const std::string kPath = kTestDirectory + "/keys";

Bytes sound_store() {
  MemoryFileSystem disk;
  (void)disk.make_directory(kTestDirectory).ok();
  auto store = open_keys(disk, kTestDirectory);
  const KeyId first = store.value->create_owner_keys(3).value;
  const KeptSecret secret{PoolKey{{25, 'B'}, PlateClass::small, Power::electric}, Day{}, {7}};
  const KeptSecret of_lobbies{OfficeCode{25, 'B'}, Day{}, {8}};
  check(store.value->keep_secrets(std::array{secret, of_lobbies}).ok(), "memory does not fail");
  check(store.value->destroy_owner_key({first.value + 1}).ok(), "memory does not fail");
  (void)store.value->create_owner_keys(2).ok();
  return *disk.contents(kPath);
}

struct Kept {
  std::vector<std::pair<uint64_t, OwnerKey>> keys;
  std::size_t secrets = 0;
  friend bool operator==(const Kept&, const Kept&) = default;
};

Kept kept_in(KeyStore& store, uint64_t slots) {
  Kept kept{{}, store.secrets().size()};
  for (uint64_t id = 0; id <= slots; ++id) {
    if (const auto key = store.owner_key({id}); key.ok()) {
      kept.keys.emplace_back(id, key.value);
    }
  }
  return kept;
}

void open_hurt_store(FuzzedDataProvider& input) {
  static const Bytes sound = sound_store();
  Bytes bytes = sound;
  for (int i = input.ConsumeIntegralInRange(0, 6); i > 0 && !bytes.empty(); --i) {
    const auto at = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1);
    if (input.ConsumeIntegralInRange(0, 9) == 0) {
      bytes.resize(at);
    } else {
      bytes[at] = static_cast<std::byte>(input.ConsumeIntegral<uint8_t>());
    }
  }
  if (input.ConsumeBool()) {
    reseal_keys(bytes);
  }
  MemoryFileSystem disk;
  disk.put_file(kPath, bytes);
  const uint64_t slots = bytes.size() / kKeySlotSize;
  Kept first;
  {
    const auto store = open_keys(disk, kTestDirectory);
    check(store.ok() || store.status.path() == kPath, "a refusal names its file");
    if (!store.ok()) {
      return;
    }
    first = kept_in(*store.value, slots);
  }
  check(disk.contents(kPath)->size() <= bytes.size(), "opening makes a store no longer");
  const auto again = open_keys(disk, kTestDirectory);
  check(again.ok() && again.value->torn_bytes() == 0, "a store that opened is sound");
  check(kept_in(*again.value, slots) == first, "a store opens as the same again");
  const auto fresh = again.value->create_owner_keys(1);
  check(fresh.ok() && again.value->owner_key(fresh.value).ok(), "a new key has its place");
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  plated::open_hurt_store(input);
  return 0;
}
