// Many threads on one engine and one small, hot pool: citizens who share owners, one who moves the
// time, an operator, and somebody who only asks. Afterwards nothing may be lost: a ledger of this
// test's own, made from the records, must find no plate with two holders and the engine's counts,
// and replay must lead to the same digest. Made for ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/world.h"

namespace plated {
namespace {

constexpr uint64_t kOwners = 24;
constexpr uint32_t kPlates = 60;
constexpr int kCitizenThreads = 4;
constexpr int kDraws = 400;            // of each citizens' thread, until it is content,
constexpr int kCommandsMax = 400'000;  // or gives up

using Random = std::mt19937_64;

// Who has each plate, from nothing but the records.
class PlateLedger {
 public:
  enum class State : uint8_t { unreleased, free, held, reserved, issued, withheld, returning };

  void read(const Record& record) {
    std::visit([this](const auto& event) { enter(event); }, record.event);
  }
  [[nodiscard]] uint64_t count(State state) const {
    uint64_t n = 0;
    for (const auto& [plate, entry] : plates_) {
      n += entry.state == state ? 1 : 0;
    }
    return n;
  }
  [[nodiscard]] uint64_t loaded() const { return plates_.size(); }

 private:
  struct Entry {
    State state = State::unreleased;
    std::string holder;
  };

  template <class E>
  void enter(const E& event) {
    if constexpr (std::is_same_v<E, SegmentLoaded>) {
      for (PlateNumber plate = event.from; plate <= event.to; ++plate.value) {
        plates_[plate];
      }
    } else if constexpr (std::is_same_v<E, SegmentReleased>) {
      for (auto& [plate, entry] : plates_) {
        move(plate, State::unreleased, State::free, {});
      }
    } else if constexpr (std::is_same_v<E, PlatesWithheld>) {
      for (const Pick& pick : event.plates) {
        move(pick.plate, State::free, State::withheld, {});
      }
    } else if constexpr (std::is_same_v<E, PlatesRestored>) {
      for (const PlateNumber plate : event.plates) {
        move(plate, State::withheld, State::free, {});
      }
    } else if constexpr (std::is_same_v<E, PlateReturned>) {
      move(event.plate, State::returning, State::free, {});
    } else if constexpr (requires { event.application.vehicle; }) {
      enter_of_application(event, std::string(event.application.vehicle));
    }
  }

  template <class E>
  void enter_of_application(const E& event, const std::string& vehicle) {
    if constexpr (std::is_same_v<E, Drawn>) {
      for (const Pick& pick : event.taken) {
        move(pick.plate, State::free, State::held, vehicle);
      }
      for (const PlateNumber plate : event.kept) {
        move(plate, State::held, State::held, vehicle);
      }
    }
    if constexpr (std::is_same_v<E, Confirmed>) {
      move(event.plate, State::held, State::reserved, vehicle);
    }
    if constexpr (std::is_same_v<E, Lapsed> || std::is_same_v<E, Voided>) {
      move(event.plate, State::reserved, State::returning, vehicle);
    }
    if constexpr (std::is_same_v<E, Issued>) {
      move(event.plate, State::reserved, State::issued, vehicle);
    }
    if constexpr (requires { event.released; }) {
      for (const PlateNumber plate : event.released) {
        move(plate, State::held, State::free, vehicle);
      }
    }
  }

  void move(PlateNumber plate, State from, State to, const std::string& vehicle) {
    Entry& entry = plates_.at(plate);
    EXPECT_EQ(entry.state, from) << "plate " << plate.value;
    if (from == State::held || from == State::reserved) {
      EXPECT_EQ(entry.holder, vehicle) << "plate " << plate.value << " has another holder";
    }
    entry = {to, vehicle};
  }

  std::map<PlateNumber, Entry> plates_;
};

struct Storm : testing::Test, World {
  Storm() : World(8) {
    settings([](Settings& s) {
      s.draws = 3;
      s.batch_size = 5;
      s.batch_hold = 2 * kSecond;
      s.shortlist_hold = 4 * kSecond;
      s.verified_for = kMinute;
      s.blacklist_years = 0;
      s.return_window = kSecond;
    });
    load_first(kPlates);
    first = plate("粤BD00001").number;
    for (uint64_t n = 1; n <= kOwners; ++n) {
      riders.push_back(owner(n));
    }
  }

  PlateNumber any_plate(Random& random) const {
    return {first.value + static_cast<uint32_t>(random() % kPlates)};
  }

  // What brings the application on, as far as its last answer tells. True for a draw.
  bool ask(Random& random, Outcome& answer, Changes& told) {
    const Who& who = riders[random() % riders.size()];
    engine->enter(who, answer);
    const ApplicationView& view = answer.application;
    const uint64_t kind = random() % 100;
    if (answer.refusal != Refusal::none) {
      std::this_thread::yield();  // maybe the operator will let the owner in
      return false;
    }
    if (view.step == Step::submit) {
      engine->submit({who, "t1", CodeVerdict::right}, answer);
    } else if (view.step == Step::notice) {
      engine->verify({who, CodeVerdict::right}, answer);
    } else if (view.step == Step::done) {  // the counter's work; everybody may find it done
      (void)engine->void_reservation({pool, view.reservation.plate}, "storm", false, kOperator,
                                     told);
    } else if (!view.shortlist.empty() && kind < 30) {
      engine->confirm({who, {pool, view.shortlist.front()}}, answer);
    } else if (!view.batch.empty() && kind < 60) {
      engine->shortlist({who, {pool, view.batch[random() % view.batch.size()]}}, answer);
    } else {
      engine->draw({who, view.draw + 1, kind % 3 == 0}, answer);
      return answer.refusal == Refusal::none;
    }
    return false;
  }

