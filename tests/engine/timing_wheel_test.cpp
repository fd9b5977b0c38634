// The wheel against a naive twin: a multimap that is searched for what is due. What the wheel
// promises: never early, less than one slot late, slots in ascending order, and a bounded amount of
// work a call.
#include "engine/timing_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace plated {
namespace {

constexpr Millis kSecond{1000};
constexpr Millis kDay = 24 * 3600 * kSecond;
constexpr Millis kYear = 365 * kDay;

Tick at(Millis span) { return Tick(span); }

// What is due, in the order in which the wheel gives it; the wheel's pauses are counted.
struct Due {
  std::vector<Timer*> timers;
  std::size_t pauses = 0;  // calls that gave no timer and asked to be repeated
};
Due drain(TimingWheel& wheel, Tick now) {
  Due due;
  for (;;) {
    const Expired expired = wheel.expire(now);
    if (expired.timer != nullptr) {
      EXPECT_TRUE(expired.more);
      EXPECT_FALSE(expired.timer->armed());
      due.timers.push_back(expired.timer);
    } else if (expired.more) {
      ++due.pauses;
    } else {
      return due;
    }
  }
}

// The slow obvious wheel. It rounds a deadline up to its slot, as the promise allows.
class NaiveWheel {
 public:
  void arm(std::size_t timer, Tick due) {
    cancel(timer);
    armed_[timer] = by_due_.emplace(due, timer);
  }
  void cancel(std::size_t timer) {
    if (const auto found = armed_.find(timer); found != armed_.end()) {
      by_due_.erase(found->second);
      armed_.erase(found);
    }
  }
  [[nodiscard]] bool armed(std::size_t timer) const { return armed_.contains(timer); }
  [[nodiscard]] std::size_t size() const { return armed_.size(); }
  [[nodiscard]] Tick first() const {
    return by_due_.empty() ? Tick::max() : by_due_.begin()->first;
  }

 private:
  std::multimap<Tick, std::size_t> by_due_;
  std::map<std::size_t, std::multimap<Tick, std::size_t>::iterator> armed_;
};

// A wheel and its twin, with the timers of both; every verb checks what it sees.
class Pair {
 public:
  Pair(Tick start, std::size_t timers) : now_(start), wheel_(start), timers_(timers) {
    for (auto& timer : timers_) {
      timer = std::make_unique<Numbered>();
      timer->number = static_cast<std::size_t>(&timer - timers_.data());
    }
  }

  [[nodiscard]] Tick now() const { return now_; }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }
  [[nodiscard]] std::size_t pauses() const { return pauses_; }

  void arm(std::size_t timer, Tick due) {
    wheel_.arm(*timers_[timer], due);
    twin_.arm(timer, due);
    EXPECT_TRUE(timers_[timer]->armed());
    EXPECT_EQ(timers_[timer]->due(), due);
  }
  void cancel(std::size_t timer) {
    wheel_.cancel(*timers_[timer]);
    twin_.cancel(timer);
    EXPECT_FALSE(timers_[timer]->armed());
  }
  // One call of expire(); true if it must be repeated.
  bool expire_once() {
    const Expired expired = wheel_.expire(now_);
    EXPECT_EQ(wheel_.size(), twin_.size() - (expired.timer != nullptr ? 1U : 0U));
    if (expired.timer == nullptr) {
      pauses_ += expired.more ? 1U : 0U;
      if (!expired.more) {
        EXPECT_GT(twin_.first(), now_ - TimingWheel::kSlot) << "a timer is a whole slot late";
      }
      return expired.more;
    }
    const std::size_t number = static_cast<Numbered*>(expired.timer)->number;
    EXPECT_TRUE(twin_.armed(number)) << "what fires was armed";
    EXPECT_LE(expired.timer->due(), now_) << "a timer is early";
    twin_.cancel(number);
    return true;
  }
  void advance(Millis span) { now_ += span; }
  // Until next_due() nothing may be due.
  void check_next_due() {
    const Tick next = wheel_.next_due();
    if (twin_.size() == 0) {
      EXPECT_EQ(next, Tick::max());
    } else if (twin_.first() > now_) {
      EXPECT_LT(next - TimingWheel::kSlot, twin_.first()) << "next_due() is late";
    }
  }

