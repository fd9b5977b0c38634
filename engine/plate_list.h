// A list of plates of which the first few stand in place and more go to the heap: an application's
// batch and shortlist, of which there are millions. Four bytes a plate and four for the list. Not
// thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/check.h"
#include "engine/types.h"

namespace plated {

template <std::size_t kHere>
class PlateList {
 public:
  PlateList() = default;
  ~PlateList() {
    if (on_heap()) {
      delete[] heap();
    }
  }
  PlateList(const PlateList&) = delete;
  PlateList& operator=(const PlateList&) = delete;

  [[nodiscard]] std::span<const PlateNumber> view() const { return {data(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  // Requires a list that is not empty.
  [[nodiscard]] PlateNumber front() const {
    check(size_ > 0, "a list that is asked for its first plate has one");
    return *data();
  }
  // Whether the plate is in the list. Looks at each.
  [[nodiscard]] bool contains(PlateNumber plate) const {
    return std::find(data(), data() + size_, plate) != data() + size_;
  }

  // Requires room for another: at most 65,535 plates.
  void push_back(PlateNumber plate) {
    if (size_ == capacity_) {
      grow();
    }
    data()[size_++] = plate;
  }
  // Takes the plate out, if it is there; the others keep their order.
  void erase(PlateNumber plate) {
    PlateNumber* const end = data() + size_;
    size_ = static_cast<uint16_t>(std::remove(data(), end, plate) - data());
  }
  // Keeps its memory.
  void clear() { size_ = 0; }
  // Makes the list these plates, in their order: at most 65,535, and not a view of this list.
  void assign(std::span<const PlateNumber> plates) {
    clear();
    for (const PlateNumber plate : plates) {
      push_back(plate);
    }
  }

 private:
  static_assert(kHere * sizeof(PlateNumber) >= sizeof(PlateNumber*));
  static constexpr std::size_t kMost = 0xffff;

  [[nodiscard]] bool on_heap() const { return capacity_ > kHere; }
  // On the heap, the first bytes in place are the pointer; copied, because they are not aligned.
  [[nodiscard]] PlateNumber* heap() const {
    PlateNumber* pointer = nullptr;
    std::memcpy(&pointer, here_.data(), sizeof(pointer));
    return pointer;
  }
  [[nodiscard]] PlateNumber* data() { return on_heap() ? heap() : here_.data(); }
  [[nodiscard]] const PlateNumber* data() const { return on_heap() ? heap() : here_.data(); }

  void grow() {
    check(size_ < kMost, "a list of plates has its limit");
    const std::size_t capacity = std::min<std::size_t>(kMost, std::size_t{capacity_} * 2);
    auto* const larger = new PlateNumber[capacity];
    std::copy_n(data(), size_, larger);
    if (on_heap()) {
      delete[] heap();
    }
    std::memcpy(static_cast<void*>(here_.data()), &larger, sizeof(larger));
    capacity_ = static_cast<uint16_t>(capacity);
  }

  std::array<PlateNumber, kHere> here_{};
  uint16_t size_ = 0;
  uint16_t capacity_ = kHere;
};

}  // namespace plated
