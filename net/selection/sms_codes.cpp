#include "net/selection/sms_codes.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "engine/check.h"

namespace plated {
namespace {

static_assert(crypto_generichash_BYTES_MIN == 16);
static_assert(crypto_generichash_KEYBYTES == 32);

// What a hash is of, so that a phone, an owner, an application and a code never meet.
enum class Kind : unsigned char { application, phone, code, owner };

class Hasher {
 public:
  Hasher(std::span<const unsigned char> key, Kind kind) {
    crypto_generichash_init(&state_, key.data(), key.size(), crypto_generichash_BYTES_MIN);
    const auto tag = static_cast<unsigned char>(kind);
    add(std::span(&tag, 1));
  }
  Hasher& add(std::span<const unsigned char> bytes) {
    crypto_generichash_update(&state_, bytes.data(), bytes.size());
    return *this;
  }
  Hasher& add(std::string_view text) {
    return add(std::span(reinterpret_cast<const unsigned char*>(text.data()), text.size()));
  }
  std::array<unsigned char, 16> finish() {
    std::array<unsigned char, 16> hash{};
    crypto_generichash_final(&state_, hash.data(), hash.size());
    return hash;
  }

 private:
  crypto_generichash_state state_{};
};

std::string six_digits() {
  uint32_t number = randombytes_uniform(1'000'000);
  std::string code(6, '0');
  for (auto digit = code.rbegin(); digit != code.rend(); ++digit) {
    *digit = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return code;
}

}  // namespace

SmsCodes::SmsCodes(bool rehearsal) : rehearsal_(rehearsal) {
  check(sodium_init() >= 0, "libsodium starts");
  randombytes_buf(key_.data(), key_.size());
}

SmsCodes::Hash SmsCodes::name_of(const CodeKey& key) const {
  std::array<unsigned char, sizeof key.application + 1> rest{};
  std::memcpy(rest.data(), &key.application, sizeof key.application);
  rest.back() = static_cast<unsigned char>(key.purpose);
  // What has a fixed size comes first, so no two keys spell the same bytes.
  return Hasher(key_, Kind::application).add(rest).add(key.vehicle).finish();
}

SmsCodes::Hash SmsCodes::hash_of(const Hash& name, std::string_view code) const {
  return Hasher(key_, Kind::code).add(name).add(code).finish();
}

SmsCodes::Hash SmsCodes::owner_name(std::string_view owner) const {
  return Hasher(key_, Kind::owner).add(owner).finish();
}

SmsCodes::Hash SmsCodes::phone_name(std::string_view phone) const {
  return Hasher(key_, Kind::phone).add(phone).finish();
}

// Whether the phone may get one more; if so, it has been counted.
bool SmsCodes::may_send(const Hash& phone, uint32_t per_phone_limit, const CodeMoment& moment,
                        SendOutcome& outcome) {
  const auto refusal =
      phones_.send(phone, per_phone_limit, kCodesPerPhone, moment.now, moment.today);
  if (!refusal) {
    return true;
  }
  outcome.refusal =
      refusal->until_tomorrow ? SendRefusal::phone_had_too_many : SendRefusal::phone_too_soon;
  outcome.retry_in = refusal->retry_in;
  refused_sends_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

SendOutcome SmsCodes::issue(const CodeKey& key, std::string_view phone, uint32_t per_phone_limit,
                            const CodeMoment& moment) {
  // Everything slow happens before the lock.
  SendOutcome outcome;
  std::string text = rehearsal_ ? std::string(kRehearsalCode) : six_digits();
  const Hash name = name_of(key);
  const Hash hashed = hash_of(name, text);
  const Hash to = phone_name(phone);
  const Tick now = moment.office_now;

  const Hold stripe(codes_.of(name.back()));
  if (stripe->sweep.is_due(stripe->codes.size())) {
    // Neither a comparison nor a limit needs them any more.
    stripe->sweep.run(stripe->codes, [&](const Code& code) {
      return code.expires <= now && code.sent + kCodeResend <= now &&
             (!moment.limits || code.day < moment.today);
    });
  }
  const auto found = stripe->codes.find(name);
  uint32_t sent_on_day = 0;
  if (found != stripe->codes.end()) {
    const Code& last = found->second;
    if (now < last.sent + kCodeResend) {
      outcome.refusal = SendRefusal::too_soon;
      outcome.retry_in = last.sent + kCodeResend - now;
      return outcome;
    }
    if (last.day >= moment.today) {
      sent_on_day = last.sent_on_day;
    }
  }
  if (moment.limits && sent_on_day >= kCodesPerDay) {
    outcome.refusal = SendRefusal::too_many_today;
    return outcome;
  }
  if (moment.limits && !may_send(to, per_phone_limit, moment, outcome)) {
    return outcome;
  }
  stripe->codes.insert_or_assign(
      name, Code{hashed, to, now, now + kCodeLife, moment.today, 0, sent_on_day + 1});
  outcome.code = std::move(text);
  outcome.expires_in = kCodeLife;
  outcome.resend_in = kCodeResend;
  return outcome;
}

// Compares a code that may still be tried, if owner and phone may try one.
CodeTallies::Tried SmsCodes::compare(const Hash& owner, const Code& kept, const Hash& offered,
                                     const CodeMoment& moment) {
  const auto judge = [&] {
    const bool same = sodium_memcmp(kept.code.data(), offered.data(), offered.size()) == 0;
    return CodeTallies::Tried{same ? CodeVerdict::right : CodeVerdict::wrong_code};
  };
  if (!moment.limits) {
    return judge();
  }
  return owners_.attempt(owner, moment.now, moment.today, [&] {
    return phones_.attempt(kept.phone, moment.now, moment.today, judge);
  });
}

SmsCodes::Try SmsCodes::begin_try(const CodeKey& key, std::string_view owner, std::string_view code,
                                  const CodeMoment& moment) {
  const Hash name = name_of(key);
  const Hash offered = hash_of(name, code);
  const Hash by = owner_name(owner);
  const Hold stripe(codes_.of(name.back()));
  const auto found = stripe->codes.find(name);
  if (found == stripe->codes.end()) {
    return {CodeVerdict::code_expired};
  }
  Code& kept = found->second;
  // Every try is counted, also beyond the last, so that giving one back never gives a guess away.
  ++kept.tries;
  if (moment.office_now >= kept.expires) {
    return {CodeVerdict::code_expired};
  }
  if (kept.tries > kCodeTries) {
    return {CodeVerdict::too_many_tries};
  }
  const CodeTallies::Tried tried = compare(by, kept, offered, moment);
  if (tried.verdict != CodeVerdict::right && tried.verdict != CodeVerdict::wrong_code) {
    // It was not judged, so the code has as many tries left as before.
    --kept.tries;
    refused_tries_.fetch_add(1, std::memory_order_relaxed);
    return {tried.verdict, tried.retry_in, tried.verdict == CodeVerdict::too_many_tries};
  }
  return {tried.verdict};
}

void SmsCodes::undo_try(const CodeKey& key, std::string_view owner, CodeVerdict verdict) {
  const Hash name = name_of(key);
  const Hash by = owner_name(owner);
  const Hold stripe(codes_.of(name.back()));
  const auto found = stripe->codes.find(name);
  if (found == stripe->codes.end()) {
    return;
  }
  const bool judged = verdict == CodeVerdict::right || verdict == CodeVerdict::wrong_code;
  if ((judged || found->second.tries > kCodeTries) && found->second.tries > 0) {
    --found->second.tries;
  }
  if (verdict == CodeVerdict::wrong_code) {
    owners_.forgive(by);
    phones_.forgive(found->second.phone);
  }
}

void SmsCodes::restore(const Before& before, Tick now) {
  if (before.sent > 0) {
    const Hash name = name_of(before.key);
    const Hold stripe(codes_.of(name.back()));
    // The code itself is gone with the process, and so is what had to be waited for the next.
    Code& kept = stripe->codes[name];
    kept.sent = Tick::min();
    kept.expires = Tick::min();
    kept.day = before.day;
    kept.sent_on_day = before.sent;
  }
  owners_.restore(owner_name(before.owner), before.day, 0, before.misses, now);
  if (!before.phone.empty()) {
    phones_.restore(phone_name(before.phone), before.day, before.of_phone, before.misses, now);
  }
}

void SmsCodes::spend(const CodeKey& key) {
  const Hash name = name_of(key);
  const Hold stripe(codes_.of(name.back()));
  const auto found = stripe->codes.find(name);
  // The entry stays for its counts; only the code is over.
  if (found != stripe->codes.end()) {
    found->second.expires = Tick::min();
  }
}

std::size_t SmsCodes::entries() const {
  const auto codes = [](const Stripe& stripe) { return stripe.codes.size(); };
  return codes_.sum(codes) + owners_.entries() + phones_.entries();
}

}  // namespace plated
