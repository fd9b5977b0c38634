#include "net/web/voucher_page.h"

#include <qrencode.h>

#include <memory>

#include "engine/calendar.h"
#include "engine/plate.h"
#include "net/protocol/html_text.h"
#include "net/web/pages.h"
#include "net/web/plate_drawing.h"

namespace plated {
namespace {

constexpr PageLanguage kBoth = PageLanguage::both;
constexpr Words kVoucherTitle = {"新能源汽车号牌预选号凭证",
                                 "New-energy plate reservation voucher"};

void fact(Words name, std::string_view value, std::string& out) {
  if (value.empty()) {
    return;
  }
  out += "<div><dt>";
  append_words(name, kBoth, out);
  out += "</dt><dd>";
  append_escaped(value, out);
  out += "</dd></div>";
}

void fact(Words name, Words value, std::string& out) {
  out += "<div><dt>";
  append_words(name, kBoth, out);
  out += "</dt><dd>";
  append_words(value, kBoth, out);
  out += "</dd></div>";
}

// How to print, and the other paper. Not printed.
void tools(Paper paper, std::string& out) {
  // The button is of use with a script only, which shows it.
  out +=
      "<nav class=\"tools screen\"><button id=\"print\" class=\"action\" type=\"button\" hidden>";
  append_words({"打印", "Print"}, kBoth, out);
  out += "</button><noscript><p>";
  append_words({"用浏览器的“打印”打印本页。", "Print this page with your browser."}, kBoth, out);
  out += "</p></noscript><a class=\"action\" href=\"";
  out += paper == Paper::a4 ? "?paper=receipt\">" : "?paper=a4\">";
  append_words(paper == Paper::a4 ? Words{"改为 58 毫米小票", "58 mm receipt instead"}
                                  : Words{"改为 A4 纸", "A4 instead"},
               kBoth, out);
  out += "</a></nav>";
}

void heading(const VoucherText& voucher, std::string& out) {
  out += "<header><p class=\"issuer\">";
  append_office(voucher.plate.pool.office, voucher.office_name, out);
  out += "</p><h1>";
  append_words(kVoucherTitle, kBoth, out);
  out += "</h1></header>";
}

void plate_and_state(const VoucherText& voucher, std::string& out) {
  const bool issued = voucher.step == Step::issued;
  const PlateText plate = text_of(voucher.plate);
  out += "<figure class=\"drawing\">";
  append_plate_drawing(plate.view(), voucher.plate.pool.plate_class, out);
  out += "<figcaption><b>";
  out += plate.view();
  out += "</b> ";
  append_words({"示意图", "illustration"}, kBoth, out);
  out += "</figcaption></figure>";
  out += issued ? "<div class=\"state issued\"><p>" : "<div class=\"state\"><p>";
  append_words(issued ? Words{"已办理，本凭证不再有效", "Issued: this voucher is used"}
                      : Words{"预选成功，办理截止日期", "Reserved: have it issued by"},
               kBoth, out);
  out += "</p><p class=\"deadline\"><time datetime=\"";
  out += text_of(voucher.deadline).view();
  out += "\">" + long_day(voucher.deadline, PageLanguage::zh);
  out += " <span lang=\"en\">" + long_day(voucher.deadline, PageLanguage::en);
  out += "</span></time></p></div>";
}

void facts(const VoucherText& voucher, std::string& out) {
  const bool small = voucher.plate.pool.plate_class == PlateClass::small;
  const bool electric = voucher.plate.pool.power == Power::electric;
  out += "<dl>";
  fact({"机动车所有人", "Owner"}, voucher.owner, out);
  fact({"证件号码", "Identity"}, voucher.id_number, out);
  fact({"车辆识别代号后六位", "Vehicle, last six"}, voucher.vehicle_tail, out);
  fact({"号牌种类", "Plate class"},
       small ? Words{"小型新能源汽车", "small"} : Words{"大型新能源汽车", "large"}, out);
  fact({"动力", "Power"},
       electric ? Words{"纯电动", "electric"} : Words{"非纯电动", "not pure electric"}, out);
  fact({"预选时间", "Reserved"}, voucher.confirmed_at, out);
  fact({"确认方式", "Confirmed"},
       voucher.automatic ? Words{"系统自动确认", "by the system"}
                         : Words{"本人确认", "by the owner"},
       out);
  fact({"车管所地址", "Office address"}, voucher.address, out);
  fact({"车管所电话", "Office telephone"}, voucher.telephone, out);
  fact({"办公时间", "Counter hours"}, voucher.hours, out);
  out += "</dl>";
}

// Eight digits at a time, for the eye and for typing.
void proof(const VoucherText& voucher, std::string& out) {
  constexpr std::size_t kGroup = 8;
  out += "<figure class=\"proof\">" + qr_svg(voucher.url) + "<figcaption><p class=\"label\">";
  append_words({"凭证编号", "Voucher number"}, kBoth, out);
  out += "</p><p class=\"code\">";
  for (std::size_t at = 0; at < voucher.code.size(); at += kGroup) {
    out += at == 0 ? "<span>" : " <span>";
    append_escaped(std::string_view(voucher.code).substr(at, kGroup), out);
    out += "</span>";
  }
  out += "</p><p class=\"hint\">";
  append_words({"车管所扫码或输入编号核验", "The counter scans the code or enters the number"},
               kBoth, out);
  out += "</p></figcaption></figure>";
}

void note(Words words, std::string& out) {
  out += "<li>";
  append_words(words, kBoth, out);
  out += "</li>";
}

void notes(const VoucherText& voucher, std::string& out) {
  if (voucher.step != Step::done) {
    return;
  }
  const std::string years = std::to_string(voucher.blacklist_years);
  const std::string lost =
      "逾期未办理的，预选号牌失效，机动车所有人" + years + "年内不得网上选号。";
  const std::string lost_in_english =
      "Otherwise the plate is lost, and its owner may not select online for " + years +
      (years == "1" ? " year." : " years.");
  out += "<ol class=\"notes\">";
  note({"请在截止日期当日结束前，携带身份证明和机动车到上述车管所办理换牌。",
        "Bring your identity document and the vehicle to this office before the end of that day."},
       out);
  note(voucher.blacklist_years > 0
           ? Words{lost, lost_in_english}
           : Words{"逾期未办理的，预选号牌失效。", "Otherwise the plate is lost."},
       out);
  note({"本凭证不是号牌，不得代替号牌使用；是否有效以车管所核验为准。",
        "This is no plate and replaces none. Whether it is valid, the counter checks."},
       out);
  out += "</ol>";
}

}  // namespace

std::string voucher_page(const VoucherText& voucher, Paper paper) {
  std::string out;
  begin_page({.title = kVoucherTitle,
              .rehearsal = voucher.rehearsal,
              .style = paper == Paper::a4 ? "voucher.css" : "receipt.css",
              .script = "print.js",
              .indexed = false},
             out);
  tools(paper, out);
  out += "<article class=\"voucher\">";
  heading(voucher, out);
  plate_and_state(voucher, out);
  facts(voucher, out);
  proof(voucher, out);
  notes(voucher, out);
  out += "</article>";
  end_page(out);
  return out;
}

std::string qr_svg(std::string_view text) {
  const std::string data(text);
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(data.c_str(), 0, QR_ECLEVEL_M), &QRcode_free);
  if (!code) {
    return {};
  }
  constexpr int kQuiet = 4;  // modules of white around it, as the standard wants
  const std::string size = std::to_string(code->width + 2 * kQuiet);
  std::string out = "<svg class=\"qr\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" ";
  out += "aria-label=\"QR\" viewBox=\"0 0 " + size + " " + size + "\">";
  out += "<rect width=\"" + size + "\" height=\"" + size + "\" fill=\"#fff\"/><path d=\"";
  for (int y = 0; y < code->width; ++y) {
    for (int x = 0; x < code->width; ++x) {
      if ((code->data[y * code->width + x] & 1U) == 0) {
        continue;
      }
      out += "M" + std::to_string(x + kQuiet) + " " + std::to_string(y + kQuiet) + "h1v1h-1z";
    }
  }
  out += "\" fill=\"#000\"/></svg>";
  return out;
}

}  // namespace plated
