// What is hashed under a name: fields, each with its length in front, so that no two lists of
// fields share their bytes. DRAW.md calls it field(…). As large as the name of a draw, which fits
// one block of BLAKE2b, so that its hash is one compression.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/check.h"
#include "engine/types.h"

namespace plated {

class FieldMessage {
 public:
  // Each adds a field; a number as its bytes, the least significant first. Requires room for it.
  void add(std::string_view text) { add(text.data(), text.size()); }
  void add(uint32_t number) { add_number(number); }
  void add(uint64_t number) { add_number(number); }

  [[nodiscard]] const uint8_t* data() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  template <class Number>
  static std::array<uint8_t, sizeof(Number)> little_endian(Number number) {
    std::array<uint8_t, sizeof(Number)> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    }
    return bytes;
  }
  template <class Number>
  void add_number(Number number) {
    const auto bytes = little_endian(number);
    add(bytes.data(), bytes.size());
  }
  void add(const void* bytes, std::size_t size) {
    check(size <= kOwnerIdMax && size_ + 4 + size <= bytes_.size(), "a name has its limit");
    put(little_endian(static_cast<uint32_t>(size)).data(), 4);
    put(bytes, size);
  }
  void put(const void* bytes, std::size_t size) {
    std::memcpy(bytes_.data() + size_, bytes, size);
    size_ += size;
  }

  static constexpr std::size_t kFields = 4;
  std::array<uint8_t, kFields * 4 + kOwnerIdMax + kVehicleIdMax + 2 * 4> bytes_;
  static_assert(sizeof(bytes_) <= 128);
  std::size_t size_ = 0;
};

}  // namespace plated
