#include "net/protocol/answer_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <type_traits>

#include "engine/calendar.h"
#include "engine/check.h"
#include "engine/plate.h"

namespace plated {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Appends to a string through a pointer, after one reservation: an application is some forty short
// pieces, and each append of a std::string would ask again whether there is room.
class Pieces {
 public:
  // Requires that no more than `size_max` bytes will be written.
  Pieces(std::string& out, std::size_t size_max) : out_(out) {
    const std::size_t size = out.size();
    out.resize(size + size_max);
    at_ = out.data() + size;
    end_ = out.data() + out.size();
  }
  ~Pieces() {
    check(at_ <= end_, "a message fits into what was reserved for it");
    out_.resize(static_cast<std::size_t>(at_ - out_.data()));
  }
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;

  Pieces& text(std::string_view bytes) {
    check(bytes.size() <= static_cast<std::size_t>(end_ - at_), "a message fits");
    bytes.copy(at_, bytes.size());
    at_ += bytes.size();
    return *this;
  }
  template <class Integer>
  Pieces& number(Integer value) {
    at_ = std::to_chars(at_, end_, value).ptr;
    return *this;
  }
  Pieces& millis(Millis value) { return number(std::max<int64_t>(value.count(), 0)); }
  Pieces& instant(CivilTime at) { return number(at.time_since_epoch().count()); }
  Pieces& plate(PoolKey pool, PlateNumber number) {
    return text("\"").text(text_of(Plate{pool, number}).view()).text("\"");
  }
  Pieces& plates(PoolKey pool, std::span<const PlateNumber> numbers) {
    std::string_view before = "[";
    for (const PlateNumber number : numbers) {
      text(before).plate(pool, number);
      before = ",";
    }
    return text(numbers.empty() ? "[]" : "]");
  }
  Pieces& hex(const VoucherCode& code) {
    for (const uint8_t byte : code) {
      *at_++ = kHexDigits[byte >> 4U];
      *at_++ = kHexDigits[byte & 15U];
    }
    return *this;
  }
  // A text that may need escapes, as a JSON string.
  Pieces& quoted(std::string_view bytes) {
    text("\"");
    for (const char c : bytes) {
      escaped(c);
    }
    return text("\"");
  }

 private:
  void escaped(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      text("\\u00");
      *at_++ = kHexDigits[byte >> 4U];
      *at_++ = kHexDigits[byte & 15U];
      return;
    }
    if (c == '"' || c == '\\') {
      *at_++ = '\\';
    }
    *at_++ = c;
  }

  std::string& out_;
  char* at_;
  char* end_;
};

// Six bytes for each byte of a text, should all need escapes.
constexpr std::size_t escaped_max(std::size_t size) { return 6 * size + 2; }

constexpr std::size_t kPlateTextMax = 16;      // with quotes and comma
constexpr std::size_t kApplicationMax = 1792;  // without its lists of plates
constexpr std::size_t kPlaceMax = 256;         // a place in the waiting room
constexpr std::size_t kShortMax = 256;         // names and numbers of a short message
static_assert(kApplicationMax >
              escaped_max(kVehicleIdMax) + escaped_max(kTermsVersionMax) + kPlaceMax + 1024);

std::size_t size_max(const ApplicationView& application) {
  return kApplicationMax +
         kPlateTextMax * (application.batch.size() + application.shortlist.size()) +
         escaped_max(application.office_name.size());
}

void put_hold(Pieces& pieces, std::string_view name, PoolKey pool,
              std::span<const PlateNumber> plates, Millis expires_in) {
  pieces.text(",\"").text(name).text("\":");
  if (plates.empty()) {
    pieces.text("null");
    return;
  }
  pieces.text("{\"plates\":").plates(pool, plates);
  pieces.text(",\"expires_in_ms\":").millis(expires_in).text("}");
}

void put_reservation(Pieces& pieces, PoolKey pool,
                     const ApplicationView::Reservation& reservation) {
  pieces.text(",\"reservation\":");
  if (reservation.plate == kNoPlate) {
    pieces.text("null");
    return;
  }
  pieces.text("{\"plate\":").plate(pool, reservation.plate);
  pieces.text(",\"deadline\":\"").text(text_of(reservation.deadline).view());
  pieces.text("\",\"auto\":").text(reservation.automatic ? "true" : "false");
  pieces.text(",\"voucher\":\"/v1/voucher/").hex(reservation.voucher);
  pieces.text("\",\"sequence\":").number(reservation.sequence.value).text("}");
}

template <class Number>
void put_known(Pieces& pieces, std::string_view name, const std::optional<Number>& number) {
  pieces.text(",\"").text(name).text("\":");
  if (!number) {
    pieces.text("null");
  } else if constexpr (std::is_same_v<Number, CivilTime>) {
    pieces.instant(*number);
  } else if constexpr (std::is_same_v<Number, Millis>) {
    pieces.millis(*number);
  } else {
    pieces.number(*number);
  }
}

