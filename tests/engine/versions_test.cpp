// What changes an application without being about it: its owner's blacklisting, an import, what its
// office says of itself. Every application concerned has the next version, no other has; and
// whoever watches is owed it. The log says so itself, so that it leads to the same versions again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/support/world.h"

namespace plated {
namespace {

struct Versions : World, testing::Test {
  Versions() : World(4, "small", false) {
    load_first(40);
    one = holder(1);
    (void)engine->import_vehicle({one.owner, kSecondCar, pool, "粤B12346"}, false, kOperator);
    (void)engine->import_vehicle({one.owner, kThirdCar, pool, "粤B12347"}, false, kOperator);
    other = picker(2);
    told();
  }
  ~Versions() override {
    MemorySink sink_of_copy;
    EXPECT_EQ(replayed(sink, sink_of_copy, ticks, 1)->digest(), engine->digest());
  }

  uint32_t version(std::string_view vehicle) {
    return engine->vehicle(vehicle)->application.version;
  }
  // By how much each version has grown since the last call: of the owner's three vehicles, and of
  // the other owner's.
  std::vector<uint32_t> grown() {
    std::vector<uint32_t> by;
    for (const std::string_view vehicle : {one.vehicle, kSecondCar, kThirdCar, other.vehicle}) {
      const uint32_t now = version(vehicle);
      by.push_back(now - std::exchange(seen_[std::string(vehicle)], now));
    }
    return by;
  }
  // The applications that were told since the last call.
  std::vector<std::string> told() {
    run_timers();
    grown();
    std::vector<std::string> vehicles;
    for (const auto& change : changes.applications) {
      vehicles.emplace_back(change.application.vehicle.view());
      EXPECT_EQ(change.application.version, version(change.application.vehicle.view()));
      EXPECT_LE(change.rests_on, sink.last());
    }
    changes.clear();
    std::sort(vehicles.begin(), vehicles.end());
    return vehicles;
  }
  void put(const OfficePatch& patch) {
    EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  }

  static constexpr std::string_view kSecondCar = "LGXCE4CB6P0000002";
  static constexpr std::string_view kThirdCar = "LGXCE4CB6P0000003";
  using Grown = std::vector<uint32_t>;
  using Told = std::vector<std::string>;
  Who one;
  Who other;
  std::map<std::string, uint32_t> seen_;
};

TEST_F(Versions, ABlacklistingAndItsEndRaiseThoseOfTheOwnerByOne) {
  enter(one);
  enter({one.owner, kSecondCar});
  const CivilTime until = ticks.now().civil + kDay;
  ASSERT_TRUE(engine->blacklist(one.owner, until, "x", kOperator).changed);
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 0}));
  EXPECT_EQ(told(), (Told{std::string(kSecondCar), std::string(one.vehicle)}));
  ASSERT_TRUE(engine->blacklist(one.owner, until, "another reason", kOperator).changed);
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0})) << "no application shows the reason";
  ASSERT_TRUE(engine->blacklist(one.owner, until + kDay, "longer", kOperator).changed);
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 0}));
  (void)told();
  ASSERT_TRUE(engine->lift_blacklist(one.owner, "x", kOperator).changed);
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 0}));
  EXPECT_EQ(told(), (Told{std::string(kSecondCar), std::string(one.vehicle)}));
  ASSERT_FALSE(engine->lift_blacklist(one.owner, "x", kOperator).changed);
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0}));
  EXPECT_EQ(told(), Told{});
}

TEST_F(Versions, WhatIsToldOfABlacklistingShowsItWithTheHoldsGone) {
  enter(other);
  ASSERT_EQ(draw(other, 1), Refusal::none);
  (void)told();
  ASSERT_TRUE(blacklist(other).changed);
  run_timers();
  ASSERT_FALSE(changes.applications.empty());
  const ApplicationView& last = changes.applications.back().application;
  EXPECT_TRUE(last.blacklisted_until.has_value());
  EXPECT_TRUE(last.batch.empty());
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 2})) << "the blacklisting, then the holds";
}

TEST_F(Versions, ALapseAndAVoidThatBlacklistAreToldOfTheOwnersOtherVehicles) {
  enter({one.owner, kSecondCar});
  const Plate plate{pool, engine->vehicle(one.vehicle)->application.reservation.plate};
  ASSERT_TRUE(engine->void_reservation(plate, "x", true, kOperator, changes).changed);
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 0}));
  EXPECT_EQ(told(), Told{std::string(kSecondCar)});
  ASSERT_TRUE(engine->lift_blacklist(one.owner, "x", kOperator).changed);
  ASSERT_EQ(submit(one), Refusal::none);
  ASSERT_EQ(verify(one), Refusal::none);
  ASSERT_EQ(draw(one, 1), Refusal::none);
  ASSERT_EQ(shortlist(one, out.application.batch.at(0)), Refusal::none);
  ASSERT_EQ(confirm(one, out.application.shortlist.at(0)), Refusal::none);
  (void)told();
  const uint32_t before = version(kThirdCar);
  pass_days(7);
  ASSERT_EQ(sink.count<Lapsed>(), 1U);
  EXPECT_EQ(version(kThirdCar), before + 1);
  EXPECT_EQ(told(), Told{std::string(kSecondCar)});
}

