#include "tools/shell/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <ctime>
#include <iterator>
#include <map>
#include <string_view>
#include <vector>

#include "tools/shell/table.h"

namespace plated {
namespace {

namespace json = boost::json;

constexpr std::size_t kColumnsMax = 100;    // a wider table is shown as lines
constexpr std::size_t kRefusalsShown = 20;  // of what was refused, or differs
constexpr std::string_view kDurationEnd = "_ms";

// Fields that hold an instant; durations end in _ms and are told in words.
bool is_instant(std::string_view key) {
  return key == "at" || key == "until" || key == "expires" || key.ends_with("_at");
}

std::string local_time(int64_t millis) {
  const auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm parts{};
  char text[64];
  if (localtime_r(&seconds, &parts) == nullptr) {
    return std::to_string(millis);
  }
  return {text, std::strftime(text, sizeof text, "%F %T %z", &parts)};
}

bool is_duration(std::string_view key, const json::value& value) {
  return key.ends_with(kDurationEnd) && value.is_int64() && value.get_int64() >= 0;
}

// In the two largest units that say something: 250 ms, 1.5 s, 7 min 29 s, 24 h, 12 d 3 h.
std::string duration_text(int64_t millis) {
  constexpr int64_t kSecond = 1'000;
  constexpr int64_t kMinute = 60 * kSecond;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  if (millis < kSecond) {
    return fmt::format("{} ms", millis);
  }
  if (millis < 2 * kMinute) {
    return fmt::format("{:g} s", static_cast<double>(millis) / kSecond);
  }
  const auto two = [millis](int64_t large, const char* name, int64_t small,
                            const char* small_name) {
    const int64_t rest = millis % large / small;
    return rest == 0 ? fmt::format("{} {}", millis / large, name)
                     : fmt::format("{} {} {} {}", millis / large, name, rest, small_name);
  };
  if (millis < 2 * kHour) {
    return two(kMinute, "min", kSecond, "s");
  }
  return millis < 2 * kDay ? two(kHour, "h", kMinute, "min") : two(kDay, "d", kHour, "h");
}

// As people write it: 127.8 and 0, not 1.278E2 and 0E0.
std::string number_text(double number) {
  return std::abs(number) < 100 ? fmt::format("{:.3g}", number) : fmt::format("{:.0f}", number);
}

std::string cell(std::string_view key, const json::value& value) {
  if (value.is_null()) {
    return "-";
  }
  if (value.is_double()) {
    return number_text(value.get_double());
  }
  if (is_duration(key, value)) {
    return duration_text(value.get_int64());
  }
  if (value.is_string()) {
    return std::string(value.get_string());
  }
  // Smaller numbers than the Unix milliseconds of 1973 are no instants, whatever their name.
  if (value.is_int64() && is_instant(key) && value.get_int64() > 100'000'000'000) {
    return local_time(value.get_int64());
  }
  if (value.is_bool()) {
    return value.get_bool() ? "yes" : "no";
  }
  if (value.is_array()) {
    std::string words;
    for (const json::value& item : value.get_array()) {
      words += (words.empty() ? "" : " ") + cell(key, item);
    }
    return words;
  }
  if (value.is_object()) {
    std::string parts;  // 粤BD12345/17: a plate and its place
    for (const auto& field : value.get_object()) {
      parts += (parts.empty() ? "" : "/") + cell(field.key(), field.value());
    }
    return parts;
  }
  return json::serialize(value);
}

// What a value is called that cell() shows: a duration brings its unit with it.
std::string shown_name(std::string_view key, const json::value& value) {
  return std::string(is_duration(key, value) ? key.substr(0, key.size() - kDurationEnd.size())
                                             : key);
}

bool is_table(const json::value& value) {
  return value.is_array() && !value.get_array().empty() &&
         std::all_of(value.get_array().begin(), value.get_array().end(),
                     [](const json::value& row) { return row.is_object(); });
}

// A field of a wide row as words between which a line may end: the items of a list, the fields of
// an object.
std::vector<std::string> words_of(std::string_view key, const json::value& value) {
  std::vector<std::string> words;
  const auto add = [&words](std::string_view name, const json::value& one) {
    words.push_back(printable(shown_name(name, one)) + "=" + printable(cell(name, one)));
  };
  if (value.is_array() && !value.get_array().empty()) {
    for (const json::value& item : value.get_array()) {
      const std::string text = printable(cell(key, item));
      words.push_back(words.empty() ? printable(key) + "=" + text : text);
    }
  } else if (value.is_object()) {
    for (const auto& field : value.get_object()) {
      add(field.key(), field.value());
    }
  } else {
    add(key, value);
  }
  return words;
}

// A row of a table that is too wide: what stands first in it, and the rest as it fits.
std::string wide_row(const json::object& row) {
  constexpr std::size_t kLeading = 3;  // sequence, at, what
  std::vector<std::string> words;
  for (const auto& field : row) {
    if (words.size() < kLeading) {
      words.push_back(printable(cell(field.key(), field.value())));
    } else {
      std::ranges::move(words_of(field.key(), field.value()), std::back_inserter(words));
    }
  }
  std::string text;
  std::size_t width = 0;
  for (const std::string& word : words) {
    const std::size_t word_width = display_width(word);
    if (width > 0 && width + 2 + word_width > kColumnsMax) {
      text += "\n    ";
      width = 4;
    } else if (width > 0) {
      text += "  ";
      width += 2;
    }
    text += word;
    width += word_width;
  }
  return text + "\n";
}

std::string rows_text(const json::array& rows) {
  std::string text;
  for (const json::value& row : rows) {
    text += wide_row(row.get_object());
  }
  return text;
}

// The width of the widest line.
std::size_t widest(std::string_view lines) {
  std::size_t width = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    width = std::max(width, display_width(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return width;
}

std::string table(const json::array& rows) {
  std::vector<std::string> keys;
  for (const json::value& row : rows) {
    for (const auto& field : row.get_object()) {
      const std::string key(field.key());
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        keys.push_back(key);
      }
    }
  }
  std::vector<Table::Column> columns;
  for (const std::string& key : keys) {
    const bool numbers = std::all_of(rows.begin(), rows.end(), [&](const json::value& row) {
      const json::value* value = row.get_object().if_contains(key);
      return value == nullptr || value->is_null() || (value->is_number() && !is_instant(key));
    });
    columns.push_back({printable(key), numbers ? Table::Align::right : Table::Align::left});
  }
  Table text(columns);
  for (const json::value& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& key : keys) {
      const json::value* value = row.get_object().if_contains(key);
      // A table within a row (a pool's segments) is only counted: it shows when the row is alone.
      const bool nested = value != nullptr && is_table(*value);
      cells.push_back(nested             ? std::to_string(value->get_array().size())
                      : value == nullptr ? ""
                                         : cell(key, *value));
    }
    text.add(std::move(cells));
  }
  const std::string lines = text.text();
  return widest(lines) > kColumnsMax ? rows_text(rows) : lines;
}

bool is_pool(const json::value& row) {
  const json::object& object = row.get_object();
  return object.contains("loaded") && object.contains("free") && object.contains("withheld");
}

// A pool as a row of a list: its counts added up in a last row, so that the eye can check them.
json::array with_sum(const json::array& pools) {
  json::object sum{{"office", "sum"}};
  for (const json::value& pool : pools) {
    for (const auto& field : pool.get_object()) {
      if (field.value().is_int64()) {
        json::value& total = sum[field.key()];
        total = (total.is_int64() ? total.get_int64() : 0) + field.value().get_int64();
      }
    }
  }
  json::array rows = pools;
  rows.emplace_back(std::move(sum));
  return rows;
}

// How many there are of each reason, the most frequent not first but by name.
std::string reasons_text(const json::array& rows) {
  std::map<std::string, std::size_t> reasons;
  for (const json::value& row : rows) {
    const json::value* const why = row.get_object().if_contains("why");
    if (why != nullptr && why->is_string()) {
      ++reasons[std::string(why->get_string())];
    }
  }
  std::string text;
  for (const auto& [why, count] : reasons) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, printable(why));
  }
  return text;
}

