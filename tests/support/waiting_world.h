// A world with a waiting room for tests of it. At the end of each test the log, played to a second
// engine with another number of shards, and the state, written out and read back, give the same
// digest.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/state.h"
#include "tests/support/world.h"

namespace plated {

class Waiting : public testing::Test {
 protected:
  void SetUp() override {
    world.load_first(500);
    world.settings([](Settings& s) { s.working_max = 2; });
    secret_for(world.engine->office(world.office)->today(), 7);
  }
  void TearDown() override {
    const Digest digest = world.engine->digest();
    MemorySink sink;
    EXPECT_EQ(replayed(world.sink, sink, world.ticks, 2)->digest(), digest) << "replayed";
    Engine read(EngineOptions{8, EntropySeed{3}}, sink, world.ticks);
    StateReader reader(read, world.engine->last_sequence(), world.engine->last_now());
    bool fits = true;
    StateWriter::write(*world.engine,
                       [&](const StateItem& item) { fits = fits && reader.read(item); });
    reader.finish();
    EXPECT_TRUE(fits);
    EXPECT_EQ(read.digest(), digest) << "read from a snapshot";
  }

  void secret_for(Day day, uint8_t byte) {
    EXPECT_TRUE(world.engine->commit_lobby(world.office, day, DrawSecret{byte}).ok());
  }
  // An owner who has accepted the terms.
  Who submitted(uint64_t number) {
    const Who who = world.owner(number);
    EXPECT_EQ(world.submit(who), Refusal::none);
    return who;
  }
  // An owner who was made before.
  Who who_is(uint64_t number) const {
    const auto found = std::find_if(world.names.begin(), world.names.end(), [&](const auto& name) {
      return name->first == "r-" + std::to_string(number);
    });
    return {(*found)->first, (*found)->second};
  }
  // Asks for a code to verify.
  Refusal ask(const Who& who) {
    world.engine->request_code(who, CodePurpose::verify, code);
    return code.refusal;
  }
  // Asks, and lets the code leave.
  Refusal ask_and_send(const Who& who) {
    const Refusal refusal = ask(who);
    if (refusal == Refusal::none) {
      EXPECT_TRUE(world.engine->code_leaves(who, CodePurpose::verify, code.application).done);
    }
    return refusal;
  }
  std::optional<PlaceView> place(const Who& who) {
    return world.engine->standing(who.owner, world.office).place;
  }
  WaitingReport room() { return *world.engine->waiting(world.office); }
  // Those who were admitted since the last call, in order.
  std::vector<std::string> admitted() {
    world.run_timers();
    std::vector<std::string> owners;
    for (const auto& admission : world.changes.admitted) {
      owners.push_back(admission.owner);
    }
    world.changes.admitted.clear();
    return owners;
  }
  // Fills every place in work, with owners numbered from 900 on.
  void fill() {
    for (uint64_t number = 900; room().working < room().working_max; ++number) {
      EXPECT_EQ(world.verify(submitted(number)), Refusal::none);
    }
  }
  // The weekly schedule: open from 14:00 to 17:00, every day. It is 10:00.
  void schedule_afternoons() {
    OfficePatch patch{.office = world.office};
    patch.schedule = {ScheduleRow{0x7f, 14 * 60, 17 * 60}};
    EXPECT_TRUE(world.engine->put_office(patch, kOperator, world.changes).ok());
    world.close();
  }

  // The process ends and another one goes on from the log, with its lobbies' secrets or without.
  void restart(bool secrets = true) {
    world.engine = replayed(world.sink, world.sink, world.ticks, 8);
    if (secrets) {
      provide();
    }
  }
  void provide() {
    for (const auto& [office, period] : world.engine->lobby_secrets_wanted()) {
      EXPECT_TRUE(world.engine->provide_lobby_secret(office, period.day, DrawSecret{7}));
    }
  }

  World world;
  CodeRequest code;
};

}  // namespace plated
