#include "net/protocol/codec.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <random>
#include <string>

#include "engine/plate.h"
#include "net/protocol/answer_text.h"

namespace plated {
namespace {

class Codec : public testing::Test {
 protected:
  bool decode(std::string_view text) {
    frame_.assign(text);
    frame_.append(kFramePadding, ' ');
    frame_.resize(text.size() + kFramePadding);
    return decoder_.decode(std::string_view(frame_).substr(0, text.size()));
  }
  // `code field` of a refused frame, `ok` of a good one.
  std::string verdict(std::string_view text) {
    if (decode(text)) {
      return "ok";
    }
    const Complaint& complaint = decoder_.complaint();
    EXPECT_FALSE(complaint.message.empty());
    return std::string(name_of(complaint.code)) + " " + std::string(complaint.field);
  }
  const Request& request() { return decoder_.request(); }

  FrameDecoder decoder_;

 private:
  std::string frame_;
};

TEST_F(Codec, EveryOpIsReadWithItsFields) {
  ASSERT_TRUE(decode(
      R"({"id": 7, "op": "draw", "vehicle": "LGXCE4CB6P0123456", "draw": 2, "without4": true})"));
  EXPECT_EQ(request().id, "7");
  EXPECT_EQ(request().op, Op::draw);
  EXPECT_EQ(request().vehicle, "LGXCE4CB6P0123456");
  EXPECT_EQ(request().draw, 2U);
  EXPECT_TRUE(request().without4);
  ASSERT_TRUE(decode(R"({"op":"vehicles","id":1})"));
  EXPECT_EQ(request().after, "");
  ASSERT_TRUE(decode(R"({"op":"vehicles","id":1,"after":"V1"})"));
  EXPECT_EQ(request().after, "V1");
  ASSERT_TRUE(decode(R"({"id":1,"op":"enter","vehicle":"V1"})"));
  ASSERT_TRUE(decode(R"({"id":1,"op":"leave","vehicle":"V1"})"));
  ASSERT_TRUE(decode(R"({"id":1,"op":"give_up","office":"粤B"})"));
  EXPECT_EQ(request().op, Op::give_up);
  EXPECT_EQ(request().office, *parse_office("粤B").office);
  ASSERT_TRUE(decode(R"({"id":1,"op":"send_code","vehicle":"V1","for":"verify"})"));
  EXPECT_EQ(request().purpose, CodePurpose::verify);
  ASSERT_TRUE(decode(R"({"id":1,"op":"submit","vehicle":"V1","code":"012345","terms":"2026-01"})"));
  EXPECT_EQ(request().code, "012345");
  EXPECT_EQ(request().terms, "2026-01");
  ASSERT_TRUE(decode(R"({"id":1,"op":"verify","vehicle":"V1","code":"000000"})"));
  ASSERT_TRUE(decode(R"({"id":1,"op":"shortlist","vehicle":"V1","plate":"粤B·D12345"})"));
  EXPECT_EQ(text_of(request().plate).view(), "粤BD12345");
  ASSERT_TRUE(decode(R"({"id":1,"op":"confirm","vehicle":"V1","plate":"粤BD12345"})"));
}

TEST_F(Codec, TheIdIsAnyIntegerAndIsEchoedDigitByDigit) {
  for (const std::string id : {"0", "-0", "-1", "9223372036854775807", "-9223372036854775808",
                               "18446744073709551615", "123456789012345678901234567890"}) {
    ASSERT_TRUE(decode(R"({"id":)" + id + R"( , "op":"vehicles"})")) << id;
    EXPECT_EQ(request().id, id);
  }
}

TEST_F(Codec, AnIdThatCannotBeReadIsAnsweredAsNull) {
  for (const std::string id :
       {"1.0", "1e3", "\"7\"", "null", "true", "[1]", "{}", "01", "-", "+1"}) {
    const std::string said = verdict(R"({"id":)" + id + R"(,"op":"vehicles"})");
    EXPECT_TRUE(said == "bad_request id" || said == "bad_request ") << id << said;
    EXPECT_EQ(request().id, "null") << id;
  }
  EXPECT_EQ(verdict(R"({"op":"vehicles"})"), "bad_request id");
  EXPECT_EQ(verdict(R"({"id":1,"id":2,"op":"vehicles"})"), "bad_request id");
  EXPECT_EQ(request().id, "null");
}

TEST_F(Codec, WhatIsNotOneObjectOfJsonIsABadRequest) {
  for (const std::string text :
       {"", " ", "7", "\"text\"", "[]", "[{}]", "{", "}", "{]", R"({"id":1)", R"({"id":1,})",
        R"({"id":1 "op":"vehicles"})", R"({"id":1,"op":"vehicles"}{})",
        R"({"id":1,"op":"vehicles"} x)", R"({"id":1,"op":"vehicles)", R"({id:1})",
        R"({"id":1,"op" "vehicles"})", "{\"id\":1,\"op\":\"vehi\ncles\"}"}) {
    EXPECT_EQ(verdict(text).substr(0, 11), "bad_request") << text;
  }
}

TEST_F(Codec, EveryViolationNamesTheField) {
  EXPECT_EQ(verdict(R"({"id":1})"), "bad_request op");
  EXPECT_EQ(verdict(R"({"id":1,"op":7})"), "bad_request op");
  EXPECT_EQ(verdict(R"({"id":1,"op":"dance"})"), "unknown_op op");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter"})"), "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":null})"), "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":""})"), "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"123456789012345678"})"),
            "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"a","vehicle":"b"})"), "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"a","draw":1})"), "bad_request draw");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"a","deep":[[{"a":[]}]]})"),
            "bad_request deep");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"\ud800"})"), "bad_request vehicle");
  EXPECT_EQ(verdict(R"({"id":1,"op":"enter","vehicle":"a","office":"粤B"})"), "bad_request office");
  EXPECT_EQ(verdict(R"({"id":1,"op":"give_up"})"), "bad_request office");
  EXPECT_EQ(verdict(R"({"id":1,"op":"give_up","office":7})"), "bad_request office");
  EXPECT_EQ(verdict(R"({"id":1,"op":"give_up","office":"粤"})"), "bad_request office");
  EXPECT_EQ(verdict(R"({"id":1,"op":"send_code","vehicle":"a","for":"fun"})"), "bad_request for");
  EXPECT_EQ(verdict(R"({"id":1,"op":"verify","vehicle":"a","code":"12345"})"), "bad_request code");
  EXPECT_EQ(verdict(R"({"id":1,"op":"verify","vehicle":"a","code":123456})"), "bad_request code");
  EXPECT_EQ(verdict(R"({"id":1,"op":"submit","vehicle":"a","code":"123456"})"),
            "bad_request terms");
  for (const std::string draw : {"0", "-1", "1.0", "1.5", "\"1\"", "1e2", "true"}) {
    EXPECT_EQ(
        verdict(R"({"id":1,"op":"draw","vehicle":"a","draw":)" + draw + R"(,"without4":false})"),
        "bad_request draw")
        << draw;
  }
  // A number that is too large is a number all the same, and as wrong as any that is not next.
  for (const std::string draw : {"4294967296", "99999999999"}) {
    EXPECT_EQ(
        verdict(R"({"id":1,"op":"draw","vehicle":"a","draw":)" + draw + R"(,"without4":false})"),
        "ok")
        << draw;
  }
  for (const std::string flag : {"0", "\"true\"", "null", "[]"}) {
    EXPECT_EQ(verdict(R"({"id":1,"op":"draw","vehicle":"a","draw":1,"without4":)" + flag + "}"),
              "bad_request without4")
        << flag;
  }
  EXPECT_EQ(request().id, "1");
}