// The fields of a place, without the braces around them.
void put_place(Pieces& pieces, const PlaceView& place) {
  pieces.text("\"office\":\"").text(text_of(place.office).view()).text("\"");
  if (place.lobby) {
    put_known(pieces, "opens_at", place.opens_at);
    pieces.text(",\"lobby\":").number(place.in_lobby);
    return;
  }
  pieces.text(",\"position\":").number(uint64_t{place.ahead} + 1);
  pieces.text(",\"ahead\":").number(place.ahead);
  put_known(pieces, "eta_low_ms", place.eta_low);
  put_known(pieces, "eta_high_ms", place.eta_high);
  put_known(pieces, "admitted_per_minute", place.admitted_per_minute);
}

void put_application(Pieces& pieces, const ApplicationView& application) {
  const PoolKey pool = application.pool;
  pieces.text("{\"vehicle\":").quoted(application.vehicle.view());
  pieces.text(",\"office\":\"").text(text_of(pool.office).view());
  pieces.text("\",\"office_name\":").quoted(application.office_name);
  pieces.text(",\"class\":\"").text(name_of(pool.plate_class));
  pieces.text("\",\"power\":\"").text(name_of(pool.power));
  pieces.text("\",\"step\":\"").text(name_of(application.step));
  pieces.text("\",\"draws_left\":").number(application.draws_left);
  pieces.text(",\"draw\":").number(application.draw);
  put_hold(pieces, "batch", pool, application.batch, application.batch_expires_in);
  put_hold(pieces, "shortlist", pool, application.shortlist, application.shortlist_expires_in);
  put_reservation(pieces, pool, application.reservation);
  pieces.text(",\"office_state\":\"").text(name_of(application.office_state));
  pieces.text("\",\"terms\":").quoted(application.terms.view());
  pieces.text(",\"blacklist_years\":").number(application.blacklist_years);
  pieces.text(",\"at\":").instant(application.at);
  pieces.text(",\"version\":").number(application.version);
  if (application.fallback != kNoPlate) {
    pieces.text(",\"fallback\":").plate(pool, application.fallback);
  }
  if (application.verified_in) {
    pieces.text(",\"verified_in_ms\":").millis(*application.verified_in);
  }
  if (application.blacklisted_until) {
    pieces.text(",\"blacklisted_until\":").instant(*application.blacklisted_until);
  }
  if (application.opens_at) {
    pieces.text(",\"opens_at\":").instant(*application.opens_at);
  }
  if (application.deadline_if_confirmed) {
    pieces.text(",\"deadline_if_confirmed\":\"");
    pieces.text(text_of(*application.deadline_if_confirmed).view()).text("\"");
  }
  if (application.place) {
    pieces.text(",\"place\":{");
    put_place(pieces, *application.place);
    pieces.text("}");
  }
  if (application.admitted_within) {
    pieces.text(",\"admitted_within_ms\":").millis(*application.admitted_within);
  }
  pieces.text("}");
}

void put_vehicle(Pieces& pieces, const VehicleSummary& vehicle) {
  pieces.text("{\"vehicle\":").quoted(vehicle.vehicle.view());
  pieces.text(",\"class\":\"").text(name_of(vehicle.pool.plate_class));
  pieces.text("\",\"power\":\"").text(name_of(vehicle.pool.power));
  pieces.text("\",\"office\":\"").text(text_of(vehicle.pool.office).view());
  pieces.text("\",\"plate\":").quoted(vehicle.plate.view());
  pieces.text(",\"step\":\"").text(name_of(vehicle.step)).text("\"}");
}

}  // namespace

void write_application(const ApplicationView& application, std::string& out) {
  Pieces pieces(out, size_max(application));
  put_application(pieces, application);
}

void write_application_answer(std::string_view id, const ApplicationView& application,
                              std::string& out) {
  Pieces pieces(out, size_max(application) + id.size());
  pieces.text("{\"id\":").text(id).text(",\"ok\":");
  put_application(pieces, application);
  pieces.text("}");
}

void write_vehicles_answer(std::string_view id, const VehiclesPage& page,
                           std::string_view owner_name, std::string& out) {
  constexpr std::size_t kVehicleMax = 128 + escaped_max(kVehicleIdMax) + escaped_max(15);
  Pieces pieces(out, kShortMax + id.size() + escaped_max(owner_name.size()) +
                         kVehicleMax * page.vehicles.size());
  pieces.text("{\"id\":").text(id).text(",\"ok\":{\"vehicles\":[");
  std::string_view before;
  for (const VehicleSummary& vehicle : page.vehicles) {
    pieces.text(before);
    put_vehicle(pieces, vehicle);
    before = ",";
  }
  pieces.text("],\"next\":");
  if (page.next) {
    pieces.quoted(page.next->view());
  } else {
    pieces.text("null");
  }
  if (!owner_name.empty()) {
    pieces.text(",\"owner_name\":").quoted(owner_name);
  }
  pieces.text("}}");
}

