// A small world for tests of the rules: one engine over a memory sink and manual clocks, an office,
// a pool and owners, and verbs that read like the rules. Everything begins on Wednesday 2026-03-04,
// 10:00 in Shenzhen.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/plate.h"
#include "tests/support/manual_ticks.h"
#include "tests/support/memory_sink.h"

namespace plated {

inline constexpr Millis kSecond{1000};
inline constexpr Millis kMinute{60'000};
inline constexpr Millis kHour{3'600'000};
inline constexpr Millis kDay{24 * 3'600'000};
inline constexpr CivilTime kBeginning{Millis{1'772'589'600'000}};  // 2026-03-04T02:00:00Z
inline constexpr Actor kOperator{1000};

struct World {
  explicit World(uint32_t shards = 4, std::string_view plate_class = "small",
                 bool rehearsal = true) {
    engine = std::make_unique<Engine>(EngineOptions{shards, EntropySeed{7}}, sink, ticks);
    EXPECT_TRUE(engine->found(rehearsal).ok());
    EXPECT_TRUE(engine->put_terms("t1", "条款", "terms", kOperator).ok());
    office = *parse_office("粤B").office;
    pool = {office, *parse_class(plate_class), Power::electric};
    OfficePatch patch{.office = office};
    patch.settings.emplace();
    patch.settings->terms = "t1";
    EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
    EXPECT_TRUE(engine->set_open(office, true, "test", kOperator, changes).ok());
    EXPECT_TRUE(engine->make_pool(pool, DrawSecret{1}, DrawSecret{2}).ok());
  }

  // --- Operators ---
  static Plate plate(std::string_view text) {
    const ParsedPlate parsed = parse_plate(text);
    EXPECT_TRUE(parsed.plate.has_value()) << text << ": " << parsed.error.message;
    return parsed.plate.value_or(Plate{});
  }
  PlatesReport load(std::string_view from, std::string_view to) {
    return engine->load({.plates = {pool, plate(from).number, plate(to).number, {}}}, kOperator);
  }
  // Loads `count` plates, 粤BD00001 and on.
  void load_first(uint32_t count) {
    const uint32_t first = plate("粤BD00001").number.value;
    const PlatesReport report = engine->load(
        {.plates = {pool, PlateNumber{first}, PlateNumber{first + count - 1}, {}}}, kOperator);
    EXPECT_TRUE(report.verdict.ok()) << report.verdict.message;
    EXPECT_EQ(report.plates, count);
  }
  template <class Change>
  void settings(Change&& change) {
    OfficePatch patch{.office = office};
    patch.settings = engine->office(office)->settings;
    change(*patch.settings);
    const Verdict verdict = engine->put_office(patch, kOperator, changes);
    EXPECT_TRUE(verdict.ok()) << verdict.field << ": " << verdict.message;
  }
  Who owner(uint64_t number) {
    const std::string digits = std::to_string(number);
    names.push_back(std::make_unique<std::pair<std::string, std::string>>(
        "r-" + digits, "RHRSL" + std::string(12 - digits.size(), '0') + digits));
    const Who who{names.back()->first, names.back()->second};
    if (engine->rehearsal()) {
      EXPECT_TRUE(engine->make_rehearsal_owner(number, office).ok());
    } else {
      EXPECT_TRUE(
          engine->import_owner(who.owner, OwnerKind::person, number, "sealed", kOperator).ok());
      EXPECT_TRUE(
          engine->import_vehicle({who.owner, who.vehicle, pool, "粤B12345"}, false, kOperator)
              .ok());
    }
    return who;
  }
  void pause() { engine->set_overlay(office, Overlay::paused, "test", kOperator, changes); }
  void maintain() { engine->set_overlay(office, Overlay::maintenance, "t", kOperator, changes); }
  void resume() { engine->set_overlay(office, Overlay::none, "test", kOperator, changes); }
  void open() { engine->set_open(office, true, "test", kOperator, changes); }
  void close() { engine->set_open(office, false, "test", kOperator, changes); }
  Verdict blacklist(const Who& who) {
    return engine->blacklist(who.owner, std::nullopt, "test", kOperator);
  }
  PoolCounts counts() { return engine->pool(pool)->counts; }

  // --- Citizens. Each leaves its answer in `out` and returns the refusal. ---
  Refusal enter(const Who& who) { return engine->enter(who, out), out.refusal; }
  Refusal submit(const Who& who, CodeVerdict code = CodeVerdict::right,
                 std::string_view terms = "t1") {
    return engine->submit({who, terms, code}, out), out.refusal;
  }
  Refusal verify(const Who& who, CodeVerdict code = CodeVerdict::right) {
    return engine->verify({who, code}, out), out.refusal;
  }
  Refusal draw(const Who& who, uint32_t number, bool without4 = false) {
    return engine->draw({who, number, without4}, out), out.refusal;
  }
  Refusal shortlist(const Who& who, PlateNumber plate) {
    return engine->shortlist({who, {pool, plate}}, out), out.refusal;
  }
  Refusal confirm(const Who& who, PlateNumber plate) {
    return engine->confirm({who, {pool, plate}}, out), out.refusal;
  }
  // An owner who has come to `pick`.
  Who picker(uint64_t number) {
    const Who who = owner(number);
    EXPECT_EQ(submit(who), Refusal::none);
    EXPECT_EQ(verify(who), Refusal::none);
    return who;
  }
  // An owner who has reserved a plate, which `out` then shows.
  Who holder(uint64_t number) {
    const Who who = picker(number);
    EXPECT_EQ(draw(who, 1), Refusal::none);
    EXPECT_EQ(shortlist(who, out.application.batch.at(0)), Refusal::none);
    EXPECT_EQ(confirm(who, out.application.shortlist.at(0)), Refusal::none);
    return who;
  }
  const ApplicationView& look(const Who& who) {
    enter(who);
    return out.application;
  }

  // --- Time ---
  void run_timers() {
    while (engine->advance(changes)) {
    }
  }
  void pass(Millis span) {
    ticks.advance(span);
    run_timers();
  }
  // Goes on hour by hour, as a running service does, so that every midnight is recorded.
  void pass_days(int days) {
    for (int i = 0; i < 24 * days; ++i) {
      pass(kHour);
    }
  }

  MemorySink sink;
  ManualTicks ticks{kBeginning};
  std::unique_ptr<Engine> engine;
  OfficeCode office;
  PoolKey pool;
  Changes changes;
  Outcome out;
  std::vector<std::unique_ptr<std::pair<std::string, std::string>>> names;
};

// A second engine that applies what the first one recorded.
inline std::unique_ptr<Engine> replayed(const MemorySink& sink, EventSink& own_sink,
                                        TickSource& ticks, uint32_t shards) {
  auto engine = std::make_unique<Engine>(EngineOptions{shards, EntropySeed{9}}, own_sink, ticks);
  for (const Record& record : sink.records) {
    engine->apply(record);
  }
  return engine;
}

}  // namespace plated
