// One-time codes: what they are bound to, how often they come, how they end.
#include "net/selection/sms_codes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace plated {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

class SmsCodesTest : public ::testing::Test {
 protected:
  SendOutcome issue(const CodeKey& key, std::string_view phone = "13800000000") {
    return codes_.issue(key, phone, phone_limit_, moment());
  }
  // A code of `key`, however long one has to wait for it.
  std::string code_of(const CodeKey& key) {
    now_ += kCodeResend;
    return issue(key).code;
  }
  CodeVerdict attempt(const CodeKey& key, std::string_view code) {
    return codes_.begin_try(key, owner_, code, moment()).verdict;
  }
  [[nodiscard]] CodeMoment moment() const { return {now_, now_, today_, by_day_}; }
  // Guesses at one vehicle of many after the other, as fast as it can, until nothing is judged;
  // how many were.
  uint32_t guess_at_fleet(std::string_view owner, std::string_view phone, uint32_t vehicles) {
    uint32_t judged = 0;
    for (uint32_t i = 0; i < vehicles; ++i) {
      const std::string vehicle = "FLEET" + std::to_string(next_vehicle_++);
      const CodeKey key{vehicle, 1, CodePurpose::submit};
      by_day_ = false;  // only guessing is looked at
      const std::string code = codes_.issue(key, phone, 500, moment()).code;
      by_day_ = true;
      for (uint32_t tries = 0; tries < kCodeTries; ++tries) {
        const auto tried = codes_.begin_try(key, owner, other_than(code), moment());
        judged += tried.verdict == CodeVerdict::wrong_code ? 1 : 0;
        if (tried.verdict == CodeVerdict::too_soon) {
          longest_wait_ = std::max(longest_wait_, tried.retry_in);
        }
      }
    }
    return judged;
  }
  static std::string other_than(std::string code) {
    code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
    return code;
  }

