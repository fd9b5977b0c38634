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

// Answers. `id` is JSON already: digits, or null.
void write_application_answer(std::string_view id, const ApplicationView& application,
                              std::string& out);
void write_vehicles_answer(std::string_view id, const VehiclesPage& page, std::string& out);
void write_empty_answer(std::string_view id, std::string& out);

struct CodeSent {
  std::string_view sent_to;  // masked
  Millis expires_in{};
  Millis resend_in{};
};
void write_code_answer(std::string_view id, const CodeSent& sent, std::string& out);
void write_error_answer(std::string_view id, const Complaint& complaint, std::string& out);

// Pushes.
void write_application_push(const ApplicationView& application, std::string& out);
void write_office_push(OfficeCode office, OfficeState state, std::optional<CivilTime> until,
                       std::string& out);
void write_bye_push(std::string_view reason, Millis reconnect_in, std::string& out);

// Parts.
// `text` as a JSON string, quotes and all. Requires UTF-8.
void write_json_text(std::string_view text, std::string& out);
void write_number(int64_t number, std::string& out);
[[nodiscard]] std::string_view name_of(Step step);
[[nodiscard]] std::string_view name_of(OfficeState state);
// 32 hexadecimal digits, and back; nothing for any other text.
[[nodiscard]] std::string voucher_text(const VoucherCode& code);
[[nodiscard]] std::optional<VoucherCode> parse_voucher(std::string_view text);

}  // namespace plated
