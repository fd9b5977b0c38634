#include "tools/plated/secrets.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/secret_memory.h"

namespace plated {
namespace {

DrawSecret fresh_secret() {
  DrawSecret secret;
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

// The kept secret of a pool's period, or a fresh one: a crash between keeping and committing must
// not leave the period with two.
PoolSecret secret_for(const BoundKeys& keys, PoolKey pool, Day period) {
  const std::optional<DrawSecret> known = keys.store().secret(pool, period);
  return {pool, period, known ? *known : fresh_secret()};
}

}  // namespace

Verdict make_pool_with_secrets(Engine& engine, BoundKeys& keys, PoolKey pool) {
  if (engine.pool(pool)) {
    return {};
  }
  const auto office = engine.office(pool.office);
  if (!office) {
    return Verdict::refuse(Verdict::Kind::not_found, "no such office", "office");
  }
  const Day day = office->today();
  const std::array<PoolSecret, 2> secrets = {secret_for(keys, pool, day),
                                             secret_for(keys, pool, day + std::chrono::days(1))};
  if (Status kept = keys.keep_secrets(secrets); !kept.ok()) {
    return Verdict::refuse(Verdict::Kind::overloaded,
                           "the pool's secrets could not be kept: " + kept.text());
  }
  return engine.make_pool(pool, secrets[0].secret, secrets[1].secret, day);
}

std::optional<DrawSecret> revealed_secret(Engine& engine, const KeyStore& keys, PoolKey pool,
                                          Day period) {
  const auto report = engine.pool(pool);
  const bool over =
      report && std::any_of(report->periods.begin(), report->periods.end(),
                            [&](const Period& later) { return later.began && later.day > period; });
  return over ? keys.secret(pool, period) : std::nullopt;
}

Status commit_coming_secrets(Engine& engine, BoundKeys& keys) {
  std::vector<PoolSecret, LockedAllocator<PoolSecret>> coming;
  for (const PoolKey pool : engine.pools()) {
    const auto report = engine.pool(pool);
    const auto office = engine.office(pool.office);
    const Day tomorrow = office->today() + std::chrono::days(1);
    if (report->periods.back().day < tomorrow) {
      coming.push_back(secret_for(keys, pool, tomorrow));
    }
  }
  if (coming.empty()) {
    return {};
  }
  // With one sync for all of them: whoever calls has timers to run.
  if (Status kept = keys.keep_secrets(coming); !kept.ok()) {
    return kept;
  }
  for (const PoolSecret& secret : coming) {
    // Refused: the next round does it.
    (void)engine.commit_secret(secret.pool, secret.period, secret.secret);
  }
  return {};
}

}  // namespace plated