 private:
  struct Numbered : Timer {
    std::size_t number = 0;
  };
  Tick now_;
  TimingWheel wheel_;
  NaiveWheel twin_;
  std::vector<std::unique_ptr<Numbered>> timers_;
  std::size_t pauses_ = 0;
};

// A random span whose magnitude is random too, from below one slot to beyond two years.
Millis random_span(std::mt19937_64& random) {
  constexpr std::array<int64_t, 10> kHorizons = {
      9,         60,         650,           5'000,          90'000,
      1'800'000, 86'400'000, 2'592'000'000, 31'536'000'000, 80'000'000'000};
  const int64_t horizon = kHorizons[random() % kHorizons.size()];
  return Millis(static_cast<int64_t>(random() % static_cast<uint64_t>(horizon + 1)));
}

TEST(TimingWheel, AgreesWithANaiveTwinOverAllHorizons) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const Tick start = seed % 4 == 0 ? Tick{} : at(random_span(random));
    Pair pair(start, 300);
    for (int step = 0; step < 8'000 && !testing::Test::HasFailure(); ++step) {
      const std::size_t timer = random() % pair.timers();
      switch (random() % 8) {
        case 0:
          pair.cancel(timer);
          break;
        case 1:
          pair.arm(timer, pair.now() - std::min(random_span(random), pair.now() - Tick{}));
          break;
        case 2:
        case 3:
        case 4:
          pair.arm(timer, pair.now() + random_span(random));
          break;
        case 5:
          pair.expire_once();
          break;
        case 6:
          pair.check_next_due();
          pair.advance(random_span(random) / 8);
          break;
        default:
          for (int calls = 0; pair.expire_once(); ++calls) {
            ASSERT_LT(calls, 10'000) << "a finite number of timers is due";
          }
      }
    }
  }
}

TEST(TimingWheel, IsNeverEarlyAndLessThanOneSlotLate) {
  for (int64_t due = 995; due <= 1'015; ++due) {
    TimingWheel wheel(Tick{});
    Timer timer;
    wheel.arm(timer, at(Millis(due)));
    int64_t now = 900;
    while (drain(wheel, at(Millis(now))).timers.empty()) {
      ++now;
    }
    EXPECT_GE(now, due);
    EXPECT_LT(now, due + TimingWheel::kSlot.count());
  }
}

TEST(TimingWheel, TimersOfOneSlotFireInTheOrderInWhichTheyWereArmed) {
  TimingWheel wheel(Tick{});
  std::array<Timer, 200> timers;
  for (Timer& timer : timers) {
    wheel.arm(timer, at(90 * kSecond));
    (void)drain(wheel, at(kSecond * (&timer - timers.data()) / 4));  // time goes on meanwhile
  }
  const Due due = drain(wheel, at(90 * kSecond));
  ASSERT_EQ(due.timers.size(), timers.size());
  for (std::size_t i = 0; i < timers.size(); ++i) {
    EXPECT_EQ(due.timers[i], &timers[i]);
  }
}

TEST(TimingWheel, RearmingForLaterLeavesATimerWhereItStandsUntilItIsFound) {
  TimingWheel wheel(Tick{});
  std::array<Timer, 3> timers;
  for (Timer& timer : timers) {
    wheel.arm(timer, at(kSecond));
  }
  wheel.arm(timers[0], at(kSecond));
  wheel.arm(timers[1], at(2 * kSecond));
  EXPECT_EQ(wheel.size(), 3U);
  EXPECT_EQ(drain(wheel, at(kSecond)).timers, (std::vector<Timer*>{&timers[0], &timers[2]}));
  EXPECT_TRUE(timers[1].armed());
  EXPECT_EQ(drain(wheel, at(2 * kSecond)).timers, std::vector<Timer*>{&timers[1]});
}

