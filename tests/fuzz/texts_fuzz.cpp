// The small parsers of texts that people and other systems write: plates of both kinds, offices,
// instants, addresses of web hooks, personal data as bytes. What is understood is written and
// understood again as the same.
#include <cstddef>
#include <cstdint>

#include "engine/check.h"
#include "engine/instant_text.h"
#include "engine/plate.h"
#include "net/notices/personal_data.h"
#include "net/notices/sms_gateway.h"
#include "net/operators/form.h"
#include "net/operators/ordinary_plate.h"
#include "net/protocol/ticket.h"
#include "net/protocol/ticket_cookie.h"

namespace plated {
namespace {

void check_error(std::string_view text, const PlateError& error) {
  check(error.position >= 1 && error.position <= text.size() + 1, "an error has a place");
  check(!error.message.empty(), "an error has a reason");
}

void read_plates(std::string_view text) {
  const ParsedPlate parsed = parse_plate(text);
  if (parsed.plate) {
    check(parsed.plate->number.value < plates_of(parsed.plate->pool.plate_class), "a known plate");
    const PlateText shown = text_of(*parsed.plate);
    check(parse_plate(shown.view()).plate == parsed.plate, "a plate reads back");
    check(carried_plate(shown.view()) == shown.view(), "a new plate can be carried");
  } else {
    check_error(text, parsed.error);
  }
  const ParsedOffice office = parse_office(text);
  if (office.office) {
    check(parse_office(text_of(*office.office).view()).office == office.office, "it reads back");
  } else {
    check_error(text, office.error);
  }
  if (const auto carried = carried_plate(text)) {
    check(carried_plate(*carried) == carried, "a plate is shown in one way");
  }
}

void read_others(std::string_view text) {
  if (const auto data = personal_data_of(text)) {
    check(personal_data_of(bytes_of(*data)) == *data, "equal data, equal bytes");
    (void)masked_name(data->name);
    (void)masked_id(data->id_number);
    if (const auto phone = canonical_phone(data->phone)) {
      check(phone == data->phone, "a phone has one form");
      check(masked_phone(*phone).size() >= 5, "a phone is masked, not lost");
    }
  }
  if (const auto url = parse_webhook_url(text)) {
    check(!url->host.empty() && !url->port.empty() && url->target.starts_with('/'), "whole");
  }
  (void)instant_of(text);
  for (const std::string_view found : find_cookies(text, ticket_cookie_name(false))) {
    check(found.size() <= text.size(), "a part of the header");
  }
  const auto token = find_bearer(text);
  check(!token || token->size() <= text.size(), "a part of the header");
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  plated::read_plates(text);
  plated::read_others(text);
  return 0;
}
