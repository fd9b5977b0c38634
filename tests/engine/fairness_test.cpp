// Fairness, through the engine: every free plate is as likely as any other, over many secrets and
// owners. That holds from the first draw of a pool to the last ten plates, at every place of the
// batch, with and without 4, whatever anybody saw and let go before. And a draw is a function of
// state and secret.
//
// Secrets and moves are fixed, so each test always passes or always fails. Thresholds are those
// that a fair draw exceeds once in a million: if one is ever exceeded, by other secrets or another
// sequence of moves, suspect the draw and not the luck.
#include <gtest/gtest.h>
#include <sodium.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/world.h"

namespace plated {
namespace {

constexpr double kOnceInAMillion = 4.7534;   // standard deviations, on one side
constexpr double kDeviationsLimit = 4.8916;  // likewise, on either side

// What chi-square with so many degrees of freedom exceeds once in a million (Wilson and Hilferty's
// approximation, good to a percent or two from nine degrees on), or stays below as rarely: draws
// that are more even than chance are not random either.
void expect_chi_square(double value, double degrees) {
  const double spread = 2 / (9 * degrees);
  const auto at = [&](double deviations) {
    return degrees * std::pow(1 - spread + deviations * std::sqrt(spread), 3);
  };
  EXPECT_LT(value, at(kOnceInAMillion)) << degrees << " degrees of freedom";
  EXPECT_GT(value, at(-kOnceInAMillion)) << degrees << " degrees of freedom";
}

// Counts how often each of n plates stood at each of k places of a batch. For draws of k out of n
// without replacement the counts have exactly known covariances, which fall apart into two
// independent chi-squares: how often a plate was drawn at all, and at which place.
class Tally {
 public:
  Tally(std::size_t places, std::size_t plates)
      : places_(places), plates_(plates), counts_(places * plates) {}

  // `index` numbers the plates from 0.
  void count(std::size_t place, std::size_t index) { counts_.at(place * plates_ + index) += 1; }
  void drawn() { draws_ += 1; }

  void expect_every_plate_equally_often() const {
    const double n = static_cast<double>(plates_);
    const double k = static_cast<double>(places_);
    double sum = 0;
    for (std::size_t i = 0; i < plates_; ++i) {
      const double deviation = of_plate(i) - draws_ * k / n;
      sum += deviation * deviation;
    }
    if (places_ == plates_) {
      EXPECT_EQ(sum, 0) << "every draw takes every plate";
      return;
    }
    expect_chi_square(sum / (draws_ * k * (n - k) / (n * (n - 1))), n - 1);
  }

  void expect_every_place_equally_often() const {
    const double n = static_cast<double>(plates_);
    const double k = static_cast<double>(places_);
    double sum = 0;
    for (std::size_t i = 0; i < plates_; ++i) {
      for (std::size_t place = 0; place < places_; ++place) {
        const double deviation = counts_[place * plates_ + i] - of_plate(i) / k;
        sum += deviation * deviation;
      }
    }
    expect_chi_square(sum / (draws_ / (n - 1)), (k - 1) * (n - 1));
  }

 private:
  [[nodiscard]] double of_plate(std::size_t index) const {
    double sum = 0;
    for (std::size_t place = 0; place < places_; ++place) {
      sum += counts_[place * plates_ + index];
    }
    return sum;
  }

  std::size_t places_;
  std::size_t plates_;
  std::vector<double> counts_;
  double draws_ = 0;
};

// Counts over classes whose probabilities differ from draw to draw.
class ClassTally {
 public:
  explicit ClassTally(std::size_t classes) : counts_(classes), expected_(classes) {}
  void expect(std::size_t which, double probability) { expected_[which] += probability; }
  void count(std::size_t which) { counts_[which] += 1; }
  void expect_as_expected() const {
    double sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      sum += (counts_[i] - expected_[i]) * (counts_[i] - expected_[i]) / expected_[i];
    }
    expect_chi_square(sum, static_cast<double>(counts_.size() - 1));
  }

 private:
  std::vector<double> counts_;
  std::vector<double> expected_;
};

// A world of owners who draw as often as they like, with a secret for each day.
struct DrawingWorld : World {
  DrawingWorld() {
    settings([](Settings& s) { s.draws = static_cast<uint32_t>(kDrawsMax); });
  }

  void come(std::size_t count) {
    for (uint64_t number = 1; number <= count; ++number) {
      owners.push_back(picker(number));
    }
  }

