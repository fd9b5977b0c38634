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

// What a hash is of, so that a phone, an application and a code never meet.
enum class Kind : unsigned char { application, phone, code };

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

std::size_t SmsCodes::HashOfHash::operator()(const Hash& hash) const {
  std::size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

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

SmsCodes::CodeStripe& SmsCodes::stripe_of(const Hash& name) {
  return codes_[name.back() % kStripes];
}

// Whether the phone may get one more today; if so, it has been counted.
bool SmsCodes::count_phone(const Hash& phone, uint32_t limit, Day today) {
  PhoneStripe& stripe = phones_[phone.back() % kStripes];
  const std::lock_guard lock(stripe.mutex);
  if (stripe.phones.size() >= stripe.sweep_at) {
    boost::unordered::erase_if(stripe.phones,
                               [&](const auto& entry) { return entry.second.day < today; });
    stripe.sweep_at = std::max(kSweepMin, stripe.phones.size() * 2);
  }
  const auto found = stripe.phones.find(phone);
  // A day that is over counts no more. Offices may differ by a day for some hours; the later
  // counts.
  const bool counts = found != stripe.phones.end() && found->second.day >= today;
  if ((counts ? found->second.sent_on_day : 0) >= limit) {
    return false;
  }
  Phone& entry = found != stripe.phones.end() ? found->second : stripe.phones[phone];
  if (!counts) {
    entry = Phone{today, 0};
  }
  ++entry.sent_on_day;
  return true;
}

// Forgets what neither a comparison nor a limit needs. It runs when the table has doubled since the
// last time, so its cost is constant for each code that was sent.
void SmsCodes::sweep(CodeStripe& stripe, Tick now, Day today, bool by_day_limits) {
  if (stripe.codes.size() < stripe.sweep_at) {
    return;
  }
  boost::unordered::erase_if(stripe.codes, [&](const auto& entry) {
    const Code& code = entry.second;
    return code.expires <= now && code.sent + kCodeResend <= now &&
           (!by_day_limits || code.day < today);
  });
  stripe.sweep_at = std::max(kSweepMin, stripe.codes.size() * 2);
}

SendOutcome SmsCodes::issue(const CodeKey& key, std::string_view phone, uint32_t per_phone_limit,
                            Tick now, Day today, bool by_day_limits) {
  // Everything slow happens before the lock.
  SendOutcome outcome;
  std::string text = rehearsal_ ? std::string(kRehearsalCode) : six_digits();
  const Hash name = name_of(key);
  const Hash hashed = hash_of(name, text);
  const Hash phone_name = Hasher(key_, Kind::phone).add(phone).finish();

  CodeStripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  sweep(stripe, now, today, by_day_limits);
  const auto found = stripe.codes.find(name);
  uint32_t sent_on_day = 0;
  if (found != stripe.codes.end()) {
    const Code& last = found->second;
    if (now < last.sent + kCodeResend) {
      outcome.refusal = SendRefusal::too_soon;
      outcome.retry_in = last.sent + kCodeResend - now;
      return outcome;
    }
    if (last.day >= today) {
      sent_on_day = last.sent_on_day;
    }
  }
  if (by_day_limits && sent_on_day >= kCodesPerDay) {
    outcome.refusal = SendRefusal::too_many_today;
    return outcome;
  }
  if (by_day_limits && !count_phone(phone_name, per_phone_limit, today)) {
    outcome.refusal = SendRefusal::phone_had_too_many;
    return outcome;
  }
  stripe.codes.insert_or_assign(name,
                                Code{hashed, now, now + kCodeLife, today, 0, sent_on_day + 1});
  outcome.code = std::move(text);
  outcome.expires_in = kCodeLife;
  outcome.resend_in = kCodeResend;
  return outcome;
}

CodeVerdict SmsCodes::begin_try(const CodeKey& key, std::string_view code, Tick now) {
  const Hash name = name_of(key);
  const Hash offered = hash_of(name, code);
  CodeStripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.codes.find(name);
  if (found == stripe.codes.end()) {
    return CodeVerdict::code_expired;
  }
  Code& kept = found->second;
  // Every try is counted, also beyond the last, so that giving one back never gives a guess away.
  ++kept.tries;
  if (now >= kept.expires) {
    return CodeVerdict::code_expired;
  }
  if (kept.tries > kCodeTries) {
    return CodeVerdict::too_many_tries;
  }
  const bool same = sodium_memcmp(kept.code.data(), offered.data(), offered.size()) == 0;
  return same ? CodeVerdict::right : CodeVerdict::wrong_code;
}

void SmsCodes::undo_try(const CodeKey& key) {
  const Hash name = name_of(key);
  CodeStripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.codes.find(name);
  if (found != stripe.codes.end() && found->second.tries > 0) {
    --found->second.tries;
  }
}

void SmsCodes::spend(const CodeKey& key) {
  const Hash name = name_of(key);
  CodeStripe& stripe = stripe_of(name);
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.codes.find(name);
  // The entry stays for its counts; only the code is over.
  if (found != stripe.codes.end()) {
    found->second.expires = Tick::min();
  }
}

std::size_t SmsCodes::entries() const {
  std::size_t sum = 0;
  for (const CodeStripe& stripe : codes_) {
    const std::lock_guard lock(stripe.mutex);
    sum += stripe.codes.size();
  }
  for (const PhoneStripe& stripe : phones_) {
    const std::lock_guard lock(stripe.mutex);
    sum += stripe.phones.size();
  }
  return sum;
}

}  // namespace plated