// A long list of what was refused: the first of them, and what all come to.
std::string refusals(const json::array& rows) {
  if (rows.size() <= kRefusalsShown) {
    return table(rows);
  }
  const std::string reasons = reasons_text(rows);
  return table(json::array(rows.begin(), rows.begin() + kRefusalsShown)) +
         fmt::format("and {} more{}{}; --json has them all\n", rows.size() - kRefusalsShown,
                     reasons.empty() ? "" : "; in all ", reasons);
}

bool are_refusals(std::string_view key) { return key == "refused" || key == "differences"; }

// Objects of the same fields under names, such as the latencies of all ops: one table.
bool is_named_table(const json::value& value) {
  const json::object* const object = value.if_object();
  if (object == nullptr || object->size() < 2) {
    return false;
  }
  const json::object* const first = object->begin()->value().if_object();
  return first != nullptr && std::all_of(object->begin(), object->end(), [&](const auto& named) {
           const json::object* const fields = named.value().if_object();
           return fields != nullptr && fields->size() == first->size() &&
                  std::all_of(first->begin(), first->end(),
                              [&](const auto& field) { return fields->contains(field.key()); });
         });
}

json::array named_rows(const json::object& object) {
  json::array rows;
  for (const auto& named : object) {
    json::object row{{"", named.key()}};
    for (const auto& field : named.value().get_object()) {
      row[field.key()] = field.value();
    }
    rows.emplace_back(std::move(row));
  }
  return rows;
}

