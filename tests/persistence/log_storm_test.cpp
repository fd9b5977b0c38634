// Everything that runs beside everything else in a server, over the real log: citizens' threads and
// a timer on one engine, and group commit's writer. Beside them the maker of spare files,
// checkpoints of what is durable, keys made and destroyed, and somebody who waits for durability.
// Afterwards the log gives the state that the engine has. Made for ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "persistence/checkpoint.h"
#include "persistence/key_store.h"
#include "tests/persistence/log_world.h"
#include "tests/support/effort.h"
#include "tests/support/open_keys.h"
#include "tests/support/world.h"

namespace plated {
namespace {

constexpr uint64_t kCitizens = 3;
constexpr uint64_t kOwnersEach = 6;
constexpr int kSteps = kSanitized ? 300 : 1'500;  // of each citizens' thread

struct LogStorm : ::testing::Test {
  LogStorm() {
    writer = std::thread([this] { EXPECT_TRUE(log.commit().run().ok()); });
    maker = std::thread([this] { log.spares().run(); });
    Changes told;
    EXPECT_TRUE(engine.found(true).ok());
    EXPECT_TRUE(engine.put_terms("t1", "条款", "terms", kOperator).ok());
    OfficePatch patch{.office = office};
    patch.settings.emplace();
    patch.settings->terms = "t1";
    patch.settings->draws = 60'000;
    EXPECT_TRUE(engine.put_office(patch, kOperator, told).ok());
    EXPECT_TRUE(engine.set_open(office, true, "storm", kOperator, told).ok());
    EXPECT_TRUE(engine.make_pool(pool, DrawSecret{1}, DrawSecret{2}).ok());
    const uint32_t first = parse_plate("粤BD00001").plate->number.value;
    EXPECT_EQ(engine.load({.plates = {pool, {first}, {first + 199}, {}}}, kOperator).plates, 200U);
  }

  void be_citizens(uint64_t thread) {
    std::mt19937_64 random(thread);
    Outcome answer;
    for (int step = 0; step < kSteps; ++step) {
      const uint64_t number = thread * kOwnersEach + random() % kOwnersEach + 1;
      const std::string digits = std::to_string(number);
      const std::string owner = "r-" + digits;
      const std::string vehicle = "RHRSL" + std::string(12 - digits.size(), '0') + digits;
      (void)engine.make_rehearsal_owner(number, office);
      act({owner, vehicle}, random, answer);
      if (step % 16 == 0) {
        EXPECT_TRUE(log.commit().wait_durable(engine.last_sequence()));
      }
    }
    --citizens;
  }

  void act(const Who& who, std::mt19937_64& random, Outcome& answer) {
    engine.enter(who, answer);
    const ApplicationView view = answer.application;
    if (view.step == Step::submit) {
      engine.submit({who, "t1", CodeVerdict::right}, answer);
    } else if (view.step == Step::notice) {
      engine.verify({who, CodeVerdict::right}, answer);
    } else if (view.step == Step::done) {
      Changes told;
      (void)engine.void_reservation({pool, view.reservation.plate}, "storm", false, kOperator,
                                    told);
    } else if (!view.shortlist.empty() && random() % 64 == 0) {
      engine.confirm({who, {pool, view.shortlist.front()}}, answer);
    } else if (!view.batch.empty() && random() % 3 == 0) {
      engine.shortlist({who, {pool, view.batch.front()}}, answer);
    } else {
      engine.draw({who, view.draw + 1, false}, answer);
    }
  }

  void be_time() {
    Changes told;
    while (citizens > 0) {
      ticks.advance(kSecond);
      while (engine.advance(told)) {
      }
      engine.record_time(kSecond);
      told = {};
      std::this_thread::yield();
    }
  }

  void be_checkpoints() {
    MemorySink sink;
    ManualTicks still(kBeginning);
    const EngineMaker make_engine = [&] {
      return std::make_unique<Engine>(EngineOptions{2, EntropySeed{3}}, sink, still);
    };
    while (citizens > 0) {
      const auto done =
          run_checkpoint(disk, kTestDirectory, log.commit().durable(), make_engine, {});
      EXPECT_TRUE(done.ok()) << done.status.text();
      ++checkpoints;
    }
  }

  void be_keys() {
    while (citizens > 0) {
      const auto first = keys->create_owner_keys(2);
      ASSERT_TRUE(first.ok());
      EXPECT_TRUE(keys->owner_key(first.value).ok());
      EXPECT_TRUE(keys->destroy_owner_key(first.value).ok());
      EXPECT_TRUE(keys->owner_key({first.value.value + 1}).ok());
      std::this_thread::yield();
    }
  }

  const OfficeCode office = *parse_office("粤B").office;
  const PoolKey pool{office, PlateClass::small, Power::electric};
  // The key store is there before the log.
  std::unique_ptr<KeyStore> open_keys() {
    EXPECT_TRUE(disk.make_directory(kTestDirectory).ok());
    return plated::open_keys(disk, kTestDirectory).value;
  }

  MemoryFileSystem disk;
  std::unique_ptr<KeyStore> keys = open_keys();
  LogWorld log{disk};
  ManualTicks ticks{kBeginning};
  Engine engine{{8, EntropySeed{7}}, log.commit(), ticks};
  std::atomic<uint64_t> citizens{kCitizens};
  uint64_t checkpoints = 0;
  std::thread writer;
  std::thread maker;
};

TEST_F(LogStorm, WhatThreadsDidBesideCheckpointsIsWhatTheLogGives) {
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kCitizens; ++i) {
    threads.emplace_back([this, i] { be_citizens(i); });
  }
  threads.emplace_back([this] { be_time(); });
  threads.emplace_back([this] { be_checkpoints(); });
  threads.emplace_back([this] { be_keys(); });
  for (std::thread& thread : threads) {
    thread.join();
  }
  log.commit().stop();
  writer.join();
  log.spares().stop();
  maker.join();
  EXPECT_GT(checkpoints, 0U);
  EXPECT_EQ(log.acknowledged(), engine.last_sequence());
  MemorySink sink;
  const auto recovered = recover(disk, kTestDirectory, [&] {
    return std::make_unique<Engine>(EngineOptions{2, EntropySeed{3}}, sink, ticks);
  });
  ASSERT_TRUE(recovered.ok()) << recovered.status.text();
  EXPECT_EQ(recovered.value.engine->digest(), engine.digest());
  std::printf("%llu records, %llu checkpoints beside them\n",
              static_cast<unsigned long long>(engine.last_sequence().value),
              static_cast<unsigned long long>(checkpoints));
}

}  // namespace
}  // namespace plated
