#include "net/pages.h"

#include <qrencode.h>

#include <algorithm>
#include <array>
#include <memory>

#include "engine/calendar.h"
#include "engine/check.h"
#include "engine/plate.h"
#include "net/answer_text.h"
#include "net/page_assets.h"

namespace plated {
namespace {

template <std::size_t Size>
std::string hex_of(const std::array<uint8_t, Size>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

void begin_page(std::string_view title_zh, std::string_view title_en, bool rehearsal,
                std::string& out) {
  out +=
      "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"color-scheme\" content=\"light dark\"><title>";
  append_escaped(title_zh, out);
  out += " · ";
  append_escaped(title_en, out);
  out += "</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"";
  append_escaped(page_asset_named("pages.css").path, out);
  out += "\"></head><body>";
  if (rehearsal) {
    out +=
        "<p class=\"rehearsal\" role=\"note\">演练：所选号牌无效。"
        "<span lang=\"en\">Rehearsal: plates chosen here are void.</span></p>";
  }
  out += "<main><h1>";
  append_escaped(title_zh, out);
  out += " <span lang=\"en\">";
  append_escaped(title_en, out);
  out += "</span></h1>";
}

void end_page(std::string& out) { out += "</main></body></html>\n"; }

// A cell of a table; numbers stand to the right.
void cell(std::string_view text, std::string& out) {
  out += "<td>";
  append_escaped(text, out);
  out += "</td>";
}
void cell(uint64_t number, std::string& out) {
  out += "<td class=\"number\">";
  write_number(static_cast<int64_t>(number), out);
  out += "</td>";
}
// The head of a column, or of a row of two.
void head(std::string_view scope, std::string_view zh, std::string_view en, std::string& out) {
  out += "<th scope=\"";
  out += scope;
  out += "\">";
  append_escaped(zh, out);
  out += " <span lang=\"en\">";
  append_escaped(en, out);
  out += "</span></th>";
}

void count_field(std::string_view name, uint64_t count, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  write_number(static_cast<int64_t>(count), out);
}

void text_field(std::string_view name, std::string_view text, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  write_json_text(text, out);
}

std::string plate_text(PoolKey pool, PlateNumber number) {
  return number == kNoPlate ? std::string() : std::string(text_of(Plate{pool, number}).view());
}

void segment_json(PoolKey pool, const Segment& segment, std::string& out) {
  out += "{\"segment\":";
  write_number(segment.number, out);
  if (segment.from == kNoPlate) {
    out += ",\"from\":null,\"to\":null";
  } else {
    text_field("from", plate_text(pool, segment.from), out);
    text_field("to", plate_text(pool, segment.to), out);
  }
  count_field("plates", segment.plates, out);
  out += segment.all_zero ? ",\"all_zero\":true" : ",\"all_zero\":false";
  out += ",\"release_at\":";
  write_number(segment.release_at.time_since_epoch().count(), out);
  out += segment.released ? ",\"released\":true" : ",\"released\":false";
  text_field("note", segment.note, out);
  out += "}";
}

void secret_json(const Period& period, const std::optional<DrawSecret>& revealed,
                 std::string& out) {
  out += "{\"period\":\"";
  out += text_of(period.day).view();
  out += "\",\"commitment\":\"" + hex_of(period.commitment) + "\",\"revealed\":";
  out += revealed ? "\"" + hex_of(*revealed) + "\"" : "null";
  out += "}";
}

void pool_json(const PublicPool& pool, std::string& out) {
  const PoolReport& report = pool.report;
  const PoolCounts& counts = report.counts;
  out += "{\"office\":\"";
  out += text_of(report.pool.office).view();
  out += "\"";
  text_field("class", name_of(report.pool.plate_class), out);
  text_field("power", name_of(report.pool.power), out);
  count_field("loaded", counts.loaded, out);
  count_field("free", counts.free, out);
  count_field("held", counts.held, out);
  count_field("reserved", counts.reserved, out);
  count_field("issued", counts.issued, out);
  count_field("withheld", counts.withheld, out);
  count_field("free_without4", counts.free_without4, out);
  out += ",\"segments\":[";
  for (std::size_t i = 0; i < report.segments.size(); ++i) {
    if (i > 0) out += ",";
    segment_json(report.pool, report.segments[i], out);
  }
  out += "],\"secrets\":[";
  for (std::size_t i = 0; i < report.periods.size(); ++i) {
    if (i > 0) out += ",";
    secret_json(report.periods[i], pool.revealed[i], out);
  }
  out += "]}";
}

struct Words {
  std::string_view zh;
  std::string_view en;
};

Words words_of(PlateClass plate_class) {
  return plate_class == PlateClass::small ? Words{"小型", "small"} : Words{"大型", "large"};
}
Words words_of(Power power) {
  return power == Power::electric ? Words{"纯电动", "electric"} : Words{"非纯电动", "hybrid"};
}
Words words_of(OfficeState state) {
  constexpr std::array<Words, 4> kWords = {
      {{"开放", "open"}, {"关闭", "closed"}, {"暂停", "paused"}, {"维护", "in maintenance"}}};
  return kWords[static_cast<std::size_t>(state)];
}

void counts_table(const PoolCounts& counts, std::string& out) {
  out += "<div class=\"scroll\"><table><thead><tr>";
  head("col", "已投放", "loaded", out);
  head("col", "可选", "free", out);
  head("col", "其中不含4", "without 4", out);
  head("col", "保留中", "held", out);
  head("col", "已预选", "reserved", out);
  head("col", "已办理", "issued", out);
  head("col", "未开放", "withheld", out);
  out += "</tr></thead><tbody><tr>";
  for (const uint64_t count : {counts.loaded, counts.free, counts.free_without4, counts.held,
                               counts.reserved, counts.issued, counts.withheld}) {
    cell(count, out);
  }
  out += "</tr></tbody></table></div>";
}

void segments_table(const PoolReport& report, std::chrono::minutes offset, std::string& out) {
  if (report.segments.empty()) return;
  out += "<div class=\"scroll\"><table><thead><tr>";
  head("col", "号段", "segment", out);
  head("col", "数量", "plates", out);
  head("col", "开放时间", "release", out);
  head("col", "说明", "note", out);
  out += "</tr></thead><tbody>";
  for (const Segment& segment : report.segments) {
    out += "<tr>";
    cell(segment.from == kNoPlate
             ? "—"
             : plate_text(report.pool, segment.from) + " – " + plate_text(report.pool, segment.to),
         out);
    cell(segment.plates, out);
    cell(local_time(segment.release_at, offset) + (segment.released ? "" : " *"), out);
    cell(segment.note, out);
    out += "</tr>";
  }
  out += "</tbody></table></div>";
}

// The latest periods; the JSON has them all.
void secrets_table(const PublicPool& pool, std::string& out) {
  constexpr std::size_t kShown = 4;
  const std::vector<Period>& periods = pool.report.periods;
  if (periods.empty()) return;
  out += "<div class=\"scroll\"><table><thead><tr>";
  head("col", "日期", "period", out);
  head("col", "承诺 SHA-256", "commitment", out);
  head("col", "密钥（期满公布）", "secret, once it is over", out);
  out += "</tr></thead><tbody>";
  for (std::size_t i = periods.size(); i-- > 0 && i + kShown >= periods.size();) {
    out += "<tr>";
    cell(text_of(periods[i].day).view(), out);
    out += "<td><code>" + hex_of(periods[i].commitment) + "</code></td><td><code>";
    out += pool.revealed[i] ? hex_of(*pool.revealed[i]) : "—";
    out += "</code></td></tr>";
  }
  out += "</tbody></table></div>";
}

void row(std::string_view zh, std::string_view en, std::string_view value, std::string& out) {
  if (value.empty()) return;
  out += "<tr>";
  head("row", zh, en, out);
  cell(value, out);
  out += "</tr>";
}

Words words_of(Step step) {
  switch (step) {
    case Step::issued:
      return {"已办理", "issued"};
    case Step::lapsed:
      return {"已逾期，预选失效", "lapsed: no longer valid"};
    case Step::done:
      return {"预选成功，待办理", "reserved, to be issued at the counter"};
    default:
      return {"已失效", "no longer valid"};
  }
}

}  // namespace

void append_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
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

std::string pools_json(std::span<const PublicPool> pools) {
  std::string out = "[";
  for (std::size_t i = 0; i < pools.size(); ++i) {
    check(pools[i].revealed.size() == pools[i].report.periods.size(), "a place for every secret");
    if (i > 0) out += ",";
    pool_json(pools[i], out);
  }
  out += "]";
  return out;
}

std::string pools_page(std::span<const PublicPool> pools, std::span<const Office> offices,
                       CivilTime at, bool rehearsal) {
  std::string out;
  begin_page("号池公示", "Pool notice", rehearsal, out);
  if (pools.empty()) out += "<p>尚未投放号牌。<span lang=\"en\">No plates yet.</span></p>";
  std::chrono::minutes last_offset{8 * 60};
  for (const PublicPool& pool : pools) {
    const PoolKey key = pool.report.pool;
    const auto office = std::find_if(offices.begin(), offices.end(),
                                     [&](const Office& o) { return o.code == key.office; });
    out += "<section><h2>";
    out += text_of(key.office).view();
    if (office != offices.end()) {
      out += " ";
      append_escaped(office->name, out);
      last_offset = office->utc_offset;
    }
    const Words plate_class = words_of(key.plate_class);
    const Words power = words_of(key.power);
    out.append(" · ").append(plate_class.zh).append(power.zh).append("新能源汽车");
    out.append(" <span lang=\"en\">").append(plate_class.en).append(", ").append(power.en);
    out += "</span></h2>";
    if (office != offices.end()) {
      const Words state = words_of(office->state());
      out.append("<p>选号状态：").append(state.zh).append(" <span lang=\"en\">Office: ");
      out.append(state.en).append("</span></p>");
    }
    counts_table(pool.report.counts, out);
    segments_table(pool.report, last_offset, out);
    secrets_table(pool, out);
    out += "</section>";
  }
  out += "<p>* 尚未开放 <span lang=\"en\">not yet released</span></p><p>更新时间 ";
  out += "<span lang=\"en\">As of</span> " + local_time(at, last_offset);
  out += " · <a href=\"/v1/pools\">JSON</a></p>";
  end_page(out);
  return out;
}

std::string voucher_page(const VoucherText& voucher) {
  std::string out;
  begin_page("新能源汽车号牌预选号凭证", "Plate reservation voucher", voucher.rehearsal, out);
  const Words state = words_of(voucher.step);
  out += "<article class=\"voucher\"><p class=\"plate\">";
  append_escaped(voucher.plate, out);
  out.append("</p><p class=\"state\">").append(state.zh).append(" <span lang=\"en\">");
  out.append(state.en).append("</span></p>");
  out += "<table><tbody>";
  row("机动车所有人", "Owner", voucher.owner, out);
  row("证件号码", "Identity", voucher.id_number, out);
  row("车辆识别代号后六位", "Vehicle, last six", voucher.vehicle_tail, out);
  row("车管所", "Office", voucher.office + " " + voucher.office_name, out);
  row("预选时间", "Reserved", voucher.confirmed_at, out);
  row("方式", "How", voucher.automatic ? "自动确认 automatic" : "本人确认 by the owner", out);
  row("办理期限", "To be issued by", voucher.deadline, out);
  row("凭证编号", "Voucher", voucher.code, out);
  out += "</tbody></table>" + qr_svg(voucher.url);
  if (voucher.step == Step::done) {
    out +=
        "<p>请在办理期限当日结束前到车管所办理。逾期未办理的，预选号牌失效，"
        "机动车所有人两年内不得网上选号。"
        "<span lang=\"en\">Have it issued at the counter before the end of that day. Otherwise the "
        "plate is lost, and the owner may not select online for a time.</span></p>";
  }
  out += "</article>";
  end_page(out);
  return out;
}

std::string message_page(std::string_view zh, std::string_view en, bool rehearsal) {
  std::string out;
  begin_page("新能源选号", "Plate selection", rehearsal, out);
  out += "<p>";
  append_escaped(zh, out);
  out += "</p><p lang=\"en\">";
  append_escaped(en, out);
  out += "</p>";
  end_page(out);
  return out;
}

std::string qr_svg(std::string_view text) {
  const std::string data(text);
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(data.c_str(), 0, QR_ECLEVEL_M), &QRcode_free);
  if (!code) return {};
  constexpr int kQuiet = 4;  // modules of white around it, as the standard wants
  const std::string size = std::to_string(code->width + 2 * kQuiet);
  std::string out = "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ";
  out +=
      "aria-label=\"QR\" width=\"160\" height=\"160\" viewBox=\"0 0 " + size + " " + size + "\">";
  out += "<rect width=\"" + size + "\" height=\"" + size + "\" fill=\"#fff\"/><path d=\"";
  for (int y = 0; y < code->width; ++y) {
    for (int x = 0; x < code->width; ++x) {
      if ((code->data[y * code->width + x] & 1U) == 0) continue;
      out += "M" + std::to_string(x + kQuiet) + " " + std::to_string(y + kQuiet) + "h1v1h-1z";
    }
  }
  out += "\" fill=\"#000\"/></svg>";
  return out;
}

}  // namespace plated