TEST_F(Codec, AWrongPlateSaysAtWhichCharacter) {
  EXPECT_EQ(verdict(R"({"id":1,"op":"confirm","vehicle":"a","plate":"粤BD1234I"})"),
            "bad_request plate");
  EXPECT_EQ(decoder_.complaint().message.substr(0, 12), "character 8:");
}

TEST_F(Codec, EscapesAreUnderstoodInNamesAndValues) {
  ASSERT_TRUE(decode(R"({"\u0069d":1,"op":"ent\u0065r","vehicle":"V\u00311"})"));
  EXPECT_EQ(request().vehicle, "V11");
}

TEST_F(Codec, ALongFieldNameIsShownInPartAndStaysUtf8) {
  std::string name;
  for (int i = 0; i < 100; ++i) {
    name += "粤";
  }
  EXPECT_EQ(verdict(R"({"id":1,"op":"vehicles",")" + name + R"(":1})").substr(0, 12),
            "bad_request ");
  EXPECT_EQ(decoder_.complaint().field.size(), 63U);
}

TEST_F(Codec, AFrameOverTheLimitIsRefused) {
  std::string text = R"({"id":1,"op":"vehicles"})";
  text.append(kFrameMax - text.size(), ' ');
  EXPECT_TRUE(decode(text));
  EXPECT_FALSE(decode(text + " "));
}

// Whatever arrives, the answer to it is JSON, and a good frame afterwards is understood.
TEST_F(Codec, AnyDamageToAFrameIsAnsweredWithJson) {
  const std::string good[] = {
      R"({"id": 7, "op": "draw", "vehicle": "LGXCE4CB6P0123456", "draw": 2, "without4": true})",
      R"({"id":1,"op":"shortlist","vehicle":"V1","plate":"粤B·D12345"})",
      R"({"id":1,"op":"submit","vehicle":"V1","code":"012345","terms":"\u0032026-01"})"};
  constexpr std::string_view kBytes = "{}[]\":,\\ud0192-+eE.tfn \x01\x80\xff\n";
  std::mt19937 random(20261123);
  int understood = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text = good[random() % std::size(good)];
    for (auto changes = random() % 4 + 1; changes > 0; --changes) {
      const std::size_t place = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[place] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(place, random() % 5 + 1);
          break;
        default:
          text.insert(place, 1, kBytes[random() % kBytes.size()]);
      }
      if (text.empty()) {
        break;
      }
    }
    std::string answer;
    if (decode(text)) {
      ++understood;
    } else {
      // A session never sees what is not UTF-8; here it may be quoted back, so look away.
      write_error_answer(request().id, decoder_.complaint(), answer);
      boost::json::error_code error;
      boost::json::parse_options options;
      options.allow_invalid_utf8 = true;
      const auto value = boost::json::parse(answer, error, {}, options);
      ASSERT_FALSE(error) << text << "\n" << answer;
      ASSERT_TRUE(value.as_object().contains("error"));
    }
  }
  EXPECT_GT(understood, 100);
  EXPECT_TRUE(decode(good[0]));
}

}  // namespace
}  // namespace plated
