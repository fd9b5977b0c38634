// What limits count in: buckets, addresses, intervals, and whoever does not wait.
#include "net/selection/limits.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string_view>

#include "net/selection/pace.h"

namespace plated {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

PeerAddress v4(uint32_t address, uint16_t port = 1) {
  PeerAddress peer;
  peer.family = PeerAddress::Family::v4;
  peer.port = port;
  for (std::size_t i = 0; i < 4; ++i) {
    peer.ip[i] = static_cast<uint8_t>(address >> (24 - 8 * i));
  }
  return peer;
}

PeerAddress v6(uint64_t prefix, uint64_t rest) {
  PeerAddress peer;
  peer.family = PeerAddress::Family::v6;
  for (std::size_t i = 0; i < 8; ++i) {
    peer.ip[i] = static_cast<uint8_t>(prefix >> (56 - 8 * i));
    peer.ip[8 + i] = static_cast<uint8_t>(rest >> (56 - 8 * i));
  }
  return peer;
}

TEST(TokenBucket, GivesItsTokensAtOnceAndThenOneAStep) {
  const Rate rate{5, seconds(1)};
  TokenBucket bucket;
  Micros now{1'000'000};
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(bucket.take(rate, now)) << i;
  }
  EXPECT_EQ(bucket.take(rate, now), Millis(200));
  now += milliseconds(150);
  EXPECT_EQ(bucket.take(rate, now), Millis(50));
  now += milliseconds(50);
  EXPECT_FALSE(bucket.take(rate, now));
  EXPECT_TRUE(bucket.take(rate, now));
  EXPECT_FALSE(bucket.is_full(now));
  EXPECT_TRUE(bucket.is_full(now + seconds(1)));
}

TEST(TokenBucket, WithoutALimitThereIsNone) {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(bucket.take(Rate{}, Micros(0)));
  }
}

TEST(TokenBucket, WhatIsGivenBackMayBeTakenAgainAndNoMore) {
  const Rate rate{2, seconds(1)};
  TokenBucket bucket;
  const Micros now{5'000'000};
  EXPECT_FALSE(bucket.take(rate, now));
  EXPECT_FALSE(bucket.take(rate, now));
  bucket.give_back(rate);
  EXPECT_FALSE(bucket.take(rate, now));
  EXPECT_TRUE(bucket.take(rate, now));
  bucket.give_back(rate, 100);
  EXPECT_FALSE(bucket.take(rate, now));
  EXPECT_FALSE(bucket.take(rate, now));
  EXPECT_TRUE(bucket.take(rate, now)) << "a bucket holds no more than it holds";
}

// A limit may be changed while it runs.
TEST(TokenBucket, ASmallerRateLetsNobodyWaitForTheOldOne) {
  TokenBucket bucket;
  const Micros now{0};
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(bucket.take(Rate{10, hours(1)}, now));
  }
  const auto wait = bucket.take(Rate{1, seconds(1)}, now);
  ASSERT_TRUE(wait);
  EXPECT_LE(*wait, Millis(1000));
}

TEST(AddressQuota, CountsByIpv4AddressAndByIpv6Network) {
  AddressQuota quota;
  EXPECT_TRUE(quota.open(v4(0x7f000001, 1), 1, Micros(0)));
  EXPECT_FALSE(quota.open(v4(0x7f000001, 2), 1, Micros(0))) << "another port is no other address";
  EXPECT_TRUE(quota.open(v4(0x7f000002), 1, Micros(0)));
  EXPECT_TRUE(quota.open(v6(0x20010db800000001, 1), 1, Micros(0)));
  EXPECT_FALSE(quota.open(v6(0x20010db800000001, 2), 1, Micros(0))) << "one household";
  EXPECT_TRUE(quota.open(v6(0x20010db800000002, 1), 1, Micros(0)));
  quota.close(v4(0x7f000001, 2), Micros(0));
  EXPECT_TRUE(quota.open(v4(0x7f000001, 3), 1, Micros(0)));
  EXPECT_NE(prefix_of(v4(1)), prefix_of(v6(1, 0)));
}

