#include "net/web/pool_json.h"

#include "engine/calendar.h"
#include "engine/check.h"
#include "engine/plate.h"
#include "net/protocol/answer_text.h"

namespace plated {
namespace {

void count_field(std::string_view name, uint64_t count, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  write_number(static_cast<int64_t>(count), out);
}

void text_field(std::string_view name, std::string_view text, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
  write_json_text(text, out);
}

void segment_json(PoolKey pool, const Segment& segment, std::string& out) {
  out += "{\"segment\":";
  write_number(segment.number, out);
  if (segment.from == kNoPlate) {
    out += ",\"from\":null,\"to\":null";
  } else {
    text_field("from", plate_text(pool, segment.from), out);
    text_field("to", plate_text(pool, segment.to), out);
  }
  count_field("plates", segment.plates, out);
  out += segment.all_zero ? ",\"all_zero\":true" : ",\"all_zero\":false";
  out += ",\"release_at\":";
  write_number(segment.release_at.time_since_epoch().count(), out);
  out += segment.released ? ",\"released\":true" : ",\"released\":false";
  text_field("note", segment.note, out);
  out += "}";
}

void secret_json(const Period& period, const std::optional<DrawSecret>& revealed,
                 std::string& out) {
  out += "{\"period\":\"";
  out += text_of(period.day).view();
  out += "\",\"commitment\":\"" + hex_of(period.commitment) + "\",\"revealed\":";
  out += revealed ? "\"" + hex_of(*revealed) + "\"" : "null";
  out += "}";
}

void pool_json(const PublicPool& pool, std::string& out) {
  const PoolReport& report = pool.report;
  const PoolCounts& counts = report.counts;
  out += "{\"office\":\"";
  out += text_of(report.pool.office).view();
  out += "\"";
  text_field("class", name_of(report.pool.plate_class), out);
  text_field("power", name_of(report.pool.power), out);
  count_field("loaded", counts.loaded, out);
  count_field("free", counts.free, out);
  count_field("held", counts.held, out);
  count_field("reserved", counts.reserved, out);
  count_field("issued", counts.issued, out);
  count_field("withheld", counts.withheld, out);
  count_field("free_without4", counts.free_without4, out);
  out += ",\"segments\":[";
  for (std::size_t i = 0; i < report.segments.size(); ++i) {
    if (i > 0) {
      out += ",";
    }
    segment_json(report.pool, report.segments[i], out);
  }
  out += "],\"secrets\":[";
  for (std::size_t i = 0; i < report.periods.size(); ++i) {
    if (i > 0) {
      out += ",";
    }
    secret_json(report.periods[i], pool.revealed[i], out);
  }
  out += "]}";
}

}  // namespace

std::string pools_json(std::span<const PublicPool> pools) {
  std::string out = "[";
  for (std::size_t i = 0; i < pools.size(); ++i) {
    check(pools[i].revealed.size() == pools[i].report.periods.size(), "a place for every secret");
    if (i > 0) {
      out += ",";
    }
    pool_json(pools[i], out);
  }
  out += "]";
  return out;
}

std::string plate_text(PoolKey pool, PlateNumber number) {
  return number == kNoPlate ? std::string() : std::string(text_of(Plate{pool, number}).view());
}

std::string hex_of(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace plated