  SmsCodes codes_{false};
  Tick now_{Millis{1'000'000}};
  Day today_{days{20'000}};
  uint32_t phone_limit_ = 20;
  uint32_t next_vehicle_ = 0;
  Millis longest_wait_{0};
  std::string owner_ = "z1";
  bool by_day_ = true;
  CodeKey key_{"LGXCE4CB6P0123456", 1, CodePurpose::submit};
};

TEST_F(SmsCodesTest, ACodeIsSixDigitsAndOpensWhatItWasSentFor) {
  const SendOutcome sent = issue(key_);
  EXPECT_EQ(sent.refusal, SendRefusal::none);
  EXPECT_EQ(sent.code.size(), 6U);
  EXPECT_EQ(sent.code.find_first_not_of("0123456789"), std::string::npos);
  EXPECT_EQ(sent.expires_in, Millis{300'000});
  EXPECT_EQ(sent.resend_in, Millis{60'000});
  EXPECT_EQ(attempt(key_, sent.code), CodeVerdict::right);
}

TEST_F(SmsCodesTest, ACodeOpensNothingElse) {
  const std::string code = code_of(key_);
  for (const CodeKey& other : {CodeKey{key_.vehicle, 1, CodePurpose::verify},
                               CodeKey{key_.vehicle, 2, CodePurpose::submit},
                               CodeKey{"LGXCE4CB6P0123457", 1, CodePurpose::submit}}) {
    EXPECT_EQ(attempt(other, code), CodeVerdict::code_expired);
    while (code_of(other) == code) {
    }
    EXPECT_EQ(attempt(other, code), CodeVerdict::wrong_code);
  }
}

TEST_F(SmsCodesTest, AnythingButTheSixDigitsIsWrong) {
  const std::string code = code_of(key_);
  EXPECT_EQ(attempt(key_, ""), CodeVerdict::wrong_code);
  EXPECT_EQ(attempt(key_, code + "0"), CodeVerdict::wrong_code);
  EXPECT_EQ(attempt(key_, code.substr(0, 5)), CodeVerdict::wrong_code);
  EXPECT_EQ(attempt(key_, other_than(code)), CodeVerdict::wrong_code);
  EXPECT_EQ(attempt(key_, code), CodeVerdict::right);
}

TEST_F(SmsCodesTest, FiveMinutesAreItsLife) {
  const std::string code = code_of(key_);
  now_ += minutes(5) - Millis{1};
  EXPECT_EQ(attempt(key_, code), CodeVerdict::right);
  now_ += Millis{1};
  EXPECT_EQ(attempt(key_, code), CodeVerdict::code_expired);
}

TEST_F(SmsCodesTest, AfterFiveTriesEvenTheRightOneIsTooLate) {
  const std::string code = code_of(key_);
  for (uint32_t i = 0; i < kCodeTries; ++i) {
    EXPECT_EQ(attempt(key_, other_than(code)), CodeVerdict::wrong_code);
  }
  EXPECT_EQ(attempt(key_, code), CodeVerdict::too_many_tries);
  EXPECT_EQ(attempt(key_, code_of(key_)), CodeVerdict::right);  // a new code has new tries
}

TEST_F(SmsCodesTest, AnUndoneTryDoesNotCountAndGivesNoGuessAway) {
  const std::string code = code_of(key_);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt(key_, code), CodeVerdict::right);
    codes_.undo_try(key_, owner_, CodeVerdict::right);
    EXPECT_EQ(attempt(key_, other_than(code)), CodeVerdict::wrong_code);
    codes_.undo_try(key_, owner_, CodeVerdict::wrong_code);
  }
  for (uint32_t i = 0; i < kCodeTries; ++i) {
    EXPECT_EQ(attempt(key_, other_than(code)), CodeVerdict::wrong_code);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt(key_, code), CodeVerdict::too_many_tries);
    codes_.undo_try(key_, owner_, CodeVerdict::too_many_tries);
  }
  EXPECT_EQ(attempt(key_, code), CodeVerdict::too_many_tries);
  codes_.undo_try(CodeKey{"unknown", 1, CodePurpose::submit}, owner_, CodeVerdict::wrong_code);
}

TEST_F(SmsCodesTest, ASpentCodeIsSpentButItsCountsStay) {
  const std::string code = code_of(key_);
  EXPECT_EQ(attempt(key_, code), CodeVerdict::right);
  codes_.spend(key_);
  EXPECT_EQ(attempt(key_, code), CodeVerdict::code_expired);
  EXPECT_EQ(issue(key_).refusal, SendRefusal::too_soon);
}

TEST_F(SmsCodesTest, ANewCodeReplacesTheOld) {
  const std::string first = code_of(key_);
  std::string second = code_of(key_);
  if (second == first) {
    second = code_of(key_);
  }
  EXPECT_EQ(attempt(key_, first), CodeVerdict::wrong_code);
  EXPECT_EQ(attempt(key_, second), CodeVerdict::right);
}

TEST_F(SmsCodesTest, OneInSixtySecondsForEachPurpose) {
  EXPECT_EQ(issue(key_).refusal, SendRefusal::none);
  now_ += seconds(1);
  const SendOutcome refused = issue(key_);
  EXPECT_EQ(refused.refusal, SendRefusal::too_soon);
  EXPECT_EQ(refused.retry_in, Millis{59'000});
  EXPECT_TRUE(refused.code.empty());
  EXPECT_EQ(issue({key_.vehicle, 1, CodePurpose::verify}).refusal, SendRefusal::none);
  now_ += seconds(59);
  EXPECT_EQ(issue(key_).refusal, SendRefusal::none);
}

TEST_F(SmsCodesTest, TenADayForEachPurpose) {
  for (uint32_t i = 0; i < kCodesPerDay; ++i) {
    EXPECT_FALSE(code_of(key_).empty());
  }
  now_ += kCodeResend;
  EXPECT_EQ(issue(key_).refusal, SendRefusal::too_many_today);
  EXPECT_EQ(issue({key_.vehicle, 1, CodePurpose::verify}).refusal, SendRefusal::none);
  today_ += days(1);
  EXPECT_EQ(issue(key_).refusal, SendRefusal::none);
}

TEST_F(SmsCodesTest, APhoneHasItsShareOfADay) {
  phone_limit_ = 3;
  for (uint32_t application = 1; application <= 3; ++application) {
    EXPECT_EQ(issue({key_.vehicle, application, CodePurpose::submit}).refusal, SendRefusal::none);
  }
  const CodeKey fourth{key_.vehicle, 4, CodePurpose::submit};
  EXPECT_EQ(issue(fourth).refusal, SendRefusal::phone_had_too_many);
  EXPECT_EQ(issue(fourth, "13900000000").refusal, SendRefusal::none);
  today_ += days(1);
  EXPECT_EQ(issue({key_.vehicle, 5, CodePurpose::submit}).refusal, SendRefusal::none);
}

TEST_F(SmsCodesTest, ARefusalByThePhoneCostsTheApplicationNothing) {
  phone_limit_ = 0;
  EXPECT_EQ(issue(key_).refusal, SendRefusal::phone_had_too_many);
  phone_limit_ = 1;
  EXPECT_EQ(issue(key_).refusal, SendRefusal::none);
}

TEST_F(SmsCodesTest, WithoutLimitsByDayTheSixtySecondsRemain) {
  by_day_ = false;
  phone_limit_ = 1;
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(code_of(key_).empty());
  }
  EXPECT_EQ(issue(key_).refusal, SendRefusal::too_soon);
}

TEST_F(SmsCodesTest, InARehearsalEveryCodeIsZeros) {
  SmsCodes rehearsal(true);
  by_day_ = false;
  EXPECT_EQ(rehearsal.issue(key_, "1", 20, moment()).code, "000000");
  EXPECT_EQ(rehearsal.begin_try(key_, "r-1", "000001", moment()).verdict, CodeVerdict::wrong_code);
  EXPECT_EQ(rehearsal.begin_try(key_, "r-1", "000000", moment()).verdict, CodeVerdict::right);
}

TEST_F(SmsCodesTest, CodesDiffer) {
  std::set<std::string> seen;
  for (uint32_t application = 0; application < 200; ++application) {
    seen.insert(issue({"V", application, CodePurpose::submit}, std::to_string(application)).code);
  }
  EXPECT_GT(seen.size(), 190U);
}

TEST_F(SmsCodesTest, WhatIsOverIsForgottenWhileNewOnesCome) {
  constexpr uint32_t kPerDay = 100'000;
  std::size_t most = 0;
  for (uint32_t day = 0; day < 6; ++day) {
    for (uint32_t application = 0; application < kPerDay; ++application) {
      const std::string vehicle = std::to_string(day);
      const CodeKey key{vehicle, application, CodePurpose::submit};
      ASSERT_FALSE(issue(key, std::to_string(day * 1'000'000 + application)).code.empty());
    }
    most = std::max(most, codes_.entries());
    now_ += days(1);
    today_ += days(1);
  }
  EXPECT_LE(most, std::size_t{kPerDay} * 2 * 3);
}

TEST_F(SmsCodesTest, ManyThreadsNeverGetMoreTriesOrCodesThanOne) {
  phone_limit_ = 4;
  const std::string code = code_of(key_);
  std::atomic<int> wrong{0};
  std::atomic<int> sent{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 500; ++i) {
        if (attempt(key_, other_than(code)) == CodeVerdict::wrong_code) {
          ++wrong;
        }
        const std::string vehicle = "T" + std::to_string(t);
        const CodeKey key{vehicle, i, CodePurpose::verify};
        if (issue(key, "13700000000").refusal == SendRefusal::none) {
          ++sent;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, static_cast<int>(kCodeTries));
  EXPECT_EQ(sent, static_cast<int>(phone_limit_));
}

TEST_F(SmsCodesTest, CodesToOnePhoneAreSpaced) {
  phone_limit_ = 500;
  uint32_t sent = 0;
  SendOutcome outcome;
  for (uint32_t vehicle = 0; vehicle < 120; ++vehicle) {
    const std::string id = "V" + std::to_string(vehicle);
    outcome = issue({id, 1, CodePurpose::submit});
    sent += outcome.refusal == SendRefusal::none ? 1 : 0;
  }
  EXPECT_EQ(sent, kCodesPerPhone.tokens);
  EXPECT_EQ(outcome.refusal, SendRefusal::phone_too_soon);
  EXPECT_EQ(outcome.retry_in, Millis{12'000});
  EXPECT_EQ(codes_.refused(Limit::code_interval), 115U);
  now_ += outcome.retry_in;
  EXPECT_EQ(issue({"V119", 1, CodePurpose::submit}).refusal, SendRefusal::none);
  EXPECT_EQ(issue({"V118", 1, CodePurpose::submit}).refusal, SendRefusal::phone_too_soon);
  EXPECT_EQ(issue({"V118", 1, CodePurpose::submit}, "13900000000").refusal, SendRefusal::none);
}

TEST_F(SmsCodesTest, AFleetOfVehiclesHasNoMoreGuessesThanOne) {
  EXPECT_EQ(guess_at_fleet(owner_, "13800000000", 120), kMissesUntilWait);
  EXPECT_EQ(longest_wait_, kFirstMissWait);
  EXPECT_GT(codes_.refused(Limit::code_tries), 0U);
}

// Whatever somebody does with a whole day: a code is guessed with 50 chances in a million.
TEST_F(SmsCodesTest, AWholeDayJudgesFiftyWrongCodesAndTheWaitsGrow) {
  uint32_t judged = 0;
  std::vector<Millis> waits;
  for (Millis passed{0}; passed < days(1); passed += minutes(1), now_ += minutes(1)) {
    longest_wait_ = Millis{0};
    const uint32_t more = guess_at_fleet(owner_, "13800000000", 3);
    judged += more;
    if (more > 0) {
      waits.push_back(longest_wait_);
    }
  }
  EXPECT_EQ(judged, kMissesPerDay);
  ASSERT_GE(waits.size(), 4U);
  EXPECT_EQ(waits[0], minutes(1));
  EXPECT_EQ(waits[1], minutes(2));
  EXPECT_EQ(waits[2], minutes(4));
  const std::string code = code_of(key_);
  const auto tried = codes_.begin_try(key_, owner_, code, moment());
  EXPECT_EQ(tried.verdict, CodeVerdict::too_many_tries) << "the right one is not told apart";
  EXPECT_TRUE(tried.until_tomorrow);
  today_ += days(1);
  EXPECT_EQ(attempt(key_, code), CodeVerdict::right);
}

TEST_F(SmsCodesTest, OwnersOfOnePhoneShareItsTries) {
  uint32_t judged = 0;
  for (int owner = 0; owner < 20; ++owner) {
    judged += guess_at_fleet("z" + std::to_string(owner), "13800000000", 1);
  }
  EXPECT_EQ(judged, kMissesUntilWait);
  EXPECT_EQ(guess_at_fleet("z99", "13900000000", 1), kMissesUntilWait);
}

TEST_F(SmsCodesTest, ManyThreadsJudgeNoMoreWrongCodesOfAnOwnerThanOne) {
  by_day_ = false;
  std::vector<std::string> vehicles;
  for (uint32_t i = 0; i < 100; ++i) {
    vehicles.push_back("F" + std::to_string(i));
    ASSERT_FALSE(issue({vehicles.back(), 1, CodePurpose::submit}, vehicles.back()).code.empty());
  }
  by_day_ = true;
  std::atomic<uint32_t> judged{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < vehicles.size(); i += 4) {
        for (const char* const code : {"x", "y"}) {
          const auto tried =
              codes_.begin_try({vehicles[i], 1, CodePurpose::submit}, owner_, code, moment());
          judged += tried.verdict == CodeVerdict::wrong_code ? 1 : 0;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(judged, kMissesUntilWait);
}

TEST_F(SmsCodesTest, WhatWasCountedBeforeTheProcessBeganCountsOn) {
  codes_.restore({key_, today_, 9, 45, 19, owner_, "13800000000"}, now_);
  EXPECT_EQ(issue(key_).refusal, SendRefusal::none) << "the lost code's minute is free";
  now_ += kCodeResend;
  EXPECT_EQ(issue(key_).refusal, SendRefusal::too_many_today);
  EXPECT_EQ(issue({key_.vehicle, 1, CodePurpose::verify}).refusal, SendRefusal::phone_had_too_many);
  EXPECT_EQ(guess_at_fleet(owner_, "13900000000", 1), 0U) << "what it had to wait begins anew";
  now_ += kMissWaitMax;
  EXPECT_EQ(guess_at_fleet(owner_, "13900000000", 20), kMissesPerDay - 45);
  now_ += days(1);
  EXPECT_EQ(guess_at_fleet("z2", "13800000000", 20), 0U + kMissesPerDay - 45) << "the phone, too";
}

}  // namespace
}  // namespace plated
