// Records of the log: any bytes are records or a reason why not, and a record's event is written as
// exactly the bytes that it was read from.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/check.h"
#include "persistence/log_file.h"
#include "persistence/record.h"
#include "persistence/record_json.h"

namespace plated {
namespace {

void read_records(ByteSpan bytes) {
  EventArena arena;
  Record record;
  while (!bytes.empty()) {
    const ByteSpan before = bytes;
    if (const char* problem = decode_record(bytes, arena, record)) {
      check(*problem != '\0' && bytes.size() == before.size(), "a refusal takes nothing");
      return;
    }
    const std::size_t size = before.size() - bytes.size();
    check(encoded_size(record.event) == size, "an event has one size");
    Bytes again(size);
    (void)encode_record(record.now, record.event, again.data());
    check(std::ranges::equal(again, before.first(size)), "an event has one spelling");
    (void)record_json_line(record);
  }
}

}  // namespace
}  // namespace plated

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const plated::ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
  plated::read_records(bytes);
  (void)plated::decode_batch(bytes);
  (void)plated::decode_batch_of_format_1(bytes, 1);
  (void)plated::decode_log_header(bytes, "log").ok();
  return 0;
}
