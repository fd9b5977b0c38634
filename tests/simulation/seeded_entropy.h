// The system's entropy, replaced by a seed: keys, secrets, codes and nonces that libsodium makes
// are the same whenever the seed is. For the whole process, and for tests only.
#pragma once

#include <cstdint>

namespace plated {

// From now on, and again with each call, entropy follows from `seed`.
void seed_entropy(uint64_t seed);

}  // namespace plated
