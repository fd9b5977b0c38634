// Text for people at a terminal: columns that line up although plates and Chinese take two cells a
// character, and no control character in the data reaches the terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plated {

// The cells that `text` (UTF-8) takes in a terminal: two for East Asian wide characters, none for
// combining marks. A byte that is not UTF-8 counts as one.
[[nodiscard]] std::size_t display_width(std::string_view text);

// `text` with every control character, line ends included, replaced by U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Requires as many cells as there are columns.
  void add(std::vector<std::string> cells);

  // The table as lines, titles first unless all are empty, columns two spaces apart, no spaces at
  // the ends of lines.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace plated