  // A new day, and with it the next secret.
  void next_secret() {
    const Day day = engine->pool(pool)->periods.back().day + std::chrono::days{1};
    const std::string seed = "secret " + std::to_string(++secrets);
    DrawSecret secret;
    crypto_hash_sha256(secret.data(), reinterpret_cast<const uint8_t*>(seed.data()), seed.size());
    ASSERT_TRUE(engine->commit_secret(pool, day, secret).ok());
    pass(kDay);
  }

  // The next draw of an owner, who verifies if needed: what was picked, with its places.
  std::span<const Pick> picks_of(std::size_t owner, bool without4 = false) {
    const Who& who = owners[owner];
    EXPECT_EQ(verify(who), Refusal::none);
    EXPECT_EQ(draw(who, out.application.draw + 1, without4), Refusal::none);
    return sink.latest<Drawn>().taken;
  }

  std::vector<Who> owners;
  int secrets = 0;
};

struct Fairness : testing::Test, DrawingWorld {
  // Draws again and again from a pool of which all is free, and lets every batch go.
  void draw_from_all_free(std::size_t draws, bool without4, Tally& tally,
                          const std::map<uint32_t, std::size_t>& index) {
    for (std::size_t i = 0; i < draws; ++i) {
      if (i % 500 == 0) {
        next_secret();
      }
      const std::span<const Pick> picks = picks_of(i * i % owners.size(), without4);
      for (std::size_t place = 0; place < picks.size(); ++place) {
        const auto found = index.find(picks[place].plate.value);
        ASSERT_NE(found, index.end());
        tally.count(place, found->second);
      }
      tally.drawn();
      pass(90 * kSecond);
    }
  }

  // The loaded plates 1 to `last` that a draw may take, numbered from 0.
  [[nodiscard]] std::map<uint32_t, std::size_t> index_of(uint32_t last, bool without4) const {
    std::map<uint32_t, std::size_t> index;
    for (uint32_t plate = 1; plate <= last; ++plate) {
      if (!without4 || !has_four(office, PlateClass::small, PlateNumber{plate})) {
        index.emplace(plate, index.size());
      }
    }
    return index;
  }

