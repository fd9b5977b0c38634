// Records as people read them.
#include "persistence/record_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "persistence/record.h"
#include "tests/persistence/sample_events.h"

namespace plated {
namespace {

TEST(RecordJson, ShowsPlatesAsTheProtocolDoes) {
  const PoolKey pool{{25, 'B'}, PlateClass::small, Power::electric};
  const std::array<PlateNumber, 2> released = {PlateNumber{8}, PlateNumber{9}};
  const Record record{
      Sequence{12},
      {Tick(Millis(5)), CivilTime(Millis(1'790'000'000'123))},
      Confirmed{{"o-1", "LGXCE4CB6P0123456", 1}, pool, {7}, true, kSampleDays[0], {}, released}};
  EXPECT_EQ(record_json_line(record),
            "{\"sequence\":12,\"at\":1790000000123,\"tick\":5,\"what\":\"confirmed\","
            "\"owner\":\"o-1\",\"vehicle\":\"LGXCE4CB6P0123456\",\"application\":1,"
            "\"office\":\"粤B\",\"class\":\"small\",\"power\":\"electric\",\"plate\":\"粤BD00007\","
            "\"auto\":true,\"deadline\":\"2026-10-01\","
            "\"voucher\":\"00000000000000000000000000000000\","
            "\"released\":[\"粤BD00008\",\"粤BD00009\"]}");
}

TEST(RecordJson, EveryEventIsOneLineOfJsonWithoutWhatIsSealed) {
  for (const Event& event : sample_events()) {
    const std::string line = record_json_line({Sequence{1}, {}, event});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_EQ(line.find(" sealed\""), std::string::npos);
    const auto parsed = boost::json::parse(line).as_object();
    EXPECT_EQ(parsed.at("what").as_string(), std::string(event_name(event)));
  }
}

}  // namespace
}  // namespace plated
