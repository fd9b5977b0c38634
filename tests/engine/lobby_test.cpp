// The lobby, which opens before its office, and how it is put in order; and the queue by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/waiting_world.h"

namespace plated {
namespace {

using Lobby = Waiting;

TEST_F(Lobby, TheLobbyOpensBeforeTheOfficeAndHasNoOrder) {
  schedule_afternoons();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::not_open) << "it is 10:00";
  world.pass(3 * kHour + 30 * kMinute - Millis{1});
  EXPECT_EQ(ask(a), Refusal::not_open);
  world.pass(Millis{1});
  EXPECT_EQ(ask(a), Refusal::waiting);
  ASSERT_TRUE(code.place.has_value());
  EXPECT_TRUE(code.place->lobby);
  EXPECT_EQ(code.place->in_lobby, 1U);
  EXPECT_EQ(code.place->opens_at, kBeginning + 4 * kHour);
  EXPECT_EQ(world.verify(submitted(2)), Refusal::waiting);
  EXPECT_EQ(world.out.place->in_lobby, 2U);
  EXPECT_EQ(world.look(a).place->in_lobby, 2U);
}

TEST_F(Lobby, ALobbyOfNoTimeIsNone) {
  world.settings([](Settings& s) { s.lobby = Millis{0}; });
  schedule_afternoons();
  world.pass(4 * kHour - kSecond);
  EXPECT_EQ(ask(submitted(1)), Refusal::not_open);
}

TEST_F(Lobby, TheLobbyIsOrderedOnceWhenTheOfficeOpensByItsSeedAlone) {
  world.settings([](Settings& s) { s.working_max = 1; });
  schedule_afternoons();
  world.pass(3 * kHour + 45 * kMinute);
  std::vector<std::string> came;
  for (uint64_t number = 1; number <= 40; ++number) {
    const Who who = submitted(number);
    EXPECT_EQ(ask(who), Refusal::waiting);
    came.emplace_back(who.owner);
  }
  EXPECT_TRUE(world.engine->give_up("r-7", world.office).changed);
  std::erase(came, "r-7");
  world.pass(14 * kMinute);
  for (uint64_t number = 1; number <= 40; ++number) {
    world.look(who_is(number));  // a sign of life
  }
  world.pass(kMinute);
  ASSERT_EQ(world.sink.count<LobbyOrdered>(), 1U);
  const LobbyOrdered& ordered = world.sink.latest<LobbyOrdered>();
  EXPECT_EQ(ordered.opening, kBeginning + 4 * kHour);
  EXPECT_EQ(ordered.places, 39U);
  EXPECT_EQ(ordered.seed, lobby_seed(DrawSecret{7}, world.office, ordered.opening));
  // Whoever knows the seed and who came recomputes the order.
  std::vector<Waiter> waiters;
  for (uint32_t i = 0; i < came.size(); ++i) {
    waiters.push_back({i, 0});
  }
  order_lobby(ordered.seed, waiters);
  std::vector<std::pair<uint32_t, std::string>> told;
  for (const std::string& owner : came) {
    if (const auto at = world.engine->standing(owner, world.office).place) {
      told.emplace_back(at->ahead, owner);
    }
  }
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told.size(), 38U) << "the first works already";
  const std::size_t gone = came.size() - told.size();
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].second, came[waiters[i + gone].owner]) << i;
  }
}

TEST_F(Lobby, WhoeverComesAfterTheLobbyStandsBehindIt) {
  schedule_afternoons();
  world.pass(3 * kHour + 45 * kMinute);
  for (uint64_t number = 1; number <= 5; ++number) {
    EXPECT_EQ(ask(submitted(number)), Refusal::waiting);
  }
  world.settings([](Settings& s) { s.admit_per_second = 1; });
  world.pass(14 * kMinute);
  for (uint64_t number = 1; number <= 5; ++number) {
    world.look(who_is(number));
  }
  world.pass(kMinute);
  const Who late = submitted(6);
  EXPECT_EQ(ask(late), Refusal::waiting);
  EXPECT_EQ(code.place->ahead, room().queue - 1);
}

