// Pages that the server writes itself, in Chinese and English, for people without scripts, printers
// and screen readers: the pool notice, the voucher, and short messages. Pure; every text that comes
// from outside is escaped.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "engine/types.h"

namespace plated {

// One pool with what is public of its secrets.
struct PublicPool {
  PoolReport report;
  std::vector<std::optional<DrawSecret>> revealed;  // one for each of report.periods
};

// The pool notice as /v1/pools shows it: a list.
[[nodiscard]] std::string pools_json(std::span<const PublicPool> pools);
// The same as a page. `offices` gives their names and zones.
[[nodiscard]] std::string pools_page(std::span<const PublicPool> pools,
                                     std::span<const Office> offices, CivilTime at, bool rehearsal);

// What a voucher shows; people's data are masked already.
struct VoucherText {
  std::string plate;
  std::string vehicle_tail;  // the last six characters
  std::string owner;         // the person's masked name or, if none is known, a masked identifier
  std::string id_number;     // masked; may be empty
  std::string office;
  std::string office_name;
  std::string confirmed_at;  // local time
  std::string deadline;      // YYYY-MM-DD
  std::string code;          // 32 hexadecimal digits
  std::string url;           // what the QR code says
  Step step = Step::done;
  bool automatic = false;
  bool rehearsal = false;
};
[[nodiscard]] std::string voucher_page(const VoucherText& voucher);

// A page with one sentence in both languages.
[[nodiscard]] std::string message_page(std::string_view zh, std::string_view en, bool rehearsal);

// `text` as an SVG that is a QR code; empty if it is too long for one.
[[nodiscard]] std::string qr_svg(std::string_view text);

// An instant as `2026-11-23 09:00` at this distance from UTC.
[[nodiscard]] std::string local_time(CivilTime at, std::chrono::minutes offset);

void append_escaped(std::string_view text, std::string& out);

}  // namespace plated
