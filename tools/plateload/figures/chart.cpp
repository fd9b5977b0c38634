#include "tools/plateload/figures/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "net/protocol/html_text.h"

namespace plated::load {
namespace {

constexpr double kWidth = 880;
constexpr double kHeight = 260;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 12;
constexpr double kBottom = 34;
constexpr std::size_t kHintsMax = 400;  // points of a line that get a hint
constexpr double kNinesMax = 99.9995;   // where 100 % is drawn

// Three digits, no zeros behind them.
std::string short_number(double value) {
  if (std::abs(value) >= 100) {
    return fmt::format("{:.0f}", value);
  }
  std::string text = fmt::format("{:.{}f}", value, std::abs(value) >= 10 ? 1 : 2);
  while (text.ends_with('0')) {
    text.pop_back();
  }
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

// A value on its axis before it is stretched to the drawing.
double bent(double value, Scale scale) {
  switch (scale) {
    case Scale::linear:
      return value;
    case Scale::logarithmic:
      return std::log10(value);
    case Scale::nines:
      return -std::log10(1 - std::min(value, kNinesMax) / 100);
  }
  return value;
}

struct Axis {
  Scale scale = Scale::linear;
  Unit unit = Unit::count;
  double from = 0;  // bent
  double to = 1;
  double begin = 0;  // in the drawing
  double end = 1;
  std::vector<double> ticks;

  [[nodiscard]] double place(double value) const {
    const double part = (bent(value, scale) - from) / std::max(to - from, 1e-12);
    return begin + std::clamp(part, 0.0, 1.0) * (end - begin);
  }
};

// The least 1, 2 or 5 times a power of ten that is not below `value`.
double round_step(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * power * 1.0001) {
      return step * power;
    }
  }
  return 10 * power;
}

void set_linear(Axis& axis, double most, double ticks) {
  const double step = round_step(std::max(most, 1e-9) / ticks);
  axis.from = 0;
  axis.to = std::ceil(std::max(most, step) / step) * step;
  for (double tick = 0; tick <= axis.to * 1.0001; tick += step) {
    axis.ticks.push_back(tick);
  }
}

void set_logarithmic(Axis& axis, double least, double most) {
  const double first = std::floor(std::log10(least));
  const double last = std::max(std::ceil(std::log10(most)), first + 1);
  axis.from = first;
  axis.to = last;
  const bool wide = last - first > 3;
  for (double power = first; power <= last; ++power) {
    for (const double step : {1.0, 2.0, 5.0}) {
      if ((step == 1 || !wide) && power + std::log10(step) <= last + 1e-9) {
        axis.ticks.push_back(step * std::pow(10, power));
      }
    }
  }
}

void set_nines(Axis& axis) {
  axis.from = 0;
  axis.to = bent(kNinesMax, Scale::nines);
  axis.ticks = {0, 50, 90, 99, 99.9, 99.99, 99.999};
}

// The range of one coordinate over all lines that its scale can show.
struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
};

template <typename Coordinate>
Range range_of(const Chart& chart, Coordinate coordinate) {
  Range range;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      const double value = point.*coordinate;
      range.most = std::max(range.most, value);
      if (value > 0) {
        range.least = std::min(range.least, value);
      }
    }
  }
  return range;
}

template <typename Coordinate>
Axis axis_of(const Chart& chart, Coordinate coordinate, Scale scale, Unit unit, double ticks) {
  const Range range = range_of(chart, coordinate);
  Axis axis;
  axis.scale = scale;
  axis.unit = unit;
  if (scale == Scale::nines) {
    set_nines(axis);
  } else if (scale == Scale::logarithmic && range.most > 0) {
    set_logarithmic(axis, range.least, range.most);
  } else {
    axis.scale = Scale::linear;
    set_linear(axis, range.most, ticks);
  }
  return axis;
}

