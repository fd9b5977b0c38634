// What an office can be set to, each setting listed once: in `each`, with its name, its range and
// what it is. Refusals with the range, the operators' JSON and forms, the event, the state and
// platectl's options all follow from that list. So a new setting is a member and its row. Plain
// values; anybody may use them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace plated {

// What is known of a setting besides its value. A count is a uint32_t, a time in Millis.
struct SettingRow {
  const char* name;  // as in the operators' protocol and in records; of a time it ends in _ms
  const char* what;  // for people who set it
  int64_t least;     // the range, both ends included; of a time in milliseconds
  int64_t most;
};

// The settings that are numbers and times. Their order is that of the bytes on disk.
struct SettingValues {
  uint32_t draws = 5;
  uint32_t batch_size = 10;
  Millis batch_hold{90'000};
  Millis shortlist_hold{180'000};
  Millis verified_for{30 * 60'000};
  uint32_t validity_days = 3;
  uint32_t blacklist_years = 2;
  Millis return_window{24 * 3'600'000};
  Millis lapse_grace{24 * 3'600'000};
  uint32_t codes_per_phone = 20;
  uint32_t codes_per_organisation_phone = 500;
  friend bool operator==(const SettingValues&, const SettingValues&) = default;

  // Calls `f` with the row and the value of each setting, in order. A row is made when its turn
  // comes, because the shortlist's hold is never less than the batch's: a shortlist outlives its
  // batch. Whoever writes the values from the first to the last meets the range that holds.
  static void each(auto& s, auto&& f) {
    constexpr int64_t kMinute = 60'000;
    constexpr int64_t kHour = 60 * kMinute;
    constexpr int64_t kYear = 366 * 24 * kHour;
    constexpr int64_t kCodes = 1'000'000;
    constexpr int64_t kHoldLeast = 100;
    f(SettingRow{"draws", "draws of one application", 1, kDrawsMax}, s.draws);
    f(SettingRow{"batch_size", "plates of one draw", 1, kBatchSizeMax}, s.batch_size);
    f(SettingRow{"batch_hold_ms", "how long a batch is held, as 90s", kHoldLeast, kHour},
      s.batch_hold);
    f(SettingRow{"shortlist_hold_ms", "how long a shortlist is held, as 180s",
                 std::max<int64_t>(kHoldLeast, s.batch_hold.count()), kHour},
      s.shortlist_hold);
    f(SettingRow{"verified_for_ms", "how long verifying opens the choice, as 30min", kMinute,
                 24 * kHour},
      s.verified_for);
    f(SettingRow{"validity_days", "working days to fetch a reserved plate", 1, 90},
      s.validity_days);
    f(SettingRow{"blacklist_years", "for how long who lets a reservation lapse may not select", 0,
                 10},
      s.blacklist_years);
    f(SettingRow{"return_window_ms", "a plate that returns is free within it, as 24h", 0, kYear},
      s.return_window);
    f(SettingRow{"lapse_grace_ms", "from the end of the deadline to the lapse, as 24h", 0, kYear},
      s.lapse_grace);
    f(SettingRow{"codes_per_phone", "SMS codes a day for a person's phone", 0, kCodes},
      s.codes_per_phone);
    f(SettingRow{"codes_per_organisation_phone", "SMS codes a day for an organisation's phone", 0,
                 kCodes},
      s.codes_per_organisation_phone);
  }
  static void fields(auto& s, auto&& f) {
    each(s, [&f](const SettingRow& row, auto& value) { f(row.name, value); });
  }
};

// The settings of the waiting room. They stand apart because they came later: their bytes on disk
// are those of WaitingRoomSet. Otherwise they are settings like all others.
struct WaitingValues {
  uint32_t working_max = 0;  // 0: there is no waiting room
  Millis lobby{30 * 60'000};
  Millis admitted_for{2 * 60'000};
  uint32_t admit_per_second = 0;  // 0: as fast as places become free
  friend bool operator==(const WaitingValues&, const WaitingValues&) = default;

  // As of SettingValues.
  static void each(auto& s, auto&& f) {
    constexpr int64_t kHour = 3'600'000;
    f(SettingRow{"working_max", "how many owners work at a time; 0: as many as come", 0,
                 10'000'000},
      s.working_max);
    f(SettingRow{"lobby_ms", "how long before its opening the lobby is open, as 30min", 0,
                 24 * kHour},
      s.lobby);
    f(SettingRow{"admitted_for_ms", "the time to act after being admitted, as 2min", 10'000, kHour},
      s.admitted_for);
    f(SettingRow{"admit_per_second", "how many are admitted a second; 0: unbounded", 0, 100'000},
      s.admit_per_second);
  }
  static void fields(auto& s, auto&& f) {
    each(s, [&f](const SettingRow& row, auto& value) { f(row.name, value); });
  }
};

// A setting as a number: a count, or milliseconds.
[[nodiscard]] constexpr int64_t number_of(uint32_t count) { return count; }
[[nodiscard]] constexpr int64_t number_of(Millis time) { return time.count(); }
// Sets it from such a number. Requires one within the setting's range.
constexpr void set_number(uint32_t& count, int64_t number) {
  count = static_cast<uint32_t>(number);
}
constexpr void set_number(Millis& time, int64_t number) { time = Millis(number); }

// All settings of an office.
struct Settings : SettingValues, WaitingValues {
  std::string terms;  // the version of the terms in force; empty: none was published yet
  friend bool operator==(const Settings&, const Settings&) = default;

  // Calls `f` with the row and the value of each setting that is a number or a time.
  static void each(auto& s, auto&& f) {
    SettingValues::each(s, f);
    WaitingValues::each(s, f);
  }
};

// A setting beyond its range, named as in the protocol; `least` and `most` in the setting's unit.
struct SettingError {
  std::string_view field;
  int64_t least = 0;
  int64_t most = 0;
};

// The first setting that is out of its range, if any.
[[nodiscard]] std::optional<SettingError> setting_out_of_range(const Settings& settings);

// Where people find an office, as it is shown to them; each at most kTextMax bytes, empty: not
// said.
struct OfficeContact {
  std::string address;
  std::string telephone;
  std::string hours;
  friend bool operator==(const OfficeContact&, const OfficeContact&) = default;
  static void fields(auto& s, auto&& f) {
    f("address", s.address), f("telephone", s.telephone), f("hours", s.hours);
  }
};

}  // namespace plated