TEST_F(Lobby, AnOperatorWhoOpensEarlyHasTheLobbyOrderedToo) {
  schedule_afternoons();
  world.pass(3 * kHour + 45 * kMinute);
  EXPECT_EQ(ask(submitted(1)), Refusal::waiting);
  world.open();
  EXPECT_EQ(world.sink.count<LobbyOrdered>(), 1U);
  world.close();
  const Who late = submitted(2);
  EXPECT_EQ(ask(late), Refusal::waiting) << "the lobby's time is not over";
  EXPECT_FALSE(code.place->lobby) << "but it was ordered: they stand behind it";
  world.pass(15 * kMinute);
  EXPECT_EQ(world.sink.count<LobbyOrdered>(), 1U) << "once for each opening";
}

TEST_F(Lobby, TheScheduleEndsTheQueueWhenItClosesTheOffice) {
  schedule_afternoons();
  world.pass(4 * kHour);
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.pass(3 * kHour);
  EXPECT_EQ(room().queue, 0U);
  EXPECT_EQ(ask(a), Refusal::not_open);
}

TEST_F(Lobby, AScheduleThatClosesTheOfficeNowEndsTheQueueToo) {
  OfficePatch patch{.office = world.office};
  patch.schedule = {ScheduleRow{0x7f, 9 * 60, 17 * 60}};
  EXPECT_TRUE(world.engine->put_office(patch, kOperator, world.changes).ok());
  world.pass(24 * kHour);  // open by the schedule, not by an operator
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  patch.schedule = {ScheduleRow{0x7f, 14 * 60, 17 * 60}};
  EXPECT_TRUE(world.engine->put_office(patch, kOperator, world.changes).ok());
  EXPECT_EQ(room().queue, 0U);
  EXPECT_EQ(ask(a), Refusal::not_open);
}

// Down over a weekend: the day before it was the last one with a secret.
TEST_F(Lobby, ASecretServesUntilTheNextOnesDay) {
  const Day today = world.engine->office(world.office)->today();
  secret_for(today + std::chrono::days(1), 7);
  schedule_afternoons();
  world.pass_days(3);
  secret_for(world.engine->office(world.office)->today() + std::chrono::days(1), 7);
  restart();
  world.pass(3 * kHour + 59 * kMinute);
  EXPECT_EQ(ask(submitted(1)), Refusal::waiting);
  world.pass(kMinute);
  EXPECT_EQ(admitted(), std::vector<std::string>{"r-1"});
  EXPECT_EQ(world.sink.latest<LobbyOrdered>().period, today + std::chrono::days(1));
}

TEST_F(Lobby, ALobbyThatNobodyWasInIsOverTooOnceItsOfficeOpened) {
  schedule_afternoons();
  world.pass(3 * kHour + 45 * kMinute);
  world.open();
  world.close();
  EXPECT_EQ(ask(submitted(1)), Refusal::waiting);
  EXPECT_FALSE(code.place->lobby) << "whoever comes afterwards is first in line";
}

TEST_F(Lobby, WhoeverIsInItStaysThereWhenItsTimeIsShortened) {
  schedule_afternoons();
  world.pass(3 * kHour + 45 * kMinute);
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.settings([](Settings& s) { s.lobby = kMinute; });
  EXPECT_EQ(ask(a), Refusal::not_open);
  EXPECT_TRUE(place(a)->lobby);
  world.pause();
  EXPECT_EQ(place(a)->opens_at, kBeginning + 4 * kHour);
}

TEST_F(Lobby, AQueueThatEndsWithABlacklistingOnItsWayEndsOnce) {
  schedule_afternoons();
  world.pass(4 * kHour);
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.ticks.advance(3 * kHour);
  EXPECT_TRUE(world.blacklist(a).ok());
  world.run_timers();
  EXPECT_FALSE(place(a).has_value());
}

TEST_F(Lobby, AQueueThatAnOperatorClosedStandsBeforeALaterLobby) {
  schedule_afternoons();
  world.settings([](Settings& s) { s.working_max = 1; });
  world.open();
  fill();
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  world.close();
  world.pass(3 * kHour + 45 * kMinute);
  EXPECT_EQ(world.look(a).place->ahead, 0U);
  const Who b = submitted(2);
  EXPECT_EQ(ask(b), Refusal::waiting);
  EXPECT_TRUE(code.place->lobby);
  world.settings([](Settings& s) { s.admit_per_second = 1; });
  world.look(a);
  world.pass(15 * kMinute - Standings::kConnectedFor);
  world.look(a);
  world.look(b);
  world.pass(Standings::kConnectedFor);
  const auto first = admitted();
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first[0], "r-1");
}

