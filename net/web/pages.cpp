#include "net/web/pages.h"

#include <algorithm>
#include <array>

#include "engine/calendar.h"
#include "engine/plate.h"
#include "net/protocol/html_text.h"
#include "net/protocol/trimmed.h"
#include "net/web/page_assets.h"

namespace plated {
namespace {

constexpr Words kBrand = {"号牌预选", "Plate selection"};
constexpr Words kRehearsal = {"演练：所选号牌无效。", "Rehearsal: plates chosen here are void."};
constexpr Words kPools = {"号池公示", "Pool notice"};
constexpr Words kToPage = {"返回选号", "Back to the selection"};

// Thousandths of q=0.8 and the like; 1,000 where nothing is said or it cannot be read.
int weight_of_parameters(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) {
    return 1000;
  }
  const std::string_view digits = parameters.substr(at + 2);
  int weight = digits.starts_with('1') ? 1000 : 0;
  int place = 100;
  for (std::size_t i = 2; i < digits.size() && weight < 1000 && place > 0; ++i, place /= 10) {
    if (digits[i] < '0' || digits[i] > '9') {
      break;
    }
    weight += (digits[i] - '0') * place;
  }
  return weight;
}

// How much the reader wants a language, in thousandths: the most of its ranges (zh, zh-CN), or of
// `*` where it has none.
int weight_of(std::string_view language, std::string_view accepted) {
  int weight = -1;
  int others = 0;
  while (!accepted.empty()) {
    const std::string_view item = accepted.substr(0, accepted.find(','));
    accepted.remove_prefix(std::min(item.size() + 1, accepted.size()));
    const std::size_t mark = std::min(item.find(';'), item.size());
    const std::string_view range = trimmed(item.substr(0, mark));
    const int said = weight_of_parameters(item.substr(mark));
    const bool same = range.size() >= language.size() &&
                      std::equal(language.begin(), language.end(), range.begin(),
                                 [](char a, char b) { return a == (b | 0x20); }) &&
                      (range.size() == language.size() || range[language.size()] == '-');
    if (same) {
      weight = std::max(weight, said);
    } else if (range == "*") {
      others = said;
    }
  }
  return weight < 0 ? others : weight;
}

void link(std::string_view href, Words words, PageLanguage language, std::string& out) {
  out += "<a href=\"";
  append_escaped(href, out);
  out += "\">";
  append_words(words, language, out);
  out += "</a>";
}

void write_title(const PageHead& head, std::string& out) {
  out += "<title>";
  if (head.language != PageLanguage::en) {
    append_escaped(head.title.zh, out);
  }
  if (head.language == PageLanguage::both) {
    out += " · ";
  }
  if (head.language != PageLanguage::zh) {
    append_escaped(head.title.en, out);
  }
  out += "</title>";
}

// The band at the top, as the web page has it: a plate as the emblem, the name, the language.
void write_masthead(const PageHead& head, std::string& out) {
  out +=
      "<header class=\"masthead screen\"><div class=\"row\">"
      "<svg class=\"emblem\" viewBox=\"0 0 40 28\" aria-hidden=\"true\">"
      "<rect width=\"40\" height=\"28\" rx=\"5\" fill=\"#fff\"/>"
      "<rect x=\"2.5\" y=\"2.5\" width=\"35\" height=\"23\" rx=\"3\" fill=\"#2fa36b\"/>"
      "<path d=\"M9 14.5l5 5L24 9M28 14h6\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3.5\"/>"
      "</svg>";
  link("/", kBrand, head.language, out);
  if (!head.other_language.empty()) {
    const bool chinese = head.language == PageLanguage::zh;
    const std::string_view other = chinese ? "en" : "zh-CN";
    out.append("<a class=\"language\" hreflang=\"").append(other).append("\" lang=\"");
    out.append(other).append("\" href=\"");
    append_escaped(head.other_language, out);
    out += chinese ? "\">English</a>" : "\">中文</a>";
  }
  out += "</div></header>";
}

}  // namespace

PageLanguage page_language(std::string_view query, std::string_view accept_language) {
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair == "lang=zh") {
      return PageLanguage::zh;
    }
    if (pair == "lang=en") {
      return PageLanguage::en;
    }
  }
  return weight_of("en", accept_language) > weight_of("zh", accept_language) ? PageLanguage::en
                                                                             : PageLanguage::zh;
}