std::string grid(const Axis& x, const Axis& y) {
  std::string svg;
  for (const double tick : y.ticks) {
    const double at = y.place(tick);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"tick\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
        x.begin, x.end, at, at, x.begin - 8, at + 4, told(tick, y.unit));
  }
  for (const double tick : x.ticks) {
    const double at = x.place(tick);
    svg += fmt::format(
        "<line class=\"mark\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>",
        at, y.begin, y.begin + 5, y.begin + 20, told(tick, x.unit));
  }
  return svg;
}

std::string line(const Series& series, const Axis& x, const Axis& y) {
  std::string path;
  std::string hints;
  const std::size_t every = series.points.size() / kHintsMax + 1;
  bool pen_down = false;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const Point& point = series.points[i];
    if (y.scale == Scale::logarithmic && point.y <= 0) {
      pen_down = false;  // a logarithm has no nothing: the line has a gap
      continue;
    }
    const double at_x = x.place(point.x);
    const double at_y = y.place(point.y);
    path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", at_x, at_y);
    pen_down = true;
    if (i % every == 0) {
      hints += fmt::format(
          "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\"><title>{}: {} at {}</title>"
          "</circle>",
          at_x, at_y, escaped(series.name), told(point.y, y.unit), told(point.x, x.unit));
    }
  }
  return fmt::format("<path class=\"line {}\" d=\"{}\"/><g class=\"hints {}\">{}</g>", series.style,
                     path, series.style, hints);
}

std::string legend(const Chart& chart) {
  std::string html = "<div class=\"legend\">";
  for (const Series& series : chart.series) {
    html += fmt::format("<span><i class=\"{}\"></i>{}</span>", series.style, escaped(series.name));
  }
  return html + "</div>";
}

}  // namespace

std::string told(double value, Unit unit) {
  switch (unit) {
    case Unit::micros:
      if (value < 1'000) {
        return short_number(value) + " µs";
      }
      return value < 1'000'000 ? short_number(value / 1'000) + " ms"
                               : short_number(value / 1'000'000) + " s";
    case Unit::seconds:
      if (value < 120) {
        return short_number(value) + " s";
      }
      return fmt::format("{}:{:02}", static_cast<int64_t>(value) / 60,
                         static_cast<int64_t>(value) % 60);
    case Unit::percent:
      return fmt::format("{} %", value);
    case Unit::count:
      break;
  }
  if (std::abs(value) < 10'000) {
    return short_number(value);
  }
  return std::abs(value) < 1e6 ? short_number(value / 1e3) + " k"
                               : short_number(value / 1e6) + " M";
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(text, out);
  return out;
}

std::string chart_html(const Chart& chart) {
  std::string html = fmt::format("<figure><figcaption><h2>{}</h2><p>{}</p></figcaption>",
                                 escaped(chart.title), escaped(chart.hint));
  const bool empty = std::all_of(chart.series.begin(), chart.series.end(),
                                 [](const Series& series) { return series.points.empty(); });
  if (empty) {
    return html + "<p class=\"nothing\">Nothing was measured.</p></figure>";
  }
  Axis x = axis_of(chart, &Point::x, chart.x_scale, chart.x_unit, 8);
  if (x.scale == Scale::linear) {
    // Time ends where the run does.
    x.to = range_of(chart, &Point::x).most;
    std::erase_if(x.ticks, [&](double tick) { return tick > x.to; });
  }
  Axis y = axis_of(chart, &Point::y, chart.y_scale, chart.y_unit, 4);
  x.begin = kLeft;
  x.end = kWidth - kRight;
  y.begin = kHeight - kBottom;
  y.end = kTop;
  html += legend(chart);
  html += fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">", kWidth, kHeight,
                      escaped(chart.title));
  if (chart.shaded_until > 0) {
    html += fmt::format(
        "<rect class=\"shade\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
        "<title>warm-up</title></rect>",
        x.begin, y.end, x.place(chart.shaded_until) - x.begin, y.begin - y.end);
  }
  html += grid(x, y);
  for (const Series& series : chart.series) {
    html += line(series, x, y);
  }
  return html + "</svg></figure>";
}

}  // namespace plated::load
