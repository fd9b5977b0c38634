// Secrets of pools and of lobbies over a storage that is driven by the test: kept before they are
// committed to, there again after a restart, told once their day is over, and checked by platelog.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "engine/lobby_order.h"
#include "engine/plate.h"
#include "tests/simulation/clocks.h"
#include "tests/support/memory_file_system.h"
#include "tools/plated/secrets.h"
#include "tools/plated/storage.h"
#include "tools/platelog/commands.h"

namespace plated {
namespace {

const std::string kDirectory = "/data";
constexpr Millis kMorning{std::chrono::hours(24 * 20'780 + 1)};  // 9:00 in the office, a Tuesday
constexpr std::chrono::days kDay{1};
constexpr Actor kOperator{};

class SecretsTest : public testing::Test {
 protected:
  SecretsTest() {
    EXPECT_TRUE(disk.make_directory(kDirectory).ok());
    EXPECT_TRUE(open().ok());
    EXPECT_TRUE(engine().found(true).ok());
    EXPECT_TRUE(storage->bound_keys().record().ok());
    EXPECT_TRUE(engine().put_office({.office = office}, kOperator, changes).ok());
  }

  Status open() {
    storage.reset();
    StorageOptions options;
    options.directory = kDirectory;
    options.shards = 2;
    options.log_file_size = kLogFileSizeMin;
    storage = std::make_unique<Storage>(
        options,
        Storage::Outside{.files = disk,
                         .clocks = {.monotonic = [this] { return clocks.monotonic(); },
                                    .wall = [this] { return clocks.wall(); },
                                    .boot = [this] { return clocks.boot(); }},
                         .loops = Loops::caller,
                         .on_durable = [](Sequence) {},
                         .on_failure = [](const Status& s) { ADD_FAILURE() << s.text(); }});
    return storage->open([](LogLevel, const std::string&) {}, {});
  }
  Status open_again() {
    EXPECT_TRUE(storage->wait_durable(engine().last_sequence()));
    return open();
  }
  Engine& engine() { return storage->engine(); }
  const KeyStore& keys() { return storage->keys(); }

  void set_waiting(uint32_t working_max) {
    Settings settings = engine().office(office)->settings;
    settings.working_max = working_max;
    const OfficePatch patch{.office = office, .settings = settings};
    EXPECT_TRUE(engine().put_office(patch, kOperator, changes).ok());
  }
  void commit() { EXPECT_TRUE(commit_coming_secrets(engine(), storage->bound_keys()).ok()); }
  void pass(Millis span) {
    clocks.pass(span);
    while (engine().advance(changes)) {
    }
  }
  [[nodiscard]] Day today() { return engine().office(office)->today(); }
  std::vector<Period> periods() { return engine().waiting(office)->periods; }
  std::optional<DrawSecret> revealed(Day period) {
    return revealed_lobby_secret(engine(), keys(), office, period);
  }
  std::string verify() {
    EXPECT_TRUE(storage->wait_durable(engine().last_sequence()));
    ProgressLine progress(nullptr, ProgressLine::Kind::silent);
    LogCommandLine line;
    line.data = kDirectory;
    const LogAnswer answer = verify_log({disk, progress, nullptr}, line);
    EXPECT_TRUE(answer.failure.ok()) << answer.failure.text();
    return boost::json::serialize(answer.said.at("problems"));
  }
  // Somebody comes to the lobby before ten, and the office opens.
  void hold_lobby() {
    OfficePatch patch{.office = office};
    patch.schedule = {ScheduleRow{0x7f, 10 * 60, 17 * 60}};
    EXPECT_TRUE(engine().put_office(patch, kOperator, changes).ok());
    EXPECT_TRUE(engine().make_rehearsal_owner(1, office).ok());
    const Who who{"r-1", "RHRSL000000000001"};
    Outcome out;
    engine().enter(who, out);
    const std::string terms(out.application.terms.view());
    engine().submit({who, terms, CodeVerdict::right}, out);
    EXPECT_EQ(out.refusal, Refusal::none);
    pass(std::chrono::minutes(45));
    engine().verify({who, CodeVerdict::right}, out);
    EXPECT_EQ(out.refusal, Refusal::waiting);
    pass(std::chrono::minutes(15));
    EXPECT_EQ(engine().waiting(office)->lobby, 0U) << "it was ordered";
  }

  const OfficeCode office = *parse_office("粤B").office;
  MemoryFileSystem disk;
  SimulatedClocks clocks{CivilTime(kMorning)};
  Changes changes;
  std::unique_ptr<Storage> storage;
};

TEST_F(SecretsTest, AWaitingRoomIsCommittedToTodayAndTomorrow) {
  commit();
  EXPECT_TRUE(periods().empty()) << "nobody waits here";
  set_waiting(5);
  const Sequence before = engine().last_sequence();
  commit();
  EXPECT_EQ(engine().last_sequence().value, before.value + 3) << "kept at once, then two facts";
  ASSERT_EQ(periods().size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const Period period = periods()[i];
    EXPECT_EQ(period.day, today() + kDay * i);
    EXPECT_EQ(commitment_of(keys().secret(office, period.day).value()), period.commitment);
  }
  commit();
  EXPECT_EQ(engine().last_sequence().value, before.value + 3) << "once is enough";
  pass(kDay);
  commit();
  ASSERT_EQ(periods().size(), 3U);
  EXPECT_EQ(periods()[2].day, today() + kDay);
}

TEST_F(SecretsTest, OneSyncKeepsThoseOfPoolsAndOfLobbies) {
  const PoolKey pool{office, PlateClass::small, Power::electric};
  ASSERT_TRUE(make_pool_with_secrets(engine(), storage->bound_keys(), pool).ok());
  set_waiting(5);
  commit();
  pass(kDay);
  const std::size_t kept = keys().secrets().size();
  const Sequence before = engine().last_sequence();
  commit();
  EXPECT_EQ(keys().secrets().size(), kept + 2);
  EXPECT_EQ(engine().last_sequence().value, before.value + 3);
  EXPECT_NE(keys().secret(pool, today() + kDay), keys().secret(office, today() + kDay));
}

TEST_F(SecretsTest, ASecretOfLobbiesIsToldWhenItsDayIsOver) {
  set_waiting(5);
  commit();
  const Day first = today();
  EXPECT_EQ(revealed(first), std::nullopt);
  EXPECT_EQ(revealed(first + kDay), std::nullopt);
  pass(kDay);
  EXPECT_EQ(revealed(first), keys().secret(office, first));
  EXPECT_EQ(revealed(first + kDay), std::nullopt) << "it serves today";
  EXPECT_EQ(revealed(first - kDay), std::nullopt) << "there was none";
}

TEST_F(SecretsTest, TheNextStartProvidesThem) {
  set_waiting(5);
  commit();
  ASSERT_TRUE(open_again().ok());
  EXPECT_EQ(periods().size(), 2U);
  EXPECT_TRUE(engine().lobby_secrets_wanted().empty());
  EXPECT_EQ(verify(), "[]");
}

TEST_F(SecretsTest, PlatelogFollowsTheOrderOfALobbyToItsSecret) {
  set_waiting(1);
  commit();
  hold_lobby();
  EXPECT_EQ(verify(), "[]");
}

TEST_F(SecretsTest, PlatelogFindsALobbyThatAnotherSecretOrdered) {
  set_waiting(1);
  const KeptSecret kept{office, today(), {7}};
  ASSERT_TRUE(storage->bound_keys().keep_secrets({&kept, 1}).ok());
  ASSERT_TRUE(engine().commit_lobby(office, today(), DrawSecret{8}).ok());
  hold_lobby();
  EXPECT_NE(verify().find("orders a lobby of 粤B otherwise than the secret of "),
            std::string::npos);
}

TEST_F(SecretsTest, AStartWithoutACommittedSecretIsRefused) {
  set_waiting(5);
  ASSERT_TRUE(engine().commit_lobby(office, today(), DrawSecret{1}).ok());
  EXPECT_NE(verify().find("the secret of the lobbies of 粤B for "), std::string::npos);
  EXPECT_EQ(open_again().code(), StatusCode::corruption);
}

}  // namespace
}  // namespace plated
