// What people read by SMS.
#include "net/notices/office_texts.h"

#include <gtest/gtest.h>

#include "engine/plate.h"

namespace plated {
namespace {

Office shenzhen() {
  Office office;
  office.code = *parse_office("粤B").office;
  office.name = "深圳市车管所";
  return office;
}

PendingNotice notice_of(NoticeKind kind) {
  PendingNotice notice;
  notice.kind = kind;
  notice.vehicle.assign("LGX123456");
  notice.plate = *parse_plate("粤BD12345").plate;
  notice.deadline = std::chrono::year{2026} / 3 / 9;
  return notice;
}

TEST(OfficeTexts, SpeakInTheOfficesName) {
  EXPECT_EQ(
      text_of(notice_of(NoticeKind::confirmed), shenzhen()),
      "【深圳市车管所】您的机动车（识别代号尾号123456）已预选号牌粤BD12345，请于2026年3月9日前"
      "（含当日）到深圳市车管所办理，逾期作废，自逾期起2年内不能网上选号。");
  EXPECT_EQ(
      text_of(notice_of(NoticeKind::reminder), shenzhen()),
      "【深圳市车管所】提醒：您的机动车（识别代号尾号123456）预选的号牌粤BD12345尚未办理，最后"
      "期限为2026年3月9日，请到深圳市车管所办理，逾期作废，自逾期起2年内不能网上选号。");
  EXPECT_EQ(text_of(notice_of(NoticeKind::extended), shenzhen()),
            "【深圳市车管所】您的机动车（识别代号尾号123456）预选的号牌粤BD12345，办理期限延长至202"
            "6年3月9日"
            "（含当日），请到深圳市车管所办理，逾期作废，自逾期起2年内不能网上选号。");
  EXPECT_EQ(
      text_of_code(CodePurpose::verify, "LGXCE4CB6P0123456", "012345", std::chrono::minutes(5),
                   shenzhen()),
      "【深圳市车管所】验证码012345，用于开始选号（车辆123456），5分钟内有效。请勿告诉他人。");
  EXPECT_NE(text_of_code(CodePurpose::submit, "V1", "012345", std::chrono::minutes(5), shenzhen())
                .find("用于提交选号业务（车辆V1）"),
            std::string::npos);
}

TEST(OfficeTexts, AnOfficeThatNobodyNamedIsCalledByItsCode) {
  Office office = shenzhen();
  for (const char* const name : {"", "粤B"}) {
    office.name = name;
    EXPECT_TRUE(text_of(notice_of(NoticeKind::confirmed), office).starts_with("【粤B车辆管理所】"));
  }
}

TEST(OfficeTexts, WithoutABlacklistNobodyIsThreatenedWithIt) {
  Office office = shenzhen();
  office.settings.blacklist_years = 0;
  EXPECT_TRUE(text_of(notice_of(NoticeKind::confirmed), office).ends_with("办理，逾期作废。"));
}

TEST(OfficeTexts, ALapseSaysUntilWhenTheOwnerMayNotSelect) {
  PendingNotice notice = notice_of(NoticeKind::lapsed);
  EXPECT_EQ(text_of(notice, shenzhen()).find("不能网上选号"), std::string::npos);
  notice.blacklisted_until = CivilTime(Millis(1'798'732'800'000));  // 2027-01-01T00:00:00+08:00
  EXPECT_NE(text_of(notice, shenzhen()).find("在2026年12月31日以前，您不能网上选号。"),
            std::string::npos);
}

}  // namespace
}  // namespace plated