TEST(TimingWheel, RearmingForEarlierMovesATimerAtOnce) {
  TimingWheel wheel(Tick{});
  Timer timer;
  for (const Millis due : {2 * kYear, 2 * kDay, kSecond, 5 * kSecond, Millis{20}}) {
    wheel.arm(timer, at(due));
  }
  EXPECT_TRUE(drain(wheel, at(Millis{19})).timers.empty());
  EXPECT_EQ(drain(wheel, at(Millis{20})).timers, std::vector<Timer*>{&timer});
  EXPECT_TRUE(drain(wheel, at(3 * kYear)).timers.empty()) << "it stands in one place only";
}

TEST(TimingWheel, SlotsComeInAscendingOrderWhateverTheLevel) {
  TimingWheel wheel(Tick{});
  std::vector<std::unique_ptr<Timer>> timers;
  std::mt19937_64 random(5);
  for (int i = 0; i < 2'000; ++i) {
    timers.push_back(std::make_unique<Timer>());
    wheel.arm(*timers.back(), at(random_span(random)));
  }
  const Due due = drain(wheel, at(3 * kYear));
  ASSERT_EQ(due.timers.size(), timers.size());
  const auto slot = [](const Timer* timer) {
    return (timer->due().time_since_epoch().count() + 9) / TimingWheel::kSlot.count();
  };
  EXPECT_TRUE(std::is_sorted(due.timers.begin(), due.timers.end(),
                             [&](Timer* a, Timer* b) { return slot(a) < slot(b); }));
}

