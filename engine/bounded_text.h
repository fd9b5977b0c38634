// A text of bounded length in place: for ids, versions and what is shown, without allocation. A
// plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/check.h"

namespace plated {

template <std::size_t Size>
class BoundedText {
 public:
  BoundedText() = default;
  BoundedText(std::string_view text) { assign(text); }  // NOLINT: a text is a text
  // Keeps at most the first `Size` bytes.
  void assign(std::string_view text) {
    size_ = static_cast<uint8_t>(text.size() < Size ? text.size() : Size);
    text.copy(bytes_.data(), size_);
  }
  // Requires room for all of `more`.
  void append(std::string_view more) {
    check(more.size() <= Size - size_, "what is appended to a bounded text fits");
    more.copy(bytes_.data() + size_, more.size());
    size_ = static_cast<uint8_t>(size_ + more.size());
  }
  // Requires room for one more byte.
  void append(char more) { append({&more, 1}); }
  // Appends exactly `width` decimal digits, with leading zeros. Requires room for them and a value
  // that needs no more.
  void append_digits(uint32_t value, std::size_t width) {
    check(width <= Size - size_, "the digits appended to a bounded text fit");
    for (std::size_t i = width; i > 0; --i) {
      bytes_[size_ + i - 1] = static_cast<char>('0' + value % 10);
      value /= 10;
    }
    check(value == 0, "a number is shown whole");
    size_ = static_cast<uint8_t>(size_ + width);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  friend bool operator==(const BoundedText& a, const BoundedText& b) {
    return a.view() == b.view();
  }

 private:
  static_assert(Size < 256);
  std::array<char, Size> bytes_{};
  uint8_t size_ = 0;
};

}  // namespace plated
