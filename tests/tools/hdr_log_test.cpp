// What HdrHistogram's readers are given, taken apart again by hand as their specification says.
#include "tools/plateload/figures/hdr_log.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace plated {
namespace {

std::string from_base64(const std::string& text) {
  const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int known = 0;
  for (const char letter : text.substr(0, text.find('='))) {
    bits = bits << 6 | static_cast<uint32_t>(letters.find(letter));
    known += 6;
    if (known >= 8) {
      known -= 8;
      bytes.push_back(static_cast<char>(bits >> known));
    }
  }
  return bytes;
}

uint64_t big_endian(const std::string& bytes, std::size_t at, std::size_t size) {
  uint64_t number = 0;
  for (std::size_t i = 0; i < size; ++i) {
    number = number << 8 | static_cast<uint8_t>(bytes.at(at + i));
  }
  return number;
}

std::string inflated(const std::string& bytes) {
  std::string plain(1 << 20, '\0');
  uLongf size = plain.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                       reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()),
            Z_OK);
  plain.resize(size);
  return plain;
}

// The payload's counts by place, zeros in between counted out.
std::vector<int64_t> counts_in(const std::string& payload) {
  std::vector<int64_t> counts;
  for (std::size_t at = 0; at < payload.size();) {
    uint64_t zig_zag = 0;
    for (int byte = 0, more = 1; more != 0; ++byte, ++at) {
      const auto bits = static_cast<uint8_t>(payload[at]);
      more = byte < 8 ? bits & 0x80 : 0;
      zig_zag |= static_cast<uint64_t>(byte < 8 ? bits & 0x7F : bits) << (7 * byte);
    }
    const int64_t value = static_cast<int64_t>(zig_zag >> 1) ^ -static_cast<int64_t>(zig_zag & 1);
    counts.insert(counts.end(), value < 0 ? static_cast<std::size_t>(-value) : 1,
                  value < 0 ? 0 : value);
  }
  return counts;
}

TEST(HdrV2, SaysWhereEachValueLies) {
  Histogram histogram;
  histogram.record(0);
  for (int i = 0; i < 70'000; ++i) {
    histogram.record(7);
  }
  histogram.record(2'048);
  histogram.record(2'049);  // the same bucket: two wide from 2048 on
  const std::string text = encode_hdr_v2(histogram);
  EXPECT_EQ(text.substr(0, 9), "HISTFAAAA");
  const std::string wrapped = from_base64(text);
  EXPECT_EQ(big_endian(wrapped, 4, 4), wrapped.size() - 8);
  const std::string plain = inflated(wrapped.substr(8));
  EXPECT_EQ(big_endian(plain, 0, 4), 0x1c849313U);
  EXPECT_EQ(big_endian(plain, 4, 4), plain.size() - 40);
  EXPECT_EQ(big_endian(plain, 12, 4), 3U);
  EXPECT_EQ(big_endian(plain, 24, 8), static_cast<uint64_t>(kLatencyMaxUs));
  const std::vector<int64_t> counts = counts_in(plain.substr(40));
  ASSERT_EQ(counts.size(), 2049U);
  EXPECT_EQ(counts[0], 1);
  EXPECT_EQ(counts[7], 70'000);
  EXPECT_EQ(counts[2048], 2);
}

TEST(HdrV2, NothingRecordedIsAHistogramToo) {
  const std::string plain = inflated(from_base64(encode_hdr_v2(Histogram())).substr(8));
  EXPECT_EQ(plain.size(), 40U);
}

TEST(HdrLog, HasALineForEachIntervalInWhichSomethingWasRecorded) {
  const std::string path = ::testing::TempDir() + "/plated_hdr_log_test.hlog";
  HdrLog log;
  ASSERT_EQ(log.open(path), "");
  log.begin(1'790'000'000'123, {"Server: plated 7", "two\nlines"});
  Histogram histogram;
  histogram.record(1'500);
  log.write("draw", 2, 1, histogram);
  log.write("enter", 3, 1, Histogram());
  log.write("", 2, 1, histogram);
  EXPECT_TRUE(log.close());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  EXPECT_NE(text.str().find("#[StartTime: 1790000000.123 (seconds since epoch), 2026-"),
            std::string::npos);
  EXPECT_NE(text.str().find("\n#[Server: plated 7]\n#[two lines]\n"), std::string::npos);
  EXPECT_NE(text.str().find("values in microseconds, Interval_Max in milliseconds"),
            std::string::npos);
  EXPECT_NE(text.str().find("\nTag=draw,2.000,1.000,1.500,HISTFAAAA"), std::string::npos);
  EXPECT_EQ(text.str().find("Tag=enter"), std::string::npos);
  // Java's HistogramLogProcessor, told no tag, reads untagged lines only.
  EXPECT_NE(text.str().find("\n2.000,1.000,1.500,HISTFAAAA"), std::string::npos);
  EXPECT_NE(HdrLog().open("/no/such/directory/x.hlog"), "");
}

}  // namespace
}  // namespace plated
