// The time that people in the queue are told: in 9 of 10 cases it is kept. A day's crowd before an
// office, second by second, with people who act quickly, slowly or never, and who go on for as long
// as people do. PLATED_LONG plays a day of 200,000 owners, as the rules have it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/support/dice.h"
#include "tests/support/world.h"

namespace plated {
namespace {

class Day200000 : private World {
 public:
  Day200000(uint64_t people, uint32_t working_max) : people_(people) {
    settings([&](Settings& s) {
      s.working_max = working_max;
      s.verified_for = kMinute;
    });
  }

  // Everybody arrives within the first tenth of the day; it ends when nobody waits any more.
  void run() {
    const uint64_t a_second = std::max<uint64_t>(1, people_ / 600);
    uint64_t arrived = 0;
    do {
      for (uint64_t i = 0; i < a_second && arrived < people_; ++i) {
        arrive(++arrived);
      }
      live_a_second();
    } while (arrived < people_ || engine->waiting(office)->queue > 0);
  }

  [[nodiscard]] double kept() const {
    return static_cast<double>(kept_) / static_cast<double>(kept_ + broken_);
  }
  [[nodiscard]] uint64_t told() const { return kept_ + broken_; }

 private:
  struct Told {
    Tick at{};
    Millis low{};
    Millis high{};
  };

  void arrive(uint64_t number) {
    const Who who = owner(number);
    ASSERT_EQ(submit(who), Refusal::none);
    come(who);
  }
  void come(const Who& who) {
    CodeRequest code;
    engine->request_code(who, CodePurpose::verify, code);
    if (code.refusal == Refusal::waiting) {
      waiting_.push_back(who);
    } else if (code.refusal == Refusal::none) {
      admitted(who);
    }
  }
  void admitted(const Who& who) {
    // One in five never acts; the others verify after 5 to 100 s.
    if (!dice_.chance(20)) {
      acts_[second_ + 5 + dice_.roll(95)].push_back(who);
    }
  }
  void live_a_second() {
    pass(kSecond);
    ++second_;
    for (const auto& admission : changes.admitted) {
      judge(admission.owner);
      admitted(names_of(admission.owner));
    }
    changes.admitted.clear();
    if (const auto now = acts_.extract(second_)) {
      for (const Who& who : now.mapped()) {
        (void)verify(who);
      }
    }
    // Each gives a sign of life every minute, and is told how long it takes.
    for (std::size_t n = waiting_.size() / 60 + 1; n > 0 && !waiting_.empty(); --n) {
      const Who who = waiting_.front();
      waiting_.pop_front();
      const ApplicationView& view = look(who);
      if (!view.place) {
        continue;
      }
      waiting_.push_back(who);
      if (view.place->eta_low) {
        told_[std::string(who.owner)].push_back(
            {ticks.now().tick, *view.place->eta_low, *view.place->eta_high});
      }
    }
  }
  void judge(const std::string& who) {
    for (const Told& told : told_[who]) {
      const Millis took = ticks.now().tick - told.at;
      ++(took + kSecond >= told.low && took <= told.high + kSecond ? kept_ : broken_);
    }
    told_.erase(who);
  }
  [[nodiscard]] Who names_of(const std::string& name) const {
    const auto& both = *names.at(std::stoul(name.substr(2)) - 1);
    return {both.first, both.second};
  }

  uint64_t people_;
  uint64_t second_ = 0;
  Dice dice_{5};
  std::deque<Who> waiting_;
  std::map<uint64_t, std::vector<Who>> acts_;  // by the second in which they verify
  std::map<std::string, std::vector<Told>> told_;
  uint64_t kept_ = 0;
  uint64_t broken_ = 0;
};

TEST(WaitingForecast, TheRangeThatIsToldIsKeptInNineOfTenCases) {
  const bool whole = std::getenv("PLATED_LONG") != nullptr;
  Day200000 day(whole ? 200'000 : 4000, whole ? 5000 : 100);
  day.run();
  EXPECT_GT(day.told(), 10'000U) << "people were told";
  EXPECT_GE(day.kept(), 0.9);
  RecordProperty("kept", std::to_string(day.kept()));
}

}  // namespace
}  // namespace plated
