// Keeps every pool, and the lobbies of every office that has a waiting room, in secrets: each is
// made from the system's entropy and safe in the key store before the log commits to it. A pool and
// a waiting room start with those of today and tomorrow; each new day brings the next.
#pragma once

#include <optional>

#include "engine/engine.h"
#include "persistence/status.h"
#include "tools/plated/bound_keys.h"

namespace plated {

// Makes the pool, if it is not there. Its office must exist.
[[nodiscard]] Verdict make_pool_with_secrets(Engine& engine, BoundKeys& keys, PoolKey pool);

// The secret of a period that is over: a later one has begun. Nothing while draws may still use it.
[[nodiscard]] std::optional<DrawSecret> revealed_secret(Engine& engine, const KeyStore& keys,
                                                        PoolKey pool, Day period);

// As above, of the lobbies of an office: a later period's day has come.
[[nodiscard]] std::optional<DrawSecret> revealed_lobby_secret(Engine& engine, const KeyStore& keys,
                                                              OfficeCode office, Day period);

// Commits every pool and every waiting room to tomorrow's secret, where that has not been done. Any
// number of times.
Status commit_coming_secrets(Engine& engine, BoundKeys& keys);

}  // namespace plated
