// DRAW.md: its test vectors, a stream recomputed from other primitives than the engine's, and an
// auditor who has nothing but the log and the secrets and recomputes every batch.
#include "engine/draw_stream.h"

#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/world.h"

namespace plated {
namespace {

std::string hex(const Commitment& bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[byte / 16];
    text += kDigits[byte % 16];
  }
  return text;
}

DrawSecret counting_secret() {
  DrawSecret secret{};
  for (std::size_t i = 0; i < secret.size(); ++i) {
    secret[i] = static_cast<uint8_t>(i);
  }
  return secret;
}

void append_le32(std::string& out, uint64_t value) {
  for (unsigned i = 0; i < 4; ++i) {
    out += static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

// The stream from HChaCha20 and plain ChaCha20, the message hashed whole, and the reduction as its
// definition says it.
class Recomputed {
 public:
  Recomputed(const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
             uint32_t application, uint32_t draw) {
    std::string message;
    for (const std::string_view field : {owner, vehicle}) {
      append_le32(message, field.size());
      message += field;
    }
    for (const uint32_t number : {application, draw}) {
      append_le32(message, 4);
      append_le32(message, number);
    }
    std::array<uint8_t, 24> nonce;
    crypto_generichash(nonce.data(), nonce.size(), reinterpret_cast<const uint8_t*>(message.data()),
                       message.size(), nullptr, 0);
    std::array<uint8_t, 32> subkey;
    crypto_core_hchacha20(subkey.data(), nonce.data(), secret.data(), nullptr);
    bytes_.resize(4 * 4096);
    crypto_stream_chacha20(bytes_.data(), bytes_.size(), nonce.data() + 16, subkey.data());
  }

  uint32_t word() {
    uint32_t word = 0;
    for (unsigned i = 0; i < 4; ++i) {
      word |= static_cast<uint32_t>(bytes_.at(next_++)) << (8 * i);
    }
    return word;
  }
  uint32_t below(uint64_t bound) {
    constexpr uint64_t kAll = uint64_t{1} << 32;
    for (;;) {
      const uint64_t product = word() * bound;
      if (product % kAll >= kAll % bound) {
        return static_cast<uint32_t>(product / kAll);
      }
    }
  }
  [[nodiscard]] std::size_t words_used() const { return next_ / 4; }

 private:
  std::vector<uint8_t> bytes_;
  std::size_t next_ = 0;
};

// The bound of which every word is either the number itself or refused: it lets words be seen.
constexpr uint32_t kAllButOne = 0xFFFFFFFF;

TEST(DrawStream, ACommitmentIsTheSha256OfTheSecret) {
  EXPECT_EQ(hex(commitment_of(DrawSecret{1})),
            "01d0fabd251fcbbe2b93b4b927b26ad2a1a99077152e45ded1e678afa45dbec5");
  EXPECT_EQ(hex(commitment_of(counting_secret())),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
  EXPECT_EQ(hex(commitment_of(DrawSecret{})),
            "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
}

TEST(DrawStream, Vector3WordsThatAreRefusedAreUsedUp) {
  const std::array<uint32_t, 12> expected = {2016825036, 2839082572, 1058192949, 2569819085,
                                             194276199,  1798483465, 2602649239, 2378782683,
                                             1003226116, 1818381961, 2150019277, 1528260634};
  DrawStream stream(counting_secret(), "车主-7", "LGXCE4CB6P0123456", 2, 60'000);
  Recomputed recomputed(counting_secret(), "车主-7", "LGXCE4CB6P0123456", 2, 60'000);
  for (const uint32_t number : expected) {
    EXPECT_EQ(stream.below(3'000'000'000), number);
    EXPECT_EQ(recomputed.below(3'000'000'000), number);
  }
  EXPECT_EQ(recomputed.words_used(), 18U);
}

TEST(DrawStream, Vector4TheStreamHasNoEnd) {
  const std::map<std::size_t, uint32_t> expected = {{0, 0x29387eff},   {63, 0xbd99f5e9},
                                                    {64, 0x9f4ac780},  {127, 0xfdfc46d4},
                                                    {128, 0x51883cbf}, {1000, 0xccc7ca5d}};
  DrawStream stream(DrawSecret{}, "", "", 0, 0);
  for (std::size_t i = 0; i <= 1000; ++i) {
    // ⌊w × (2³² − 1) / 2³²⌋ is w − 1 for every word but 0, which is refused and does not occur
    // here.
    const uint32_t word = stream.below(kAllButOne) + 1;
    if (const auto found = expected.find(i); found != expected.end()) {
      EXPECT_EQ(word, found->second) << "word " << i;
    }
  }
}

TEST(DrawStream, AgreesWithARecomputationFromOtherPrimitives) {
  std::mt19937 random(3);
  for (uint32_t draw = 1; draw <= 200; ++draw) {
    DrawSecret secret;
    std::generate(secret.begin(), secret.end(), [&] { return static_cast<uint8_t>(random()); });
    const std::string owner(random() % (kOwnerIdMax + 1), static_cast<char>('a' + random() % 26));
    const std::string vehicle(random() % (kVehicleIdMax + 1), 'V');
    DrawStream stream(secret, owner, vehicle, draw % 7, draw);
    Recomputed recomputed(secret, owner, vehicle, draw % 7, draw);
    for (int i = 0; i < 150; ++i) {
      // Small bounds, large ones, and those just above a power of two, which refuse most words.
      const auto bound = static_cast<uint32_t>((uint64_t{1} << (random() % 32)) +
                                               (random() % 2 == 0 ? 1 : random() % 1000));
      ASSERT_EQ(stream.below(bound), recomputed.below(bound)) << "draw " << draw << ", " << bound;
    }
  }
}

TEST(DrawStream, EveryPartOfANameMatters) {
  const auto first = [](const DrawSecret& secret, std::string_view owner, std::string_view vehicle,
                        uint32_t application, uint32_t draw) {
    return DrawStream(secret, owner, vehicle, application, draw).below(kAllButOne);
  };
  const std::vector<uint32_t> numbers = {
      first(DrawSecret{1}, "ab", "c", 1, 2), first(DrawSecret{2}, "ab", "c", 1, 2),
      first(DrawSecret{1}, "a", "bc", 1, 2), first(DrawSecret{1}, "ac", "c", 1, 2),
      first(DrawSecret{1}, "ab", "c", 2, 2), first(DrawSecret{1}, "ab", "c", 1, 1),
      first(DrawSecret{1}, "ab", "c", 2, 1)};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    EXPECT_EQ(std::count(numbers.begin(), numbers.end(), numbers[i]), 1) << i;
  }
  EXPECT_EQ(first(DrawSecret{1}, "ab", "c", 1, 2), numbers[0]) << "the same again";
}

TEST(DrawStreamDeathTest, StopsWhenThereIsNothingToChooseFrom) {
  DrawStream stream(DrawSecret{1}, "o", "v", 1, 1);
  EXPECT_DEATH((void)stream.below(0), "something to choose from");
}

// --- Through the engine -------------------------------------------------------------------------

std::vector<uint32_t> numbers(std::span<const PlateNumber> plates) {
  std::vector<uint32_t> values;
  for (const PlateNumber plate : plates) {
    values.push_back(plate.value);
  }
  return values;
}

TEST(DrawVectors, Vectors1And2AreWhatTheEngineDraws) {
  World world;
  world.load_first(14);
  const Who who = world.picker(7);
  ASSERT_EQ(world.draw(who, 1), Refusal::none);
  using Numbers = std::vector<uint32_t>;
  EXPECT_EQ(numbers(world.out.application.batch), (Numbers{9, 6, 4, 3, 11, 13, 10, 14, 7, 1}));
  const auto places = [&] {
    Numbers values;
    for (const Pick& pick : world.sink.latest<Drawn>().taken) {
      values.push_back(pick.place);
    }
    return values;
  };
  EXPECT_EQ(places(), (Numbers{7, 4, 10, 2, 2, 7, 2, 6, 5, 0}));

  ASSERT_EQ(world.shortlist(who, PlateNumber{9}), Refusal::none);
  ASSERT_EQ(world.draw(who, 2, true), Refusal::none);
  EXPECT_EQ(numbers(world.out.application.batch), (Numbers{2, 12, 8, 5, 6, 3, 11, 13, 10, 7}));
  EXPECT_EQ(places(), (Numbers{1, 0, 0, 0}));
  EXPECT_EQ(numbers(world.sink.latest<Drawn>().kept), (Numbers{6, 3, 11, 13, 10, 7}));
  EXPECT_EQ(numbers(world.sink.latest<Drawn>().released), (Numbers{4, 14, 1}));
}

// Reads a log as DRAW.md says, with vectors that are as plain as its words.
class Auditor {
 public:
  Auditor(OfficeCode office, std::map<Day, DrawSecret> secrets)
      : office_(office), secrets_(std::move(secrets)) {}

  [[nodiscard]] std::size_t batches() const { return batches_; }

  void read(const Record& record) {
    std::visit([this](const auto& event) { on(event); }, record.event);
  }

 private:
  template <class E>
  void on(const E& event) {
    if constexpr (requires { event.released; }) {
      come_in(event.released);
    }
  }
  void on(const SettingsChanged& event) { wanted_ = event.values.batch_size; }
  void on(const SegmentLoaded& event) {
    for (uint32_t n = event.from.value; n <= event.to.value; ++n) {
      segments_[event.segment].push_back(PlateNumber{n});
    }
  }
  void on(const SegmentReleased& event) { come_in(segments_.at(event.segment)); }
  void on(const SecretCommitted& event) {
    ASSERT_EQ(event.commitment, commitment_of(secrets_.at(event.period)));
  }
  void on(const PlatesWithheld& event) { leave(event.plates); }
  void on(const PlatesRestored& event) { come_in(event.plates); }
  void on(const PlateReturned& event) { come_in(std::span(&event.plate, 1)); }
  void on(const Drawn& event) {
    const auto& of = event.application;
    Recomputed words(secrets_.at(event.period), of.owner, of.vehicle, of.number, event.draw);
    std::vector<Pick> picks;
    auto left = free_;
    while (picks.size() < wanted_) {
      const std::size_t n = left[0].size() + (event.without4 ? 0 : left[1].size());
      if (n == 0) {
        break;
      }
      const uint32_t place = words.below(n);
      picks.push_back({place, remove(left, place)});
    }
    ASSERT_EQ(picks, std::vector<Pick>(event.taken.begin(), event.taken.end()));
    leave(event.taken);
    come_in(event.released);
    ++batches_;
  }

  using Arrays = std::array<std::vector<PlateNumber>, 2>;  // without 4, with 4

  static PlateNumber remove(Arrays& arrays, std::size_t place) {
    auto& array = place < arrays[0].size() ? arrays[0] : arrays[1];
    PlateNumber& there = array.at(&array == &arrays[0] ? place : place - arrays[0].size());
    const PlateNumber plate = there;
    there = array.back();
    array.pop_back();
    return plate;
  }
  void leave(std::span<const Pick> picks) {
    for (const Pick& pick : picks) {
      ASSERT_EQ(remove(free_, pick.place), pick.plate);
    }
  }
  void come_in(std::span<const PlateNumber> plates) {
    for (const PlateNumber plate : plates) {
      free_[has_four(office_, PlateClass::small, plate) ? 1 : 0].push_back(plate);
    }
  }

  OfficeCode office_;
  std::map<Day, DrawSecret> secrets_;
  std::size_t wanted_ = Settings{}.batch_size;
  std::map<uint32_t, std::vector<PlateNumber>> segments_;
  Arrays free_;
  std::size_t batches_ = 0;
};

TEST(DrawVectors, AnAuditorRecomputesEveryBatchFromTheLogAndTheSecrets) {
  World world;
  world.load_first(300);
  world.settings([](Settings& s) {
    s.draws = 1'000;
    s.return_window = kHour;
  });
  std::vector<Who> owners;
  for (uint64_t number = 1; number <= 25; ++number) {
    owners.push_back(world.picker(number));
  }
  std::mt19937 random(17);
  const PlateSelection all{.pool = world.pool, .from = PlateNumber{1}, .to = PlateNumber{300}};
  for (int step = 0; step < 3'000; ++step) {
    const Who& who = owners[random() % owners.size()];
    const ApplicationView seen = world.look(who);
    const auto one_of = [&](const auto& list) { return list[random() % list.size()]; };
    switch (random() % 8) {
      case 0:
        world.pass(random() % 16 == 0 ? kHour : Millis(random() % 10'000));
        break;
      case 1:
        if (!seen.batch.empty()) {
          world.shortlist(who, one_of(seen.batch));
        }
        break;
      case 2:
        if (!seen.shortlist.empty()) {
          world.confirm(who, one_of(seen.shortlist));
          const Plate plate{world.pool, world.out.application.reservation.plate};
          world.engine->void_reservation(plate, "test", false, kOperator, world.changes);
          world.submit(who);
        }
        break;
      case 3:
        if (random() % 4 == 0) {
          world.engine->restore(all, "test", kOperator);
        } else {
          PlateSelection one{.pool = world.pool};
          one.plates = {PlateNumber{static_cast<uint32_t>(1 + random() % 300)}};
          world.engine->withhold(one, "test", kOperator);
        }
        break;
      default:
        world.verify(who);
        world.draw(who, seen.draw + 1, random() % 3 == 0);
    }
  }
  ASSERT_GT(world.sink.count<PlatesWithheld>(), 5U);
  ASSERT_GT(world.sink.count<PlateReturned>(), 5U);
  ASSERT_GT(world.sink.count<PeriodBegan>(), 1U);
  const Day today = world.sink.latest<PeriodBegan>().period;
  std::map<Day, DrawSecret> secrets = {{today - std::chrono::days{1}, DrawSecret{1}},
                                       {today, DrawSecret{2}}};
  Auditor auditor(world.office, std::move(secrets));
  for (const Record& record : world.sink.records) {
    auditor.read(record);
  }
  EXPECT_EQ(auditor.batches(), world.sink.count<Drawn>());
  EXPECT_GT(auditor.batches(), 1'000U);
}

}  // namespace
}  // namespace plated
