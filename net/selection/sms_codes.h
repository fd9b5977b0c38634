// The one-time codes that owners get by SMS: made, counted, compared, forgotten. In memory only,
// and only as keyed hashes under a key of this process; never logged, never written. A restart
// forgets the codes, not the selections. Thread-safe; no call blocks for longer than another's
// table look-up.
//
// A code opens one purpose of one application, for five minutes of service time and five tries.
// Memory is one entry (64 bytes) for each application and purpose that asked today, and one for
// each phone; what the limits no longer need is swept while new entries come in.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/types.h"

namespace plated {

inline constexpr Millis kCodeLife = std::chrono::minutes(5);
inline constexpr Millis kCodeResend = std::chrono::seconds(60);
inline constexpr uint32_t kCodeTries = 5;
inline constexpr uint32_t kCodesPerDay = 10;  // of one application and purpose
inline constexpr std::string_view kRehearsalCode = "000000";

// What a code is bound to. The vehicle's text is read during the call only.
struct CodeKey {
  std::string_view vehicle;
  uint32_t application = 0;
  CodePurpose purpose = CodePurpose::submit;
};

enum class SendRefusal : uint8_t {
  none,
  too_soon,            // the last one is younger than kCodeResend; `retry_in` says how long to wait
  too_many_today,      // this application had its share of the day
  phone_had_too_many,  // this phone had its share of the day
};

struct [[nodiscard]] SendOutcome {
  SendRefusal refusal = SendRefusal::none;
  Millis retry_in{0};    // with `too_soon`; the limits by day end with the office's day
  std::string code;      // six digits, to be sent at once and forgotten
  Millis expires_in{0};  // with a code
  Millis resend_in{0};   // with a code
};

class SmsCodes {
 public:
  // In a rehearsal every code is kRehearsalCode.
  explicit SmsCodes(bool rehearsal);

  // Makes the code of `key`, which replaces an earlier one and its tries, and counts it for the
  // application and for `phone`. Refuses, and changes nothing, where a limit is reached; limits by
  // day hold if `by_day_limits`, and `today` is a day of the office's calendar.
  SendOutcome issue(const CodeKey& key, std::string_view phone, uint32_t per_phone_limit, Tick now,
                    Day today, bool by_day_limits);

  // Counts a try, then judges `code`: `too_many_tries` after the fifth try, right or not, and
  // `code_expired` when there is none, spent ones too. What the owner asked for comes after; a try
  // whose request the engine refused for an earlier reason is given back with undo_try.
  [[nodiscard]] CodeVerdict begin_try(const CodeKey& key, std::string_view code, Tick now);

  // Requires one begin_try before it, of whatever verdict, and nothing said about that verdict.
  void undo_try(const CodeKey& key);

  // The engine accepted the code: it opens nothing any more.
  void spend(const CodeKey& key);

  // Codes and phones remembered, for metrics and tests.
  [[nodiscard]] std::size_t entries() const;

 private:
  using Hash = std::array<unsigned char, 16>;
  struct HashOfHash {
    using is_avalanching = void;  // keyed and uniform already
    std::size_t operator()(const Hash& hash) const;
  };
  struct Code {
    Hash code{};
    Tick sent{};
    Tick expires{};
    Day day{};
    uint32_t tries = 0;
    uint32_t sent_on_day = 0;
  };
  struct Phone {
    Day day{};
    uint32_t sent_on_day = 0;
  };
  struct alignas(64) CodeStripe {
    mutable std::mutex mutex;
    boost::unordered_flat_map<Hash, Code, HashOfHash> codes;
    std::size_t sweep_at = kSweepMin;
  };
  struct alignas(64) PhoneStripe {
    mutable std::mutex mutex;
    boost::unordered_flat_map<Hash, Phone, HashOfHash> phones;
    std::size_t sweep_at = kSweepMin;
  };
  static constexpr std::size_t kStripes = 64;
  static constexpr std::size_t kSweepMin = 1024;

  [[nodiscard]] Hash name_of(const CodeKey& key) const;
  [[nodiscard]] Hash hash_of(const Hash& name, std::string_view code) const;
  CodeStripe& stripe_of(const Hash& name);
  [[nodiscard]] bool count_phone(const Hash& phone, uint32_t limit, Day today);
  static void sweep(CodeStripe& stripe, Tick now, Day today, bool by_day_limits);

  bool rehearsal_;
  std::array<unsigned char, 32> key_{};
  std::array<CodeStripe, kStripes> codes_;
  std::array<PhoneStripe, kStripes> phones_;
};

}  // namespace plated