  void be_citizens(uint64_t seed) {
    Random random(seed);
    Outcome answer;
    CodeRequest code;
    VehiclesPage page;
    Changes told;
    int draws = 0;
    for (int i = 0; draws < kDraws && i < kCommandsMax; ++i) {
      draws += ask(random, answer, told) ? 1 : 0;
      if (i % 50 == 0) {
        const uint64_t number = 1 + random() % (kOwners + 8);
        EXPECT_TRUE(engine->make_rehearsal_owner(number, office).ok());
        engine->request_code(riders[random() % riders.size()], CodePurpose::verify, code);
        engine->vehicles(riders[random() % riders.size()].owner, {}, page);
      }
    }
    --citizens;
  }

  void be_time() {
    Random random(101);
    Changes told;
    while (citizens > 0) {
      ticks.advance(Millis{static_cast<int64_t>(random() % 100)});
      if (random() % 256 == 0) {
        ticks.advance(6 * kHour);
      }
      while (engine->advance(told)) {
      }
      engine->record_time(kSecond);
      told.applications.clear();
      told.offices.clear();
      std::this_thread::yield();
    }
  }

  void be_operator() {
    Random random(102);
    Changes told;
    while (citizens > 0) {
      const Who& who = riders[random() % riders.size()];
      const Plate plate{pool, any_plate(random)};
      PlateSelection selection{.pool = pool};
      selection.plates = {plate.number};
      switch (random() % 8) {
        case 0:
          engine->set_overlay(office, Overlay::paused, "storm", kOperator, told);
          [[fallthrough]];
        case 1:
          engine->set_overlay(office, Overlay::none, "storm", kOperator, told);
          break;
        case 2:
          (void)engine->blacklist(who.owner, ticks.now().civil + kSecond, "storm", kOperator);
          break;
        case 3:
          (void)engine->lift_blacklist(who.owner, "storm", kOperator);
          break;
        case 4:
          (void)engine->void_reservation(plate, "storm", false, kOperator, told);
          break;
        case 5:
          (void)engine->withhold(selection, "storm", kOperator);
          break;
        case 6:
          (void)engine->restore(selection, "storm", kOperator);
          break;
        default:
          change_settings(random, told);
      }
      std::this_thread::yield();
    }
  }

  void change_settings(Random& random, Changes& told) {
    OfficePatch patch{.office = office};
    patch.settings = engine->office(office)->settings;
    patch.settings->batch_size = 1 + static_cast<uint32_t>(random() % 8);
    EXPECT_TRUE(engine->put_office(patch, kOperator, told).ok());
    (void)engine->lengthen_countdowns(riders[random() % riders.size()].owner,
                                      1 + static_cast<uint32_t>(random() % 3), "storm", kOperator);
  }

  void be_curious() {
    Random random(103);
    while (citizens > 0) {
      const PoolCounts c = engine->pool(pool)->counts;
      EXPECT_EQ(c.free + c.held + c.reserved + c.issued + c.withheld, c.loaded);
      (void)engine->plate({pool, any_plate(random)});
      (void)engine->vehicle(riders[random() % riders.size()].vehicle);
      (void)engine->owner(riders[random() % riders.size()].owner);
      (void)engine->notices({}, 10);
      (void)engine->blacklisted();
      (void)engine->totals();
      if (random() % 16 == 0) {
        (void)engine->digest();
      }
    }
  }

  PlateNumber first;
  std::vector<Who> riders;
  std::atomic<int> citizens{kCitizenThreads};
};

TEST_F(Storm, ThreadsOnOneHotPoolNeverGiveAPlateTwice) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kCitizenThreads; ++i) {
    threads.emplace_back([this, i] { be_citizens(static_cast<uint64_t>(i)); });
  }
  threads.emplace_back([this] { be_time(); });
  threads.emplace_back([this] { be_operator(); });
  threads.emplace_back([this] { be_curious(); });
  for (std::thread& thread : threads) {
    thread.join();
  }

  PlateLedger ledger;
  for (const Record& record : sink.records) {
    ledger.read(record);
  }
  using State = PlateLedger::State;
  const PoolCounts c = counts();
  EXPECT_EQ(c.loaded, ledger.loaded());
  EXPECT_EQ(c.free, ledger.count(State::free));
  EXPECT_EQ(c.held, ledger.count(State::held));
  EXPECT_EQ(c.reserved, ledger.count(State::reserved));
  EXPECT_EQ(c.withheld, ledger.count(State::withheld) + ledger.count(State::returning));
  EXPECT_GE(sink.count<Drawn>(), std::size_t{kDraws}) << "the storm died down";
  EXPECT_GT(sink.count<Confirmed>(), 0U);
  MemorySink other;
  EXPECT_EQ(replayed(sink, other, ticks, 2)->digest(), engine->digest());
}

}  // namespace
}  // namespace plated
