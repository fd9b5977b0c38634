// One event as bytes and back. The bytes are made from the event's own list of fields: integers of
// fixed width, texts and lists behind their length; FORMAT.md has the grammar. The type numbers and
// the order of fields are for ever; a test holds both to golden bytes.
// Decoding is total: any bytes are an event or a reason why not, never anything else.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/events.h"
#include "persistence/event_arena.h"
#include "persistence/file_system.h"

namespace plated {

// Bytes before an event's fields: length 4, type 2, tick 8, civil time 8.
inline constexpr std::size_t kRecordHeaderSize = 22;
inline constexpr std::size_t kEventTypes = std::variant_size_v<Event>;  // type numbers end before

// The event's type number on disk; 0 for no event.
[[nodiscard]] uint16_t event_type(const Event& event);
// The event's name, which people read (`drawn`); empty for no event.
[[nodiscard]] std::string_view event_name(const Event& event);
// All names, by type number; that of 0 is empty.
[[nodiscard]] std::span<const std::string_view> event_names();

// The whole record's bytes. Requires texts of at most 65535 bytes.
[[nodiscard]] std::size_t encoded_size(const Event& event);
// Writes exactly encoded_size(event) bytes at `to` and returns the place behind them. Requires an
// event other than monostate.
std::byte* encode_record(const Now& now, const Event& event, std::byte* to);

// The bytes of the record at the start of `bytes` by its length alone, whatever its type; 0 when no
// whole record stands there.
[[nodiscard]] std::size_t record_size(ByteSpan bytes);

// Takes one record from the front of `bytes`. On success sets time and event of `record`, whose
// texts point into the bytes and whose lists point into the arena, removes the record from `bytes`,
// and returns nullptr. Otherwise says what is wrong and leaves `bytes` alone.
[[nodiscard]] const char* decode_record(ByteSpan& bytes, EventArena& arena, Record& record);

}  // namespace plated
