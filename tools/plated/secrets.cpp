#include "tools/plated/secrets.h"

#include <sodium.h>

#include <algorithm>
#include <span>

namespace plated {
namespace {

DrawSecret fresh_secret() {
  DrawSecret secret;
  randombytes_buf(secret.data(), secret.size());
  return secret;
}

// The kept secret of a pool's period, or a fresh one that is kept now: a crash between keeping and
// committing must not leave the period with two.
Result<DrawSecret> kept_secret(KeyStore& keys, PoolKey pool, Day period) {
  if (const std::optional<DrawSecret> known = keys.secret(pool, period)) {
    return *known;
  }
  const PoolSecret made{pool, period, fresh_secret()};
  if (Status kept = keys.keep_secrets(std::span(&made, 1)); !kept.ok()) {
    return kept;
  }
  return made.secret;
}

}  // namespace

Verdict make_pool_with_secrets(Engine& engine, KeyStore& keys, PoolKey pool) {
  if (engine.pool(pool)) {
    return {};
  }
  const auto office = engine.office(pool.office);
  if (!office) {
    return Verdict::refuse(Verdict::Kind::not_found, "no such office", "office");
  }
  const Day day = office->today();
  const auto today = kept_secret(keys, pool, day);
  const auto tomorrow = kept_secret(keys, pool, day + std::chrono::days(1));
  if (!today.ok() || !tomorrow.ok()) {
    return Verdict::refuse(Verdict::Kind::overloaded,
                           "the pool's secrets could not be kept: " +
                               (today.ok() ? tomorrow.status.text() : today.status.text()));
  }
  return engine.make_pool(pool, today.value, tomorrow.value, day);
}

std::optional<DrawSecret> revealed_secret(Engine& engine, const KeyStore& keys, PoolKey pool,
                                          Day period) {
  const auto report = engine.pool(pool);
  const bool over =
      report && std::any_of(report->periods.begin(), report->periods.end(),
                            [&](const Period& later) { return later.began && later.day > period; });
  return over ? keys.secret(pool, period) : std::nullopt;
}

Status commit_coming_secrets(Engine& engine, KeyStore& keys) {
  for (const PoolKey pool : engine.pools()) {
    const auto report = engine.pool(pool);
    const auto office = engine.office(pool.office);
    const Day tomorrow = office->today() + std::chrono::days(1);
    if (report->periods.back().day >= tomorrow) {
      continue;
    }
    const auto secret = kept_secret(keys, pool, tomorrow);
    if (!secret.ok()) {
      return secret.status;
    }
    (void)engine.commit_secret(pool, tomorrow, secret.value);  // refused: the next round does it
  }
  return {};
}

}  // namespace plated
