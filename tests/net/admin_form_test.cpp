#include <gtest/gtest.h>

#include "engine/instant_text.h"
#include "net/operators/form.h"

namespace plated {
namespace {

// The field of the fault that reading `body` ends with.
template <class Read>
std::string fault_of(std::string_view body, Read&& read) {
  AdminForm form(body);
  read(form);
  return form.finish() ? "none" : form.fault().field + ": " + form.fault().message;
}

TEST(AdminForm, NamesTheFieldThatIsMissingWrongOrUnknown) {
  const auto read = [](AdminForm& form) {
    (void)form.text("reason", Need::required, 8);
    (void)form.integer("times", Need::optional, 2, 10);
    (void)form.flag("blacklist");
  };
  EXPECT_EQ(fault_of(R"({"reason":"x","times":3,"blacklist":true})", read), "none");
  EXPECT_EQ(fault_of("", read), "reason: is missing");
  EXPECT_EQ(fault_of(R"({"reason":""})", read), "reason: must not be empty");
  EXPECT_EQ(fault_of(R"({"reason":7})", read), "reason: must be a text");
  EXPECT_EQ(fault_of(R"({"reason":"123456789"})", read), "reason: must be at most 8 bytes");
  EXPECT_EQ(fault_of(R"({"reason":"x","times":11})", read),
            "times: must be a whole number from 2 to 10");
  EXPECT_EQ(fault_of(R"({"reason":"x","times":3.0})", read),
            "times: must be a whole number from 2 to 10");
  EXPECT_EQ(fault_of(R"({"reason":"x","blacklist":null})", read),
            "blacklist: must be true or false");
  EXPECT_EQ(fault_of(R"({"reason":"x","colour":1})", read),
            "colour: is not a field of this request");
}

TEST(AdminForm, RefusesWhatIsNoObject) {
  const auto nothing = [](AdminForm&) {};
  for (const char* body : {"[]", "1", "{", "{}x", "nul", "{\"a\":\"\xff\"}", "{\"a\":1,}"}) {
    EXPECT_NE(fault_of(body, nothing), "none") << body;
  }
  EXPECT_NE(fault_of(R"({"a":[[[[[[[[[[1]]]]]]]]]]})", nothing), "none");
}

TEST(AdminForm, ReadsInstantsAsMillisecondsOrAsText) {
  AdminForm form(R"({"a":1790000000123,"b":"2026-09-21T21:33:20.123+08:00",
                     "c":"2026-09-21T13:33:20Z","d":"2026-09-21"})");
  EXPECT_EQ(form.instant("a"), CivilTime(Millis(1'790'000'000'123)));
  EXPECT_EQ(form.instant("b"), CivilTime(Millis(1'789'997'600'123)));
  EXPECT_EQ(form.instant("c"), CivilTime(Millis(1'789'997'600'000)));
  EXPECT_TRUE(form.ok());
  EXPECT_FALSE(form.instant("d"));
  EXPECT_EQ(form.fault().field, "d");
}

TEST(AdminForm, TakesNoSecondsForMilliseconds) {
  AdminForm form(R"({"release_at":1795136400,"late":946684800000,"early":946684799999})");
  EXPECT_TRUE(form.instant("late"));
  EXPECT_FALSE(form.instant("release_at"));
  EXPECT_EQ(form.fault().field, "release_at");
  EXPECT_EQ(form.fault().message.substr(0, 23), "is before the year 2000");
  EXPECT_FALSE(form.instant("early"));
}

TEST(AdminForm, RefusesInstantsThatAreNone) {
  for (const char* wrong :
       {"", "2026-09-21", "2026-09-21T21:33:20", "2026-02-30T00:00:00Z", "2026-09-21T24:00:00Z",
        "2026-09-21T21:33:20.Z", "2026-09-21T21:33:20+0800", "2026-09-21T21:33:20Zx",
        "2026-09-21T21:-3:20Z", "2026-09-21T+1:33:20Z"}) {
    EXPECT_FALSE(instant_of(wrong)) << wrong;
  }
}

TEST(AdminForm, SaysWhereAPlateIsWrong) {
  AdminForm form(R"({"plate":"粤BX12345"})");
  EXPECT_FALSE(form.plate("plate"));
  EXPECT_EQ(form.fault().field, "plate");
  EXPECT_NE(form.fault().message.find("at character 3"), std::string::npos);
}

}  // namespace
}  // namespace plated
