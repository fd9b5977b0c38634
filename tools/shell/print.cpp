#include "tools/shell/print.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <string_view>
#include <vector>

#include "tools/shell/table.h"

namespace plated {
namespace {

namespace json = boost::json;

// Fields that hold an instant; durations end in _ms and are shown as they are.
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

std::string cell(std::string_view key, const json::value& value) {
  if (value.is_null()) {
    return "-";
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
  return json::serialize(value);
}

bool is_table(const json::value& value) {
  return value.is_array() && !value.get_array().empty() &&
         std::all_of(value.get_array().begin(), value.get_array().end(),
                     [](const json::value& row) { return row.is_object(); });
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
  return text.text();
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

std::string list(const json::array& rows) {
  const bool pools = rows.size() > 1 && std::all_of(rows.begin(), rows.end(), is_pool);
  return table(pools ? with_sum(rows) : rows);
}

void collect(const std::string& prefix, const json::object& object, Table& scalars,
             std::string& tables) {
  for (const auto& field : object) {
    const std::string name = prefix + std::string(field.key());
    if (field.value().is_object()) {
      collect(name + ".", field.value().get_object(), scalars, tables);
    } else if (is_table(field.value())) {
      tables += "\n" + printable(name) + "\n" + list(field.value().get_array());
    } else {
      scalars.add({name, cell(field.key(), field.value())});
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
      tables += list(field.value().get_array());
    }
  }
  return printable(message) + (rest.empty() ? "" : " (" + printable(rest) + ")") + "\n" + tables;
}

}  // namespace plated
