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
    return codes_.issue(key, phone, phone_limit_, now_, today_, by_day_);
  }
  // A code of `key`, however long one has to wait for it.
  std::string code_of(const CodeKey& key) {
    now_ += kCodeResend;
    return issue(key).code;
  }
  CodeVerdict attempt(const CodeKey& key, std::string_view code) {
    return codes_.begin_try(key, code, now_);
  }
  static std::string other_than(std::string code) {
    code[0] = code[0] == '9' ? '0' : static_cast<char>(code[0] + 1);
    return code;
  }

  SmsCodes codes_{false};
  Tick now_{Millis{1'000'000}};
  Day today_{days{20'000}};
  uint32_t phone_limit_ = 20;
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
    codes_.undo_try(key_);
  }
  for (uint32_t i = 0; i < kCodeTries; ++i) {
    EXPECT_EQ(attempt(key_, other_than(code)), CodeVerdict::wrong_code);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(attempt(key_, code), CodeVerdict::too_many_tries);
    codes_.undo_try(key_);
  }
  EXPECT_EQ(attempt(key_, code), CodeVerdict::too_many_tries);
  codes_.undo_try(CodeKey{"unknown", 1, CodePurpose::submit});
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
  EXPECT_EQ(rehearsal.issue(key_, "1", 20, now_, today_, false).code, "000000");
  EXPECT_EQ(rehearsal.begin_try(key_, "000001", now_), CodeVerdict::wrong_code);
  EXPECT_EQ(rehearsal.begin_try(key_, "000000", now_), CodeVerdict::right);
}

TEST_F(SmsCodesTest, CodesDiffer) {
  std::set<std::string> seen;
  for (uint32_t application = 0; application < 200; ++application) {
    seen.insert(
        codes_.issue({"V", application, CodePurpose::submit}, "1", 1000, now_, today_, true).code);
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

}  // namespace
}  // namespace plated
