// What an operator types, turned into what the operators' protocol carries: instants, durations,
// schedule rows, lists of plates, path parts. Pure; an argument that cannot be read is nullopt.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plated {

// One part of a path, percent-encoded (plates and offices are UTF-8). '*' stays as it is: it names
// every office.
[[nodiscard]] std::string path_part(std::string_view text);

// Unix milliseconds of an instant: plain milliseconds, or RFC 3339 with its offset
// (2026-11-20T09:00:00+08:00, seconds optional). A time without an offset is refused: it would mean
// something else on every machine.
[[nodiscard]] std::optional<int64_t> parse_instant(std::string_view text);

// Whether `text` is a day as it is written, YYYY-MM-DD; whether there is such a day is the server's
// to say.
[[nodiscard]] bool is_day(std::string_view text);

// A row of a weekly schedule, "1-5 09:00-17:00", as the protocol's object. Days are 1 (Monday) to
// 7, or the word holidays or workdays; whether hours make sense is the server's to say.
[[nodiscard]] std::optional<boost::json::object> parse_schedule_row(std::string_view text);

// A voucher's code in what a clerk has at hand: the digits in one piece or in groups, or what a
// scanner read from the QR code, which is the voucher's address. What is no code is none
// afterwards.
[[nodiscard]] std::string voucher_code_in(std::string_view text);

// The words of `text` between commas and white space, or between whatever else.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text,
                                                   std::string_view between = ", \t\r\n");
[[nodiscard]] boost::json::array to_json_array(const std::vector<std::string>& words);

}  // namespace plated
