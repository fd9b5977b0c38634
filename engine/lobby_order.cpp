#include "engine/lobby_order.h"

#include <sodium.h>

#include <string_view>
#include <utility>

#include "engine/check.h"
#include "engine/field_message.h"
#include "engine/plate.h"
#include "engine/word_stream.h"

namespace plated {
namespace {

constexpr std::string_view kName = "plated lobby";

}  // namespace

LobbySeed lobby_seed(const DrawSecret& secret, OfficeCode office, CivilTime opening) {
  FieldMessage message;
  message.add(kName);
  message.add(text_of(office).view());
  message.add(static_cast<uint64_t>(opening.time_since_epoch().count()));
  LobbySeed seed;
  const int failed = crypto_generichash(seed.data(), seed.size(), message.data(), message.size(),
                                        secret.data(), secret.size());
  check(failed == 0, "a hash with a key of 32 bytes has no way to fail");
  return seed;
}

void order_lobby(const LobbySeed& seed, std::span<Waiter> waiters) {
  check(waiters.size() < kNoIndex, "a lobby's places are counted in 32 bits");
  WordStream words(seed);
  for (std::size_t left = waiters.size(); left > 1; --left) {
    const uint32_t chosen =
        uniform_below(static_cast<uint32_t>(left), [&words] { return words.next(); });
    std::swap(waiters[left - 1], waiters[chosen]);
  }
}

}  // namespace plated
