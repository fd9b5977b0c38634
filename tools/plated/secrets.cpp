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

// The kept secret of a period, or a fresh one: a crash between keeping and committing must not
// leave the period with two.
KeptSecret secret_for(const BoundKeys& keys, const SecretOf& of, Day period) {
  const std::optional<DrawSecret> known = keys.store().secret(of, period);
  return {of, period, known ? *known : fresh_secret()};
}

using ComingSecrets = std::vector<KeptSecret, LockedAllocator<KeptSecret>>;

void add_those_of_pools(Engine& engine, const BoundKeys& keys, ComingSecrets& coming) {
  for (const PoolKey pool : engine.pools()) {
    const auto report = engine.pool(pool);
    const auto office = engine.office(pool.office);
    const Day tomorrow = office->today() + std::chrono::days(1);
    if (report->periods.back().day < tomorrow) {
      coming.push_back(secret_for(keys, pool, tomorrow));
    }
  }
}

void add_those_of_lobbies(Engine& engine, const BoundKeys& keys, ComingSecrets& coming) {
  for (const Office& office : engine.offices()) {
    if (office.settings.working_max == 0) {
      continue;
    }
    const Day today = office.today();
    const Day tomorrow = today + std::chrono::days(1);
    const auto room = engine.waiting(office.code);
    if (room->periods.empty()) {
      coming.push_back(secret_for(keys, office.code, today));
    }
    if (room->periods.empty() || room->periods.back().day < tomorrow) {
      coming.push_back(secret_for(keys, office.code, tomorrow));
    }
  }
}

Verdict commit(Engine& engine, const KeptSecret& secret) {
  if (const auto* const pool = std::get_if<PoolKey>(&secret.of)) {
    return engine.commit_secret(*pool, secret.period, secret.secret);
  }
  return engine.commit_lobby(std::get<OfficeCode>(secret.of), secret.period, secret.secret);
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
  const std::array<KeptSecret, 2> secrets = {secret_for(keys, pool, day),
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

std::optional<DrawSecret> revealed_lobby_secret(Engine& engine, const KeyStore& keys,
                                                OfficeCode office, Day period) {
  const auto report = engine.office(office);
  const auto room = engine.waiting(office);
  const bool over = report && room &&
                    std::any_of(room->periods.begin(), room->periods.end(), [&](const Period& p) {
                      return p.day > period && p.day <= report->today();
                    });
  return over ? keys.secret(office, period) : std::nullopt;
}

Status commit_coming_secrets(Engine& engine, BoundKeys& keys) {
  ComingSecrets coming;
  add_those_of_pools(engine, keys, coming);
  add_those_of_lobbies(engine, keys, coming);
  if (coming.empty()) {
    return {};
  }
  // With one sync for all of them: whoever calls has timers to run.
  if (Status kept = keys.keep_secrets(coming); !kept.ok()) {
    return kept;
  }
  for (const KeptSecret& secret : coming) {
    // The days of one office come in order: after a refusal the next round does the rest.
    if (!commit(engine, secret).ok()) {
      break;
    }
  }
  return {};
}

}  // namespace plated
