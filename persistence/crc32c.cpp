#include "persistence/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace plated {
namespace {

constexpr uint32_t kPolynomialReversed = 0x82f63b78;

// Table k maps a byte to its remainder after k further zero bytes: eight bytes a step.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomialReversed : 0);
    }
    tables[0][byte] = remainder;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

uint32_t step(uint32_t state, std::byte byte) {
  return (state >> 8) ^ kTables[0][(state ^ static_cast<uint32_t>(byte)) & 0xff];
}

#if defined(__x86_64__)

// The instruction takes three cycles and can begin anew in each, so three lanes of a block run side
// by side. They are put together by what a lane of zeros makes of a remainder.
constexpr std::size_t kLane = 512;
using LaneTables = std::array<std::array<uint32_t, 256>, 4>;

constexpr LaneTables make_lane_tables() {
  LaneTables tables{};
  for (std::size_t k = 0; k < 4; ++k) {
    for (uint32_t bit = 0; bit < 8; ++bit) {
      uint32_t state = uint32_t{1} << (8 * k + bit);
      for (std::size_t i = 0; i < kLane; ++i) {
        state = (state >> 8) ^ kTables[0][state & 0xff];
      }
      tables[k][std::size_t{1} << bit] = state;
    }
    for (std::size_t byte = 1; byte < 256; ++byte) {
      const std::size_t rest = byte & (byte - 1);
      tables[k][byte] = tables[k][rest] ^ tables[k][byte ^ rest];
    }
  }
  return tables;
}

constexpr LaneTables kLaneTables = make_lane_tables();

uint32_t over_a_lane(uint32_t state) {
  return kLaneTables[0][state & 0xff] ^ kLaneTables[1][(state >> 8) & 0xff] ^
         kLaneTables[2][(state >> 16) & 0xff] ^ kLaneTables[3][state >> 24];
}

uint64_t word_at(const std::byte* at) {
  uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t crc,
                                                          std::span<const std::byte> bytes) {
  uint64_t state = ~crc;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3 * kLane; at += 3 * kLane, left -= 3 * kLane) {
    uint64_t second = 0;
    uint64_t third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      state = _mm_crc32_u64(state, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + kLane + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * kLane + i));
    }
    const auto two = over_a_lane(static_cast<uint32_t>(state)) ^ static_cast<uint32_t>(second);
    state = over_a_lane(two) ^ static_cast<uint32_t>(third);
  }
  for (; left >= 8; at += 8, left -= 8) {
    state = _mm_crc32_u64(state, word_at(at));
  }
  auto narrow = static_cast<uint32_t>(state);
  for (; left > 0; ++at, --left) {
    narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  }
  return ~narrow;
}

bool has_instruction() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2") != 0;
}

const bool kHasInstruction = has_instruction();

#endif

}  // namespace

uint32_t crc32c_by_table(uint32_t crc, std::span<const std::byte> bytes) {
  uint32_t state = ~crc;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    uint32_t low = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      low |= static_cast<uint32_t>(at[k]) << (8 * k);
    }
    low ^= state;
    state = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      state ^= kTables[7 - k][(low >> (8 * k)) & 0xff];
      state ^= kTables[3 - k][static_cast<std::size_t>(at[4 + k])];
    }
  }
  for (; left > 0; ++at, --left) {
    state = step(state, *at);
  }
  return ~state;
}

uint32_t crc32c(uint32_t crc, std::span<const std::byte> bytes) {
#if defined(__x86_64__)
  if (kHasInstruction) [[likely]] {
    return by_instruction(crc, bytes);
  }
#endif
  return crc32c_by_table(crc, bytes);
}

}  // namespace plated
