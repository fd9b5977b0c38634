#include "persistence/batch.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/check.h"
#include "persistence/crc32c.h"
#include "persistence/little_endian.h"

namespace plated {
namespace {

using BatchMark = std::array<uint8_t, 4>;
constexpr BatchMark kBatchMark = {0xb7, 'P', 'B', '2'};
constexpr BatchMark kBatchMarkOfFormat1 = {0xb7, 'P', 'L', 'B'};

// Header: mark 4, payload bytes 4, records 4, checksum 4, first 8, durable 8; in format 2 then
// number 8, writer 8, checksum of the batch before 4.
constexpr std::size_t kBatchChecksumAt = 12;
constexpr std::size_t kBatchAfterChecksum = kBatchChecksumAt + sizeof(uint32_t);
static_assert(kBatchAfterChecksum + 4 * sizeof(uint64_t) + sizeof(uint32_t) == kBatchHeaderSize);
static_assert(kBatchAfterChecksum + 2 * sizeof(uint64_t) == kBatchHeaderSizeOfFormat1);

const BatchMark& mark_of(uint32_t version) {
  return version == 1 ? kBatchMarkOfFormat1 : kBatchMark;
}

bool has_mark(ByteSpan bytes, const BatchMark& mark) {
  return bytes.size() >= mark.size() && std::memcmp(bytes.data(), mark.data(), mark.size()) == 0;
}

// Over the header but for the checksum itself, then the payload; continues `crc`.
uint32_t batch_checksum(uint32_t crc, ByteSpan header, ByteSpan payload) {
  crc = crc32c(crc, header.first(kBatchChecksumAt));
  crc = crc32c(crc, header.subspan(kBatchAfterChecksum));
  return crc32c(crc, payload);
}

// The batch at the start of `bytes` whose checksum begins with `seed`.
std::optional<BatchHeader> decode_of_version(ByteSpan bytes, uint32_t version, uint32_t seed) {
  const auto header = glance_at_batch(bytes, version);
  const std::size_t header_bytes = batch_header_size(version);
  if (!header || header->payload_bytes > kBatchSizeBytesMax - header_bytes ||
      header->payload_bytes > bytes.size() - header_bytes) {
    return std::nullopt;
  }
  const ByteSpan payload = bytes.subspan(header_bytes, header->payload_bytes);
  if (batch_checksum(seed, bytes.first(header_bytes), payload) != header->crc) {
    return std::nullopt;
  }
  return header;
}

}  // namespace

std::size_t batch_header_size(uint32_t version) {
  check(version == 1 || version == 2, "a log file of another format is not opened");
  return version == 1 ? kBatchHeaderSizeOfFormat1 : kBatchHeaderSize;
}

uint32_t encode_batch_header(const BatchHeader& header, ByteSpan payload,
                             std::span<std::byte, kBatchHeaderSize> out) {
  check(payload.size() == header.payload_bytes, "a batch's header says its payload's size");
  check(kBatchHeaderSize + payload.size() <= kBatchSizeBytesMax, "a batch keeps to its bound");
  check(header.durable < header.first, "what is durable was written before");
  check(header.number >= 1, "batches are counted from 1");
  std::memcpy(out.data(), kBatchMark.data(), kBatchMark.size());
  std::byte* at = put(out.data() + kBatchMark.size(), header.payload_bytes);
  at = put(at, header.records);
  at = put(at, uint32_t{0});
  at = put(at, header.first.value);
  at = put(at, header.durable.value);
  at = put(at, header.number);
  at = put(at, header.writer);
  put(at, header.before);
  const uint32_t crc = batch_checksum(0, out, payload);
  put(out.data() + kBatchChecksumAt, crc);
  return crc;
}

std::optional<BatchHeader> glance_at_batch(ByteSpan bytes, uint32_t version) {
  if (bytes.size() < batch_header_size(version) || !has_mark(bytes, mark_of(version))) {
    return std::nullopt;
  }
  BatchHeader header;
  header.payload_bytes = get<uint32_t>(bytes.data() + 4);
  header.records = get<uint32_t>(bytes.data() + 8);
  header.crc = get<uint32_t>(bytes.data() + kBatchChecksumAt);
  header.first.value = get<uint64_t>(bytes.data() + 16);
  header.durable.value = get<uint64_t>(bytes.data() + 24);
  if (version != 1) {
    header.number = get<uint64_t>(bytes.data() + 32);
    header.writer = get<uint64_t>(bytes.data() + 40);
    header.before = get<uint32_t>(bytes.data() + 48);
  }
  return header;
}

std::optional<BatchHeader> decode_batch(ByteSpan bytes) { return decode_of_version(bytes, 2, 0); }

std::optional<BatchHeader> decode_batch_of_format_1(ByteSpan bytes, uint64_t identity) {
  std::array<std::byte, sizeof(identity)> seed{};
  put(seed.data(), identity);
  return decode_of_version(bytes, 1, crc32c(0, seed));
}

std::size_t find_batch_mark(ByteSpan bytes, std::size_t from, uint32_t version) {
  const BatchMark& mark = mark_of(version);
  const auto found = std::search(
      bytes.begin() + static_cast<std::ptrdiff_t>(std::min(from, bytes.size())), bytes.end(),
      mark.begin(), mark.end(),
      [](std::byte byte, uint8_t wanted) { return std::to_integer<uint8_t>(byte) == wanted; });
  return static_cast<std::size_t>(found - bytes.begin());
}

}  // namespace plated
