#include "engine/record_filter.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/plate.h"

namespace plated {
namespace {

Plate plate(std::string_view text) { return *parse_plate(text).plate; }

Record record(const Event& event) { return {Sequence{1}, {}, event}; }

// An event of default values but for what `set` changes.
template <class E, class Set>
Record record_of(Set&& set) {
  E event;
  set(event);
  return record(event);
}

Record confirmed(const Plate& plate) {
  return record_of<Confirmed>([&](Confirmed& e) {
    e.pool = plate.pool;
    e.plate = plate.number;
  });
}

Record loaded(PoolKey pool, uint32_t segment, PlateNumber from, PlateNumber to) {
  return record_of<SegmentLoaded>([&](SegmentLoaded& e) {
    e.pool = pool;
    e.segment = segment;
    e.from = from;
    e.to = to;
  });
}

TEST(RecordFilter, FindsAPlateWhereverItStands) {
  const Plate mine = plate("粤BD12345");
  const std::array<PlateNumber, 2> list = {plate("粤BD00001").number, mine.number};
  const std::array<Pick, 1> picks = {Pick{7, mine.number}};
  PlateFilter filter(mine);
  EXPECT_TRUE(filter(record_of<Drawn>([&](Drawn& e) {
    e.pool = mine.pool;
    e.taken = picks;
  })));
  EXPECT_TRUE(filter(record_of<Drawn>([&](Drawn& e) {
    e.pool = mine.pool;
    e.kept = list;
  })));
  EXPECT_TRUE(filter(record_of<PlatesWithheld>([&](PlatesWithheld& e) {
    e.pool = mine.pool;
    e.plates = picks;
  })));
  EXPECT_TRUE(filter(confirmed(mine)));
  EXPECT_FALSE(filter(confirmed({mine.pool, list[0]})));
  EXPECT_FALSE(filter(record(TimeRecorded{})));
}

TEST(RecordFilter, DoesNotTakeTheSameNumberOfAnotherPoolForThePlate) {
  const Plate mine = plate("粤BD12345");
  const Plate other = plate("粤AD12345");
  ASSERT_EQ(mine.number, other.number);
  PlateFilter filter(mine);
  EXPECT_FALSE(filter(confirmed(other)));
  EXPECT_FALSE(filter(loaded(other.pool, 1, PlateNumber{0}, PlateNumber{99'999})));
  EXPECT_FALSE(filter(record(SegmentReleased{mine.pool, 1})));
}

TEST(RecordFilter, FindsTheReleaseOfTheSegmentThatHasThePlate) {
  const Plate mine = plate("粤BD12345");
  const PoolKey pool = mine.pool;
  PlateFilter filter(mine);
  EXPECT_FALSE(filter(loaded(pool, 1, PlateNumber{0}, PlateNumber{9})));
  EXPECT_TRUE(filter(loaded(pool, 2, PlateNumber{9}, PlateNumber{20'000})));
  EXPECT_FALSE(filter(record(SegmentReleased{pool, 1})));
  EXPECT_TRUE(filter(record(SegmentReleased{pool, 2})));

  const std::array<PlateNumber, 1> list = {mine.number};
  PlateFilter of_list(mine);
  EXPECT_TRUE(of_list(record(SegmentListed{pool, 3, list})));
  EXPECT_TRUE(of_list(loaded(pool, 3, kNoPlate, kNoPlate)));
  EXPECT_TRUE(of_list(record(SegmentReleased{pool, 3})));
}

TEST(RecordFilter, FindsVehiclesAndOwnersWithTheirApplications) {
  const VehicleFilter vehicle("LGX1");
  const OwnerFilter owner("o1");
  const Record submitted = record(Submitted{{"o1", "LGX1", 1}, 5, "t1"});
  EXPECT_TRUE(vehicle(submitted));
  EXPECT_TRUE(owner(submitted));
  const Record moved = record_of<VehicleMoved>([](VehicleMoved& e) {
    e.owner = "o2";
    e.vehicle = "LGX1";
    e.from = "o1";
  });
  EXPECT_TRUE(vehicle(moved));
  EXPECT_TRUE(owner(moved));
  EXPECT_FALSE(owner(record(BlacklistLifted{"o2", "o1", {}})));
  EXPECT_FALSE(vehicle(record(BlacklistLifted{"o2", "LGX1", {}})));
}

}  // namespace
}  // namespace plated
