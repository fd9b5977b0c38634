// A rehearsal with one office, one pool and as many owners as a test asks for, and what net needs
// around an engine. Time stands still unless the test moves it; everything is durable when the test
// says so.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <string>

#include "engine/engine.h"
#include "engine/plate.h"
#include "net/protocol/codec.h"
#include "net/selection/ack_gate.h"
#include "net/selection/code_desk.h"
#include "net/selection/dispatch.h"
#include "net/selection/sms_codes.h"
#include "net/selection/watchers.h"
#include "tests/support/manual_ticks.h"
#include "tests/support/memory_sink.h"

namespace plated {

struct NetWorld {
  explicit NetWorld(uint32_t plates = 100) {
    EXPECT_TRUE(engine.found(true).ok());
    OfficePatch patch;
    patch.office = office;
    patch.name = "深圳";
    Settings settings;
    settings.terms = "2026-01";
    patch.settings = settings;
    EXPECT_TRUE(engine.put_terms("2026-01", "条款", "terms", kNobody).ok());
    EXPECT_TRUE(engine.put_office(patch, kNobody, changes).ok());
    EXPECT_TRUE(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}).ok());
    LoadSegment segment;
    segment.plates.pool = pool;
    segment.plates.from = PlateNumber{10'000};
    segment.plates.to = PlateNumber{10'000 + plates - 1};
    segment.note = "first <one>";
    EXPECT_TRUE(engine.load(segment, kNobody).verdict.ok());
    while (engine.advance(changes)) {
    }
    EXPECT_TRUE(engine.set_open(office, true, "test", kNobody, changes).ok());
    changes = {};
  }

  // So many may work at a time.
  void work_at_most(uint32_t working_max) {
    OfficePatch patch;
    patch.office = office;
    patch.settings = engine.office(office)->settings;
    patch.settings->working_max = working_max;
    EXPECT_TRUE(engine.put_office(patch, kNobody, changes).ok());
  }
  // What happens by itself, and what is owed for it.
  Changes run_timers() {
    Changes due;
    while (engine.advance(due)) {
    }
    return due;
  }

  void make_owner(uint64_t number) {
    EXPECT_TRUE(engine.make_rehearsal_owner(number, office).ok());
  }

  const OfficeCode office = *parse_office("粤B").office;
  const PoolKey pool{office, PlateClass::small, Power::electric};
  MemorySink sink;
  ManualTicks ticks{CivilTime(Millis(1'763'856'000'000))};  // a Sunday in November 2025
  Engine engine{{}, sink, ticks};
  Changes changes;
  SmsCodes sms{true};
  CodeDesk desk{engine, sms, {nullptr, nullptr, true}};
};

// The vehicle of r-`number`.
inline std::string vehicle_of(uint64_t number) {
  std::string digits = std::to_string(number);
  return "RHRSL" + std::string(12 - digits.size(), '0') + digits;
}

inline boost::json::value parsed(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  EXPECT_FALSE(error) << text;
  return value;
}

}  // namespace plated
