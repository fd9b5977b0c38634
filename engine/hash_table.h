// What tables need beside their entries: where an entry whose key is a hash stands, and when what
// is over is looked for. Pure; thread-safety is the table's.
#pragma once

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace plated {

// Of a key that is a cryptographic hash: uniform already.
struct HashOfHash {
  using is_avalanching = void;
  std::size_t operator()(const std::array<uint8_t, 16>& key) const {
    std::size_t value = 0;
    std::memcpy(&value, key.data(), sizeof value);
    return value;
  }
};

// Looks for what is over when a table has doubled since the last time, so that it costs the same
// for each entry that was ever added.
class TableSweep {
 public:
  [[nodiscard]] bool is_due(std::size_t entries) const { return entries >= due_at_; }
  // Erases each entry of whose value `is_over` says so.
  template <class Table, class IsOver>
  void run(Table& table, IsOver&& is_over) {
    boost::unordered::erase_if(table, [&](const auto& entry) { return is_over(entry.second); });
    due_at_ = std::max(kLeast, table.size() * 2);
  }

 private:
  static constexpr std::size_t kLeast = 1024;
  std::size_t due_at_ = kLeast;
};

}  // namespace plated
