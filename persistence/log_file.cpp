#include "persistence/log_file.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "engine/check.h"
#include "persistence/crc32c.h"
#include "persistence/little_endian.h"

namespace plated {
namespace {

constexpr std::string_view kLogPrefix = "log-";
constexpr std::string_view kLogSuffix = ".plog";
constexpr std::size_t kLogDigits = 20;
constexpr std::array<char, 8> kLogFileMark = {'P', 'L', 'A', 'T', 'E', 'L', 'O', 'G'};
constexpr std::array<uint8_t, 4> kBatchMark = {0xb7, 'P', 'L', 'B'};

// Header of a file: mark 8, version 4, zero 4, first 8, identity 8, previous 32, zeros, checksum 4.
constexpr std::size_t kLogHeaderChecksumAt = kLogHeaderSize - sizeof(uint32_t);
// Header of a batch: mark 4, payload bytes 4, records 4, checksum 4, first 8, durable 8.
constexpr std::size_t kBatchChecksumAt = 12;
constexpr std::size_t kBatchAfterChecksum = kBatchChecksumAt + sizeof(uint32_t);

uint32_t batch_checksum(uint64_t identity, ByteSpan header, ByteSpan payload) {
  std::array<std::byte, sizeof(identity)> seed{};
  put(seed.data(), identity);
  uint32_t crc = crc32c(0, seed);
  crc = crc32c(crc, header.first(kBatchChecksumAt));
  crc = crc32c(crc, header.subspan(kBatchAfterChecksum, kBatchHeaderSize - kBatchAfterChecksum));
  return crc32c(crc, payload);
}

}  // namespace

std::string log_file_name(Sequence first) {
  return fmt::format("{}{:020}{}", kLogPrefix, first.value, kLogSuffix);
}

std::optional<Sequence> log_file_first(std::string_view name) {
  if (name.size() != kLogPrefix.size() + kLogDigits + kLogSuffix.size() ||
      !name.starts_with(kLogPrefix) || !name.ends_with(kLogSuffix)) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(kLogPrefix.size(), kLogDigits);
  Sequence first;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), first.value);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return first;
}

void encode_log_header(const LogFileHeader& header, std::span<std::byte, kLogHeaderSize> out) {
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kLogFileMark.data(), kLogFileMark.size());
  std::byte* at = put(out.data() + kLogFileMark.size(), kLogVersion);
  at = put(at, uint32_t{0});
  at = put(at, header.first.value);
  at = put(at, header.identity);
  std::memcpy(at, header.previous.data(), header.previous.size());
  put(out.data() + kLogHeaderChecksumAt, crc32c(0, out.first(kLogHeaderChecksumAt)));
}

Status decode_log_header(ByteSpan bytes, const std::string& path, LogFileHeader& header) {
  if (bytes.size() < kLogHeaderSize) {
    return Status::corruption(path, bytes.size(), "the file ends within its header");
  }
  if (std::memcmp(bytes.data(), kLogFileMark.data(), kLogFileMark.size()) != 0) {
    return Status::corruption(path, 0, "this is not a log file");
  }
  if (crc32c(0, bytes.first(kLogHeaderChecksumAt)) !=
      get<uint32_t>(bytes.data() + kLogHeaderChecksumAt)) {
    return Status::corruption(path, 0, "the header's checksum is wrong");
  }
  const std::byte* at = bytes.data() + kLogFileMark.size();
  const auto version = get<uint32_t>(at);
  if (version != kLogVersion) {
    return Status::mismatch(
        path, fmt::format("log format {} was written by another version of plated; this one reads "
                          "format {}",
                          version, kLogVersion));
  }
  header.first.value = get<uint64_t>(at + 8);
  header.identity = get<uint64_t>(at + 16);
  std::memcpy(header.previous.data(), at + 24, header.previous.size());
  return {};
}

void encode_batch_header(const BatchHeader& header, uint64_t identity, ByteSpan payload,
                         std::span<std::byte, kBatchHeaderSize> out) {
  check(payload.size() == header.payload_bytes, "a batch's header says its payload's size");
  check(kBatchHeaderSize + payload.size() <= kBatchSizeBytesMax, "a batch keeps to its bound");
  check(header.durable < header.first, "what is durable was written before");
  std::memcpy(out.data(), kBatchMark.data(), kBatchMark.size());
  std::byte* at = put(out.data() + kBatchMark.size(), header.payload_bytes);
  at = put(at, header.records);
  at = put(at, uint32_t{0});
  at = put(at, header.first.value);
  put(at, header.durable.value);
  put(out.data() + kBatchChecksumAt, batch_checksum(identity, out, payload));
}

std::optional<BatchHeader> glance_at_batch(ByteSpan bytes) {
  if (bytes.size() < kBatchHeaderSize ||
      std::memcmp(bytes.data(), kBatchMark.data(), kBatchMark.size()) != 0) {
    return std::nullopt;
  }
  BatchHeader header;
  header.payload_bytes = get<uint32_t>(bytes.data() + 4);
  header.records = get<uint32_t>(bytes.data() + 8);
  header.first.value = get<uint64_t>(bytes.data() + 16);
  header.durable.value = get<uint64_t>(bytes.data() + 24);
  return header;
}

std::optional<BatchHeader> decode_batch(ByteSpan bytes, uint64_t identity) {
  const auto header = glance_at_batch(bytes);
  if (!header || header->payload_bytes > kBatchSizeBytesMax - kBatchHeaderSize ||
      header->payload_bytes > bytes.size() - kBatchHeaderSize) {
    return std::nullopt;
  }
  const ByteSpan payload = bytes.subspan(kBatchHeaderSize, header->payload_bytes);
  if (batch_checksum(identity, bytes.first(kBatchHeaderSize), payload) !=
      get<uint32_t>(bytes.data() + kBatchChecksumAt)) {
    return std::nullopt;
  }
  return header;
}

std::size_t find_batch_mark(ByteSpan bytes, std::size_t from) {
  const auto found =
      std::search(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(from, bytes.size())),
                  bytes.end(), kBatchMark.begin(), kBatchMark.end(),
                  [](std::byte a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
  return static_cast<std::size_t>(found - bytes.begin());
}

Result<std::vector<LogFileName>> list_log_files(FileSystem& files, const std::string& directory) {
  auto names = files.list(directory);
  if (!names.ok()) {
    return names.status;
  }
  std::vector<LogFileName> found;
  for (const std::string& name : names.value) {
    if (const auto first = log_file_first(name)) {
      found.push_back({directory + "/" + name, *first});
    }
  }
  return found;
}

RunningDigest::RunningDigest() {
  static_assert(sizeof(crypto_generichash_state) <= kStateSize);
  static_assert(alignof(crypto_generichash_state) <= 64);
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  check(crypto_generichash_init(state, nullptr, 0, std::tuple_size_v<FileDigest>) == 0,
        "a digest can be begun");
}

void RunningDigest::update(ByteSpan bytes) {
  auto* state = reinterpret_cast<crypto_generichash_state*>(state_.data());
  crypto_generichash_update(state, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

FileDigest RunningDigest::value() const {
  alignas(64) std::array<std::byte, kStateSize> copy = state_;
  FileDigest digest{};
  crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(copy.data()), digest.data(),
                           digest.size());
  return digest;
}

}  // namespace plated
