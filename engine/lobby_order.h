// The order of a lobby: a secret of the office's day and the name of the opening make a seed, and
// the seed makes an order in which each of all orders is equally likely. Deterministic; DRAW.md
// specifies it byte for byte.
#pragma once

#include <cstdint>
#include <span>

#include "engine/types.h"
#include "engine/waiting_events.h"

namespace plated {

// The seed of the lobby of `office` for its opening at `opening`. Tells nothing of the secret.
[[nodiscard]] LobbySeed lobby_seed(const DrawSecret& secret, OfficeCode office, CivilTime opening);

// One who waits: where their owner stands in memory.
struct Waiter {
  uint32_t owner = kNoIndex;  // kNoIndex: they left
  uint32_t shard = 0;
  friend bool operator==(const Waiter&, const Waiter&) = default;
};
static_assert(sizeof(Waiter) == 8);

// Puts `waiters`, who stand in the order in which they came, into the seed's order (Durstenfeld,
// CACM 7(7), 1964: from the last place down, each takes one of those that are left).
void order_lobby(const LobbySeed& seed, std::span<Waiter> waiters);

}  // namespace plated