TEST_F(Versions, AVoidWithoutABlacklistingIsOfItsVehicleAlone) {
  enter({one.owner, kSecondCar});
  const Plate plate{pool, engine->vehicle(one.vehicle)->application.reservation.plate};
  ASSERT_TRUE(engine->void_reservation(plate, "x", false, kOperator, changes).changed);
  EXPECT_EQ(grown(), (Grown{1, 0, 0, 0}));
  EXPECT_EQ(told(), Told{});
}

TEST_F(Versions, WhatAnOfficeSaysOfItselfRaisesAllOfItsApplicationsByOne) {
  ASSERT_TRUE(engine->put_terms("t2", "新", "new", kOperator).ok());
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0})) << "terms that no office has are shown nowhere";
  settings([](Settings& s) { s.terms = "t2"; });
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 1}));
  put({.office = office, .name = "another name"});
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 1}));
  settings([](Settings& s) {
    s.blacklist_years = 5;
    s.validity_days = 9;
  });
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 1})) << "one change by two settings";
  ASSERT_EQ(changes.renewed.size(), 3U);
  EXPECT_EQ(changes.renewed.back().office, office);
  EXPECT_EQ(changes.renewed.back().rests_on, sink.last());
  changes.clear();
  settings([](Settings& s) { s.batch_hold = Millis{60'000}; });
  put({.office = office, .contact = OfficeContact{"here", "", ""}});
  put({.office = office, .holidays = std::vector<Day>{*parse_day("2027-10-01")}});
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0})) << "no application shows them";
  EXPECT_TRUE(changes.renewed.empty());
  const Day tomorrow = engine->office(office)->today() + std::chrono::days{1};
  put({.office = office, .holidays = std::vector<Day>{tomorrow}});
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 1})) << "what is confirmed now is to be fetched a day later";
}

TEST_F(Versions, AnotherOfficesWordIsNoneOfTheirs) {
  OfficePatch patch{.office = *parse_office("粤A").office};
  patch.name = "a";
  EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_TRUE(changes.renewed.empty()) << "a new office has no applications";
  patch.name = "b";
  EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0}));
}

TEST_F(Versions, GoOnWhenAVehicleComesToAnotherOffice) {
  const OfficeCode far = *parse_office("粤A").office;
  OfficePatch patch{.office = far};
  for (const char* const name : {"a", "b", "c", "d"}) {
    patch.name = name;
    EXPECT_TRUE(engine->put_office(patch, kOperator, changes).ok());
  }
  const PoolKey pool_there{far, PlateClass::small, Power::electric};
  enter({one.owner, kSecondCar});
  for (const PoolKey& key : {pool_there, pool}) {
    ASSERT_TRUE(
        engine->import_vehicle({one.owner, kSecondCar, key, "粤B12346"}, false, kOperator).changed);
    EXPECT_EQ(grown(), (Grown{0, 1, 0, 0}));
    EXPECT_EQ(told(), Told{std::string(kSecondCar)});
  }
  ASSERT_TRUE(
      engine->import_vehicle({one.owner, kSecondCar, pool, "粤B99999"}, false, kOperator).changed);
  EXPECT_EQ(grown(), (Grown{0, 0, 0, 0})) << "the plate it carries is in no application";
  ASSERT_TRUE(
      engine->import_vehicle({other.owner, kThirdCar, pool_there, "粤B1"}, false, kOperator).ok());
  EXPECT_EQ(grown(), (Grown{0, 0, 1, 0}));
  ASSERT_TRUE(
      engine->import_vehicle({one.owner, "LGXCE4CB6P0000009", pool_there, "粤B1"}, false, kOperator)
          .ok());
  EXPECT_EQ(version("LGXCE4CB6P0000009"), 1U) << "a new one begins";
}

TEST_F(Versions, AnOpeningThatMovesIsToldWithoutAnyVersion) {
  put({.office = office, .schedule = std::vector<ScheduleRow>{{0b0011111, 540, 1020}}});
  close();
  (void)grown();
  changes.clear();
  put({.office = office, .schedule = std::vector<ScheduleRow>{{0b0011111, 600, 1020}}});
  ASSERT_EQ(changes.offices.size(), 1U);
  EXPECT_EQ(changes.offices[0].until, engine->office(office)->opens_at());
  put({.office = office, .name = "another name"});
  EXPECT_EQ(changes.offices.size(), 1U) << "its push says nothing new";
  EXPECT_EQ(grown(), (Grown{1, 1, 1, 1})) << "of the name";
}

TEST_F(Versions, ALookShowsWhatEnteringWouldRefuse) {
  enter(other);
  ASSERT_TRUE(blacklist(other).changed);
  EXPECT_EQ(enter(other), Refusal::blacklisted);
  engine->look(other, out);
  EXPECT_EQ(out.refusal, Refusal::none);
  EXPECT_TRUE(out.application.blacklisted_until.has_value());
  engine->look({one.owner, other.vehicle}, out);
  EXPECT_EQ(out.refusal, Refusal::not_your_vehicle);
}

}  // namespace
}  // namespace plated
