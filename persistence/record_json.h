// A record as one JSON object for people and scripts: the audit, and the inspector's listing. Made
// from the same list of fields as the bytes. Plates, offices, days and enumerators are shown as the
// protocol shows them, instants in Unix milliseconds; sealed bytes as their length only.
// Pure; any thread.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <span>
#include <string>

#include "engine/events.h"

namespace plated {

// {"sequence", "at", "tick", "what", ...the event's fields}.
[[nodiscard]] boost::json::object record_json(const Record& record);
// The same on one line, without its end.
[[nodiscard]] std::string record_json_line(const Record& record);

// Bytes as a record shows them: two lower-case digits each.
[[nodiscard]] std::string hexadecimal(std::span<const uint8_t> bytes);

}  // namespace plated
