// The voucher of a reservation as a page to print, on A4 or on the 58 mm paper of a receipt
// printer, in Chinese and English together: the owner reads one, the counter the other. Pure; every
// text that comes from outside is escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/types.h"

namespace plated {

enum class Paper : uint8_t { a4, receipt };

// What a voucher shows; people's data are masked already.
struct VoucherText {
  Plate plate;
  std::string vehicle_tail;  // the last six characters
  std::string owner;         // the person's masked name or, if none is known, a masked identifier
  std::string id_number;     // masked; may be empty
  std::string office_name;
  std::string address;  // of the office; empty: not said, as the next two
  std::string telephone;
  std::string hours;
  std::string confirmed_at;  // local time
  Day deadline{};
  std::string code;  // 32 hexadecimal digits
  std::string url;   // what the QR code says
  Step step = Step::done;
  bool automatic = false;
  int blacklist_years = 0;  // for how long an owner may not select who lets it lapse
  bool rehearsal = false;
};
[[nodiscard]] std::string voucher_page(const VoucherText& voucher, Paper paper);

// `text` as an SVG that is a QR code; empty if it is too long for one.
[[nodiscard]] std::string qr_svg(std::string_view text);

}  // namespace plated
