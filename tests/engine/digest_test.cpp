// The state as a whole: one log gives one digest, however many shards apply it; what is written
// down and read back is the same state and goes on in the same way; and nothing that is recorded or
// written down leaves the digest as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/state.h"
#include "tests/support/world.h"

namespace plated {
namespace {

// A world in which everything has happened that leaves a trace: applications at every step and with
// every kind of hold, plates in every state, segments, a second office, people of every kind.
struct BusyWorld : World {
  explicit BusyWorld(uint32_t shards = 8) : World(shards, "small", false) {
    settings([](Settings& s) { s.return_window = Millis{0}; });  // no randomness in what goes on
    pools_and_offices();
    week_of_reservations();
    present();
  }

  void pools_and_offices() {
    load_first(900);
    LoadSegment later{.plates = {pool, PlateNumber{2'000}, PlateNumber{2'300}, {}}};
    later.release_at = ticks.now().civil + 10 * kDay;
    later.note = "autumn";
    EXPECT_TRUE(engine->load(later, kOperator).verdict.ok());
    LoadSegment list{.plates = {.pool = pool}};
    for (uint32_t i = 0; i < 600; ++i) {
      list.plates.plates.push_back(PlateNumber{5'000 + 7 * i});
    }
    list.release_at = later.release_at;
    EXPECT_TRUE(engine->load(list, kOperator).verdict.ok());
    PlateSelection some{.pool = pool};
    some.plates = {PlateNumber{5}, PlateNumber{77}, PlateNumber{2'100}, PlateNumber{5'007}};
    EXPECT_TRUE(engine->withhold(some, "auction", kOperator).verdict.ok());
    some.plates = {PlateNumber{77}};
    EXPECT_TRUE(engine->restore(some, "not sold", kOperator).verdict.ok());
    OfficePatch other{.office = *parse_office("粤A").office};
    other.name = "another office";
    other.contact = {{"1 Long Street", "020-12345678", "Mon-Fri 9-17"}};
    other.schedule = {{0b0011111, 540, 1020}, {0b0100000, 540, 720}};
    other.holidays = {*parse_day("2026-10-01")};
    other.workdays = {*parse_day("2026-10-10")};
    EXPECT_TRUE(engine->put_office(other, kOperator, changes).ok());
    OfficePatch renamed{.office = office};
    renamed.name = "renamed";
    EXPECT_TRUE(engine->put_office(renamed, kOperator, changes).ok());
    const CivilTime far = ticks.now().civil + 365 * kDay;
    EXPECT_TRUE(engine->spend_ticket({"r-1", "a", ticks.now().civil, far, {1}}).ok());
    EXPECT_TRUE(engine->revoke_tickets({"r-2", "", ticks.now().civil, far, "x"}, kOperator).ok());
  }

  // Reservations that were issued, voided, extended, and one that lapsed.
  void week_of_reservations() {
    const auto reserved = [this] { return Plate{pool, out.application.reservation.plate}; };
    holder(1);
    EXPECT_TRUE(engine->issue(reserved(), std::nullopt, kOperator, changes).ok());
    holder(2);
    EXPECT_TRUE(engine->void_reservation(reserved(), "x", false, kOperator, changes).ok());
    holder(3);
    EXPECT_TRUE(engine->extend(reserved(), *parse_day("2026-05-01"), "x", kOperator, changes).ok());
    holder(4);
    pass_days(7);
    EXPECT_EQ(sink.count<Lapsed>(), 1U);
    const PendingNotice sent = engine->notices({}, 1).at(0);
    EXPECT_TRUE(engine->settle_notice(sent.owner, sent.id, true).ok());
    const Who never = picker(5);
    EXPECT_TRUE(engine->code_leaves(never, CodePurpose::verify, 1).done);
    const Who guesser = owner(30);
    EXPECT_TRUE(engine->code_leaves(guesser, CodePurpose::submit, 1).done);
    EXPECT_FALSE(engine->code_leaves(guesser, CodePurpose::submit, 2).done) << "not this one's";
    EXPECT_EQ(submit(guesser, CodeVerdict::wrong_code), Refusal::wrong_code);
    EXPECT_EQ(sink.count<CodeMissed>(), 1U);
    EXPECT_EQ(draw(never, 1), Refusal::none);
    pass(kHour);
  }

  void present() {
    const Who seller = owner(10);
    const Who buyer = owner(11);
    EXPECT_TRUE(
        engine->import_vehicle({buyer.owner, seller.vehicle, pool, "粤B54321"}, false, kOperator)
            .ok());
    EXPECT_TRUE(
        engine->erase_owner(seller.owner, engine->owner(seller.owner)->key, kOperator).ok());
    submit(buyer);
    picker(12);
    EXPECT_EQ(draw(picker(13), 1), Refusal::none);
    shortlisted(14);
    const Who used_up = shortlisted(15);
    for (uint32_t number = 2; number <= 5; ++number) {
      EXPECT_EQ(draw(used_up, number, true), Refusal::none);
    }
    const Who slow = owner(16);
    EXPECT_TRUE(engine->lengthen_countdowns(slow.owner, 3, "x", kOperator).ok());
    submit(slow);
    verify(slow);
    EXPECT_EQ(draw(slow, 1), Refusal::none);
    holder(17);
    const Who banned = shortlisted(18);
    EXPECT_TRUE(blacklist(banned).ok());
    blacklist(owner(19));
    holder(20);
    pass(100 * kSecond);  // batches are over, shortlists are not
    EXPECT_EQ(draw(picker(21), 1), Refusal::none);
    pass(30 * kSecond);
    EXPECT_EQ(draw(picker(23), 1), Refusal::none);
    blacklist(shortlisted(22));  // the holds are still to be freed
  }

  Who shortlisted(uint64_t number) {
    const Who who = picker(number);
    EXPECT_EQ(draw(who, 1), Refusal::none);
    EXPECT_EQ(shortlist(who, out.application.batch.at(3)), Refusal::none);
    return who;
  }
};

// An engine with clocks of its own, which stand where another's do.
struct Copy {
  Copy(uint32_t shards, Now now, uint64_t records)
      : ticks(now.civil - now.tick.time_since_epoch()) {
    ticks.advance(now.tick.time_since_epoch());
    sink.before = records;
    engine = std::make_unique<Engine>(EngineOptions{shards, EntropySeed{7}}, sink, ticks);
  }
  void pass(Millis span) {
    ticks.advance(span);
    while (engine->advance(changes)) {
    }
  }
  MemorySink sink;
  ManualTicks ticks;
  std::unique_ptr<Engine> engine;
  Changes changes;
};

// What is written down of `from`, read into a fresh engine. `change` may change an item on its way.
template <class Change>
bool read_back(Engine& from, Engine& into, Sequence sequence, const Now& now, Change&& change) {
  StateReader reader(into, sequence, now);
  bool sound = true;
  StateWriter::write(from, [&](const StateItem& item) {
    StateItem changed = item;
    change(changed);
    sound = sound && reader.read(changed);
  });
  return sound;
}

std::unique_ptr<Copy> copy_of(Engine& engine, uint64_t records, const Now& now, uint32_t shards) {
  auto copy = std::make_unique<Copy>(shards, now, records);
  StateReader reader(*copy->engine, Sequence{records}, now);
  StateWriter::write(engine, [&](const StateItem& item) { EXPECT_TRUE(reader.read(item)); });
  reader.finish();
  return copy;
}

TEST(Digest, OneLogGivesOneDigestWithAnyNumberOfShards) {
  for (const uint32_t live_shards : {1U, 8U}) {
    BusyWorld world(live_shards);
    const Digest digest = world.engine->digest();
    // ThreadSanitizer follows at most 64 locks held at once, pools and operators among them.
    for (const uint32_t shards : {1U, 2U, 8U, 32U}) {
      MemorySink other;
      EXPECT_EQ(replayed(world.sink, other, world.ticks, shards)->digest(), digest) << shards;
    }
  }
}

TEST(Digest, EveryRecordedFactChangesItAndNoStateComesTwice) {
  BusyWorld world;
  MemorySink other;
  Engine engine(EngineOptions{2, EntropySeed{9}}, other, world.ticks);
  std::set<Digest> seen = {engine.digest()};
  for (const Record& record : world.sink.records) {
    engine.apply(record);
    EXPECT_TRUE(seen.insert(engine.digest()).second)
        << "record " << record.sequence.value << ", kind " << record.event.index();
  }
  EXPECT_EQ(engine.digest(), world.engine->digest());
}

TEST(Digest, AskingChangesNothing) {
  BusyWorld world;
  const Digest before = world.engine->digest();
  (void)world.engine->vehicle("RHRSL000000000013");
  (void)world.engine->pool(world.pool);
  (void)world.engine->blacklisted();
  EXPECT_EQ(world.engine->digest(), before);
}

TEST(State, IsTheSameWhenReadBackAtEveryPlaceInTheLog) {
  BusyWorld world;
  MemorySink other;
  Engine engine(EngineOptions{8, EntropySeed{9}}, other, world.ticks);
  for (const Record& record : world.sink.records) {
    engine.apply(record);
    const auto copy = copy_of(engine, record.sequence.value, record.now, 2);
    ASSERT_EQ(copy->engine->digest(), engine.digest())
        << "after record " << record.sequence.value << ", kind " << record.event.index();
    ASSERT_EQ(copy->engine->applied(), record.sequence);
  }
}

// How often each kind of event was recorded, from one record on.
std::map<std::size_t, std::size_t> kinds_since(const MemorySink& sink, std::size_t from) {
  std::map<std::size_t, std::size_t> kinds;
  for (std::size_t i = from; i < sink.records.size(); ++i) {
    ++kinds[sink.records[i].event.index()];
  }
  return kinds;
}

// What two engines say of one vehicle, but for the voucher, which is random.
void expect_same_application(Engine& a, Engine& b, std::string_view vehicle) {
  SCOPED_TRACE(vehicle);
  const ApplicationView one = a.vehicle(vehicle)->application;
  const ApplicationView two = b.vehicle(vehicle)->application;
  EXPECT_EQ(one.step, two.step);
  EXPECT_EQ(one.number, two.number);
  EXPECT_EQ(one.version, two.version);
  EXPECT_EQ(one.draws_left, two.draws_left);
  EXPECT_EQ(one.batch, two.batch);
  EXPECT_EQ(one.shortlist, two.shortlist);
  EXPECT_EQ(one.fallback, two.fallback);
  EXPECT_EQ(one.verified_in, two.verified_in);
  EXPECT_EQ(one.blacklisted_until, two.blacklisted_until);
  EXPECT_EQ(one.reservation.plate, two.reservation.plate);
  EXPECT_EQ(one.reservation.deadline, two.reservation.deadline);
  EXPECT_EQ(one.reservation.automatic, two.reservation.automatic);
}

// The same time passes for both, and the same things happen at the same moments.
void expect_same_future(World& live, Copy& copy, std::size_t from, Millis step, int steps) {
  for (int i = 0; i < steps; ++i) {
    live.pass(step);
    copy.pass(step);
    ASSERT_EQ(kinds_since(copy.sink, 0), kinds_since(live.sink, from)) << "step " << i;
    const PoolCounts one = live.counts();
    const PoolCounts two = copy.engine->pool(live.pool)->counts;
    ASSERT_EQ(one.free, two.free);
    ASSERT_EQ(one.held, two.held);
    ASSERT_EQ(one.reserved, two.reserved);
    ASSERT_EQ(one.withheld, two.withheld);
  }
  for (const auto& name : live.names) {
    expect_same_application(*live.engine, *copy.engine, name->second);
  }
}

TEST(State, GoesOnAfterBeingReadBackAsItWouldHaveGoneOn) {
  BusyWorld world;
  const std::size_t records = world.sink.records.size();
  const auto copy = copy_of(*world.engine, records, world.ticks.now(), 2);
  expect_same_future(world, *copy, records, kSecond, 600);
  EXPECT_GT(copy->sink.count<BatchExpired>(), 2U);
  EXPECT_GT(copy->sink.count<ShortlistExpired>(), 1U);
  EXPECT_EQ(copy->sink.count<HoldsForfeited>(), 1U);
  ASSERT_EQ(copy->sink.count<Confirmed>(), 1U);
  EXPECT_TRUE(copy->sink.latest<Confirmed>().automatic);
  expect_same_future(world, *copy, records, kHour, 24 * 12);
  EXPECT_GT(copy->sink.count<Lapsed>(), 1U);
  EXPECT_GT(copy->sink.count<PlateReturned>(), 1U);
  EXPECT_EQ(copy->sink.count<SegmentReleased>(), 2U);
  EXPECT_GT(copy->sink.count<Reminded>(), 1U);
}

TEST(State, WhatAPauseHasSetAsideIsSetAsideAfterBeingReadBack) {
  BusyWorld world;
  world.pause();
  world.pass(kHour);
  const std::size_t records = world.sink.records.size();
  const auto copy = copy_of(*world.engine, records, world.ticks.now(), 2);
  expect_same_future(world, *copy, records, kMinute, 60);
  EXPECT_EQ(copy->sink.count<BatchExpired>(), 0U) << "the countdowns stand still";
  world.resume();
  copy->engine->set_overlay(world.office, Overlay::none, "test", kOperator, copy->changes);
  expect_same_future(world, *copy, records, kSecond, 600);
  EXPECT_GT(copy->sink.count<BatchExpired>(), 2U);
}

TEST(State, PlatesOnTheirWayBackReturnAfterBeingReadBack) {
  BusyWorld world;
  world.settings([](Settings& s) { s.return_window = kHour; });
  world.holder(30);
  const Plate plate{world.pool, world.out.application.reservation.plate};
  ASSERT_TRUE(world.engine->void_reservation(plate, "x", false, kOperator, world.changes).ok());
  const std::size_t records = world.sink.records.size();
  const auto copy = copy_of(*world.engine, records, world.ticks.now(), 16);
  EXPECT_EQ(copy->engine->plate(plate).why, WithheldWhy::returning);
  expect_same_future(world, *copy, records, kSecond, 3'700);
  EXPECT_EQ(copy->sink.count<PlateReturned>(), 1U);
  EXPECT_EQ(copy->engine->plate(plate).state, PlateState::free);
}

// Changes the n-th value of an item, if it has so many and that one means something there.
class Changer {
 public:
  explicit Changer(std::size_t wanted) : left_(wanted) {}
  [[nodiscard]] bool reached() const { return reached_; }
  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] const std::string& field() const { return field_; }

  template <class T>
  void operator()(std::string_view name, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      no_holds_ = name == "has_holds" && !value;
    }
    // Not of the state: holds of an application that has none, and who changed the settings of an
    // office, which is named before.
    if ((std::is_same_v<T, HoldsState> && no_holds_) || std::is_same_v<T, Actor> ||
        (std::is_same_v<T, OfficeCode> && in_settings_)) {
      return;
    }
    in_settings_ = in_settings_ || std::is_same_v<T, SettingsChanged>;
    if constexpr (requires { T::fields(value, *this); }) {
      T::fields(value, *this);
    } else if (!reached_ && left_-- == 0) {
      reached_ = true;
      field_ = name;
      changed_ = change(value);
    }
    in_settings_ = in_settings_ && !std::is_same_v<T, SettingsChanged>;
  }

 private:
  bool change(std::string_view& text) {
    text_ = text;
    if (!text_.empty()) {
      text_.back() = static_cast<char>(text_.back() ^ 1);
    }
    text = text_;
    return !text.empty();
  }
  template <class T>
  bool change(std::span<const T>& list) {
    const bool any = !list.empty();
    list = list.first(list.size() - (any ? 1 : 0));
    return any;
  }
  bool change(PlateNumber& plate) {
    const bool any = plate != kNoPlate;
    plate.value ^= any ? 1 : 0;
    return any;
  }
  template <std::size_t kSize>
  bool change(std::array<uint8_t, kSize>& bytes) {
    return bytes[0] ^= 1, true;
  }
  bool change(PoolKey& pool) { return pool.power = Power::hybrid, true; }
  bool change(OfficeCode& office) { return ++office.letter, true; }
  bool change(Sequence& sequence) { return ++sequence.value, true; }
  template <class Clock, class Duration>
  bool change(std::chrono::time_point<Clock, Duration>& moment) {
    moment += moment == moment.max() ? -Duration{1} : Duration{1};
    return true;
  }
  template <class T>
  bool change(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(value == T{} ? 1 : 0);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = !value;
    } else {
      ++value;
    }
    return true;
  }