TEST_F(Lobby, WithoutASecretTheLobbyIsNotOrderedAndNobodyIsAdmitted) {
  schedule_afternoons();
  world.pass(4 * kHour - kMinute);
  const Who a = submitted(1);
  EXPECT_EQ(ask(a), Refusal::waiting);
  restart(false);
  world.look(a);
  world.pass(kMinute);
  EXPECT_EQ(world.sink.count<LobbyOrdered>(), 0U);
  EXPECT_EQ(ask(submitted(2)), Refusal::waiting);
  EXPECT_TRUE(code.place->lobby) << "nobody overtakes the lobby";
  EXPECT_TRUE(admitted().empty());
  EXPECT_FALSE(world.engine->provide_lobby_secret(
      world.office, world.engine->office(world.office)->today(), DrawSecret{8}));
  provide();
  EXPECT_EQ(admitted().size(), 2U);
}

// The queue by itself, beside a list that counts naively.
TEST(Queue, CountsLikeAList) {
  Queue queue;
  std::vector<std::pair<PlaceNumber, bool>> naive;  // the place, and whether it waits
  uint64_t state = 1;
  const auto roll = [&state](uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33U) % bound;
  };
  for (int step = 0; step < 60'000; ++step) {
    const uint64_t what = roll(10);
    if (naive.empty() || what < 6) {
      naive.emplace_back(queue.push({static_cast<uint32_t>(step), 0}), true);
    } else {
      const std::size_t i = what == 9 ? roll(naive.size()) : 0;
      if (what == 8 && naive[i].second) {
        queue.pass_over(naive[i].first);
        naive[i].second = false;
      } else {
        queue.remove(naive[i].first);
        naive.erase(naive.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
    if (step % 500 != 0 || naive.empty()) {
      continue;
    }
    const auto waits = [](const auto& entry) { return entry.second; };
    EXPECT_EQ(queue.size(), naive.size());
    EXPECT_EQ(queue.waiting(), std::count_if(naive.begin(), naive.end(), waits));
    const std::size_t i = roll(naive.size());
    EXPECT_EQ(queue.ahead_of(naive[i].first),
              std::count_if(naive.begin(), naive.begin() + static_cast<std::ptrdiff_t>(i), waits));
    const auto head = std::find_if(naive.begin(), naive.end(), waits);
    EXPECT_EQ(queue.head(), head == naive.end() ? std::nullopt : std::optional(head->first));
  }
  queue.clear();
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.ahead_of(queue.push({1, 0})), 0U);
}

// Every place equally likely for everybody: 10,000 lobbies of 50, chi-squared with 49 * 49 degrees
// of freedom (mean 2401, deviation 69.3); the seeds are fixed, so the outcome is, too.
TEST(LobbyOrder, IsUniform) {
  constexpr std::size_t kPeople = 50;
  constexpr std::size_t kLobbies = 10'000;
  std::vector<std::vector<double>> seen(kPeople, std::vector<double>(kPeople));
  for (std::size_t lobby = 0; lobby < kLobbies; ++lobby) {
    const LobbySeed seed =
        lobby_seed(DrawSecret{1, 2, 3}, OfficeCode{18, 'B'}, CivilTime{Millis(lobby)});
    std::vector<Waiter> waiters;
    for (uint32_t i = 0; i < kPeople; ++i) {
      waiters.push_back({i, 0});
    }
    order_lobby(seed, waiters);
    for (std::size_t place = 0; place < kPeople; ++place) {
      ++seen[waiters[place].owner][place];
    }
  }
  const double expected = double{kLobbies} / kPeople;
  double chi = 0;
  for (const auto& row : seen) {
    for (const double count : row) {
      chi += (count - expected) * (count - expected) / expected;
    }
  }
  EXPECT_GT(chi, 2401 - 4 * 69.3);
  EXPECT_LT(chi, 2401 + 4 * 69.3);
}

}  // namespace
}  // namespace plated