TEST(AddressQuota, ForgetsWhoeverHasNothingOpenAndNothingToWaitFor) {
  AddressQuota quota;
  const Rate rate{1, seconds(1)};
  for (uint32_t i = 0; i < 200'000; ++i) {
    const Micros now = milliseconds(i);
    ASSERT_TRUE(quota.open(v4(i), 0, now));
    EXPECT_FALSE(quota.take(v4(i), AddressQuota::Of::upgrades, rate, now));
    quota.close(v4(i), now);
  }
  EXPECT_LE(quota.entries(), 50'000U);
}

TEST(AddressQuota, RefusesTheUnknownWhenItIsFullAndKeepsTheKnown) {
  AddressQuota quota(64);
  uint32_t known = 0;
  for (uint32_t i = 0; i < 1'000; ++i) {
    known += quota.open(v4(i), 0, Micros(0)) ? 1 : 0;
  }
  EXPECT_EQ(known, quota.entries());
  EXPECT_LE(known, 64U);
  EXPECT_EQ(quota.take(v4(2'000'000), AddressQuota::Of::codes, Rate{1, seconds(1)}, Micros(0)),
            quota.entries() < 64 ? std::nullopt : std::optional(Millis(1000)));
}

TEST(LimitBook, ACodeThatWasNotSentCostsNothing) {
  LimitBook book;
  Limits limits;
  limits.codes_per_address = {2, hours(1)};
  limits.codes_per_second = {3, seconds(1)};
  const Micros now{0};
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(book.code(limits, v4(1), now));
    book.code_not_sent(limits, v4(1));
  }
  EXPECT_FALSE(book.code(limits, v4(1), now));
  EXPECT_FALSE(book.code(limits, v4(1), now));
  const auto told = book.code(limits, v4(1), now);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->limit, Limit::codes_per_address);
  EXPECT_EQ(told->wait, Millis(hours(1)) / 2);
  EXPECT_FALSE(book.code(limits, v4(2), now));
  const auto of_all = book.code(limits, v4(2), now);
  ASSERT_TRUE(of_all);
  EXPECT_EQ(of_all->limit, Limit::codes_per_second);
  EXPECT_EQ(book.counts()[static_cast<std::size_t>(Limit::codes_per_address)], 1U);
  EXPECT_EQ(book.counts()[static_cast<std::size_t>(Limit::codes_per_second)], 1U);
  EXPECT_FALSE(book.code(limits, v4(2), now + seconds(1)))
      << "what all had used up cost it nothing";
}

TEST(LimitBook, EachLimitHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kLimits; ++i) {
    names.insert(name_of(static_cast<Limit>(i)));
  }
  EXPECT_EQ(names.size(), kLimits);
  EXPECT_FALSE(names.contains("unknown"));
}

TEST(Pace, WhoeverComesFiveTimesAlthoughToldToWaitIgnoresIt) {
  Pace pace;
  Micros now{1'000'000};
  pace.told_to_wait(Limit::interval_draw, Millis(300), now);
  for (uint32_t i = 0; i < kIgnoredMax; ++i) {
    EXPECT_FALSE(pace.ignores_limits()) << i;
    now += milliseconds(10);
    pace.told_to_wait(Limit::interval_draw, Millis(290), now);
  }
  EXPECT_TRUE(pace.ignores_limits());
}

TEST(Pace, WhoeverWaitsAsToldIgnoresNothing) {
  Pace pace;
  Micros now{1'000'000};
  for (int i = 0; i < 50; ++i) {
    pace.told_to_wait(Limit::requests_per_connection, Millis(50), now);
    pace.told_to_wait(Limit::codes_per_address, Millis(hours(1)), now);
    now += milliseconds(50);
  }
  EXPECT_FALSE(pace.ignores_limits());
}

TEST(Pace, AMinuteLaterItIsForgotten) {
  Pace pace;
  Micros now{1'000'000};
  for (int round = 0; round < 4; ++round) {
    for (uint32_t i = 0; i < kIgnoredMax; ++i) {
      pace.told_to_wait(Limit::interval_draw, Millis(300), now);
    }
    EXPECT_FALSE(pace.ignores_limits());
    now += std::chrono::seconds(61);
  }
}

TEST(Interval, IsTakenOnceAndGivenBackByWhoTookIt) {
  Interval interval;
  const Micros now{10'000'000};
  EXPECT_FALSE(interval.take(Millis(300), now));
  EXPECT_EQ(interval.take(Millis(300), now + milliseconds(100)), Millis(200));
  interval.give_back(Millis(300), now + milliseconds(1));
  EXPECT_TRUE(interval.take(Millis(300), now + milliseconds(100))) << "that was another one's";
  interval.give_back(Millis(300), now);
  EXPECT_FALSE(interval.take(Millis(300), now + milliseconds(100)));
}

}  // namespace
}  // namespace plated