  std::size_t left_;
  bool reached_ = false;
  bool changed_ = false;
  bool no_holds_ = false;
  bool in_settings_ = false;
  std::string field_;
  std::string text_;
};

// Changes one value of one item on its way; false when there is no such item.
struct OneChange {
  std::size_t item;
  Changer changer;
  std::size_t at = 0;
  std::size_t kind = 0;

  void operator()(StateItem& i) {
    if (at++ != item) {
      return;
    }
    kind = i.index();
    std::visit(
        [&](auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (!std::is_same_v<T, std::monostate>) {
            T::fields(value, changer);
          }
        },
        i);
  }
};

TEST(State, EveryValueThatIsWrittenDownCounts) {
  BusyWorld world;
  const Digest digest = world.engine->digest();
  const Now now = world.ticks.now();
  std::map<std::string, std::size_t> counted;
  bool more_items = true;
  for (std::size_t item = 0; more_items; ++item) {
    bool more_values = true;
    for (std::size_t value = 0; more_values; ++value) {
      Copy copy(1, now, 0);
      OneChange change{item, Changer(value)};
      const bool sound = read_back(*world.engine, *copy.engine, Sequence{1}, now, change);
      more_items = item < change.at;
      more_values = change.changer.reached();
      if (!change.changer.changed()) {
        continue;
      }
      ++counted[std::to_string(change.kind) + "." + change.changer.field()];
      EXPECT_TRUE(!sound || copy.engine->digest() != digest)
          << "item " << item << " of kind " << change.kind << ": " << change.changer.field();
    }
  }
  EXPECT_GT(counted.size(), 100U);
}

}  // namespace
}  // namespace plated
