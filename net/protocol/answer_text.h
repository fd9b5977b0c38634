// Messages to clients of /v1/select as JSON text: answers, the application, pushes. Pure. Every
// function appends one message to `out` and allocates only where `out` has to grow. Countdowns that
// are over by now count as 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/commands.h"
#include "engine/types.h"
#include "net/protocol/message.h"

namespace plated {

// The application as one object: the same document in answers, pushes and for operators.
void write_application(const ApplicationView& application, std::string& out);

// Answers. `id` is JSON already: digits, or null. Texts in what is shown must be UTF-8.
// The application, to any op that is about one.
void write_application_answer(std::string_view id, const ApplicationView& application,
                              std::string& out);
// To `vehicles`: at most kVehiclesPerPage of them, and where the next page begins. `owner_name` is
// masked, and said unless it is empty.
void write_vehicles_answer(std::string_view id, const VehiclesPage& page,
                           std::string_view owner_name, std::string& out);
// To an op that has nothing to show, such as `leave`: {}.
void write_empty_answer(std::string_view id, std::string& out);

// To `send_code`. The spans count from now.
struct CodeAnswer {
  std::string_view sent_to;  // masked
  Millis expires_in{};
  Millis resend_in{};
};
// A code was sent, or (in a rehearsal) stands for one.
void write_code_answer(std::string_view id, const CodeAnswer& sent, std::string& out);
// An error; a message that is empty is that of the code.
void write_error_answer(std::string_view id, const Complaint& complaint, std::string& out);

// Pushes, which have no id.
// The application changed, and not by this connection's request.
void write_application_push(const ApplicationView& application, std::string& out);
// The office of an entered vehicle changed; `until` when that ends, where it is known.
void write_office_push(OfficeCode office, OfficeState state, std::optional<CivilTime> until,
                       std::string& out);
// A place in the waiting room: in the queue, or in the lobby.
void write_waiting_push(const PlaceView& place, std::string& out);
// The owner was admitted, and is to act within that time.
void write_admitted_push(OfficeCode office, Millis act_within, std::string& out);
// The server is about to close; `reconnect_in` says when to come back.
void write_bye_push(std::string_view reason, Millis reconnect_in, std::string& out);

// Parts.
// `text` as a JSON string, quotes and all. Requires UTF-8.
void write_json_text(std::string_view text, std::string& out);
// In decimal digits.
void write_number(int64_t number, std::string& out);
// The names of the protocol, such as `pick` and `paused`.
[[nodiscard]] std::string_view name_of(Step step);
[[nodiscard]] std::string_view name_of(OfficeState state);
// A voucher's code as 32 lower-case hexadecimal digits.
[[nodiscard]] std::string voucher_text(const VoucherCode& code);
// The code that such a text says; nothing for any other text.
[[nodiscard]] std::optional<VoucherCode> parse_voucher(std::string_view text);

}  // namespace plated
