// Integers as bytes, least significant first: the only integer form on disk. Pure; the caller has
// made sure that the bytes are there.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace plated {

static_assert(std::endian::native == std::endian::little,
              "plated reads and writes its files in the processor's own order");

// Writes `value` at `to` and returns the place behind it.
template <std::integral T>
std::byte* put(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof(value));
  return to + sizeof(value);
}

// The value that stands at `from`. Requires sizeof(T) readable bytes there.
template <std::integral T>
[[nodiscard]] T get(const std::byte* from) {
  T value{};
  std::memcpy(&value, from, sizeof(value));
  return value;
}

}  // namespace plated
