// What the oracle knows of one office: what operators were told is so, and how long its service
// time has run. Where an operator's request died unanswered, both outcomes are allowed until
// somebody looks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "engine/office.h"

namespace plated {

// How an operator's request ended, as far as they know.
enum class Told : uint8_t { done, refused, nothing };

struct OfficeBook {
  Settings settings;
  std::optional<Settings> settings_maybe{};
  Overlay overlay = Overlay::none;
  std::optional<Overlay> overlay_maybe{};
  std::set<Day> holidays{};
  std::optional<std::set<Day>> holidays_maybe{};
  int64_t clock = 0;  // milliseconds of service time, by the oracle's own count
  Millis grace_least{24 * 3'600'000};

  [[nodiscard]] bool stands() const { return overlay != Overlay::none; }

  void ran(Millis span) { clock += stands() ? 0 : span.count(); }
  void say_overlay(Overlay said, Told told);
  void say_settings(const Settings& said, Told told);
  void say_holidays(const std::set<Day>& said, Told told);
  // The office as it is: what is not as it was said to be; empty: nothing. The doubtful is settled.
  [[nodiscard]] std::string look(const Office& office);

  // The deadline of a reservation confirmed at `civil`.
  [[nodiscard]] std::string deadline_from(int64_t civil_ms) const;
  // When the day after `deadline` begins, in Unix milliseconds.
  [[nodiscard]] static int64_t end_of(const std::string& deadline);
};

}  // namespace plated