std::string list(const json::array& rows) {
  const bool pools = rows.size() > 1 && std::all_of(rows.begin(), rows.end(), is_pool);
  return table(pools ? with_sum(rows) : rows);
}

void collect(const std::string& prefix, const json::object& object, Table& scalars,
             std::string& tables) {
  for (const auto& field : object) {
    const std::string name = prefix + std::string(field.key());
    if (is_named_table(field.value())) {
      tables += "\n" + printable(name) + "\n" + table(named_rows(field.value().get_object()));
    } else if (field.value().is_object()) {
      collect(name + ".", field.value().get_object(), scalars, tables);
    } else if (is_table(field.value())) {
      const json::array& rows = field.value().get_array();
      tables +=
          "\n" + printable(name) + "\n" + (are_refusals(field.key()) ? refusals(rows) : list(rows));
    } else {
      scalars.add(
          {prefix + shown_name(field.key(), field.value()), cell(field.key(), field.value())});
    }
  }
}

}  // namespace

std::string describe(const json::value& answer) {
  if (is_table(answer)) {
    return list(answer.get_array());
  }
  if (answer.is_array()) {
    std::string lines;
    for (const json::value& item : answer.get_array()) {
      lines += printable(cell("", item)) + "\n";
    }
    return lines.empty() ? "none\n" : lines;
  }
  if (!answer.is_object()) {
    return printable(cell("", answer)) + "\n";
  }
  Table scalars({{"", Table::Align::left}, {"", Table::Align::left}});
  std::string tables;
  collect("", answer.get_object(), scalars, tables);
  const std::string text = scalars.text();
  return text.empty() && !tables.empty() ? tables.substr(1) : text + tables;
}

std::string describe_error(unsigned status, const std::string& body) {
  json::error_code failed;
  const json::value answer = json::parse(body, failed);
  const json::object* object = failed ? nullptr : answer.if_object();
  const json::value* error = object == nullptr ? nullptr : object->if_contains("error");
  if (error == nullptr || !error->is_object()) {
    return "status " + std::to_string(status) + (body.empty() ? "" : ": " + printable(body)) + "\n";
  }
  std::string message = "refused";
  std::string rest;
  std::string tables;
  for (const auto& field : error->get_object()) {
    const std::string value = cell(field.key(), field.value());
    if (field.key() == "message") {
      message = value;
    } else if (is_table(field.value())) {
      tables += list(field.value().get_array());
    } else if (field.key() == "code") {
      rest = value + (rest.empty() ? "" : ", " + rest);
    } else {
      rest += (rest.empty() ? "" : ", ") + std::string(field.key()) + " " + value;
    }
  }
  // What was refused in particular may stand beside the error (a load's list of plates).
  for (const auto& field : *object) {
    if (is_table(field.value())) {
      tables += refusals(field.value().get_array());
    }
  }
  return printable(message) + (rest.empty() ? "" : " (" + printable(rest) + ")") + "\n" + tables;
}

}  // namespace plated
