#include "tools/plateload/figures/hdr_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "engine/check.h"

namespace plated {
namespace {

constexpr uint32_t kCookie = 0x1c849303 | 0x10;            // V2, counts as ZigZag LEB128
constexpr uint32_t kCompressedCookie = 0x1c849304 | 0x10;  // the same, deflated
constexpr uint32_t kDigits = 3;

template <typename Number>
void put_big_endian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<uint64_t>(number) >> shift));
  }
}

// ZigZag LEB128 of at most nine bytes: the ninth has no bit to say that more follows.
void put_zig_zag(std::string& out, int64_t value) {
  auto rest = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (int byte = 0; byte < 8; ++byte) {
    if (rest < 0x80) {
      out.push_back(static_cast<char>(rest));
      return;
    }
    out.push_back(static_cast<char>(rest | 0x80));
    rest >>= 7;
  }
  out.push_back(static_cast<char>(rest));
}

// Every count in order; a run of empty places is its length, negative.
std::string counts_of(const Histogram& histogram) {
  std::string out;
  int64_t empty = 0;
  for (const uint64_t count : histogram.places()) {
    if (count == 0) {
      ++empty;
      continue;
    }
    if (empty > 0) {
      put_zig_zag(out, -std::exchange(empty, 0));
    }
    put_zig_zag(out, static_cast<int64_t>(count));
  }
  return out;
}

std::string deflated(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  std::string out(size, '\0');
  const int result = compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                               reinterpret_cast<const Bytef*>(plain.data()), plain.size(), 6);
  check(result == Z_OK, "zlib compresses what is in memory");
  out.resize(size);
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view three = bytes.substr(i, 3);
    uint32_t bits = 0;
    for (std::size_t byte = 0; byte < 3; ++byte) {
      bits = bits << 8 | (byte < three.size() ? static_cast<uint8_t>(three[byte]) : 0);
    }
    for (std::size_t letter = 0; letter < 4; ++letter) {
      out.push_back(letter <= three.size() ? kLetters[bits >> (18 - 6 * letter) & 63] : '=');
    }
  }
  return out;
}

}  // namespace

std::string encode_hdr_v2(const Histogram& histogram) {
  const std::string counts = counts_of(histogram);
  std::string plain;
  put_big_endian(plain, kCookie);
  put_big_endian(plain, static_cast<uint32_t>(counts.size()));
  put_big_endian(plain, uint32_t{0});  // normalizing index offset
  put_big_endian(plain, kDigits);
  put_big_endian(plain, int64_t{1});  // lowest value that can be told from 0
  put_big_endian(plain, kLatencyMaxUs);
  put_big_endian(plain, std::bit_cast<uint64_t>(1.0));  // integer to double ratio
  plain += counts;
  const std::string contents = deflated(plain);
  std::string out;
  put_big_endian(out, kCompressedCookie);
  put_big_endian(out, static_cast<uint32_t>(contents.size()));
  out += contents;
  return base64(out);
}

std::string HdrLog::open(const std::string& path) {
  file_.open(path, std::ios::binary | std::ios::trunc);
  if (!file_) {
    return "cannot write " + path + ": " + std::generic_category().message(errno);
  }
  return {};
}

void HdrLog::begin(int64_t began_ms, const std::vector<std::string>& remarks) {
  const double began = static_cast<double>(began_ms) / 1000.0;
  file_ << "#[Logged by plateload " << PLATED_VERSION
        << ": values in microseconds, Interval_Max in milliseconds, times in seconds]\n";
  for (std::string remark : remarks) {
    std::replace(remark.begin(), remark.end(), '\n', ' ');
    file_ << "#[" << remark << "]\n";
  }
  file_ << "#[Histogram log format version 1.3]\n"
        << fmt::format("#[StartTime: {:.3f} (seconds since epoch), {:%Y-%m-%dT%H:%M:%SZ}]\n", began,
                       fmt::gmtime(static_cast<std::time_t>(began_ms / 1000)))
        << "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
           "\"Interval_Compressed_Histogram\"\n";
}

void HdrLog::write(std::string_view tag, double since, double length, const Histogram& histogram) {
  if (histogram.count() == 0) {
    return;
  }
  file_ << (tag.empty() ? "" : fmt::format("Tag={},", tag))
        << fmt::format("{:.3f},{:.3f},{:.3f},{}\n", since, length,
                       static_cast<double>(histogram.max_us()) / 1000.0, encode_hdr_v2(histogram));
}

bool HdrLog::close() {
  file_.close();
  return !file_.fail();
}

}  // namespace plated