  void expect_fair(uint32_t plates, bool without4, std::size_t draws) {
    SCOPED_TRACE(std::to_string(plates) + " plates");
    load_first(plates);
    come(7);
    const auto index = index_of(plates, without4);
    Tally tally(std::min<std::size_t>(10, index.size()), index.size());
    draw_from_all_free(draws, without4, tally, index);
    tally.expect_every_plate_equally_often();
    tally.expect_every_place_equally_often();
  }
};

TEST_F(Fairness, OfTheLastTenPlatesEachIsEquallyOftenFirstSecondAndSoOn) {
  expect_fair(10, false, 4'000);
}

TEST_F(Fairness, OfElevenPlatesEachIsEquallyOftenLeftOver) { expect_fair(11, false, 4'000); }

TEST_F(Fairness, OfHalfAHundredPlatesEachIsDrawnEquallyOftenAtEveryPlace) {
  expect_fair(50, false, 6'000);
}

TEST_F(Fairness, OfManyPlatesEachIsDrawnEquallyOftenAtEveryPlace) {
  expect_fair(400, false, 8'000);
}

TEST_F(Fairness, Without4EveryPlateWithout4IsDrawnEquallyOftenAndNoOther) {
  expect_fair(50, true, 6'000);
}

TEST_F(Fairness, TheLastPlatesWithout4AreDrawnEquallyOften) { expect_fair(14, true, 4'000); }

// Ten owners empty a pool of a hundred plates, each with one draw, over and over: each time a
// permutation of the plates, cut into tens. Every plate is equally often in the first ten, …, in
// the last ten.
TEST_F(Fairness, FromAFullPoolToTheLastTenPlatesEachTenIsAnyTen) {
  constexpr std::size_t kPlates = 100;
  load_first(kPlates);
  come(10);
  Tally last_ten(10, kPlates);
  std::vector<std::vector<double>> counts(10, std::vector<double>(kPlates));
  constexpr double kRounds = 1'500;
  for (int round = 0; round < static_cast<int>(kRounds); ++round) {
    if (round % 50 == 0) {
      next_secret();
    }
    for (std::size_t ten = 0; ten < 10; ++ten) {
      const auto picks = picks_of((ten + static_cast<std::size_t>(round)) % 10);
      ASSERT_EQ(picks.size(), 10U);
      for (std::size_t place = 0; place < 10; ++place) {
        counts[ten][picks[place].plate.value - 1] += 1;
        if (ten == 9) {
          last_ten.count(place, picks[place].plate.value - 1);
        }
      }
    }
    last_ten.drawn();
    ASSERT_EQ(this->counts().free, 0U);
    pass(90 * kSecond);
  }
  double sum = 0;
  for (const auto& ten : counts) {
    for (const double count : ten) {
      sum += (count - kRounds / 10) * (count - kRounds / 10);
    }
  }
  expect_chi_square(sum / (kRounds * 10 / (kPlates - 1)), 9 * (kPlates - 1));
  last_ten.expect_every_plate_equally_often();
  last_ten.expect_every_place_equally_often();
}

// A tenth of the free places, at every pick, while a large pool is emptied by two thousand owners.
TEST_F(Fairness, EveryTenthOfTheFreePlacesIsPickedEquallyOftenWhileALargePoolEmpties) {
  load_first(20'000);
  come(2'000);
  ClassTally tenths(10);
  uint32_t free = 20'000;
  for (std::size_t owner = 0; owner < owners.size(); ++owner) {
    for (const Pick& pick : picks_of(owner)) {
      const auto begin = [&](uint64_t tenth) { return (tenth * free + 9) / 10; };
      for (std::size_t tenth = 0; tenth < 10; ++tenth) {
        const uint64_t places = begin(tenth + 1) - begin(tenth);
        tenths.expect(tenth, static_cast<double>(places) / free);
      }
      tenths.count(uint64_t{pick.place} * 10 / free);
      --free;
    }
  }
  EXPECT_EQ(free, 0U);
  tenths.expect_as_expected();
}

TEST_F(Fairness, AWholePoolIsDrawnFromEverywhere) {
  ASSERT_EQ(load("粤BD00000", "粤BEZ9999").plates, 1'699'875U);
  come(300);
  ClassTally stretches(50);  // of the numbering
  for (std::size_t stretch = 0; stretch < 50; ++stretch) {
    stretches.expect(stretch, 300 * 10 / 50.0);
  }
  for (std::size_t owner = 0; owner < owners.size(); ++owner) {
    for (const Pick& pick : picks_of(owner)) {
      stretches.count(pick.plate.value / (1'700'000 / 50));
    }
  }
  stretches.expect_as_expected();
}

// Which plates are free, and what became of them before, read from the log.
class Memory {
 public:
  explicit Memory(uint32_t plates) : plates_(plates + 1) {}

  struct Plate {
    bool free = true;
    std::size_t free_since = 0;      // record of its last release
    std::string last_owner;          // who let it go
    bool let_go_by_drawing = false;  // by the next draw, not by an expiry
    bool was_shortlisted = false;    // by the last owner
  };

  void read(const std::deque<Record>& records) {
    for (; next_ < records.size(); ++next_) {
      std::visit([this](const auto& event) { on(event); }, records[next_].event);
    }
  }

  [[nodiscard]] const std::vector<Plate>& plates() const { return plates_; }

 private:
  template <class E>
  void on(const E& event) {
    if constexpr (requires { event.taken; }) {
      for (const Pick& pick : event.taken) {
        plates_[pick.plate.value] = Plate{};
        plates_[pick.plate.value].free = false;
      }
    }
    if constexpr (std::is_same_v<E, Shortlisted>) {
      plates_[event.plate.value].was_shortlisted = true;
    }
    if constexpr (requires { event.released; }) {
      for (const PlateNumber number : event.released) {
        Plate& plate = plates_[number.value];
        plate.free = true;
        plate.free_since = next_;
        plate.last_owner = event.application.owner;
        plate.let_go_by_drawing = std::is_same_v<E, Drawn>;
      }
    }
  }

  std::vector<Plate> plates_;
  std::size_t next_ = 0;
};

// How many plates of some kind a draw took, against what it would take if it did not know of kinds:
// a sum of hypergeometric counts, standardised.
class KindTally {
 public:
  void add(double free, double free_of_kind, double taken, double taken_of_kind) {
    const double share = free_of_kind / free;
    difference_ += taken_of_kind - taken * share;
    variance_ += free > 1 ? taken * share * (1 - share) * (free - taken) / (free - 1) : 0;
  }
  void expect_no_preference(const char* kind) const {
    ASSERT_GT(variance_, 100) << kind << ": too few to tell anything";
    EXPECT_LT(std::abs(difference_ / std::sqrt(variance_)), kDeviationsLimit) << kind;
  }

 private:
  double difference_ = 0;
  double variance_ = 0;
};

struct History : Fairness {
  static constexpr uint32_t kPlates = 150;
  using Kind = bool (*)(const Memory::Plate& plate, std::string_view owner, std::size_t now);
  static constexpr std::array<std::pair<const char*, Kind>, 6> kKinds = {{
      {"let go by the same owner", [](const Memory::Plate& plate, std::string_view owner,
                                      std::size_t) { return plate.last_owner == owner; }},
      {"let go by others' expiries",
       [](const Memory::Plate& plate, std::string_view owner, std::size_t) {
         return plate.last_owner != owner && !plate.let_go_by_drawing;
       }},
      {"let go by drawing again", [](const Memory::Plate& plate, std::string_view,
                                     std::size_t) { return plate.let_go_by_drawing; }},
      {"once on a shortlist", [](const Memory::Plate& plate, std::string_view,
                                 std::size_t) { return plate.was_shortlisted; }},
      {"released a moment ago", [](const Memory::Plate& plate, std::string_view,
                                   std::size_t now) { return now - plate.free_since < 6; }},
      {"free for long", [](const Memory::Plate& plate, std::string_view,
                           std::size_t now) { return now - plate.free_since > 40; }},
  }};

  // Counts the free plates of a kind that a draw may take, and those that it took.
  void judge(std::size_t kind, const Who& who, bool without4, std::span<const Pick> picks,
             const Memory& before, std::size_t now) {
    const auto of_kind = [&](uint32_t plate) {
      return kKinds[kind].second(before.plates()[plate], who.owner, now) ? 1.0 : 0.0;
    };
    double free = 0;
    double free_of_kind = 0;
    double taken_of_kind = 0;
    for (uint32_t plate = 1; plate <= kPlates; ++plate) {
      if (before.plates()[plate].free &&
          !(without4 && has_four(office, PlateClass::small, PlateNumber{plate}))) {
        free += 1;
        free_of_kind += of_kind(plate);
      }
    }
    for (const Pick& pick : picks) {
      taken_of_kind += of_kind(pick.plate.value);
    }
    tallies[kind].add(free, free_of_kind, static_cast<double>(picks.size()), taken_of_kind);
  }

  std::array<KindTally, kKinds.size()> tallies;
};

TEST_F(History, WhatWasSeenAndLetGoBeforeIsAsLikelyAsAnyOtherFreePlate) {
  load_first(kPlates);
  come(9);
  std::mt19937 random(23);
  Memory memory(kPlates);
  for (int draws = 0; draws < 24'000; ++draws) {
    if (draws % 400 == 0) {
      next_secret();
    }
    const std::size_t owner = random() % owners.size();
    if (random() % 3 != 0) {
      pass(Millis(random() % 40'000));
    }
    const bool without4 = random() % 4 == 0;
    verify(owners[owner]);
    if (!out.application.batch.empty() && random() % 2 == 0) {
      shortlist(owners[owner], out.application.batch[random() % out.application.batch.size()]);
    }
    memory.read(sink.records);
    const std::size_t now = sink.records.size();
    const std::span<const Pick> picks = picks_of(owner, without4);
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      judge(kind, owners[owner], without4, picks, memory, now);
    }
  }
  for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
    tallies[kind].expect_no_preference(kKinds[kind].first);
  }
}

// The batches of one evening, drawn by five owners in turn.
std::vector<std::vector<PlateNumber>> evening(DrawingWorld& world, std::string_view secret_text) {
  DrawSecret secret;
  crypto_hash_sha256(secret.data(), reinterpret_cast<const uint8_t*>(secret_text.data()),
                     secret_text.size());
  world.load_first(1'000);
  const Day day = world.engine->pool(world.pool)->periods.back().day + std::chrono::days{1};
  EXPECT_TRUE(world.engine->commit_secret(world.pool, day, secret).ok());
  world.pass_days(2);
  world.come(5);
  std::vector<std::vector<PlateNumber>> batches;
  for (std::size_t i = 0; i < 20; ++i) {
    (void)world.picks_of(i % 5);
    batches.push_back(world.out.application.batch);
  }
  return batches;
}

TEST(Draws, TheSameStateAndSecretGiveTheSameBatches) {
  DrawingWorld first;
  DrawingWorld second;
  EXPECT_EQ(evening(first, "one"), evening(second, "one"));
}

TEST(Draws, AnotherSecretGivesOtherBatches) {
  DrawingWorld first;
  DrawingWorld second;
  const auto batches = evening(first, "one");
  const auto others = evening(second, "two");
  for (std::size_t i = 0; i < batches.size(); ++i) {
    EXPECT_NE(batches[i], others[i]);
  }
}

}  // namespace
}  // namespace plated
