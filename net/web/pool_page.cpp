#include "net/web/pool_page.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/calendar.h"
#include "engine/plate.h"
#include "net/protocol/html_text.h"

namespace plated {
namespace {

constexpr Words kTitle = {"号池公示", "Pool notice"};
constexpr std::chrono::minutes kChina{8 * 60};  // where no office says its own

Words words_of(PlateClass plate_class) {
  return plate_class == PlateClass::small ? Words{"小型新能源汽车", "Small vehicles"}
                                          : Words{"大型新能源汽车", "Large vehicles"};
}
Words words_of(Power power) {
  return power == Power::electric ? Words{"纯电动", "pure electric"}
                                  : Words{"非纯电动", "not pure electric"};
}

struct StateWords {
  std::string_view style;
  Words words;
};
StateWords words_of(OfficeState state) {
  constexpr std::array<StateWords, 4> kWords = {{{"open", {"开放选号", "open"}},
                                                 {"closed", {"未到开放时间", "closed"}},
                                                 {"paused", {"暂停选号", "paused"}},
                                                 {"maintenance", {"系统维护", "maintenance"}}}};
  return kWords[static_cast<std::size_t>(state)];
}

// One of the states that a plate can be in, and how many of a pool's plates are.
struct StateCount {
  std::string_view style;
  Words name;
  uint64_t count = 0;
};

std::array<StateCount, 5> states_of(const PoolCounts& counts) {
  return {{{"free", {"可选", "Free"}, counts.free},
           {"held", {"保留中", "Held"}, counts.held},
           {"reserved", {"已预选", "Reserved"}, counts.reserved},
           {"issued", {"已办理", "Issued"}, counts.issued},
           {"withheld", {"未开放", "Withheld"}, counts.withheld}}};
}

std::string days_text(uint8_t days, PageLanguage language) {
  constexpr std::array<Words, 7> kDays = {{{"周一", "Mon"},
                                           {"周二", "Tue"},
                                           {"周三", "Wed"},
                                           {"周四", "Thu"},
                                           {"周五", "Fri"},
                                           {"周六", "Sat"},
                                           {"周日", "Sun"}}};
  const bool chinese = language == PageLanguage::zh;
  const auto name = [&](unsigned day) { return chinese ? kDays[day].zh : kDays[day].en; };
  std::string text;
  for (unsigned day = 0; day < 7; ++day) {
    if (((days >> day) & 1U) == 0) {
      continue;
    }
    unsigned last = day;
    while (last < 6 && ((days >> (last + 1)) & 1U) != 0) {
      ++last;
    }
    text.append(text.empty() ? "" : chinese ? "、" : ", ").append(name(day));
    if (last > day) {
      text.append(chinese ? "至" : "–").append(name(last));
    }
    day = last;
  }
  return text;
}

// `周一至周五 09:00–17:00；周六 09:00–12:00`; empty without a schedule.
std::string schedule_text(std::span<const ScheduleRow> schedule, PageLanguage language) {
  std::string text;
  for (const ScheduleRow& row : schedule) {
    text.append(text.empty() ? "" : language == PageLanguage::zh ? "；" : "; ");
    text.append(days_text(row.days, language)).append(" ");
    text.append(text_of_minutes(row.from).view()).append("–");
    text.append(text_of_minutes(row.to).view());
  }
  return text;
}

// Writes one page, in one language.
class Writer {
 public:
  explicit Writer(const PoolPage& page) : page_(page) {}

  std::string write();

 private:
  void say(Words words) { append_words(words, page_.language, out_); }
  void element(std::string_view open, Words words, std::string_view close) {
    out_ += open;
    say(words);
    out_ += close;
  }
  void number(uint64_t value) { out_ += grouped(value); }

  [[nodiscard]] const Office* office_of(OfficeCode code) const;
  [[nodiscard]] std::span<const PublicPool> pools_of(OfficeCode code) const;
  [[nodiscard]] std::chrono::minutes offset_of(const Office* office) const {
    return office == nullptr ? kChina : office->utc_offset;
  }

