#include "net/web/pool_notice.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <span>

#include "net/web/gzip.h"
#include "net/web/pool_page.h"

namespace plated {
namespace {

std::string tag_of(std::string_view text) {
  std::array<uint8_t, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const uint8_t*>(text.data()),
                     text.size(), nullptr, 0);
  return "\"" + hex_of(hash) + "\"";
}

}  // namespace

std::optional<PoolNotice::Answer> PoolNotice::ask(const Form& form) {
  // Whoever comes while it is being made waits for it: that costs less than making it twice.
  const Hold reading(reading_);
  const Millis now = parts_.monotonic();
  const uint64_t changes = parts_.engine.pool_changes();  // before the reading, which has them all
  if (!reading->read_at || now - *reading->read_at >= kPoolsFor || changes != reading->changes) {
    read(*reading);
    reading->read_at = now;
    reading->changes = changes;
  }
  if (form.office && !reading->has_pools_of(*form.office)) {
    return std::nullopt;
  }
  std::shared_ptr<const Text>& text = reading->texts[form];
  if (!text) {
    text = made(*reading, form);
  }
  return Answer{text, reading->rests_on};
}

void PoolNotice::read(Reading& reading) const {
  reading.before = std::exchange(reading.texts, {});
  reading.at = parts_.ticks.now().civil;
  reading.pools.clear();
  for (const PoolKey key : parts_.engine.pools()) {
    std::optional<PoolReport> report = parts_.engine.pool(key);
    if (!report) {
      continue;
    }
    PublicPool& pool = reading.pools.emplace_back(PublicPool{*std::move(report), {}});
    for (const Period& period : pool.report.periods) {
      pool.revealed.push_back(secret(reading, key, period.day));
    }
  }
  std::ranges::sort(reading.pools, {}, [](const PublicPool& pool) { return pool.report.pool; });
  reading.offices = parts_.engine.offices();
  reading.rests_on = parts_.engine.last_sequence();
}

std::optional<DrawSecret> PoolNotice::secret(Reading& reading, PoolKey pool, Day period) const {
  const auto known = reading.secrets.find({pool, period});
  if (known != reading.secrets.end()) {
    return known->second;
  }
  const std::optional<DrawSecret> fresh = parts_.revealed(pool, period);
  if (fresh) {
    reading.secrets.emplace(std::pair(pool, period), *fresh);
  }
  return fresh;
}

bool PoolNotice::Reading::has_pools_of(OfficeCode office) const {
  return std::ranges::any_of(
      pools, [&](const PublicPool& pool) { return pool.report.pool.office == office; });
}

std::shared_ptr<const PoolNotice::Text> PoolNotice::made(const Reading& reading,
                                                         const Form& form) const {
  Text text;
  text.plain = form.json ? pools_json(reading.pools)
                         : pools_page({.pools = reading.pools,
                                       .offices = reading.offices,
                                       .at = reading.at,
                                       .language = form.language,
                                       .rehearsal = parts_.rehearsal,
                                       .office = form.office});
  if (const auto old = reading.before.find(form);
      old != reading.before.end() && old->second->plain == text.plain) {
    return old->second;
  }
  text.gzip = gzip_of(text.plain);
  text.etag = tag_of(text.plain);
  return std::make_shared<const Text>(std::move(text));
}

}  // namespace plated
