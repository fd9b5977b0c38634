#include "persistence/record.h"

#include <array>

#include "engine/check.h"
#include "persistence/field_codec.h"

namespace plated {
namespace {

static_assert(kEventTypes == 63, "a new event is added at the end, here and in kNames");
constexpr std::array<std::string_view, kEventTypes> kNames = {
    "",
    "founded",
    "time_recorded",
    "clock_suspended",
    "clock_accepted",
    "terms_published",
    "office_named",
    "settings_changed",
    "schedule_changed",
    "holidays_changed",
    "office_opened",
    "overlay_changed",
    "day_began",
    "pool_made",
    "segment_listed",
    "segment_loaded",
    "segment_released",
    "plates_withheld",
    "plates_restored",
    "secret_committed",
    "period_began",
    "owner_imported",
    "owner_erased",
    "vehicle_imported",
    "vehicle_moved",
    "rehearsal_owner_made",
    "countdowns_lengthened",
    "blacklisted",
    "blacklist_lifted",
    "submitted",
    "verified",
    "drawn",
    "shortlisted",
    "batch_expired",
    "shortlist_expired",
    "holds_forfeited",
    "verification_ended",
    "confirmed",
    "reminded",
    "lapsed",
    "plate_returned",
    "issued",
    "voided",
    "extended",
    "application_began",
    "notice_settled",
    "operator_acted",
    "office_described",
    "code_sent",
    "code_missed",
    "ticket_spent",
    "tickets_revoked",
    "keys_made",
    "key_destroyed",
    "owner_versions_raised",
    "office_versions_raised",
    "waiting_room_set",
    "lobby_committed",
    "queued",
    "lobby_ordered",
    "admitted",
    "passed_over",
    "place_ended",
};

}  // namespace

uint16_t event_type(const Event& event) { return static_cast<uint16_t>(event.index()); }

std::string_view event_name(const Event& event) { return kNames[event.index()]; }

std::span<const std::string_view> event_names() { return kNames; }

std::size_t encoded_size(const Event& event) {
  ByteCounter counter{kRecordHeaderSize};
  encode_fields(event, counter);
  return counter.bytes;
}

std::byte* encode_record(const Now& now, const Event& event, std::byte* to) {
  check(event.index() != 0, "nothing is no event");
  ByteWriter writer{to + sizeof(uint32_t)};
  writer.integer(event_type(event));
  writer.integer(static_cast<int64_t>(now.tick.time_since_epoch().count()));
  writer.integer(static_cast<int64_t>(now.civil.time_since_epoch().count()));
  encode_fields(event, writer);
  put(to, static_cast<uint32_t>(writer.at - to - static_cast<std::ptrdiff_t>(sizeof(uint32_t))));
  return writer.at;
}

std::size_t record_size(ByteSpan bytes) {
  if (bytes.size() < kRecordHeaderSize) {
    return 0;
  }
  const auto length = get<uint32_t>(bytes.data());
  return length > bytes.size() - sizeof(length) || length < kRecordHeaderSize - sizeof(length)
             ? 0
             : sizeof(length) + length;
}

const char* decode_record(ByteSpan& bytes, EventArena& arena, Record& record) {
  const std::size_t size = record_size(bytes);
  if (size == 0) {
    return "the bytes end within a record, or its length is impossible";
  }
  FieldDecoder decoder(bytes.subspan(sizeof(uint32_t), size - sizeof(uint32_t)), arena);
  const auto type = decoder.integer<uint16_t>();
  record.now.tick = Tick(Millis(decoder.integer<int64_t>()));
  record.now.civil = CivilTime(Millis(decoder.integer<int64_t>()));
  if (!decode_fields(type, decoder, record.event)) {
    return "a record is of a type that this version does not know";
  }
  if (decoder.problem() != nullptr) {
    return decoder.problem();
  }
  if (decoder.left() != 0) {
    return "a record is longer than its fields";
  }
  bytes = bytes.subspan(size);
  return nullptr;
}

}  // namespace plated
