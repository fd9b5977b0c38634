// CRC-32C against the vectors of RFC 3720 (B.4), and its two implementations against each other.
#include "persistence/crc32c.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string_view>
#include <vector>

namespace plated {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

void expect_both(std::span<const std::byte> bytes, uint32_t expected) {
  EXPECT_EQ(crc32c(0, bytes), expected);
  EXPECT_EQ(crc32c_by_table(0, bytes), expected);
}

TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  std::vector<std::byte> bytes(32, std::byte{0});
  expect_both(bytes, 0x8a9136aa);
  bytes.assign(32, std::byte{0xff});
  expect_both(bytes, 0x62a8ab43);
  for (std::size_t i = 0; i < 32; ++i) {
    bytes[i] = static_cast<std::byte>(i);
  }
  expect_both(bytes, 0x46dd794e);
  for (std::size_t i = 0; i < 32; ++i) {
    bytes[i] = static_cast<std::byte>(31 - i);
  }
  expect_both(bytes, 0x113fdb5c);
  expect_both(bytes_of("123456789"), 0xe3069283);
  expect_both({}, 0);
}

TEST(Crc32c, IsTheSameByInstructionAndByTableForEveryLengthAndAlignment) {
  std::mt19937_64 random(7);
  std::vector<std::byte> bytes(200);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random());
  }
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t size = 0; size < 150; ++size) {
      const auto part = std::span<const std::byte>(bytes).subspan(from, size);
      EXPECT_EQ(crc32c(17, part), crc32c_by_table(17, part));
    }
  }
}

// Long ones take another way, several lanes side by side.
TEST(Crc32c, IsTheSameByInstructionAndByTableForLongBytes) {
  std::mt19937_64 random(8);
  std::vector<std::byte> bytes(20'000);
  for (std::byte& byte : bytes) {
    byte = static_cast<std::byte>(random());
  }
  for (std::size_t size = 1500; size < bytes.size() - 3; size += 1 + size / 40) {
    const auto part = std::span<const std::byte>(bytes).subspan(3, size);
    EXPECT_EQ(crc32c(99, part), crc32c_by_table(99, part)) << size;
  }
  for (const std::size_t size : {1535U, 1536U, 1537U, 3071U, 3072U, 3073U}) {
    const auto part = std::span<const std::byte>(bytes).first(size);
    EXPECT_EQ(crc32c(1, part), crc32c_by_table(1, part)) << size;
  }
}

TEST(Crc32c, ContinuesOverPieces) {
  const auto whole = bytes_of("append-only");
  const auto span = std::span<const std::byte>(whole);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(crc32c(0, span.first(cut)), span.subspan(cut)), crc32c(0, span));
  }
}

}  // namespace
}  // namespace plated
