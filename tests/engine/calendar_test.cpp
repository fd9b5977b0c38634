// Dates, working days and opening hours, the last against a walk minute by minute.
#include "engine/calendar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace plated {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr minutes kShenzhenOffset{480};

Day day(std::string_view text) {
  const auto parsed = parse_day(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Day{});
}

// A moment of the local calendar.
CivilTime at(std::string_view date, std::string_view time, minutes offset = kShenzhenOffset) {
  return start_of(day(date), offset) + minutes(parse_minutes(time).value());
}

TEST(Calendar, ReadsADayInOneFormOnly) {
  EXPECT_EQ(day("1970-01-01"), Day{});
  EXPECT_EQ(day("2026-03-04") - Day{}, days(20'516));
  EXPECT_TRUE(parse_day("2028-02-29"));
  for (const char* wrong :
       {"", "2026-3-04", "2026-03-4", "20260304", "2026-03-04 ", " 2026-03-04", "2026-13-01",
        "2026-00-01", "2026-02-29", "2026-02-30", "2026-04-31", "2026-01-00", "2026/01/01",
        "2O26-01-01", "-026-01-01", "2026-01-+1", "12026-01-01"}) {
    EXPECT_FALSE(parse_day(wrong)) << wrong;
  }
}

TEST(Calendar, PrintsEveryDayAsItIsRead) {
  for (Day d = day("1999-12-25"); d < day("2040-01-05"); d += days{1}) {
    ASSERT_EQ(parse_day(text_of(d).view()), d) << text_of(d).view();
  }
  EXPECT_EQ(text_of(day("2026-01-09")).view(), "2026-01-09");
  EXPECT_EQ(text_of(day("0001-01-01")).view(), "0001-01-01");
  EXPECT_EQ(text_of(day("9999-12-31")).view(), "9999-12-31");
}

TEST(Calendar, AZoneIsAFixedOffset) {
  for (const char* zone : {"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Beijing", "PRC",
                           "Asia/Hong_Kong", "Asia/Macau", "+08:00"}) {
    EXPECT_EQ(utc_offset_of(zone), minutes(480)) << zone;
  }
  EXPECT_EQ(utc_offset_of("Asia/Urumqi"), minutes(360));
  EXPECT_EQ(utc_offset_of("UTC"), minutes(0));
  EXPECT_EQ(utc_offset_of("-03:30"), minutes(-210));
  EXPECT_EQ(utc_offset_of("+14:00"), minutes(840));
  for (const char* zone : {"", "Asia/shanghai", "Asia/Shanghai ", "Europe/Berlin", "+8:00", "08:00",
                           "+08:60", "+14:01", "+99:00", "+08-00", "+0a:00", "+08:00 "}) {
    EXPECT_FALSE(utc_offset_of(zone)) << zone;
  }
}

TEST(Calendar, ADayBeginsAtLocalMidnight) {
  const CivilTime midnight = start_of(day("2026-03-05"), kShenzhenOffset);
  EXPECT_EQ(midnight.time_since_epoch(), days(20'516) + hours(16));
  EXPECT_EQ(day_of(midnight, kShenzhenOffset), day("2026-03-05"));
  EXPECT_EQ(day_of(midnight - Millis{1}, kShenzhenOffset), day("2026-03-04"));
  EXPECT_EQ(day_of(CivilTime{} - Millis{1}, minutes(0)), day("1969-12-31")) << "before the epoch";
  EXPECT_EQ(day_of(start_of(day("2026-03-05"), minutes(-210)), minutes(-210)), day("2026-03-05"));
}

TEST(Calendar, YearsLaterIsTheSameDateAndTimeOfDay) {
  EXPECT_EQ(add_years(at("2026-03-04", "10:00"), 2, kShenzhenOffset), at("2028-03-04", "10:00"));
  EXPECT_EQ(add_years(at("2028-02-29", "00:00"), 4, kShenzhenOffset), at("2032-02-29", "00:00"));
  EXPECT_EQ(add_years(at("2026-03-04", "10:00"), 0, kShenzhenOffset), at("2026-03-04", "10:00"));
  EXPECT_EQ(add_years(at("2026-03-04", "10:00"), -1, kShenzhenOffset), at("2025-03-04", "10:00"));
}

TEST(Calendar, TheTwentyNinthOfFebruaryBecomesTheLastOfFebruary) {
  EXPECT_EQ(add_years(at("2028-02-29", "12:34"), 2, kShenzhenOffset), at("2030-02-28", "12:34"));
  EXPECT_EQ(add_years(at("2096-02-29", "12:34"), 4, kShenzhenOffset), at("2100-02-28", "12:34"));
}

TEST(Calendar, TheDateThatCountsIsTheLocalOne) {
  // 28 February in UTC, 29 February in Shenzhen.
  const CivilTime early = at("2028-02-29", "01:00");
  EXPECT_EQ(add_years(early, 1, kShenzhenOffset), at("2029-02-28", "01:00"));
  EXPECT_EQ(add_years(early, 1, minutes(0)), at("2029-03-01", "01:00"))
      << "2028-02-28T17:00Z plus a year is 2029-02-28T17:00Z";
}

const WorkingCalendar& national_day() {
  static const WorkingCalendar calendar{{day("2026-10-01"), day("2026-10-02"), day("2026-10-05"),
                                         day("2026-10-06"), day("2026-10-07"), day("2026-10-10")},
                                        {day("2026-09-20"), day("2026-10-10")}};
  return calendar;
}

TEST(Calendar, AMadeUpWorkingDayOutweighsAHolidayAndBothAWeekend) {
  EXPECT_TRUE(is_working_day(national_day(), day("2026-09-30")));
  EXPECT_FALSE(is_working_day(national_day(), day("2026-10-01"))) << "a holiday on a Thursday";
  EXPECT_FALSE(is_working_day(national_day(), day("2026-10-03"))) << "a Saturday";
  EXPECT_TRUE(is_working_day(national_day(), day("2026-09-20"))) << "a Sunday made up for";
  EXPECT_TRUE(is_working_day(national_day(), day("2026-10-10"))) << "in both lists";
}

TEST(Calendar, ADeadlineCountsWorkingDaysAfterTheConfirmation) {
  const auto deadline = [](std::string_view confirmed, int working_days) {
    return std::string(
        text_of(deadline_after(national_day(), day(confirmed), working_days)).view());
  };
  EXPECT_EQ(deadline("2026-03-04", 3), "2026-03-09") << "Thursday, Friday, Monday";
  EXPECT_EQ(deadline("2026-03-07", 1), "2026-03-09") << "confirmed on a Saturday";
  EXPECT_EQ(deadline("2026-09-29", 3), "2026-10-09") << "30th, 8th, 9th";
  EXPECT_EQ(deadline("2026-09-29", 4), "2026-10-10") << "and the made-up Saturday";
  EXPECT_EQ(deadline("2026-09-18", 1), "2026-09-20") << "the made-up Sunday";
  EXPECT_EQ(deadline("2026-09-30", 0), "2026-09-30");
  EXPECT_EQ(deadline("2026-09-30", -1), "2026-09-30");
}

TEST(Calendar, ADeadlineAgreesWithCountingForEveryDayAndNumber) {
  for (Day confirmed = day("2026-09-01"); confirmed < day("2026-11-01"); confirmed += days{1}) {
    for (int wanted = 1; wanted <= 90; ++wanted) {
      const Day deadline = deadline_after(national_day(), confirmed, wanted);
      int counted = 0;
      for (Day d = confirmed + days{1}; d <= deadline; d += days{1}) {
        counted += is_working_day(national_day(), d) ? 1 : 0;
      }
      ASSERT_EQ(counted, wanted);
      ASSERT_TRUE(is_working_day(national_day(), deadline));
    }
  }
}

TEST(Calendar, ADeadlineEndsEvenIfEveryDayIsAHoliday) {
  WorkingCalendar never;
  for (Day d = day("2026-01-01"); d < day("2040-01-01"); d += days{1}) {
    never.holidays.push_back(d);
  }
  EXPECT_EQ(deadline_after(never, day("2026-01-01"), 3), day("2026-01-01") + days{3'660});
}

TEST(Schedule, DaysAreReadAndPrinted) {
  EXPECT_EQ(parse_schedule_days("1-5"), 0b0011111);
  EXPECT_EQ(parse_schedule_days("6,7"), 0b1100000);
  EXPECT_EQ(parse_schedule_days("1-3,5"), 0b0010111);
  EXPECT_EQ(parse_schedule_days("5,1-3"), 0b0010111);
  EXPECT_EQ(parse_schedule_days("3-3"), 0b0000100);
  for (const char* wrong : {"", ",", "1,", ",1", "0", "8", "5-1", "1-", "-5", "1-9", "1,1", "1-3,2",
                            "1 ,2", "a", "1--2", "1-2-3"}) {
    EXPECT_FALSE(parse_schedule_days(wrong)) << wrong;
  }
  for (unsigned bits = 1; bits < 128; ++bits) {
    const auto text = text_of_schedule_days(static_cast<uint8_t>(bits));
    EXPECT_EQ(parse_schedule_days(text.view()), bits) << text.view();
  }
  EXPECT_EQ(text_of_schedule_days(0b0010111).view(), "1-3,5");
}

TEST(Schedule, MinutesAreReadAndPrinted) {
  for (uint16_t minute = 0; minute <= kMinutesPerDay; ++minute) {
    ASSERT_EQ(parse_minutes(text_of_minutes(minute).view()), minute);
  }
  EXPECT_EQ(text_of_minutes(545).view(), "09:05");
  EXPECT_EQ(parse_minutes("24:00"), kMinutesPerDay);
  for (const char* wrong : {"", "9:00", "24:01", "25:00", "12:60", "12-00", "1200", "12:0a",
                            "12:000", " 9:00", "-1:00"}) {
    EXPECT_FALSE(parse_minutes(wrong)) << wrong;
  }
}

TEST(Schedule, IsOpenFromTheFirstMinuteUntilTheLastOneIsOver) {
  const std::vector<ScheduleRow> office_hours = {{0b0011111, 540, 1020}};
  const auto open = [&](std::string_view date, std::string_view time, Millis more = Millis{0}) {
    return open_at(office_hours, {}, at(date, time) + more, kShenzhenOffset);
  };
  EXPECT_FALSE(open("2026-03-04", "08:59", Millis{59'999}));
  EXPECT_TRUE(open("2026-03-04", "09:00"));
  EXPECT_TRUE(open("2026-03-04", "16:59", Millis{59'999}));
  EXPECT_FALSE(open("2026-03-04", "17:00"));
  EXPECT_FALSE(open("2026-03-07", "12:00")) << "a Saturday";
}

TEST(Schedule, ChangesAtTheNextEdge) {
  const std::vector<ScheduleRow> rows = {{0b0011111, 540, 720}, {0b0011111, 780, 1020}};
  const auto change = [&](CivilTime after) {
    return next_change(rows, {}, after, kShenzhenOffset);
  };
  EXPECT_EQ(change(at("2026-03-04", "08:00")), at("2026-03-04", "09:00"));
  EXPECT_EQ(change(at("2026-03-04", "09:00")), at("2026-03-04", "12:00")) << "strictly after";
  EXPECT_EQ(change(at("2026-03-04", "09:00") - Millis{1}), at("2026-03-04", "09:00"));
  EXPECT_EQ(change(at("2026-03-04", "12:00") + Millis{1}), at("2026-03-04", "13:00"));
  EXPECT_EQ(change(at("2026-03-06", "17:00")), at("2026-03-09", "09:00")) << "over the weekend";
}

TEST(Schedule, RowsThatTouchOrOverlapAreOneStretch) {
  const auto change = [](std::vector<ScheduleRow> rows, std::string_view time) {
    return next_change(rows, {}, at("2026-03-04", time), kShenzhenOffset);
  };
  EXPECT_EQ(change({{4, 540, 720}, {4, 720, 1020}}, "10:00"), at("2026-03-04", "17:00"));
  EXPECT_EQ(change({{4, 540, 800}, {4, 600, 1020}}, "10:00"), at("2026-03-04", "17:00"));
  EXPECT_EQ(change({{4, 540, 1020}, {4, 600, 660}}, "10:30"), at("2026-03-04", "17:00"));
  EXPECT_EQ(change({{12, 0, 1440}}, "10:00"), at("2026-03-06", "00:00"))
      << "no change at the midnight between two whole days";
  EXPECT_EQ(change({{4, 1200, 1440}, {8, 0, 60}}, "20:00"), at("2026-03-05", "01:00"));
}

TEST(Schedule, NothingAndTheWholeWeekNeverChange) {
  EXPECT_FALSE(next_change({}, {}, at("2026-03-04", "10:00"), kShenzhenOffset));
  EXPECT_FALSE(open_at({}, {}, at("2026-03-04", "10:00"), kShenzhenOffset));
  const std::vector<ScheduleRow> always = {{127, 0, 1440}};
  EXPECT_FALSE(next_change(always, {}, at("2026-03-04", "10:00"), kShenzhenOffset));
  EXPECT_TRUE(open_at(always, {}, at("2026-03-08", "23:59"), kShenzhenOffset));
  const std::vector<ScheduleRow> halves = {{127, 0, 700}, {127, 650, 1440}};
  EXPECT_FALSE(next_change(halves, {}, at("2026-03-04", "10:00"), kShenzhenOffset));
}

TEST(Schedule, OneMinuteAWeekComesBackAfterAWeek) {
  const std::vector<ScheduleRow> rows = {{64, 1439, 1440}};
  EXPECT_EQ(next_change(rows, {}, at("2026-03-08", "23:59"), kShenzhenOffset),
            at("2026-03-09", "00:00"));
  EXPECT_EQ(next_change(rows, {}, at("2026-03-09", "00:00"), kShenzhenOffset),
            at("2026-03-15", "23:59"));
}

// Rows of few distinct edges, so that they touch, overlap and cover whole days often.
std::vector<ScheduleRow> random_schedule(std::mt19937& random) {
  std::vector<ScheduleRow> rows;
  const std::size_t count = random() % 5;
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = static_cast<uint16_t>(random() % 8 * 180);
    const auto length = static_cast<uint16_t>((1 + random() % 8) * 180);
    const auto to = std::min<uint16_t>(static_cast<uint16_t>(from + length), kMinutesPerDay);
    rows.push_back({static_cast<uint8_t>(random() % 128), from, to});
  }
  return rows;
}

TEST(Schedule, NextChangeAgreesWithAWalkMinuteByMinute) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const std::vector<ScheduleRow> rows = random_schedule(random);
    const minutes offset{(static_cast<int>(random() % 57) - 28) * 30};
    const CivilTime begin = at("2026-02-27", "00:00") + minutes(random() % 20'000);
    // Backwards, so that the walk knows the next change of each minute.
    std::optional<CivilTime> next;
    for (int i = 2 * 7 * kMinutesPerDay; i > 0; --i) {
      const CivilTime minute = begin + minutes(i);
      if (open_at(rows, {}, minute, offset) != open_at(rows, {}, minute - minutes{1}, offset)) {
        next = minute;
      }
      if (i <= 7 * kMinutesPerDay && i % 7 == 0) {
        const CivilTime after = minute - minutes{1};
        ASSERT_EQ(next_change(rows, {}, after, offset), next);
        ASSERT_EQ(next_change(rows, {}, after + Millis{59'999}, offset), next);
      }
    }
  }
}

// National Day of 2026: Thursday 1 to Wednesday 7 October, made up for on Saturday 10.
const WorkingCalendar kNationalDay = [] {
  WorkingCalendar calendar;
  for (Day day = *parse_day("2026-10-01"); day <= *parse_day("2026-10-07");
       day += std::chrono::days{1}) {
    calendar.holidays.push_back(day);
  }
  calendar.workdays = {*parse_day("2026-10-10")};
  return calendar;
}();

TEST(Schedule, StandsStillOnHolidaysAndOpensOnMadeUpWorkingDaysAsOnMondays) {
  const std::vector<ScheduleRow> rows = {{0b0000001, 480, 600}, {0b0011110, 540, 1020}};
  const auto open = [&](std::string_view date, std::string_view time) {
    return open_at(rows, kNationalDay, at(date, time), kShenzhenOffset);
  };
  const auto change = [&](std::string_view date, std::string_view time) {
    return next_change(rows, kNationalDay, at(date, time), kShenzhenOffset);
  };
  EXPECT_TRUE(open("2026-09-30", "10:00"));
  EXPECT_FALSE(open("2026-10-01", "10:00")) << "a holiday on a Thursday";
  EXPECT_TRUE(open("2026-10-10", "09:59")) << "a Saturday with Monday's hours";
  EXPECT_FALSE(open("2026-10-10", "10:00"));
  EXPECT_FALSE(open("2026-10-17", "09:00")) << "the next Saturday";
  EXPECT_EQ(change("2026-09-30", "17:00"), at("2026-10-08", "09:00"));
  EXPECT_EQ(change("2026-10-09", "17:00"), at("2026-10-10", "08:00"));
  EXPECT_EQ(change("2026-10-10", "10:00"), at("2026-10-12", "08:00"));
}

TEST(Schedule, HasRowsOfItsOwnForHolidaysAndForWorkdays) {
  const std::vector<ScheduleRow> rows = {
      {0b0011111, 540, 1020}, {kHolidayRow, 600, 660}, {kWorkdayRow, 0, 1440}};
  const auto open = [&](std::string_view date, std::string_view time) {
    return open_at(rows, kNationalDay, at(date, time), kShenzhenOffset);
  };
  EXPECT_TRUE(open("2026-10-04", "10:30")) << "a Sunday that is a holiday";
  EXPECT_FALSE(open("2026-10-01", "12:00"));
  EXPECT_TRUE(open("2026-10-10", "23:59"));
  EXPECT_FALSE(open("2026-10-11", "10:30")) << "a Sunday that is none";
  EXPECT_EQ(parse_schedule_days("holidays"), kHolidayRow);
  EXPECT_EQ(parse_schedule_days("workdays"), kWorkdayRow);
  EXPECT_EQ(text_of_schedule_days(kHolidayRow).view(), "holidays");
  EXPECT_EQ(text_of_schedule_days(kWorkdayRow).view(), "workdays");
  for (const char* wrong : {"holiday", "1-5,holidays", "Holidays"}) {
    EXPECT_FALSE(parse_schedule_days(wrong)) << wrong;
  }
}

TEST(Schedule, LooksAsFarAsTheCalendarListsDays) {
  const std::vector<ScheduleRow> holidays_only = {{kHolidayRow, 600, 660}};
  EXPECT_EQ(next_change(holidays_only, kNationalDay, at("2026-03-04", "10:00"), kShenzhenOffset),
            at("2026-10-01", "10:00"));
  EXPECT_FALSE(
      next_change(holidays_only, kNationalDay, at("2026-10-07", "11:00"), kShenzhenOffset));
  const std::vector<ScheduleRow> always = {{127, 0, 1440}};
  EXPECT_EQ(next_change(always, kNationalDay, at("2026-03-04", "10:00"), kShenzhenOffset),
            at("2026-10-01", "00:00"));
}

}  // namespace
}  // namespace plated
