#include "tools/shell/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace plated {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  // The edit distance, one row of its table at a time.
  const auto distance = [word](std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 0; j < other.size(); ++j) {
        const std::size_t changed = diagonal + (lower(word[i]) == lower(other[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
      }
    }
    return row.back();
  };
  const auto best = std::min_element(
      candidates.begin(), candidates.end(),
      [&](const auto& left, const auto& right) { return distance(left) < distance(right); });
  return best == candidates.end() ? std::string() : *best;
}

}  // namespace plated
