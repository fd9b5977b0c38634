// CRC-32C (Castagnoli, RFC 3720), the checksum of everything that persistence frames. It finds
// accidents, not intent. Pure; any thread. Uses the processor's instruction where there is one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace plated {

// The checksum of the bytes seen so far, continued over `bytes`; start with `crc` 0. So
// crc32c(crc32c(0, a), b) is the checksum of a followed by b.
[[nodiscard]] uint32_t crc32c(uint32_t crc, std::span<const std::byte> bytes);

// The same without the processor's instruction; exposed so that a test can compare the two.
[[nodiscard]] uint32_t crc32c_by_table(uint32_t crc, std::span<const std::byte> bytes);

}  // namespace plated
