#include "net/protocol/answer_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "engine/plate.h"

namespace plated {
namespace {

namespace json = boost::json;

json::value reread(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  EXPECT_FALSE(error) << text;
  return value;
}

PlateNumber plate(std::string_view text) { return parse_plate(text).plate->number; }

ApplicationView sample() {
  ApplicationView view;
  view.vehicle = VehicleId("LGXCE4CB6P0123456");
  view.pool.office = *parse_office("粤B").office;
  view.office_name = "深圳\"车管所\"";
  view.blacklist_years = 2;
  view.step = Step::pick;
  view.office_state = OfficeState::open;
  view.version = 17;
  view.draws_left = 3;
  view.draw = 2;
  view.at = CivilTime(Millis(1790000000123));
  view.terms = TermsVersion("2026-01");
  view.batch = {plate("粤BD12345"), plate("粤BD20666")};
  view.batch_expires_in = Millis(89312);
  view.shortlist = {plate("粤BD20666")};
  view.shortlist_expires_in = Millis(179312);
  return view;
}

TEST(AnswerText, AnApplicationIsWrittenAsTheProtocolShowsIt) {
  std::string out;
  write_application(sample(), out);
  EXPECT_EQ(out,
            R"({"vehicle":"LGXCE4CB6P0123456","office":"粤B","office_name":"深圳\"车管所\"",)"
            R"("class":"small","power":"electric",)"
            R"("step":"pick","draws_left":3,"draw":2,)"
            R"("batch":{"plates":["粤BD12345","粤BD20666"],"expires_in_ms":89312},)"
            R"("shortlist":{"plates":["粤BD20666"],"expires_in_ms":179312},"reservation":null,)"
            R"("office_state":"open","terms":"2026-01","blacklist_years":2,)"
            R"("at":1790000000123,"version":17})");
}

TEST(AnswerText, WhatMeansSomethingOnlySometimesIsThereOnlyThen) {
  ApplicationView view = sample();
  view.batch.clear();
  view.shortlist.clear();
  view.step = Step::done;
  view.fallback = plate("粤BD12345");
  view.verified_in = Millis(1000);
  view.blacklisted_until = CivilTime(Millis(1800000000000));
  view.opens_at = CivilTime(Millis(1790000001000));
  view.deadline_if_confirmed = Day(std::chrono::year(2026) / 12 / 2);
  view.reservation.plate = plate("粤BD12345");
  view.reservation.deadline = Day(std::chrono::year(2026) / 11 / 26);
  view.reservation.voucher.fill(0xab);
  view.reservation.sequence = Sequence{123456};
  std::string out;
  write_application_answer("7", view, out);
  const json::value answer = reread(out);
  const json::object& application = answer.at("ok").as_object();
  EXPECT_TRUE(application.at("batch").is_null());
  EXPECT_TRUE(application.at("shortlist").is_null());
  EXPECT_EQ(application.at("fallback").as_string(), "粤BD12345");
  EXPECT_EQ(application.at("verified_in_ms").as_int64(), 1000);
  EXPECT_EQ(application.at("blacklisted_until").as_int64(), 1800000000000);
  EXPECT_EQ(application.at("opens_at").as_int64(), 1790000001000);
  EXPECT_EQ(application.at("deadline_if_confirmed").as_string(), "2026-12-02");
  const json::object& reservation = application.at("reservation").as_object();
  EXPECT_EQ(reservation.at("deadline").as_string(), "2026-11-26");
  EXPECT_FALSE(reservation.at("auto").as_bool());
  EXPECT_EQ(reservation.at("voucher").as_string(), "/v1/voucher/abababababababababababababababab");
  EXPECT_EQ(reservation.at("sequence").as_int64(), 123456);
}

TEST(AnswerText, ACountdownThatIsOverCountsAsZero) {
  ApplicationView view = sample();
  view.batch_expires_in = Millis(-5);
  std::string out;
  write_application(view, out);
  EXPECT_EQ(reread(out).at("batch").at("expires_in_ms").as_int64(), 0);
}

TEST(AnswerText, TheLongestApplicationFits) {
  ApplicationView view = sample();
  view.vehicle = VehicleId(std::string(kVehicleIdMax, '\x01'));
  view.terms = TermsVersion(std::string(kTermsVersionMax, '"'));
  view.pool.plate_class = PlateClass::large;
  view.draws_left = view.draw = view.version = UINT32_MAX;
  view.at = CivilTime(Millis(INT64_MIN));
  view.batch_expires_in = view.shortlist_expires_in = Millis(INT64_MAX);
  view.verified_in = Millis(INT64_MAX);
  view.blacklisted_until = view.opens_at = CivilTime(Millis(INT64_MIN));
  view.deadline_if_confirmed = Day(std::chrono::year(9999) / 12 / 31);
  view.office_name.assign(256, '\x01');
  view.blacklist_years = UINT32_MAX;
  view.fallback = view.reservation.plate = PlateNumber{499'999};
  view.reservation.sequence = Sequence{UINT64_MAX};
  view.admitted_within = Millis(INT64_MAX);
  PlaceView& place = view.place.emplace();
  place.office = view.pool.office;
  place.ahead = UINT32_MAX;
  place.eta_low = place.eta_high = Millis(INT64_MAX);
  place.admitted_per_minute = UINT32_MAX;
  view.batch.assign(kBatchSizeMax, PlateNumber{499'999});
  view.shortlist.assign(1000, PlateNumber{499'999});
  std::string out = "before";
  write_application_push(view, out);
  EXPECT_EQ(reread(out.substr(6)).at("application").at("shortlist").at("plates").as_array().size(),
            1000U);
}

TEST(AnswerText, AnErrorSaysWhatCanBeSaid) {
  std::string out;
  write_error_answer("null", {.code = ErrorCode::all_held, .retry_in = Millis(4000)}, out);
  json::value answer = reread(out);
  EXPECT_TRUE(answer.at("id").is_null());
  EXPECT_EQ(answer.at("error").at("code").as_string(), "all_held");
  EXPECT_EQ(answer.at("error").at("retry_in_ms").as_int64(), 4000);
  EXPECT_FALSE(answer.at("error").as_object().contains("until"));
  EXPECT_FALSE(answer.at("error").as_object().contains("field"));
  out.clear();
  write_error_answer("-3",
                     {.code = ErrorCode::bad_request,
                      .message = "a \"quote\", a \\ and a \n",
                      .field = "粤\x01",
                      .until = CivilTime(Millis(5))},
                     out);
  answer = reread(out);
  EXPECT_EQ(answer.at("error").at("message").as_string(), "a \"quote\", a \\ and a \n");
  EXPECT_EQ(answer.at("error").at("field").as_string(), "粤\x01");
  EXPECT_EQ(answer.at("error").at("until").as_int64(), 5);
}

TEST(AnswerText, VehiclesAreListedWithWhatComesNext) {
  VehiclesPage page;
  std::string out;
  write_vehicles_answer("1", page, "", out);
  EXPECT_EQ(out, R"({"id":1,"ok":{"vehicles":[],"next":null}})");
  VehicleSummary vehicle;
  vehicle.vehicle = VehicleId("V1");
  vehicle.pool = sample().pool;
  vehicle.plate = BoundedText<15>("粤B12345");
  page.vehicles.assign(kVehiclesPerPage, vehicle);
  page.next = VehicleId("V1");
  out.clear();
  write_vehicles_answer("1", page, "张\"*", out);
  const json::value answer = reread(out);
  EXPECT_EQ(answer.at("ok").at("vehicles").as_array().size(), kVehiclesPerPage);
  EXPECT_EQ(json::serialize(answer.at("ok").at("vehicles").at(0)),
            R"({"vehicle":"V1","class":"small","power":"electric","office":"粤B",)"
            R"("plate":"粤B12345","step":"submit"})");
  EXPECT_EQ(answer.at("ok").at("next").as_string(), "V1");
  EXPECT_EQ(answer.at("ok").at("owner_name").as_string(), "张\"*");
}

TEST(AnswerText, TheOtherMessagesAreJsonOfTheirShape) {
  std::string out;
  write_empty_answer("5", out);
  EXPECT_EQ(out, R"({"id":5,"ok":{}})");
  out.clear();
  write_code_answer("5", {"138****1234", Millis(300000), Millis(60000)}, out);
  EXPECT_EQ(
      out,
      R"({"id":5,"ok":{"sent_to":"138****1234","expires_in_ms":300000,"resend_in_ms":60000}})");
  out.clear();
  write_office_push(*parse_office("粤B").office, OfficeState::paused, {}, out);
  EXPECT_EQ(out, R"({"event":"office","office":"粤B","state":"paused","until":null})");
  out.clear();
  write_bye_push("shutting_down", Millis(1500), out);
  EXPECT_EQ(out, R"({"event":"bye","reason":"shutting_down","reconnect_in_ms":1500})");
}

TEST(AnswerText, APlaceIsToldInPushesErrorsAndTheApplicationAlike) {
  PlaceView place;
  place.office = *parse_office("粤B").office;
  place.ahead = 11;
  std::string out;
  write_waiting_push(place, out);
  EXPECT_EQ(out, R"({"event":"waiting","office":"粤B","position":12,"ahead":11,"eta_low_ms":null,)"
                 R"("eta_high_ms":null,"admitted_per_minute":null})");
  place.ahead = UINT32_MAX;
  place.eta_low = Millis(3000);
  place.eta_high = Millis(INT64_MAX);
  place.admitted_per_minute = UINT32_MAX;
  const std::string_view fields =
      R"("office":"粤B","position":4294967296,"ahead":4294967295,"eta_low_ms":3000,)"
      R"("eta_high_ms":9223372036854775807,"admitted_per_minute":4294967295)";
  out.clear();
  write_error_answer("3", {.code = ErrorCode::waiting, .message = "wait", .place = &place}, out);
  EXPECT_EQ(out,
            R"({"id":3,"error":{"code":"waiting","message":"wait",)" + std::string(fields) + "}}");
  ApplicationView view = sample();
  view.place = place;
  out.clear();
  write_application(view, out);
  EXPECT_NE(out.find(R"(,"place":{)" + std::string(fields) + "}}"), std::string::npos) << out;
}

TEST(AnswerText, TheLobbyAndAdmissionAreTold) {
  PlaceView place;
  place.office = *parse_office("粤B").office;
  place.lobby = true;
  place.in_lobby = 5;
  std::string out;
  write_waiting_push(place, out);
  EXPECT_EQ(out, R"({"event":"waiting","office":"粤B","opens_at":null,"lobby":5})");
  place.opens_at = CivilTime(Millis(1790000000000));
  out.clear();
  write_waiting_push(place, out);
  EXPECT_EQ(out, R"({"event":"waiting","office":"粤B","opens_at":1790000000000,"lobby":5})");
  out.clear();
  write_admitted_push(place.office, Millis(120000), out);
  EXPECT_EQ(out, R"({"event":"admitted","office":"粤B","act_within_ms":120000})");
  ApplicationView view = sample();
  view.admitted_within = Millis(-3);
  out.clear();
  write_application(view, out);
  EXPECT_EQ(reread(out).at("admitted_within_ms").as_int64(), 0) << "it is over by now";
}

TEST(AnswerText, AVoucherCodeIsReadBackOrNotAtAll) {
  VoucherCode code{};
  for (std::size_t i = 0; i < code.size(); ++i) {
    code[i] = static_cast<uint8_t>(i * 17);
  }
  EXPECT_EQ(voucher_text(code), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(parse_voucher(voucher_text(code)), code);
  EXPECT_FALSE(parse_voucher("00112233445566778899aabbccddeef"));
  EXPECT_FALSE(parse_voucher("00112233445566778899aabbccddeefg"));
  EXPECT_FALSE(parse_voucher("00112233445566778899AABBCCDDEEFF"));
}

}  // namespace
}  // namespace plated
