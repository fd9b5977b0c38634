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
  const std::lock_guard lock(mutex_);
  const Millis now = parts_.monotonic();
  if (!read_at_ || now - *read_at_ >= kPoolsFor) {
    read();
    read_at_ = now;
  }
  if (form.office && !has_pools_of(*form.office)) {
    return std::nullopt;
  }
  std::shared_ptr<const Text>& text = texts_[form];
  if (!text) {
    text = made(form);
  }
  return Answer{text, rests_on_};
}

void PoolNotice::read() {
  before_ = std::exchange(texts_, {});
  at_ = parts_.ticks.now().civil;
  pools_.clear();
  for (const PoolKey key : parts_.engine.pools()) {
    std::optional<PoolReport> report = parts_.engine.pool(key);
    if (!report) {
      continue;
    }
    PublicPool& pool = pools_.emplace_back(PublicPool{*std::move(report), {}});
    for (const Period& period : pool.report.periods) {
      pool.revealed.push_back(secret(key, period.day));
    }
  }
  std::ranges::sort(pools_, {}, [](const PublicPool& pool) { return pool.report.pool; });
  offices_ = parts_.engine.offices();
  rests_on_ = parts_.engine.last_sequence();
}

std::optional<DrawSecret> PoolNotice::secret(PoolKey pool, Day period) {
  const auto known = secrets_.find({pool, period});
  if (known != secrets_.end()) {
    return known->second;
  }
  const std::optional<DrawSecret> fresh = parts_.revealed(pool, period);
  if (fresh) {
    secrets_.emplace(std::pair(pool, period), *fresh);
  }
  return fresh;
}

bool PoolNotice::has_pools_of(OfficeCode office) const {
  return std::ranges::any_of(
      pools_, [&](const PublicPool& pool) { return pool.report.pool.office == office; });
}

std::shared_ptr<const PoolNotice::Text> PoolNotice::made(const Form& form) {
  Text text;
  text.plain = form.json ? pools_json(pools_)
                         : pools_page({.pools = pools_,
                                       .offices = offices_,
                                       .at = at_,
                                       .language = form.language,
                                       .rehearsal = parts_.rehearsal,
                                       .office = form.office});
  if (const auto old = before_.find(form);
      old != before_.end() && old->second->plain == text.plain) {
    return old->second;
  }
  text.gzip = gzip_of(text.plain);
  text.etag = tag_of(text.plain);
  return std::make_shared<const Text>(std::move(text));
}

}  // namespace plated
