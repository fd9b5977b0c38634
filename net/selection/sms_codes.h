// The one-time codes that owners get by SMS: made, counted, compared, forgotten. In memory only,
// and only as keyed hashes under a key of this process; never logged, never written. A restart
// forgets the codes, not the selections. Thread-safe; no call blocks for longer than another's
// table look-up.
//
// A code opens one purpose of one application, for five minutes of service time and five tries.
// Wrong codes are counted for the owner and for the phone, too, whatever they were for, and so are
// codes sent to a phone (code_tallies.h). What was counted today survives the process: the log has
// it, and whoever starts gives it back (`restore`). Memory is one entry for each application and
// purpose that asked today, one for each phone and one for each owner; what the limits no longer
// need is swept while new entries come in.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/hash_table.h"
#include "engine/types.h"
#include "net/selection/code_tallies.h"
#include "net/selection/limits.h"
#include "net/selection/striped.h"

namespace plated {

inline constexpr Millis kCodeResend = std::chrono::seconds(60);
inline constexpr uint32_t kCodeTries = 5;
inline constexpr uint32_t kCodesPerDay = 10;  // of one application and purpose
// Codes to one phone: a few at once, for a household's or a fleet's vehicles, then one every 12 s.
inline constexpr Rate kCodesPerPhone{5, std::chrono::seconds(60)};
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
  phone_too_soon,      // it was sent several just now; `retry_in` says how long to wait
};

// Who and when, beside the application: whom limits are for, and by which clocks they count.
struct CodeMoment {
  Tick office_now{};   // how long a code lives goes by the office's time
  Tick now{};          // and how long somebody has to wait by the service's
  Day today{};         // of the office's calendar
  bool limits = true;  // those by day and by phone, and those of wrong tries, hold
};

struct [[nodiscard]] SendOutcome {
  SendRefusal refusal = SendRefusal::none;
  Millis retry_in{0};    // with one that is too soon; the limits by day end with the office's day
  std::string code;      // six digits, to be sent at once and forgotten
  Millis expires_in{0};  // with a code
  Millis resend_in{0};   // with a code
};

class SmsCodes {
 public:
  // In a rehearsal every code is kRehearsalCode.
  explicit SmsCodes(bool rehearsal);

  // Makes the code of `key`, which replaces an earlier one and its tries, and counts it for the
  // application and for `phone`. Refuses, and changes nothing, where a limit is reached.
  SendOutcome issue(const CodeKey& key, std::string_view phone, uint32_t per_phone_limit,
                    const CodeMoment& moment);

  // Counts a try, then judges `code`: `too_many_tries` after the fifth try, right or not, and
  // `code_expired` when there is none, spent ones too. After too many wrong ones of this owner, or
  // of the phone that the code went to, `too_soon`, or `too_many_tries` for the rest of the day.
  // What the owner asked for comes after; a try whose request the engine refused for an earlier
  // reason is given back with undo_try.
  struct Try {
    CodeVerdict verdict = CodeVerdict::code_expired;
    Millis retry_in{0};           // with too_soon
    bool until_tomorrow = false;  // with too_many_tries: no other code helps today
  };
  [[nodiscard]] Try begin_try(const CodeKey& key, std::string_view owner, std::string_view code,
                              const CodeMoment& moment);

  // Requires one begin_try before it, which said `verdict`, and that nobody was told.
  void undo_try(const CodeKey& key, std::string_view owner, CodeVerdict verdict);

  // The engine accepted the code: it opens nothing any more.
  void spend(const CodeKey& key);

  // What was counted on `day` before the process began: codes sent for the application and purpose,
  // and what its owner and their phone (empty: unknown) come to with all of that day.
  struct Before {
    CodeKey key;
    Day day{};
    uint32_t sent = 0;      // for this purpose of this application
    uint32_t misses = 0;    // counted once for each vehicle
    uint32_t of_phone = 0;  // codes that count against the phone
    std::string_view owner;
    std::string_view phone;
  };
  void restore(const Before& before, Tick now);

  // Codes, owners and phones remembered, for metrics and tests.
  [[nodiscard]] std::size_t entries() const;
  // How often the limits that stand here have refused, since the start.
  [[nodiscard]] uint64_t refused(Limit limit) const {
    return limit == Limit::code_interval ? refused_sends_.load() : refused_tries_.load();
  }

 private:
  using Hash = CodeTallies::Name;
  struct Code {
    Hash code{};
    Hash phone{};
    Tick sent{};
    Tick expires{};
    Day day{};
    uint32_t tries = 0;
    uint32_t sent_on_day = 0;
  };
  struct Stripe {
    boost::unordered_flat_map<Hash, Code, HashOfHash> codes;
    TableSweep sweep;
  };
  static constexpr std::size_t kStripes = 64;

  [[nodiscard]] Hash name_of(const CodeKey& key) const;
  [[nodiscard]] Hash hash_of(const Hash& name, std::string_view code) const;
  [[nodiscard]] Hash owner_name(std::string_view owner) const;
  [[nodiscard]] Hash phone_name(std::string_view phone) const;
  [[nodiscard]] bool may_send(const Hash& phone, uint32_t per_phone_limit, const CodeMoment& moment,
                              SendOutcome& outcome);
  [[nodiscard]] CodeTallies::Tried compare(const Hash& owner, const Code& kept, const Hash& offered,
                                           const CodeMoment& moment);

  bool rehearsal_;
  std::array<unsigned char, 32> key_{};
  Striped<Stripe, kStripes> codes_;
  CodeTallies owners_;
  CodeTallies phones_;
  std::atomic<uint64_t> refused_sends_{0};
  std::atomic<uint64_t> refused_tries_{0};
};

}  // namespace plated
