// Line charts as inline SVG, for pages without a script: axes, grid, lines with their names, and a
// hint at each point for the pointer. Colours come from the page's style, by class.
#pragma once

#include <string>
#include <vector>

namespace plated::load {

enum class Scale : uint8_t {
  linear,
  logarithmic,  // values from the least positive one
  nines,        // percentiles: 90, 99 and 99.9 stand at equal distances
};

enum class Unit : uint8_t { count, micros, seconds, percent };

struct Point {
  double x = 0;
  double y = 0;
};

struct Series {
  std::string name;
  std::string style;  // a class of the page's style: c1, c2, … or `before`
  std::vector<Point> points;
};

struct Chart {
  std::string title;
  std::string hint;  // what the reader should know to read it
  Scale x_scale = Scale::linear;
  Unit x_unit = Unit::seconds;
  Scale y_scale = Scale::linear;
  Unit y_unit = Unit::count;
  std::vector<Series> series;
  double shaded_until = 0;  // from the left up to here: the warm-up
};

// A figure with its title; without a single point, a figure that says so.
[[nodiscard]] std::string chart_html(const Chart& chart);

// `value` with its unit, as short as it can be read: 1.25 ms, 12.3 k, 99.9 %.
[[nodiscard]] std::string told(double value, Unit unit);

// Text as it may stand in HTML.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace plated::load