TEST(TimingWheel, ADueThatHasPassedFiresAtTheNextExpire) {
  TimingWheel wheel(at(Millis{12'345}));
  Timer timer;
  wheel.arm(timer, at(Millis{7}));
  EXPECT_EQ(drain(wheel, at(Millis{12'345})).timers, std::vector<Timer*>{&timer});
  (void)drain(wheel, at(kDay));
  wheel.arm(timer, at(kDay - Millis{10}));
  EXPECT_EQ(drain(wheel, at(kDay)).timers, std::vector<Timer*>{&timer});
}

TEST(TimingWheel, AJumpOfAYearCostsAFewSteps) {
  TimingWheel wheel(at(Millis{3}));
  std::array<Timer, 3> timers;
  wheel.arm(timers[0], at(kYear - Millis{1}));
  wheel.arm(timers[1], at(2 * kYear));
  wheel.arm(timers[2], at(kYear + kSecond));
  const Due due = drain(wheel, at(kYear));
  EXPECT_EQ(due.timers, std::vector<Timer*>{&timers[0]});
  EXPECT_EQ(due.pauses, 0U);
  EXPECT_EQ(drain(wheel, at(3 * kYear)).timers, (std::vector<Timer*>{&timers[2], &timers[1]}));
}

TEST(TimingWheel, AQuietWheelKeepsUpWithTheTime) {
  TimingWheel wheel(Tick{});
  Timer far;
  wheel.arm(far, at(2 * kYear));
  const Millis now = 1'000'000 * Millis{640};
  EXPECT_FALSE(wheel.expire(at(now)).more);
  std::vector<Timer> timers(1'000);
  for (Timer& timer : timers) {
    wheel.arm(timer, at(now + Millis{300}));
  }
  const Due due = drain(wheel, at(now + Millis{300}));
  EXPECT_EQ(due.timers.size(), timers.size());
  EXPECT_EQ(due.pauses, 0U) << "a near deadline stands on the lowest level and is never moved";
}

TEST(TimingWheel, StartsAnywhere) {
  for (const Millis start : {Millis{0}, Millis{1}, Millis{9}, Millis{10}, Millis{639}, Millis{640},
                             Millis{40'959}, kDay, kYear + Millis{7}, 30 * kYear}) {
    TimingWheel wheel(at(start));
    EXPECT_FALSE(wheel.expire(at(start)).more);
    EXPECT_EQ(wheel.next_due(), Tick::max());
    Timer timer;
    wheel.arm(timer, at(start + kSecond));
    EXPECT_TRUE(drain(wheel, at(start + kSecond - Millis{1})).timers.empty());
    EXPECT_EQ(drain(wheel, at(start + kSecond + Millis{9})).timers.size(), 1U);
  }
}

TEST(TimingWheel, TheEndOfTimeIsAheadToo) {
  TimingWheel wheel(Tick{});
  Timer never;
  wheel.arm(never, Tick::max());
  EXPECT_TRUE(drain(wheel, at(1'000 * kYear)).timers.empty());
  EXPECT_TRUE(never.armed());
  wheel.cancel(never);
  EXPECT_EQ(wheel.next_due(), Tick::max());
}

TEST(TimingWheel, ATickBeforeAnEarlierOneCountsAsTheEarlierOne) {
  TimingWheel wheel(Tick{});
  (void)drain(wheel, at(kDay));
  Timer timer;
  wheel.arm(timer, at(kDay - kSecond));
  EXPECT_EQ(drain(wheel, at(kSecond)).timers, std::vector<Timer*>{&timer});
}

TEST(TimingWheel, CancellingWhatIsNotArmedDoesNothing) {
  TimingWheel wheel(Tick{});
  Timer timer;
  wheel.cancel(timer);
  EXPECT_EQ(wheel.size(), 0U);
  wheel.arm(timer, at(kSecond));
  wheel.cancel(timer);
  wheel.cancel(timer);
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_FALSE(wheel.expire(at(kDay)).more);
}

// A hundred thousand timers of one upper slot, all due within 40 seconds a day ahead.
struct CrowdedSlot : testing::Test {
  static constexpr std::size_t kCrowd = 100'000;
  static constexpr Millis kSlotOfLevel1{10'240};  // 1,024 slots of 10 ms
  static constexpr Millis kBase = (kDay / kSlotOfLevel1) * kSlotOfLevel1;

  CrowdedSlot() : timers(kCrowd) {
    for (std::size_t i = 0; i < kCrowd; ++i) {
      wheel.arm(timers[i], due_of(i));
    }
  }
  static Tick due_of(std::size_t i) {
    return at(kBase + Millis(static_cast<int64_t>(i * 7 % 40'000) + 1));
  }

  TimingWheel wheel{Tick{}};
  std::vector<Timer> timers;
};

TEST_F(CrowdedSlot, MovesABoundedNumberOfTimersACall) {
  std::size_t calls = 0;
  while (wheel.expire(at(kBase)).more) {
    ++calls;
    ASSERT_EQ(wheel.size(), kCrowd);
    ASSERT_LT(calls, 10 * kCrowd / TimingWheel::kMovesMax);
  }
  EXPECT_GE(calls, kCrowd / TimingWheel::kMovesMax - 1)
      << "so many timers cannot have moved in fewer calls";
  const Due due = drain(wheel, at(kBase + 4 * kSlotOfLevel1));
  EXPECT_EQ(due.timers.size(), kCrowd);
}

TEST_F(CrowdedSlot, TimersArmedAndCancelledWhileItMovesAreNotLost) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(wheel.expire(at(kBase)).more);
  }
  std::size_t armed = kCrowd;
  for (std::size_t i = 0; i < kCrowd; i += 3) {
    wheel.cancel(timers[i]);
    --armed;
  }
  for (std::size_t i = 1; i < kCrowd; i += 3) {
    wheel.arm(timers[i], due_of(i + 1));
  }
  EXPECT_EQ(wheel.next_due(), at(kBase)) << "more is to be moved, so it must be called again";
  const Due due = drain(wheel, at(kBase + 4 * kSlotOfLevel1));
  EXPECT_EQ(due.timers.size(), armed);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST_F(CrowdedSlot, ASlotEmptiedWhileItMovesIsLeft) {
  ASSERT_TRUE(wheel.expire(at(kBase)).more);
  for (Timer& timer : timers) {
    wheel.cancel(timer);
  }
  EXPECT_FALSE(wheel.expire(at(kBase)).more);
  wheel.arm(timers[0], at(kBase + kSecond));
  EXPECT_EQ(drain(wheel, at(kBase + 2 * kSecond)).timers, std::vector<Timer*>{&timers[0]});
}

}  // namespace
}  // namespace plated
