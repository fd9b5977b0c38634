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

// Header: mark 8, version 4, zero 4, first 8, writer 8, previous 32; in format 2 then number 8,
// before 4; zeros, checksum 4.
constexpr std::size_t kLogHeaderChecksumAt = kLogHeaderSize - sizeof(uint32_t);
constexpr std::size_t kPreviousAt = 32;
constexpr std::size_t kNumberAt = kPreviousAt + std::tuple_size_v<FileDigest>;

}  // namespace

std::string log_file_name(Sequence first) {
  std::string name = fmt::format("{}{:020}{}", kLogPrefix, first.value, kLogSuffix);
  check(log_file_first(name) == first, "a name says where its file begins");
  return name;
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
  check(header.version == kLogVersion, "files are written in the current format only");
  check(header.begin.next.value >= 1 && header.begin.number >= 1, "a log begins at 1");
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kLogFileMark.data(), kLogFileMark.size());
  std::byte* at = put(out.data() + kLogFileMark.size(), header.version);
  at = put(at, uint32_t{0});
  at = put(at, header.begin.next.value);
  put(at, header.writer);
  std::memcpy(out.data() + kPreviousAt, header.begin.previous.data(), header.begin.previous.size());
  put(put(out.data() + kNumberAt, header.begin.number), header.begin.before);
  put(out.data() + kLogHeaderChecksumAt, crc32c(0, out.first(kLogHeaderChecksumAt)));
  const auto again = decode_log_header(out, {});
  check(again.ok() && again.value.begin == header.begin && again.value.writer == header.writer,
        "a header reads as it was written");
}

Result<LogFileHeader> decode_log_header(ByteSpan bytes, const std::string& path) {
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
  LogFileHeader header;
  header.version = get<uint32_t>(bytes.data() + kLogFileMark.size());
  if (header.version < kLogVersionOldest || header.version > kLogVersion) {
    return Status::mismatch(
        path, fmt::format("log format {} was written by another version of plated; this one reads "
                          "formats {} to {}",
                          header.version, kLogVersionOldest, kLogVersion));
  }
  header.begin.next.value = get<uint64_t>(bytes.data() + 16);
  header.writer = get<uint64_t>(bytes.data() + 24);
  std::memcpy(header.begin.previous.data(), bytes.data() + kPreviousAt,
              header.begin.previous.size());
  if (header.version != 1) {
    header.begin.number = get<uint64_t>(bytes.data() + kNumberAt);
    header.begin.before = get<uint32_t>(bytes.data() + kNumberAt + sizeof(uint64_t));
  }
  return header;
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
  check(std::ranges::is_sorted(found, {}, &LogFileName::first), "names sort as their sequences");
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
  check(crypto_generichash_update(state, reinterpret_cast<const unsigned char*>(bytes.data()),
                                  bytes.size()) == 0,
        "a digest goes on");
}

FileDigest RunningDigest::value() const {
  alignas(64) std::array<std::byte, kStateSize> copy = state_;
  FileDigest digest{};
  check(crypto_generichash_final(reinterpret_cast<crypto_generichash_state*>(copy.data()),
                                 digest.data(), digest.size()) == 0,
        "a digest can be ended");
  return digest;
}

}  // namespace plated