void append_words(Words words, PageLanguage language, std::string& out) {
  if (language != PageLanguage::en) {
    append_escaped(words.zh, out);
  }
  if (language == PageLanguage::both) {
    out += " <span lang=\"en\">";
  }
  if (language != PageLanguage::zh) {
    append_escaped(words.en, out);
  }
  if (language == PageLanguage::both) {
    out += "</span>";
  }
}

void begin_page(const PageHead& head, std::string& out) {
  out += "<!doctype html>\n<html lang=\"";
  out += head.language == PageLanguage::en ? "en" : "zh-CN";
  out +=
      "\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\">";
  if (!head.indexed) {
    out += "<meta name=\"robots\" content=\"noindex, nofollow\">";
  }
  if (!head.goes_on_to.empty()) {
    out += "<meta http-equiv=\"refresh\" content=\"0;url=";
    append_escaped(head.goes_on_to, out);
    out += "\">";
  }
  write_title(head, out);
  out += "<link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"";
  append_escaped(page_asset_named(head.style).path, out);
  out += "\">";
  if (!head.script.empty()) {
    out += "<script defer src=\"";
    append_escaped(page_asset_named(head.script).path, out);
    out += "\"></script>";
  }
  out += "</head><body>";
  if (head.rehearsal) {
    out += "<aside class=\"rehearsal\">";
    append_words(kRehearsal, head.language, out);
    out += "</aside>";
  }
  write_masthead(head, out);
  out += "<main>";
}

void end_page(std::string& out) { out += "</main></body></html>\n"; }

std::string message_page(const Message& message, bool rehearsal, const Platform& platform) {
  constexpr PageLanguage kBoth = PageLanguage::both;
  std::string out;
  begin_page({.title = message.title, .rehearsal = rehearsal}, out);
  out += "<article class=\"message\"><h1>";
  append_words(message.title, kBoth, out);
  out += "</h1><p>";
  append_escaped(message.text.zh, out);
  out += "</p><p lang=\"en\">";
  append_escaped(message.text.en, out);
  out += "</p><p class=\"ways\">";
  if (message.signs_in && !platform.url.empty()) {
    const std::string zh = "去" + platform.name;
    const std::string en = "To " + platform.name;
    link(platform.url, {zh, en}, kBoth, out);
  }
  link("/", kToPage, kBoth, out);
  link("/pools", kPools, kBoth, out);
  out += "</p></article>";
  end_page(out);
  return out;
}

std::string local_time(CivilTime at, std::chrono::minutes offset) {
  const Day day = day_of(at, offset);
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(at - start_of(day, offset)).count();
  std::string text(text_of(day).view());
  text += ' ';
  text += text_of_minutes(static_cast<uint16_t>(minutes)).view();
  return text;
}

std::string long_day(Day day, PageLanguage language) {
  constexpr std::array<Words, 7> kWeekdays = {{{"日", "Sunday"},
                                               {"一", "Monday"},
                                               {"二", "Tuesday"},
                                               {"三", "Wednesday"},
                                               {"四", "Thursday"},
                                               {"五", "Friday"},
                                               {"六", "Saturday"}}};
  constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const std::chrono::year_month_day date(day);
  const std::string year = std::to_string(static_cast<int>(date.year()));
  const unsigned month = static_cast<unsigned>(date.month());
  const std::string of_month = std::to_string(static_cast<unsigned>(date.day()));
  const Words weekday = kWeekdays[std::chrono::weekday(day).c_encoding()];
  std::string text;
  if (language != PageLanguage::en) {
    text = year + "年" + std::to_string(month) + "月" + of_month + "日 星期";
    return text.append(weekday.zh);
  }
  text.append(weekday.en).append(" ").append(of_month).append(" ");
  return text.append(kMonths[month - 1]).append(" ").append(year);
}

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

void append_office(OfficeCode code, std::string_view name, std::string& out) {
  const OfficeText text = text_of(code);
  append_escaped(text.view(), out);
  if (name.empty() || name == text.view()) {
    return;
  }
  out += " ";
  append_escaped(name, out);
}

}  // namespace plated
