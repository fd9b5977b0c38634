// Frames as a load client reads and writes them.
#include <gtest/gtest.h>

#include "tools/plateload/wire/protocol.h"

namespace plated::load {
namespace {

constexpr const char* kApplication =
    R"({"vehicle":"RHRSL000000000007","office":"粤B","class":"small","power":"electric",)"
    R"("step":"pick","draws_left":3,"draw":2,)"
    R"("batch":{"plates":["粤BD12345","粤BD00001"],"expires_in_ms":89312},)"
    R"("shortlist":null,"reservation":null,"office_state":"open","terms":"2026-01",)"
    R"("at":1790000000123,"version":17})";

TEST(MessageReader, ReadsAnApplicationWhole) {
  MessageReader reader;
  const auto message = reader.read(std::string(R"({"id":7,"ok":)") + kApplication + "}");
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->kind, MessageKind::answer);
  EXPECT_EQ(message->id, 7);
  EXPECT_EQ(message->raw_document, kApplication);
  ASSERT_TRUE(message->document.has_value());
  const Document& document = *message->document;
  EXPECT_EQ(document.vehicle, "RHRSL000000000007");
  EXPECT_EQ(document.step, WalkStep::pick);
  EXPECT_EQ(document.draws_left, 3);
  EXPECT_EQ(document.draw, 2);
  EXPECT_EQ(document.batch, (std::vector<std::string>{"粤BD12345", "粤BD00001"}));
  EXPECT_FALSE(document.shortlist.has_value());
  EXPECT_FALSE(document.reservation.has_value());
  EXPECT_EQ(document.terms, "2026-01");
  EXPECT_EQ(document.version, 17);
  EXPECT_EQ(document.fallback, "");
}

TEST(MessageReader, ReadsAReservationThatWasPushed) {
  MessageReader reader;
  const auto message = reader.read(
      R"({"event":"application","application":{"version":9,"vehicle":"V","step":"done",)"
      R"("draws_left":0,"draw":5,"batch":null,"shortlist":null,"fallback":null,"terms":"1",)"
      R"("reservation":{"plate":"粤BD12345","deadline":"2026-11-26","auto":true,)"
      R"("voucher":"/v1/voucher/ab","sequence":123456}}})");
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->kind, MessageKind::application);
  EXPECT_EQ(message->document->reservation, (Reservation{"粤BD12345", 123456, true}));
}

TEST(MessageReader, ReadsARefusalWithItsHint) {
  MessageReader reader;
  const auto message = reader.read(
      R"({"error":{"retry_in_ms":4000,"message":"none free","code":"all_held"},"id":-1})");
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->kind, MessageKind::refusal);
  EXPECT_EQ(message->id, -1);
  EXPECT_EQ(message->code, "all_held");
  EXPECT_EQ(message->retry_in_ms, 4000);
}

TEST(MessageReader, ReadsTheOtherEvents) {
  MessageReader reader;
  EXPECT_EQ(reader.read(R"({"event":"waiting","position":4})")->kind, MessageKind::waiting);
  EXPECT_EQ(reader.read(R"({"event":"admitted"})")->kind, MessageKind::admitted);
  EXPECT_EQ(reader.read(R"({"event":"office","state":"open"})")->kind, MessageKind::other_event);
  const auto bye = reader.read(R"({"event":"bye","reason":"x","reconnect_in_ms":250})");
  EXPECT_EQ(bye->kind, MessageKind::bye);
  EXPECT_EQ(bye->retry_in_ms, 250);
  EXPECT_EQ(reader.read(R"({"id":1,"ok":{"sent_to":"138****1234"}})")->kind, MessageKind::answer);
}

TEST(MessageReader, WhatIsNoneOfTheProtocolIsNothing) {
  MessageReader reader;
  for (const char* frame :
       {"", "[]", "{", "null", "{}", R"({"id":1})", R"({"id":1,"ok":7})",
        R"({"id":1,"error":{"code":"x"}})", R"({"event":"application"})", R"({"event":7})",
        R"({"id":1,"ok":{"step":"dancing"}})", R"({"id":1,"ok":{"step":"pick"}})"}) {
    EXPECT_FALSE(reader.read(frame).has_value()) << frame;
  }
}

TEST(Encode, EveryOpHasItsFieldsAndNoOthers) {
  Request request{Op::enter, "V", "verify", "000000", "2026-01", "粤BD12345", 2, true};
  const auto encoded = [&](Op op) {
    request.op = op;
    return encode(request, 5);
  };
  EXPECT_EQ(encoded(Op::enter), R"({"id":5,"op":"enter","vehicle":"V"})");
  EXPECT_EQ(encoded(Op::send_code), R"({"id":5,"op":"send_code","vehicle":"V","for":"verify"})");
  EXPECT_EQ(encoded(Op::submit),
            R"({"id":5,"op":"submit","vehicle":"V","code":"000000","terms":"2026-01"})");
  EXPECT_EQ(encoded(Op::verify), R"({"id":5,"op":"verify","vehicle":"V","code":"000000"})");
  EXPECT_EQ(encoded(Op::draw), R"({"id":5,"op":"draw","vehicle":"V","draw":2,"without4":true})");
  EXPECT_EQ(encoded(Op::shortlist),
            R"({"id":5,"op":"shortlist","vehicle":"V","plate":"粤BD12345"})");
  EXPECT_EQ(encoded(Op::confirm), R"({"id":5,"op":"confirm","vehicle":"V","plate":"粤BD12345"})");
}

}  // namespace
}  // namespace plated::load
