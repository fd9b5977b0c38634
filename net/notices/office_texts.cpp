#include "net/notices/office_texts.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/calendar.h"
#include "engine/plate.h"

namespace plated {
namespace {

constexpr std::size_t kVehicleTail = 6;

// Words in braces stand for what the message is about.
constexpr std::string_view kCode =
    "【{office}】验证码{code}，用于{purpose}（车辆{vehicle}），{minutes}分钟内有效。请勿告诉他人。";
constexpr std::string_view kConfirmed =
    "【{office}】您的机动车（识别代号尾号{vehicle}）已预选号牌{plate}，请于{deadline}前（含当日）到"
    "{office}办理，{missed}。";
constexpr std::string_view kReminder =
    "【{office}】提醒：您的机动车（识别代号尾号{vehicle}）预选的号牌{plate}尚未办理，最后期限为"
    "{deadline}，请到{office}办理，{missed}。";
constexpr std::string_view kExtended =
    "【{office}】您的机动车（识别代号尾号{vehicle}）预选的号牌{plate}，办理期限延长至{deadline}"
    "（含当日），"
    "请到{office}办理，{missed}。";
constexpr std::string_view kLapsed =
    "【{office}】您的机动车（识别代号尾号{vehicle}）预选的号牌{plate}未在{deadline}前办理，已作废。"
    "{barred}";

struct Filling {
  std::string_view word;
  std::string_view text;
};

// Requires that each brace has its other half.
std::string filled(std::string_view text, std::span<const Filling> fillings) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      break;
    }
    const std::string_view word = text.substr(1, close - 1);
    for (const Filling& filling : fillings) {
      out += filling.word == word ? filling.text : std::string_view{};
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

std::string_view tail_of(std::string_view vehicle) {
  return vehicle.substr(vehicle.size() - std::min(kVehicleTail, vehicle.size()));
}

// 2026年11月26日
std::string day_text(Day day) {
  const std::chrono::year_month_day date(day);
  return std::to_string(static_cast<int>(date.year())) + "年" +
         std::to_string(static_cast<unsigned>(date.month())) + "月" +
         std::to_string(static_cast<unsigned>(date.day())) + "日";
}

// What comes of missing a deadline.
std::string missed_text(uint32_t blacklist_years) {
  std::string text = "逾期作废";
  if (blacklist_years > 0) {
    text += "，自逾期起" + std::to_string(blacklist_years) + "年内不能网上选号";
  }
  return text;
}

}  // namespace

std::string name_of_office(const Office& office) {
  const std::string code(text_of(office.code).view());
  return office.name.empty() || office.name == code ? code + "车辆管理所" : office.name;
}

std::string text_of(const PendingNotice& notice, const Office& office) {
  const std::string name = name_of_office(office);
  const std::string plate(text_of(notice.plate).view());
  const std::string deadline = day_text(notice.deadline);
  std::string barred;
  if (notice.blacklisted_until != CivilTime{}) {
    // The entry ends at that moment; its last whole moment names the day that people understand.
    const Day last = day_of(notice.blacklisted_until - Millis(1), office.utc_offset);
    barred = "在" + day_text(last) + "以前，您不能网上选号。";
  }
  const std::string missed = missed_text(office.settings.blacklist_years);
  const std::array<Filling, 6> fillings = {{{"office", name},
                                            {"plate", plate},
                                            {"vehicle", tail_of(notice.vehicle.view())},
                                            {"deadline", deadline},
                                            {"missed", missed},
                                            {"barred", barred}}};
  switch (notice.kind) {
    case NoticeKind::confirmed:
      return filled(kConfirmed, fillings);
    case NoticeKind::reminder:
      return filled(kReminder, fillings);
    case NoticeKind::extended:
      return filled(kExtended, fillings);
    case NoticeKind::lapsed:
      break;
  }
  return filled(kLapsed, fillings);
}

std::string text_of_code(CodePurpose purpose, std::string_view vehicle, std::string_view code,
                         Millis life, const Office& office) {
  const std::string name = name_of_office(office);
  const std::string minutes =
      std::to_string(std::chrono::duration_cast<std::chrono::minutes>(life).count());
  const std::array<Filling, 5> fillings = {
      {{"office", name},
       {"code", code},
       {"vehicle", tail_of(vehicle)},
       {"purpose", purpose == CodePurpose::submit ? "提交选号业务" : "开始选号"},
       {"minutes", minutes}}};
  return filled(kCode, fillings);
}

}  // namespace plated