void write_empty_answer(std::string_view id, std::string& out) {
  Pieces(out, kShortMax + id.size()).text("{\"id\":").text(id).text(",\"ok\":{}}");
}

void write_code_answer(std::string_view id, const CodeAnswer& sent, std::string& out) {
  Pieces pieces(out, kShortMax + id.size() + escaped_max(sent.sent_to.size()));
  pieces.text("{\"id\":").text(id).text(",\"ok\":{\"sent_to\":").quoted(sent.sent_to);
  pieces.text(",\"expires_in_ms\":").millis(sent.expires_in);
  pieces.text(",\"resend_in_ms\":").millis(sent.resend_in).text("}}");
}

void write_error_answer(std::string_view id, const Complaint& complaint, std::string& out) {
  const std::string_view message =
      complaint.message.empty() ? message_of(complaint.code) : complaint.message;
  Pieces pieces(out, kShortMax + kPlaceMax + id.size() + escaped_max(message.size()) +
                         escaped_max(complaint.field.size()));
  pieces.text("{\"id\":").text(id).text(",\"error\":{\"code\":\"").text(name_of(complaint.code));
  pieces.text("\",\"message\":").quoted(message);
  if (complaint.retry_in) {
    pieces.text(",\"retry_in_ms\":").millis(*complaint.retry_in);
  }
  if (complaint.until) {
    pieces.text(",\"until\":").instant(*complaint.until);
  }
  if (!complaint.field.empty()) {
    pieces.text(",\"field\":").quoted(complaint.field);
  }
  if (complaint.place != nullptr) {
    pieces.text(",");
    put_place(pieces, *complaint.place);
  }
  pieces.text("}}");
}

void write_application_push(const ApplicationView& application, std::string& out) {
  Pieces pieces(out, size_max(application));
  pieces.text("{\"event\":\"application\",\"application\":");
  put_application(pieces, application);
  pieces.text("}");
}

void write_office_push(OfficeCode office, OfficeState state, std::optional<CivilTime> until,
                       std::string& out) {
  Pieces pieces(out, kShortMax);
  pieces.text("{\"event\":\"office\",\"office\":\"").text(text_of(office).view());
  pieces.text("\",\"state\":\"").text(name_of(state)).text("\"");
  put_known(pieces, "until", until);
  pieces.text("}");
}

void write_waiting_push(const PlaceView& place, std::string& out) {
  Pieces pieces(out, kShortMax + kPlaceMax);
  pieces.text("{\"event\":\"waiting\",");
  put_place(pieces, place);
  pieces.text("}");
}

void write_admitted_push(OfficeCode office, Millis act_within, std::string& out) {
  Pieces pieces(out, kShortMax);
  pieces.text("{\"event\":\"admitted\",\"office\":\"").text(text_of(office).view());
  pieces.text("\",\"act_within_ms\":").millis(act_within).text("}");
}

void write_bye_push(std::string_view reason, Millis reconnect_in, std::string& out) {
  Pieces pieces(out, kShortMax + escaped_max(reason.size()));
  pieces.text("{\"event\":\"bye\",\"reason\":").quoted(reason);
  pieces.text(",\"reconnect_in_ms\":").millis(reconnect_in).text("}");
}

void write_json_text(std::string_view text, std::string& out) {
  Pieces(out, escaped_max(text.size())).quoted(text);
}

void write_number(int64_t number, std::string& out) { Pieces(out, 24).number(number); }

std::string_view name_of(Step step) {
  constexpr std::array<std::string_view, 6> kNames = {"submit", "notice", "pick",
                                                      "done",   "issued", "lapsed"};
  return kNames[static_cast<std::size_t>(step)];
}

std::string_view name_of(OfficeState state) {
  constexpr std::array<std::string_view, 4> kNames = {"open", "closed", "paused", "maintenance"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string voucher_text(const VoucherCode& code) {
  std::string out;
  Pieces(out, 2 * code.size()).hex(code);
  return out;
}

std::optional<VoucherCode> parse_voucher(std::string_view text) {
  VoucherCode code{};
  if (text.size() != 2 * code.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = kHexDigits.find(text[i]);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    code[i / 2] = static_cast<uint8_t>(code[i / 2] * 16U + digit);
  }
  return code;
}

}  // namespace plated
