#include "tests/simulation/seeded_entropy.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "tests/support/dice.h"

namespace plated {
namespace {

Dice& dice() {
  static Dice dice(0);
  return dice;
}

void fill(void* const buffer, const size_t size) {
  auto* out = static_cast<unsigned char*>(buffer);
  for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
    const uint64_t word = dice().word();
    std::memcpy(out + done, &word, std::min(sizeof(word), size - done));
  }
}

uint32_t random_word() { return static_cast<uint32_t>(dice().word()); }
const char* name() { return "seeded"; }

randombytes_implementation implementation = {.implementation_name = name,
                                             .random = random_word,
                                             .stir = nullptr,
                                             .uniform = nullptr,
                                             .buf = fill,
                                             .close = nullptr};

}  // namespace

void seed_entropy(uint64_t seed) {
  static const bool replaced = [] {
    check(sodium_init() >= 0, "libsodium starts");
    return randombytes_set_implementation(&implementation) == 0;
  }();
  check(replaced, "libsodium takes another source");
  dice() = Dice(seed);
}

}  // namespace plated