  void intro(std::chrono::minutes offset);
  void list_of_offices();
  void office(OfficeCode code);
  void about(const Office& office);
  void fact(Words name, std::string_view value);
  void pool(const PublicPool& pool, std::chrono::minutes offset);
  void counts(const PoolCounts& counts);
  void bar(const PoolCounts& counts);
  void segments(const PoolReport& report, std::chrono::minutes offset);
  void secrets(const PublicPool& pool);
  void secret(const Period& period, const std::optional<DrawSecret>& revealed);
  void how_to_verify();

  const PoolPage& page_;
  std::string out_;
};

const Office* Writer::office_of(OfficeCode code) const {
  const auto found = std::ranges::find(page_.offices, code, &Office::code);
  return found == page_.offices.end() ? nullptr : &*found;
}

std::span<const PublicPool> Writer::pools_of(OfficeCode code) const {
  const auto of = [](const PublicPool& pool) { return pool.report.pool.office; };
  const auto first = std::ranges::lower_bound(page_.pools, code, {}, of);
  return {first, std::ranges::upper_bound(first, page_.pools.end(), code, {}, of)};
}

void Writer::intro(std::chrono::minutes offset) {
  element("<h1>", kTitle, "</h1><p class=\"lead\">");
  say(
      {"每个号牌在任何时刻只处于一种状态，五种状态之和等于投放总数。随机抽取所用的密钥，提前一天公"
       "布"
       "其 SHA-256 承诺，期满后公布密钥本身。",
       "Every plate is in exactly one state at any moment, and the five add up to all that were "
       "loaded. The secret behind the draws is committed to by its SHA-256 a day ahead, and "
       "published when its day is over."});
  element("</p><p class=\"quiet\">", {"更新于 ", "As of "}, "<time>");
  out_ += local_time(page_.at, offset);
  out_ += "</time> · <a href=\"/v1/pools\">JSON</a> · <a href=\"#verify\">";
  element("", {"如何核验", "How to verify"}, "</a></p>");
}

void Writer::list_of_offices() {
  out_ += "<ul class=\"offices\">";
  for (auto pool = page_.pools.begin(); pool != page_.pools.end();) {
    const OfficeCode code = pool->report.pool.office;
    const Office* const office = office_of(code);
    uint64_t free = 0;
    uint64_t loaded = 0;
    for (const PublicPool& each : pools_of(code)) {
      free += each.report.counts.free;
      loaded += each.report.counts.loaded;
      ++pool;
    }
    out_ += "<li><a href=\"?office=";
    append_escaped(text_of(code).view(), out_);
    out_ += page_.language == PageLanguage::en ? "&amp;lang=en\"><b>" : "&amp;lang=zh\"><b>";
    append_escaped(text_of(code).view(), out_);
    out_ += "</b> <span>";
    if (office != nullptr) {
      append_escaped(office->name, out_);
    }
    element("</span></a> <span class=\"quiet\">", {"可选 ", "free "}, "");
    number(free);
    out_ += " / ";
    number(loaded);
    out_ += "</span></li>";
  }
  out_ += "</ul>";
}

void Writer::office(OfficeCode code) {
  const Office* const office = office_of(code);
  out_ += "<section class=\"office\"><h2>";
  append_office(code, office == nullptr ? std::string_view() : office->name, out_);
  if (office != nullptr) {
    const StateWords state = words_of(office->state());
    out_.append(" <span class=\"badge ").append(state.style).append("\">");
    element("", state.words, "</span>");
  }
  out_ += "</h2>";
  if (office != nullptr) {
    about(*office);
  }
  for (const PublicPool& each : pools_of(code)) {
    pool(each, offset_of(office));
  }
  out_ += "</section>";
}

void Writer::fact(Words name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  element("<div><dt>", name, "</dt><dd>");
  append_escaped(value, out_);
  out_ += "</dd></div>";
}

// When the office is open for selecting, and where and when it is for people.
void Writer::about(const Office& office) {
  out_ += "<dl class=\"contact\">";
  fact({"选号时间", "Selection hours"}, schedule_text(office.schedule, page_.language));
  if (const std::optional<CivilTime> opens = office.opens_at()) {
    const std::string when = local_time(*opens, office.utc_offset);
    const bool chinese = page_.language == PageLanguage::zh;
    fact({"下次开放", "Next opening"}, chinese ? "将于 " + when + " 开放" : when);
  }
  fact({"地址", "Address"}, office.contact.address);
  fact({"电话", "Telephone"}, office.contact.telephone);
  fact({"办公时间", "Counter hours"}, office.contact.hours);
  out_ += "</dl>";
}

void Writer::pool(const PublicPool& pool, std::chrono::minutes offset) {
  out_ += "<article class=\"pool\"><h3>";
  say(words_of(pool.report.pool.plate_class));
  out_ += " · ";
  say(words_of(pool.report.pool.power));
  out_ += "</h3>";
  bar(pool.report.counts);
  counts(pool.report.counts);
  segments(pool.report, offset);
  secrets(pool);
  out_ += "</article>";
}

// The counts as lengths, for the eye only: the numbers stand below.
void Writer::bar(const PoolCounts& counts) {
  constexpr uint64_t kLength = 1000;
  if (counts.loaded == 0) {
    return;
  }
  out_ +=
      "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\">";
  uint64_t before = 0;
  for (const StateCount& state : states_of(counts)) {
    const uint64_t from = before * kLength / counts.loaded;
    before += state.count;
    const uint64_t to = before * kLength / counts.loaded;
    if (state.count == 0) {
      continue;
    }
    out_.append("<rect class=\"").append(state.style).append("\" x=\"");
    out_ += std::to_string(from) + "\" width=\"" +
            std::to_string(std::max<uint64_t>(to - from, 2)) + "\" height=\"10\"/>";
  }
  out_ += "</svg>";
}

void Writer::counts(const PoolCounts& counts) {
  out_ += "<dl class=\"counts\">";
  for (const StateCount& state : states_of(counts)) {
    out_.append("<div class=\"").append(state.style).append("\">");
    element("<dt>", state.name, "</dt><dd>");
    number(state.count);
    if (state.style == "free") {
      element("<small>", {"不含 4：", "without 4: "}, "");
      number(counts.free_without4);
      out_ += "</small>";
    }
    out_ += "</dd></div>";
  }
  element("<div class=\"loaded\"><dt>", {"投放总数", "Loaded"}, "</dt><dd>");
  number(counts.loaded);
  out_ += "</dd></div></dl>";
}

void Writer::segments(const PoolReport& report, std::chrono::minutes offset) {
  if (report.segments.empty()) {
    return;
  }
  element("<h4>", {"号段与开放时间", "Segments and release times"}, "</h4><ul class=\"segments\">");
  for (const Segment& segment : report.segments) {
    out_ += "<li><b class=\"range\">";
    if (segment.from == kNoPlate) {
      say({"单列号牌", "A list of plates"});
    } else {
      out_ += plate_text(report.pool, segment.from) + " – " + plate_text(report.pool, segment.to);
    }
    out_ += "</b><span class=\"amount\">";
    number(segment.plates);
    element("", {" 个", " plates"}, "</span><span class=\"release\">");
    out_ += "<time>" + local_time(segment.release_at, offset) + "</time> ";
    say(segment.released ? Words{"已开放", "released"} : Words{"开放，尚未到时", "to be released"});
    out_ += "</span>";
    if (!segment.note.empty()) {
      out_ += "<span class=\"note\">";
      append_escaped(segment.note, out_);
      out_ += "</span>";
    }
    out_ += "</li>";
  }
  out_ += "</ul>";
}

// The latest periods; the JSON has them all.
void Writer::secrets(const PublicPool& pool) {
  constexpr std::size_t kShown = 4;
  const std::vector<Period>& periods = pool.report.periods;
  if (periods.empty()) {
    return;
  }
  element("<h4>", {"抽取密钥的承诺", "Commitments to the secrets"}, "</h4><ul class=\"secrets\">");
  for (std::size_t i = periods.size(); i-- > 0 && i + kShown >= periods.size();) {
    secret(periods[i], pool.revealed[i]);
  }
  out_ += "</ul>";
}

void Writer::secret(const Period& period, const std::optional<DrawSecret>& revealed) {
  out_ += "<li><b><time>";
  out_ += text_of(period.day).view();
  out_ += "</time></b> <span class=\"quiet\">";
  say(revealed       ? Words{"已期满，密钥已公布", "over, secret published"}
      : period.began ? Words{"使用中", "in use"}
                     : Words{"即将使用", "coming"});
  element("</span><dl><dt>", {"承诺（SHA-256）", "Commitment (SHA-256)"}, "</dt><dd><code>");
  out_ += hex_of(period.commitment) + "</code></dd>";
  element("<dt>", {"密钥", "Secret"}, "</dt><dd>");
  if (revealed) {
    out_ += "<code>" + hex_of(*revealed) + "</code>";
  } else {
    say({"期满后公布", "published when its day is over"});
  }
  out_ += "</dd></dl></li>";
}

void Writer::how_to_verify() {
  element("<section id=\"verify\" class=\"verify\"><h2>", {"如何核验", "How to verify"},
          "</h2><ol><li>");
  say({"承诺先于使用：在密钥使用之前保存本页（或 JSON）中的承诺，事后不能更改。",
       "The commitment comes first: keep the commitment on this page (or in the JSON) before its "
       "day begins. It cannot be changed afterwards."});
  element("</li><li>",
          {"密钥与承诺相符：期满公布密钥后计算其 SHA-256，结果应与承诺逐位相同：",
           "The secret fits it: once it is published, its SHA-256 must be the commitment, digit by "
           "digit:"},
          "<pre><code>printf %s ");
  say({"密钥", "SECRET"});
  out_ += " | xxd -r -p | sha256sum</code></pre></li><li>";
  say(
      {"每次抽取可以重算：一批号牌由密钥、业务、抽取序号和当时可选的号牌唯一确定。凭密钥和审计日志"
       "，"
       "任何人都能重算每一批；算法与测试向量随软件公开（engine/DRAW.md）。",
       "Every draw can be recomputed: a batch follows from the secret, the application, the draw's "
       "number and the plates that were free. With the secret and the audited log anybody can "
       "recompute each; the algorithm and its test vectors come with the software "
       "(engine/DRAW.md)."});
  out_ += "</li></ol></section>";
}

std::string Writer::write() {
  const bool chinese = page_.language == PageLanguage::zh;
  std::string other = chinese ? "/pools?lang=en" : "/pools?lang=zh";
  if (page_.office) {
    other.append("&office=").append(text_of(*page_.office).view());
  }
  begin_page({.title = kTitle,
              .language = page_.language,
              .rehearsal = page_.rehearsal,
              .other_language = other},
             out_);
  const Office* const shown = page_.office            ? office_of(*page_.office)
                              : page_.offices.empty() ? nullptr
                                                      : &page_.offices.front();
  intro(offset_of(shown));
  if (page_.pools.empty()) {
    element("<p>", {"尚未投放号牌。", "No plates have been loaded yet."}, "</p>");
  } else if (page_.office) {
    office(*page_.office);
  } else if (pools_of(page_.pools.front().report.pool.office).size() == page_.pools.size()) {
    office(page_.pools.front().report.pool.office);
  } else {
    list_of_offices();
  }
  how_to_verify();
  end_page(out_);
  return std::move(out_);
}

}  // namespace

std::string pools_page(const PoolPage& page) { return Writer(page).write(); }

}  // namespace plated
